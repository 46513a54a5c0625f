//! A single rendered note as frames: amplitudes of its partials and levels of the noise beside them.
//!
//! Windows never begin before the onset, and inside a window the sound is taken to rise as its own peak does so far: an attack
//! stays where it is although low partials need long windows. After X. Serra and J. Smith, "Spectral modeling synthesis",
//! Computer Music Journal 14 (1990).

use std::f64::consts::TAU;

use realfft::{RealFftPlanner, num_complex::Complex};
use songweave_dsp::band::tone::{NOISE_BANDS, PARTIALS, Tone, noise_edges};

use crate::notes::note_glide::Glide;
use songweave_synth::song::Stereo;

/// Periods of the closest spacing in a window: with three the neighbours fall on zeros of a Hann window.
const PERIODS: f32 = 3.0;
/// Shortest window, and the longest that late frames grow to, in seconds.
const SHORTEST: f32 = 0.008;
const LONGEST: f32 = 0.06;
/// Length of the noise's windows in samples from an age in seconds on: short in the attack, long where the sound is steady.
const NOISE: [(f32, usize); 3] = [(0.3, 4096), (0.08, 2048), (0.0, 512)];
/// So many bins around a partial say nothing of the noise, where at least this share of a band is left.
const BESIDE: f32 = 3.5;
const LEAST_LEFT: f32 = 0.25;
/// The sound is never taken to be quieter than this share of its peak.
const RISE_FLOOR: f32 = 1e-4;

/// Ages in seconds at which a note of so many seconds is looked at: close in the attack, sparse later.
#[must_use]
pub fn ages(seconds: f32) -> Vec<f32> {
    let (mut age, mut ages) = (0.0_f32, Vec::new());
    while age <= seconds * 1.000_1 {
        ages.push(age);
        age += match age {
            age if age < 0.048 => 128.0 / 48_000.0,
            age if age < 0.3 => 512.0 / 48_000.0,
            age if age < 1.0 => 0.032,
            age => 0.12 * age,
        };
    }
    ages
}

/// Takes a note apart.
#[derive(Debug)]
pub struct NoteAnalysis<'a> {
    sound: &'a Stereo,
    rate: f32,
    hz: [f32; PARTIALS],
    /// Distance of each partial to the nearest other or to 0 Hz, in Hz.
    spacing: [f32; PARTIALS],
    glide: Glide,
    /// Phase of 1 Hz at each sample, in turns; only of a note that glides.
    turns: Vec<f64>,
    /// The peak so far, `[sample]`.
    rise: Vec<f32>,
}

/// Partials that share a window and a loop.
const LANES: usize = 16;
/// One number per partial of a group.
type Lanes = [f32; LANES];

/// What is found of a group of partials: `re cos + im sin`, times the rise, `[channel][lane]`.
#[derive(Clone, Copy, Default)]
struct Waves {
    re: [Lanes; 2],
    im: [Lanes; 2],
}

impl<'a> NoteAnalysis<'a> {
    /// Prepares a note whose partials are known.
    #[must_use]
    pub fn new(sound: &'a Stereo, rate: f32, hz: [f32; PARTIALS], glide: Glide) -> Self {
        let near = |partial: usize| {
            let others = hz.iter().enumerate().filter(|(other, hz)| *other != partial && **hz > 0.0);
            others.map(|(_, other)| (other - hz[partial]).abs()).fold(hz[partial], f32::min)
        };
        let mut peak = 0.0_f32;
        let samples = sound[0].iter().zip(&sound[1]);
        let mut rise: Vec<f32> = samples
            .map(|(left, right)| {
                peak = peak.max(left.abs()).max(right.abs());
                peak
            })
            .collect();
        rise.iter_mut().for_each(|value| *value = value.max(RISE_FLOOR * peak).max(1e-9));
        let mut turned = 0.0;
        let turns = sound[0].iter().enumerate().filter(|_| !glide.is_none()).map(|(n, _)| {
            let now = turned;
            turned += f64::from((glide.at(n as f32 / rate) / 12.0).exp2()) / f64::from(rate);
            now
        });
        let turns = turns.collect();
        Self { sound, rate, hz, spacing: std::array::from_fn(near), glide, turns, rise }
    }

