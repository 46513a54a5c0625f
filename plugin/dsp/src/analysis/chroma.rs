//! How much of each of the twelve pitch classes sounds in a song, hop by hop.
//!
//! A bin is wider than a semitone below 400 Hz, so a peak's frequency is taken from how far its phase advanced since the
//! last hop (Flanagan and Golden, "Phase vocoder", 1966). Instruments are rarely tuned to exactly 440 Hz: pitches are
//! counted from the tuning that they have in common. Peaks count with the logarithm of their power, so that a song's
//! loudest instrument does not drown its harmony. Towards the ends of the range they count less and less, over octaves: with
//! an edge a song would have other pitch classes in another key, where some of its notes fall over it.

use std::f32::consts::{FRAC_2_PI, PI, TAU};

use realfft::num_complex::Complex32;

use crate::stream::layout::{CHANNELS, StreamLayout};

/// Pitch classes: 0 = C … 11 = B.
pub const PITCH_CLASSES: usize = 12;
/// Lowest and highest frequency in Hz that counts.
const RANGE: (f32, f32) = (40.0, 5_000.0);
/// Octaves from either end of the range on which a tone counts in full: below, two notes share a bin; above, there are mostly
/// overtones.
const EDGE: f32 = 2.0;
/// A peak this far below the strongest one of its frame counts for nothing, as a ratio of powers (50 dB).
const FLOOR: f32 = 1e-5;
/// A frame whose strongest peak is below this power (-80 dB) is silent.
const SILENCE: f32 = 1e-8;
/// A peak whose phase says that it lies further than this from its bin, in bins, is no steady tone.
const FARTHEST: f32 = 0.8;
/// Time in seconds after which a third is left of what was heard of the tuning.
const TUNING_MEMORY: f32 = 10.0;

/// Hears the pitch classes of one song.
#[derive(Debug, Clone)]
pub struct Chroma {
    /// Lowest bin looked at.
    first: usize,
    bin_hz: f32,
    /// The last hop's bins from `first` on, `[channel][bin]`.
    before: [Vec<Complex32>; CHANNELS],
    /// Power of both channels, `[bin]` from the one below `first` to the one above the last.
    power: Vec<f32>,
    /// Sum of the peaks as pointers whose angle is the distance from a 440 Hz tuning, one turn a semitone.
    tuning: Complex32,
    keep: f32,
}

impl Chroma {
    /// A listener that has heard nothing.
    ///
    /// # Allocates
    #[must_use]
    pub fn new(layout: &StreamLayout) -> Self {
        let bin_hz = layout.bin_hz(1);
        let first = ((RANGE.0 / bin_hz).ceil() as usize).max(1);
        let last = ((RANGE.1 / bin_hz) as usize).clamp(first, layout.bins() - 2);
        let bins = last + 1 - first;
        Self {
            first,
            bin_hz,
            before: std::array::from_fn(|_| vec![Complex32::default(); bins]),
            power: vec![0.0; bins + 2],
            tuning: Complex32::default(),
            keep: libm::expf(-layout.hop_seconds() / TUNING_MEMORY),
        }
    }

    /// Forgets everything heard.
    pub fn reset(&mut self) {
        self.before.iter_mut().for_each(|bins| bins.fill(Complex32::default()));
        self.tuning = Complex32::default();
    }

    /// Weight of each pitch class in a frame, at least 0, from the left and right spectra `[channel][bin]` of the song's
    /// next hop and the factor of [`crate::stream::stft::Stft::power_scale`]. All are 0 in silence, noise and where nothing steady
    /// sounds, or where the spectra have too few bins.
    ///
    /// # Real-time safety
    /// Neither allocates nor blocks.
    pub fn hear(&mut self, spectra: [&[Complex32]; CHANNELS], scale: f32) -> [f32; PITCH_CLASSES] {
        let mut chroma = [0.0; PITCH_CLASSES];
        if spectra.iter().any(|bins| bins.len() <= self.first + self.before[0].len()) {
            return chroma;
        }
        let strongest = self.measure(spectra, 0.5 * scale);
        self.tuning *= self.keep;
        if strongest > SILENCE {
            for index in 0..self.before[0].len() {
                let power = self.power[index + 1];
                let is_peak = power > self.power[index] && power >= self.power[index + 2];
                if is_peak
                    && power > FLOOR * strongest
                    && let Some(hz) = self.steady_tone(spectra, index)
                {
                    self.count(hz, libm::logf(power / (FLOOR * strongest)), &mut chroma);
                }
            }
        }
        let bins = self.first..self.first + self.before[0].len();
        for (before, now) in self.before.iter_mut().zip(spectra) {
            before.copy_from_slice(&now[bins.clone()]);
        }
        chroma
    }

