//! How loud a note is from moment to moment, and when its attack gets where.
//!
//! The envelope is the power of both channels under a Hann window of two periods. Such a window has its zeros at every multiple
//! of the note's frequency, where sums and differences of harmonic partials beat: what is left hardly depends on their
//! phases. What the window's own mean holds is no sound but an offset, and is taken out. The attack is read from this energy
//! envelope at fixed shares of its maximum: G. Peeters, "A large set of audio features for sound description" (CUIDADO report,
//! 2004), 3.2, and G. Peeters et al., "The Timbre Toolbox", JASA 130 (2011), II.B.

use std::f64::consts::TAU;

use songweave_models::instruments::{Program, Role};

use crate::notes::note_renders::nominal_hz;
use songweave_synth::song::Stereo;

/// Seconds from one level to the next.
pub const STEP: f32 = 0.001;
/// Periods in a window, and the shortest window in seconds.
const PERIODS: f32 = 2.0;
const SHORTEST: f32 = 0.004;
/// Longest window of a drum in seconds, and the share of its energy that a window must hold.
const LONGEST: f32 = 0.064;
const KEPT: f32 = 0.9;
/// How long an attack may take, in seconds.
const ATTACK: f32 = 0.5;
/// Shares of the largest amplitude at which an attack is read.
const SHARES: [f32; 2] = [0.5, 0.9];

/// Length in seconds of the window in which the envelope of a key is read; `sound` is a true note of it. A drum has no one
/// period: its window is the shortest, doubled until hardly any of the sound is slower than it.
#[must_use]
pub fn smoothing(sound: &Stereo, rate: f32, program: &Program, key: u8) -> f32 {
    if program.role != Role::Drums {
        return (PERIODS / nominal_hz(program, key)).max(SHORTEST);
    }
    let energy: f32 = sound.iter().flatten().map(|sample| sample * sample).sum();
    let held = |window: f32| powers(sound, rate, window).iter().sum::<f32>() * STEP * rate;
    let mut window = SHORTEST;
    while window < LONGEST && held(window) < KEPT * energy {
        window *= 2.0;
    }
    window
}

/// Power of both channels together around every [`STEP`], without the offset, in windows of `window` seconds; silence lies
/// before and after the sound. `[step]`
#[must_use]
pub fn powers(sound: &Stereo, rate: f32, window: f32) -> Vec<f32> {
    let length = ((window * rate) as usize).max(2);
    let steps = (sound[0].len() as f32 / rate / STEP).round() as usize;
    let mut powers = vec![0.0_f32; steps];
    for channel in sound {
        let (plain, squares) = (Sums::new(channel, length, |x| x), Sums::new(channel, length, |x| x * x));
        for (step, power) in powers.iter_mut().enumerate() {
            let middle = (step as f32 * STEP * rate) as i64;
            *power += (squares.mean(middle) - plain.mean(middle).powi(2)).max(0.0) as f32;
        }
    }
    powers
}

/// Running sums that any Hann window of one length is read from.
struct Sums {
    length: usize,
    /// Sums of the values before a sample, and of these turned once per window: `[sample]`, real and imaginary.
    sums: Vec<[f64; 3]>,
}

impl Sums {
    fn new(samples: &[f32], length: usize, value: fn(f64) -> f64) -> Self {
        let mut sums = vec![[0.0; 3]; samples.len() + 1];
        for (n, sample) in samples.iter().enumerate() {
            let (sin, cos) = (TAU * (n % length) as f64 / length as f64).sin_cos();
            let (value, [sum, re, im]) = (value(f64::from(*sample)), sums[n]);
            sums[n + 1] = [sum + value, re + value * cos, im + value * sin];
        }
        Self { length, sums }
    }

    /// Mean of the values under the window around a sample.
    fn mean(&self, middle: i64) -> f64 {
        let first = middle - self.length as i64 / 2;
        let at = |sample: i64| self.sums[sample.clamp(0, self.sums.len() as i64 - 1) as usize];
        let (from, to) = (at(first), at(first + self.length as i64));
        // The window is 0.5 - 0.5 cos of the turns since half a sample before its first.
        let (sin, cos) = (TAU * (first as f64 - 0.5) / self.length as f64).sin_cos();
        let turned = (to[1] - from[1]) * cos + (to[2] - from[2]) * sin;
        ((to[0] - from[0]) - turned) / self.length as f64
    }
}