    /// The note at an age in seconds, and its glide in semitones; the tone's frequencies are those without the glide.
    #[must_use]
    pub fn frame(&self, age: f32) -> (Tone, f32) {
        let mut tone = Tone { hz: self.hz, ..Tone::SILENT };
        let now = self.rise[self.sample(age).min(self.rise.len() - 1)];
        let mut waves = [Waves::default(); PARTIALS / LANES];
        for (group, waves) in waves.iter_mut().enumerate().filter(|(group, _)| self.sounds(*group)) {
            *waves = self.waves(group, age);
            for partial in (0..LANES).filter(|lane| self.hz[group * LANES + lane] > 0.0) {
                for channel in 0..2 {
                    let size = waves.re[channel][partial].hypot(waves.im[channel][partial]);
                    tone.partials[channel][group * LANES + partial] = size * now;
                }
            }
        }
        tone.noise = self.noise(age, &waves);
        (tone, self.glide.at(age))
    }

    /// The note at an age in seconds, with its glide.
    #[must_use]
    pub fn tone(&self, age: f32) -> Tone {
        let (mut tone, glide) = self.frame(age);
        tone.hz.iter_mut().for_each(|hz| *hz *= (glide / 12.0).exp2());
        tone
    }

    /// Whether a group has a partial at all.
    fn sounds(&self, group: usize) -> bool {
        self.hz[group * LANES..(group + 1) * LANES].iter().any(|hz| *hz > 0.0)
    }

    fn sample(&self, age: f32) -> usize {
        (age * self.rate).round() as usize
    }

    /// First sample and length of a window around an age that begins at the onset at the earliest.
    fn window(&self, age: f32, length: usize) -> (usize, usize) {
        let from = self.sample(age).saturating_sub(length / 2);
        (from.min(self.rise.len().saturating_sub(length)), length.min(self.rise.len()))
    }

    /// The waves of a group around an age: weighted least squares against rising sinusoids.
    fn waves(&self, group: usize, age: f32) -> Waves {
        let partials = group * LANES..(group + 1) * LANES;
        let near = self.spacing[partials].iter().copied().filter(|hz| *hz > 0.0).fold(f32::MAX, f32::min);
        let seconds = (PERIODS / near).max(SHORTEST).max((0.5 * age).min(LONGEST));
        let (from, length) = self.window(age, (seconds * self.rate) as usize);
        let (mut waves, mut weight) = (Waves::default(), 1e-20);
        let mut phasors = Phasors::new(self, group, from);
        for n in from..from + length {
            let window = hann(n - from, length);
            let rise = self.rise[n];
            let (cos, sin) = phasors.next(self, n);
            for ((re, im), channel) in waves.re.iter_mut().zip(&mut waves.im).zip(self.sound) {
                let sample = window * rise * channel[n];
                for lane in 0..LANES {
                    re[lane] += cos[lane] * sample;
                    im[lane] += sin[lane] * sample;
                }
            }
            weight += window * rise * rise;
        }
        let scale = 2.0 / weight;
        waves.re.iter_mut().chain(&mut waves.im).flatten().for_each(|sum| *sum *= scale);
        waves
    }

    /// Root mean square of what is left beside the waves, `[channel][band]`.
    fn noise(&self, age: f32, waves: &[Waves; PARTIALS / LANES]) -> [[f32; NOISE_BANDS]; 2] {
        let length = NOISE.iter().find(|(from, _)| age >= *from).map_or(NOISE[2].1, |(_, length)| *length);
        let (from, length) = self.window(age, length);
        let mut left: [Vec<f32>; 2] = [0, 1].map(|channel| self.sound[channel][from..from + length].to_vec());
        for (group, waves) in waves.iter().enumerate().filter(|(group, _)| self.sounds(*group)) {
            let mut phasors = Phasors::new(self, group, from);
            for n in 0..length {
                let (cos, sin) = phasors.next(self, from + n);
                for (channel, left) in left.iter_mut().enumerate() {
                    let mut parts = Lanes::default();
                    for lane in 0..LANES {
                        parts[lane] = waves.re[channel][lane] * cos[lane] + waves.im[channel][lane] * sin[lane];
                    }
                    left[n] -= self.rise[from + n] * parts.iter().sum::<f32>();
                }
            }
        }
        let now = self.rise[self.sample(age).min(self.rise.len() - 1)];
        left.map(|left| band_levels(&left, &self.rise[from..from + length], now, self.rate, &self.hz))
    }
}