    /// Power of the bins; returns the largest one.
    fn measure(&mut self, [left, right]: [&[Complex32]; CHANNELS], scale: f32) -> f32 {
        let bins = left[self.first - 1..].iter().zip(&right[self.first - 1..]);
        for (power, (l, r)) in self.power.iter_mut().zip(bins) {
            *power = (l.norm_sqr() + r.norm_sqr()) * scale;
        }
        self.power[1..self.power.len() - 1].iter().copied().fold(0.0, f32::max)
    }

    /// Frequency in Hz of the tone in a bin, by its advance in phase over both channels.
    fn steady_tone(&self, spectra: [&[Complex32]; CHANNELS], index: usize) -> Option<f32> {
        let bin = self.first + index;
        let turn = |channel: usize| spectra[channel][bin] * self.before[channel][index].conj();
        let turned = turn(0) + turn(1);
        // A tone in the middle of bin k turns by k quarters in a hop, which is a quarter of the window.
        let rest = match bin % 4 {
            0 => turned,
            1 => Complex32::new(turned.im, -turned.re),
            2 => -turned,
            _ => Complex32::new(-turned.im, turned.re),
        };
        let away = libm::atan2f(rest.im, rest.re) * FRAC_2_PI;
        (away.abs() <= FARTHEST && turned.norm_sqr() > 0.0).then_some((bin as f32 + away) * self.bin_hz)
    }

    /// Adds a tone to its pitch class.
    fn count(&mut self, hz: f32, weight: f32, chroma: &mut [f32; PITCH_CLASSES]) {
        let weight = weight * rise(libm::log2f(hz / RANGE.0)) * rise(libm::log2f(RANGE.1 / hz));
        // MIDI key, fractions between the keys; 69 is 440 Hz.
        let key = 69.0 + 12.0 * libm::log2f(hz / 440.0);
        let (sin, cos) = libm::sincosf(TAU * key);
        self.tuning += Complex32::new(cos, sin) * weight;
        let off = libm::atan2f(self.tuning.im, self.tuning.re) / TAU;
        let nearest = (key - off).round();
        // Between two keys it belongs to neither.
        let sure = 1.0 - 2.0 * (key - off - nearest).abs();
        chroma[(nearest as i32).rem_euclid(PITCH_CLASSES as i32) as usize] += weight * sure;
    }
}

