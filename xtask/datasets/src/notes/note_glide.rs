//! How the pitch of a drum falls after the hit.

use songweave_synth::song::Stereo;

/// Drums glide for so long at most, in seconds.
const LASTS: f32 = 0.35;
/// From where on the track is read backwards: steps in seconds.
const STEP: f32 = 0.002;
/// Periods in a window.
const PERIODS: f32 = 2.5;
/// The lowest mode of a drum that glides, in Hz at most.
const HIGHEST: f32 = 260.0;
/// How much of the sound's power after the hit the gliding mode must be, on average.
const SHARE: f32 = 0.6;
/// When that is looked at, in seconds.
const HEARD: std::ops::Range<f32> = 0.01..0.06;
/// Less than this is no glide, in semitones.
const LEAST: f32 = 0.7;

/// Semitones above the settled pitch, one number per 2 ms from the onset.
#[derive(Debug, Clone, PartialEq)]
pub struct Glide(Vec<f32>);

impl Glide {
    /// No glide.
    #[must_use]
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Whether the pitch stays.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// Follows the strongest low mode of a drum, from its settled frequency backwards to the hit.
    #[must_use]
    pub fn of(sound: &Stereo, rate: f32, modes: &[f32]) -> Self {
        let mono: Vec<f32> = sound[0].iter().zip(&sound[1]).map(|(left, right)| 0.5 * (left + right)).collect();
        let strength = |hz: f32| correlate(&mono, rate, hz, 0.06).0;
        let low = modes.iter().copied().filter(|hz| (25.0..HIGHEST).contains(hz));
        let Some(base) = low.max_by(|a, b| strength(*a).total_cmp(&strength(*b))) else { return Self::none() };
        let steps = (LASTS / STEP) as usize;
        let (mut hz, mut track, mut share) = (base, vec![0.0; steps], 0.0_f32);
        for (step, track) in track.iter_mut().enumerate().rev() {
            let seconds = step as f32 * STEP;
            let candidates = (-4..=24).map(|at| hz * (at as f32 * 0.004).exp2());
            let explained = |hz: f32| correlate(&mono, rate, hz, seconds).1;
            let scored = candidates.map(|hz| (hz, explained(hz) - 0.02 * (hz / base).log2().abs()));
            if let Some((best, score)) = scored.max_by(|a, b| a.1.total_cmp(&b.1)) {
                hz = (0.5 * hz + 0.5 * best).clamp(0.9 * base, 8.0 * base);
                if HEARD.contains(&seconds) {
                    share += score * STEP / (HEARD.end - HEARD.start);
                }
            }
            *track = 12.0 * (hz / base).log2();
        }
        let most = track.iter().copied().fold(0.0, f32::max);
        if most < LEAST || share < SHARE { Self::none() } else { Self(track) }
    }

    /// Semitones at an age in seconds.
    #[must_use]
    pub fn at(&self, seconds: f32) -> f32 {
        let place = (seconds / STEP).max(0.0);
        let value = |index: usize| self.0.get(index).copied().unwrap_or(0.0);
        value(place as usize) + place.fract() * (value(place as usize + 1) - value(place as usize))
    }
}

/// Amplitude of a frequency around an age, and how much of the sound's power there it explains, 0…1.
fn correlate(mono: &[f32], rate: f32, hz: f32, seconds: f32) -> (f32, f32) {
    let length = (PERIODS * rate / hz) as usize;
    let from = ((seconds * rate) as usize).saturating_sub(length / 2);
    let Some(samples) = mono.get(from..from + length) else { return (0.0, 0.0) };
    let (mut re, mut im, mut energy, mut weight) = (0.0_f32, 0.0_f32, 1e-12_f32, 0.0_f32);
    for (n, sample) in samples.iter().enumerate() {
        let window = 0.5 - 0.5 * (std::f32::consts::TAU * (n as f32 + 0.5) / length as f32).cos();
        let (sin, cos) = (std::f32::consts::TAU * hz * n as f32 / rate).sin_cos();
        re += window * sample * cos;
        im += window * sample * sin;
        energy += window * sample * sample;
        weight += window;
    }
    let amplitude = 2.0 * (re * re + im * im).sqrt() / weight;
    (amplitude, (0.5 * amplitude * amplitude * weight / energy).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kick_that_falls_is_followed_and_a_steady_tone_is_not() {
        let rate = 48_000.0;
        let drum = |semitones: f32| {
            let mut phase = 0.0_f32;
            let channel: Vec<f32> = (0..48_000)
                .map(|n| {
                    let seconds = n as f32 / rate;
                    phase += 60.0 * (semitones / 12.0 * (-seconds / 0.04).exp()).exp2() / rate;
                    (-8.0 * seconds).exp() * (std::f32::consts::TAU * phase).sin()
                })
                .collect();
            [channel.clone(), channel]
        };
        let glide = Glide::of(&drum(12.0), rate, &[60.0, 300.0]);
        for seconds in [0.02_f32, 0.05, 0.1, 0.3] {
            let wanted = 12.0 * (-seconds / 0.04).exp();
            assert!((glide.at(seconds) - wanted).abs() < 1.5, "{seconds}: {} against {wanted}", glide.at(seconds));
        }
        assert!(Glide::of(&drum(0.0), rate, &[60.0, 300.0]).is_none());
    }
}