/// Root mean square in each noise band of samples that rise with `rise`, at the moment when that is `now`; read between the
/// partials where there is room.
fn band_levels(samples: &[f32], rise: &[f32], now: f32, rate: f32, partials: &[f32]) -> [f32; NOISE_BANDS] {
    let length = samples.len();
    let transform = RealFftPlanner::<f32>::new().plan_fft_forward(length);
    let (mut input, mut spectrum) = (transform.make_input_vec(), transform.make_output_vec());
    // Some samples of sound fonts are not centred on 0, which is no noise.
    let (mut offset, mut weights, mut weight) = (0.0, 1e-20, 1e-20);
    for n in 0..length {
        offset += hann(n, length) * rise[n] * samples[n];
        weights += hann(n, length) * rise[n] * rise[n];
        weight += (hann(n, length) * rise[n]).powi(2);
    }
    offset /= weights;
    for (n, input) in input.iter_mut().enumerate() {
        *input = hann(n, length) * (samples[n] - offset * rise[n]);
    }
    // Lengths match by construction: the only error the library has.
    let _ = transform.process(&mut input, &mut spectrum);
    let step = rate / length as f32;
    let scale = 2.0 * now * now / (weight * length as f32);
    let (edges, mut bands) = (noise_edges(), [Band::default(); NOISE_BANDS]);
    for (bin, value) in spectrum.iter().enumerate() {
        let hz = bin as f32 * step;
        let is_free = partials.iter().all(|partial| *partial == 0.0 || (partial - hz).abs() > BESIDE * step);
        // A bin spreads half a step to both sides.
        for (band, edges) in bands.iter_mut().zip(edges.windows(2)) {
            let share = (((hz + 0.5 * step).min(edges[1]) - (hz - 0.5 * step).max(edges[0])) / step).max(0.0);
            band.add(share, scale * value.norm_sqr(), is_free);
        }
    }
    bands.map(|band| band.power().sqrt())
}

/// A noise band as it is summed up.
#[derive(Debug, Clone, Copy, Default)]
struct Band {
    bins: f32,
    power: f32,
    free_bins: f32,
    free_power: f32,
}

impl Band {
    fn add(&mut self, share: f32, power: f32, is_free: bool) {
        self.bins += share;
        self.power += share * power;
        if is_free {
            self.free_bins += share;
            self.free_power += share * power;
        }
    }

    fn power(&self) -> f32 {
        let enough = self.free_bins > LEAST_LEFT * self.bins;
        if enough { self.free_power / self.free_bins * self.bins } else { self.power }
    }
}

/// Turning pointers of a group of partials; those that do not exist stay at 0.
struct Phasors {
    re: Lanes,
    im: Lanes,
    turn_re: Lanes,
    turn_im: Lanes,
    hz: [f64; LANES],
}

impl Phasors {
    /// The pointers from a sample on.
    fn new(analysis: &NoteAnalysis<'_>, group: usize, from: usize) -> Self {
        let [re, im, turn_re, turn_im] = [Lanes::default(); 4];
        let mut all = Self { re, im, turn_re, turn_im, hz: [0.0; LANES] };
        for lane in (0..LANES).filter(|lane| analysis.hz[group * LANES + lane] > 0.0) {
            let turns = f64::from(analysis.hz[group * LANES + lane]) / f64::from(analysis.rate);
            let (now, turn) = (pointer(turns * from as f64), pointer(turns));
            (all.re[lane], all.im[lane]) = (now.re, now.im);
            (all.turn_re[lane], all.turn_im[lane]) = (turn.re, turn.im);
            all.hz[lane] = f64::from(analysis.hz[group * LANES + lane]);
        }
        all
    }

    /// Cosines and sines at the next sample, which is `n`.
    #[inline]
    fn next(&mut self, analysis: &NoteAnalysis<'_>, n: usize) -> (Lanes, Lanes) {
        if let Some(turns) = analysis.turns.get(n) {
            for lane in (0..LANES).filter(|lane| self.hz[*lane] > 0.0) {
                let now = pointer(self.hz[lane] * turns);
                (self.re[lane], self.im[lane]) = (now.re, now.im);
            }
            return (self.re, self.im);
        }
        let now = (self.re, self.im);
        for lane in 0..LANES {
            self.re[lane] = now.0[lane] * self.turn_re[lane] - now.1[lane] * self.turn_im[lane];
            self.im[lane] = now.0[lane] * self.turn_im[lane] + now.1[lane] * self.turn_re[lane];
        }
        now
    }
}