/// Weight so many octaves inside an end of the range, 0…1: half a period of a cosine.
fn rise(octaves: f32) -> f32 {
    0.5 - 0.5 * libm::cosf(PI * (octaves / EDGE).clamp(0.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::stft::Stft;

    const RATES: [f32; 5] = [8_000.0, 22_050.0, 44_100.0, 48_000.0, 96_000.0];

    /// Chroma of a signal of `seconds`, left and right, summed over the hops.
    fn summed(rate: f32, seconds: f32, signal: impl Fn(f32) -> [f32; CHANNELS]) -> [f32; PITCH_CLASSES] {
        let layout = StreamLayout::for_sample_rate(rate);
        let (mut stft, mut chroma) = (Stft::new(layout.window), Chroma::new(&layout));
        let samples: Vec<_> = (0..(seconds * rate) as usize).map(|n| signal(n as f32 / rate)).collect();
        let mut sum = [0.0; PITCH_CLASSES];
        for window in samples.windows(layout.window).step_by(layout.hop) {
            let spectra: [Vec<Complex32>; CHANNELS] = std::array::from_fn(|channel| {
                let samples: Vec<f32> = window.iter().map(|sample| sample[channel]).collect();
                let mut spectrum = vec![Complex32::default(); layout.bins()];
                stft.analyse(&samples, &mut spectrum);
                spectrum
            });
            let heard = chroma.hear([&spectra[0], &spectra[1]], stft.power_scale());
            sum.iter_mut().zip(heard).for_each(|(sum, heard)| *sum += heard);
        }
        sum
    }

    fn tone(key: f32, now: f32) -> f32 {
        0.1 * (TAU * ((440.0 * ((key - 69.0) / 12.0).exp2() * now).fract())).sin()
    }

    fn three_strongest(chroma: [f32; PITCH_CLASSES]) -> Vec<usize> {
        let mut order: Vec<usize> = (0..PITCH_CLASSES).collect();
        order.sort_by(|a, b| chroma[*b].total_cmp(&chroma[*a]));
        order.truncate(3);
        order.sort_unstable();
        order
    }

    #[test]
    fn chords_are_their_pitch_classes_at_every_rate_and_tuning() {
        for rate in RATES {
            for cents in [0.0, 30.0, -30.0, 45.0] {
                // E minor from E3 on.
                let keys = [52.0, 59.0, 67.0, 76.0].map(|key| key + cents / 100.0);
                let chord = |now| [keys.iter().map(|key| tone(*key, now)).sum(); CHANNELS];
                let chroma = summed(rate, 1.0, chord);
                assert_eq!(three_strongest(chroma), [4, 7, 11], "{rate} Hz, {cents} cents: {chroma:?}");
                let others: f32 = [0, 1, 2, 3, 5, 6, 8, 9, 10].iter().map(|class| chroma[*class]).sum();
                assert!(others < 0.1 * chroma.iter().sum::<f32>(), "{rate} Hz, {cents} cents: {chroma:?}");
            }
        }
    }

    #[test]
    fn a_semitone_moves_the_pitch_classes_and_changes_hardly_anything_else() {
        // A bass about 100 Hz, a chord far above it, and a high melody; in all twelve transpositions.
        let shares = |up: u8| {
            let keys = [43.0, 60.0, 76.0, 95.0].map(|key: f32| key + f32::from(up) - 5.0);
            let chroma = summed(48_000.0, 0.5, |now| [keys.iter().map(|key| tone(*key, now)).sum(); CHANNELS]);
            let whole: f32 = chroma.iter().sum();
            std::array::from_fn::<f32, PITCH_CLASSES, _>(|class| {
                chroma[(class + usize::from(up)) % PITCH_CLASSES] / whole
            })
        };
        for up in 0..12 {
            let (before, after) = (shares(up), shares(up + 1));
            let change = before.iter().zip(after).map(|(before, after)| (after - before).abs()).fold(0.0, f32::max);
            assert!(change < 0.05, "{change} from {up} to {}: {before:?} {after:?}", up + 1);
        }
    }

    #[test]
    fn the_level_and_the_channels_do_not_matter() {
        let loud = summed(48_000.0, 0.5, |now| [tone(60.0, now); CHANNELS]);
        let quiet = summed(48_000.0, 0.5, |now| [0.0, 1e-2 * tone(60.0, now)]);
        let opposed = summed(48_000.0, 0.5, |now| [tone(60.0, now), -tone(60.0, now)]);
        for (one, other) in loud.iter().zip(quiet).chain(loud.iter().zip(opposed)) {
            assert!((one - other).abs() <= 1e-3 * loud[0], "{loud:?} {quiet:?} {opposed:?}");
        }
    }

    #[test]
    fn silence_has_no_pitch_and_a_reset_forgets() {
        assert_eq!(summed(48_000.0, 0.5, |_| [0.0; CHANNELS]), [0.0; PITCH_CLASSES]);
        let layout = StreamLayout::for_sample_rate(48_000.0);
        let mut chroma = Chroma::new(&layout);
        let spectrum: Vec<_> = (0..layout.bins()).map(|bin| Complex32::new((bin % 7) as f32, 1.0)).collect();
        let first = chroma.hear([&spectrum, &spectrum], 1e-3);
        assert_eq!(first, [0.0; PITCH_CLASSES], "nothing to compare with");
        assert_ne!(chroma.hear([&spectrum, &spectrum], 1e-3), first);
        chroma.reset();
        assert_eq!(chroma.hear([&spectrum, &spectrum], 1e-3), first);
    }
}
