//! Band-limited waveforms: tables of one period, two per octave, so that no partial passes half the sample rate.

use std::f32::consts::TAU;

use realfft::{RealFftPlanner, num_complex::Complex};

use songweave_score::random::Random;

/// Samples of a period; a power of two.
const LENGTH: usize = 2048;
/// Bits of a 32-bit phase below the place in the table.
const FRACTION: u32 = 32 - LENGTH.trailing_zeros();
/// Tables of a waveform: half an octave apart, from 1,023 partials down to the sine.
const LEVELS: usize = 20;
/// Root mean square of every table.
const LEVEL: f32 = 0.35;

/// A waveform of one or several shapes that can be blended into each other.
#[derive(Debug, Clone)]
pub struct Wavetable {
    /// `[shape][level][sample]`; the first sample is repeated at the end.
    shapes: Vec<Vec<Vec<f32>>>,
}

/// The tables for one moment: two neighbouring shapes at the level that suits the pitch.
#[derive(Debug, Clone, Copy)]
pub struct Slice<'a> {
    one: &'a [f32],
    other: &'a [f32],
    blend: f32,
}

impl Wavetable {
    /// From functions of the phase 0…1, one per shape; they need not be band-limited.
    #[must_use]
    pub fn new(shapes: &[&dyn Fn(f32) -> f32]) -> Self {
        Self { shapes: shapes.iter().map(|shape| levels(shape)).collect() }
    }

    /// A sine.
    #[must_use]
    pub fn sine() -> Self {
        Self::new(&[&sine])
    }

    /// A triangle.
    #[must_use]
    pub fn triangle() -> Self {
        Self::new(&[&|phase| 1.0 - 4.0 * (phase - 0.5).abs()])
    }

    /// A saw.
    #[must_use]
    pub fn saw() -> Self {
        Self::new(&[&saw])
    }

    /// A pulse that narrows from a square to a twentieth of the period.
    #[must_use]
    pub fn pulse() -> Self {
        let pulse = |width: f32| move |phase: f32| if phase < width { 1.0 } else { -1.0 };
        Self::new(&[&pulse(0.5), &pulse(0.35), &pulse(0.2), &pulse(0.05)])
    }

    /// A saw that is restarted with every period of the note while its own pitch rises: hard sync.
    #[must_use]
    pub fn sync() -> Self {
        let synced = |ratio: f32| move |phase: f32| saw((phase * ratio).fract());
        Self::new(&[&synced(1.0), &synced(1.6), &synced(2.4), &synced(3.5)])
    }

    /// A sine folded over more and more.
    #[must_use]
    pub fn folded() -> Self {
        let folded = |drive: f32| move |phase: f32| sine(0.25 * drive * sine(phase));
        Self::new(&[&folded(1.0), &folded(2.5), &folded(4.0), &folded(6.0)])
    }

    /// Partials of random strength, some of them in groups as of a throat or a metal plate; three shapes.
    #[must_use]
    pub fn random(random: &mut Random) -> Self {
        let shapes: Vec<Vec<(f32, f32, f32)>> = (0..3).map(|_| partials(random)).collect();
        let shape = |index: usize| {
            let partials = shapes[index].clone();
            move |phase: f32| {
                partials.iter().map(|&(n, level, shift)| level * sine((n * phase + shift).fract())).sum::<f32>()
            }
        };
        Self::new(&[&shape(0), &shape(1), &shape(2)])
    }

    /// The tables at `place` (0 = first shape, 1 = last) for a pitch of `step` periods per sample.
    #[must_use]
    pub fn slice(&self, place: f32, step: f32) -> Slice<'_> {
        let place = place.clamp(0.0, 1.0) * (self.shapes.len() - 1) as f32;
        let first = (place as usize).min(self.shapes.len() - 1);
        // Level n holds 1,024 · 2^(-n/2) partials; as many fit as lie below half the sample rate.
        let level = (2.0 * (LENGTH as f32 * step.max(1e-6)).log2()).ceil().clamp(0.0, (LEVELS - 1) as f32) as usize;
        let other = (first + 1).min(self.shapes.len() - 1);
        Slice { one: &self.shapes[first][level], other: &self.shapes[other][level], blend: place - first as f32 }
    }
}

impl Slice<'_> {
    /// The value at a phase in 2^-32 periods.
    #[must_use]
    #[inline]
    pub fn at(&self, phase: u32) -> f32 {
        let index = (phase >> FRACTION) as usize;
        let between = (phase & ((1 << FRACTION) - 1)) as f32 / (1u32 << FRACTION) as f32;
        let read = |table: &[f32]| table[index] + between * (table[index + 1] - table[index]);
        if self.blend == 0.0 {
            return read(self.one);
        }
        let one = read(self.one);
        one + self.blend * (read(self.other) - one)
    }
}