/// A Hann window between its zeros.
fn hann(n: usize, length: usize) -> f32 {
    0.5 - 0.5 * (std::f32::consts::TAU * (n as f32 + 0.5) / length as f32).cos()
}

fn pointer(turns: f64) -> Complex<f32> {
    let (sin, cos) = (TAU * turns.fract()).sin_cos();
    Complex::new(cos as f32, sin as f32)
}

#[cfg(test)]
mod tests {
    use super::*;
    use songweave_score::random::Random;

    const RATE: f32 = 48_000.0;

    fn sound(sample: impl FnMut(f32) -> f32) -> Stereo {
        let channel: Vec<f32> = (0..48_000).map(|n| n as f32 / RATE).map(sample).collect();
        [channel.iter().map(|sample| 0.5 * sample).collect(), channel]
    }

    fn hz(fundamental: f32, count: usize) -> [f32; PARTIALS] {
        std::array::from_fn(|partial| if partial < count { fundamental * (partial + 1) as f32 } else { 0.0 })
    }

    #[test]
    fn amplitudes_are_those_of_the_partials_and_nothing_is_left() {
        let wave = |hz: f32, seconds: f32| (std::f32::consts::TAU * hz * seconds).sin();
        let sound = sound(|seconds| 0.4 * wave(100.0, seconds) + 0.1 * wave(300.0, seconds));
        let analysis = NoteAnalysis::new(&sound, RATE, hz(100.0, 5), Glide::none());
        for age in [0.02, 0.2, 0.6] {
            let (tone, _) = analysis.frame(age);
            for (partial, wanted) in [0.4, 0.0, 0.1, 0.0, 0.0].into_iter().enumerate() {
                let [left, right] = [0, 1].map(|channel| tone.partials[channel][partial]);
                assert!(
                    (right - wanted).abs() < 0.01 && (left - 0.5 * wanted).abs() < 0.01,
                    "{age} {partial}: {right}"
                );
            }
            let left: f32 = tone.noise[1].iter().map(|level| level * level).sum();
            assert!(left.sqrt() < 0.02, "{age}: {}", left.sqrt());
        }
    }

    #[test]
    fn an_attack_stays_where_it_is_although_the_window_is_long() {
        let wave = |seconds: f32| (std::f32::consts::TAU * 50.0 * seconds).cos();
        let sound = sound(|seconds| if seconds < 0.01 { 0.0 } else { wave(seconds) });
        let analysis = NoteAnalysis::new(&sound, RATE, hz(50.0, 1), Glide::none());
        let amplitude = |age: f32| analysis.frame(age).0.partials[1][0];
        assert!(amplitude(0.008) < 0.01, "{}", amplitude(0.008));
        assert!((amplitude(0.012) - 1.0).abs() < 0.1, "{}", amplitude(0.012));
    }

    #[test]
    fn noise_has_its_own_level_in_every_band() {
        let mut random = Random::new(1);
        let sound = sound(|_| 0.1 * random.normal());
        let analysis = NoteAnalysis::new(&sound, RATE, hz(100.0, 0), Glide::none());
        let frames: Vec<Tone> = (0..80).map(|at| analysis.frame(0.1 + 0.01 * at as f32).0).collect();
        for (band, edges) in noise_edges().windows(2).enumerate().skip(2) {
            let mean = frames.iter().map(|tone| tone.noise[1][band].powi(2)).sum::<f32>() / frames.len() as f32;
            let wanted = 0.01 * (edges[1] - edges[0]) / (0.5 * RATE);
            assert!((10.0 * (mean / wanted).log10()).abs() < 1.0, "band {band}: {mean} against {wanted}");
        }
    }

    #[test]
    fn ages_rise_from_the_onset_to_the_end() {
        let ages = ages(8.0);
        assert!(ages[0] == 0.0 && ages.is_sorted() && (60..120).contains(&ages.len()), "{ages:?}");
        assert!(*ages.last().unwrap_or(&0.0) > 7.0);
    }
}