/// Milliseconds from the onset until the amplitude has half and nine tenths of the largest of the first half second, from
/// [`powers`].
#[must_use]
pub fn attack(powers: &[f32]) -> [f64; 2] {
    let powers = &powers[..powers.len().min((ATTACK / STEP) as usize)];
    let peak = powers.iter().copied().fold(1e-20, f32::max).sqrt();
    SHARES.map(|share| {
        let reached = |power: &f32| power.sqrt() >= share * peak;
        let Some(step) = powers.iter().position(reached) else { return 0.0 };
        let [before, now] = [step.saturating_sub(1), step].map(|step| powers[step].sqrt());
        let back = if now > before { (now - share * peak) / (now - before) } else { 0.0 };
        f64::from((step as f32 - back).max(0.0) * STEP * 1_000.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use songweave_models::instruments::PROGRAMS;
    use songweave_score::random::Random;

    const RATE: f32 = 48_000.0;

    /// Twelve partials that begin after `delay` seconds and rise in a straight line for `rise`, with random phases.
    fn tone(hz: f32, delay: f32, rise: f32, seed: u64) -> Stereo {
        let mut random = Random::new(seed);
        [(); 2].map(|()| {
            let phases: Vec<f32> = (0..12).map(|_| random.unit()).collect();
            let sample = |n: usize| {
                let seconds = n as f32 / RATE;
                let wave = |(partial, phase): (usize, &f32)| {
                    let turns = f64::from(hz) * (partial + 1) as f64 * f64::from(seconds - delay) + f64::from(*phase);
                    (TAU * turns).sin() as f32 / (partial + 1) as f32
                };
                ((seconds - delay) / rise).clamp(0.0, 1.0) * phases.iter().enumerate().map(wave).sum::<f32>()
            };
            (0..RATE as usize).map(sample).collect()
        })
    }

    fn attack_of(hz: f32, sound: &Stereo) -> [f64; 2] {
        attack(&powers(sound, RATE, (PERIODS / hz).max(SHORTEST)))
    }

    /// Whether the second is later by so many milliseconds, within a share of a period.
    fn is_later(hz: f32, [one, other]: [&Stereo; 2], wanted: [f64; 2], share: f64) {
        let [one, other] = [one, other].map(|sound| attack_of(hz, sound));
        for (at, wanted) in wanted.into_iter().enumerate() {
            let later = other[at] - one[at];
            assert!(
                (later - wanted).abs() < 0.3 + share * 1_000.0 / f64::from(hz),
                "{hz} Hz: {later}, not {wanted} ms"
            );
        }
    }

    #[test]
    fn phases_do_not_count() {
        for (hz, seed) in [(41.2, 2), (41.2, 3), (110.0, 4), (110.0, 5), (440.0, 6), (440.0, 7)] {
            is_later(hz, [&tone(hz, 0.0, 0.06, 1), &tone(hz, 0.0, 0.06, seed)], [0.0; 2], 0.1);
        }
    }

    #[test]
    fn a_delay_is_measured_as_long_as_it_is() {
        for hz in [41.2, 110.0, 440.0] {
            is_later(hz, [&tone(hz, 0.0, 0.03, 1), &tone(hz, 0.01, 0.03, 1)], [10.0; 2], 0.0);
        }
    }

    #[test]
    fn a_slower_rise_is_seen() {
        for hz in [41.2, 110.0, 440.0] {
            is_later(hz, [&tone(hz, 0.0, 0.1, 1), &tone(hz, 0.0, 0.13, 2)], [15.0, 27.0], 0.1);
        }
    }

    #[test]
    fn a_window_of_a_drum_is_as_long_as_the_drum_is_low() {
        let window = |hz: f32| smoothing(&tone(hz, 0.0, 0.001, 1), RATE, &PROGRAMS[0], 36);
        assert_eq!([50.0, 200.0, 2_000.0].map(window), [0.032, 0.008, 0.004]);
        let pitched = |key: u8| smoothing(&tone(50.0, 0.0, 0.001, 1), RATE, &PROGRAMS[6], key);
        assert!((pitched(69) - 2.0 / 440.0).abs() < 1e-6 && (pitched(45) - 2.0 / 110.0).abs() < 1e-6);
    }

    #[test]
    fn powers_are_those_of_the_sound_without_its_offset() {
        let mut sound = tone(110.0, 0.0, 0.001, 1);
        let wanted: f32 = (1..=12).map(|partial| 1.0 / (partial * partial) as f32).sum();
        for offset in [0.0, 0.3] {
            sound.iter_mut().flatten().for_each(|sample| *sample += offset);
            let powers = powers(&sound, RATE, PERIODS / 110.0);
            assert_eq!(powers.len(), 1_000);
            assert!(
                powers[100..900].iter().all(|power| (power / wanted - 1.0).abs() < 0.01),
                "{:?}",
                &powers[100..110]
            );
        }
    }
}