/// Periods as a 32-bit phase.
#[must_use]
#[inline]
pub fn phase_of(periods: f32) -> u32 {
    (f64::from(periods) * 4_294_967_296.0) as i64 as u32
}

fn sine(phase: f32) -> f32 {
    (TAU * phase).sin()
}

fn saw(phase: f32) -> f32 {
    1.0 - 2.0 * phase
}

/// Number, level and phase of partials.
fn partials(random: &mut Random) -> Vec<(f32, f32, f32)> {
    let slope = random.between(0.6, 1.6);
    let peaks = [random.between(2.0, 8.0), random.between(6.0, 24.0)];
    let height = if random.chance(0.6) { random.between(1.0, 8.0) } else { 0.0 };
    let sparse = random.between(0.3, 1.0);
    (1..64)
        .map(|n| {
            let n = n as f32;
            let peak: f32 = peaks.iter().map(|peak| height * (-((n / peak).log2() * 3.0).powi(2)).exp()).sum();
            let present = n == 1.0 || random.chance(sparse);
            let level = if present { n.powf(-slope) * random.between(0.2, 1.0) * (1.0 + peak) } else { 0.0 };
            (n, level, random.unit())
        })
        .filter(|partial| partial.1 > 0.0)
        .collect()
}

/// One shape with fewer and fewer partials.
fn levels(shape: &dyn Fn(f32) -> f32) -> Vec<Vec<f32>> {
    let mut planner = RealFftPlanner::<f32>::new();
    let (forward, inverse) = (planner.plan_fft_forward(LENGTH), planner.plan_fft_inverse(LENGTH));
    let mut period: Vec<f32> = (0..LENGTH).map(|n| shape(n as f32 / LENGTH as f32)).collect();
    let mut spectrum = forward.make_output_vec();
    // Lengths match by construction: the only error the library has.
    let _ = forward.process(&mut period, &mut spectrum);
    spectrum[0] = Complex::default();
    let energy: f32 = spectrum.iter().map(|partial| partial.norm_sqr()).sum();
    let gain = LEVEL / (2.0 * energy).sqrt().max(1e-9);
    (0..LEVELS)
        .map(|level| {
            let highest = (LENGTH as f32 / 2.0 * (-(level as f32) / 2.0).exp2()) as usize;
            let mut kept: Vec<Complex<f32>> = spectrum
                .iter()
                .enumerate()
                .map(|(n, partial)| if n <= highest.min(LENGTH / 2 - 1) { partial * gain } else { Complex::default() })
                .collect();
            let mut table = inverse.make_output_vec();
            let _ = inverse.process(&mut kept, &mut table);
            table.push(table[0]);
            table
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_partial_passes_half_the_sample_rate() {
        let tables = [Wavetable::saw(), Wavetable::pulse(), Wavetable::sync(), Wavetable::random(&mut Random::new(1))];
        for table in tables {
            // 700 periods in 16,384 samples: partials fall on multiples of 700, their images beside.
            let (periods, length) = (700usize, 16_384usize);
            let slice = table.slice(0.4, periods as f32 / length as f32);
            let step = phase_of(periods as f32 / length as f32);
            let mut sound: Vec<f32> = (0..length as u32).map(|n| slice.at(n.wrapping_mul(step))).collect();
            let plan = RealFftPlanner::<f32>::new().plan_fft_forward(length);
            let mut spectrum = plan.make_output_vec();
            let _ = plan.process(&mut sound, &mut spectrum);
            let energy = |wanted: bool| -> f32 {
                let bins = spectrum.iter().enumerate().filter(|(bin, _)| (bin % periods == 0) == wanted);
                bins.map(|(_, value)| value.norm_sqr()).sum()
            };
            assert!(energy(false) < 1e-4 * energy(true), "{} of {}", energy(false), energy(true));
        }
    }

    #[test]
    fn all_shapes_are_equally_loud_and_a_low_note_keeps_its_partials() {
        for table in [Wavetable::sine(), Wavetable::triangle(), Wavetable::folded(), Wavetable::pulse()] {
            let slice = table.slice(0.0, 0.001);
            let power: f32 = (0..4_096).map(|n| slice.at(n << 20).powi(2)).sum::<f32>() / 4_096.0;
            assert!((power.sqrt() - LEVEL).abs() < 0.01, "{power}");
        }
        let table = Wavetable::saw();
        let steepest = |step: f32| {
            let slice = table.slice(0.0, step);
            (0..4_096u32).map(|n| (slice.at((n + 1) << 20) - slice.at(n << 20)).abs()).fold(0.0, f32::max)
        };
        assert!(steepest(0.0002) > 8.0 * steepest(0.1), "{} {}", steepest(0.0002), steepest(0.1));
    }
}
