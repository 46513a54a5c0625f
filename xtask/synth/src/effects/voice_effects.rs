//! Effects on whole recordings of voices.

use crate::{effects::filter::decibels, song::Stereo};
use songweave_score::random::Random;

/// Compresses above `threshold` (dB against the peak) by `ratio`; attack 5 ms, release 120 ms, the peak is kept.
pub fn compress(samples: &mut [f32], rate: u32, threshold: f32, ratio: f32) {
    let peak = samples.iter().fold(1e-6f32, |peak, sample| peak.max(sample.abs()));
    let (attack, release) = (pace(0.005, rate), pace(0.12, rate));
    let threshold = peak * decibels(threshold);
    let power = 1.0 / ratio.max(1.0) - 1.0;
    let mut level = 0.0f32;
    for sample in samples.iter_mut() {
        let now = sample.abs();
        level += (now - level) * if now > level { attack } else { release };
        if level > threshold {
            *sample *= (level / threshold).powf(power);
        }
    }
    let after = samples.iter().fold(1e-6f32, |peak, sample| peak.max(sample.abs()));
    samples.iter_mut().for_each(|sample| *sample *= peak / after);
}

/// Turns down what lies above 5 kHz by `depth` (0…1) wherever it is louder than the rest.
pub fn de_ess(samples: &mut [f32], rate: u32, depth: f32) {
    let (split, follow) = (pace(1.0 / (std::f32::consts::TAU * 5_000.0), rate), pace(0.004, rate));
    let (mut low, mut dull, mut sharp) = (0.0f32, 0.0f32, 0.0f32);
    for sample in samples {
        low += (*sample - low) * split;
        let high = *sample - low;
        dull += (low.abs() - dull) * follow;
        sharp += (high.abs() - sharp) * follow;
        let over = (sharp / (0.5 * dull + 1e-6) - 1.0).clamp(0.0, 1.0);
        *sample = low + high * (1.0 - depth * over);
    }
}

/// Soft clipping, `amount` times the level; `bias` makes it lopsided. The level stays about the same.
pub fn drive(samples: &mut [f32], amount: f32, bias: f32) {
    let rest = bias.tanh();
    let scale = 1.0 / (amount + bias).tanh().max(0.1);
    samples.iter_mut().for_each(|sample| *sample = scale * ((amount * *sample + bias).tanh() - rest));
}

/// A copy behind a delay (s) that swings by `depth` (s) at `hz`, beginning at `phase` (turns).
#[must_use]
pub fn chorus(samples: &[f32], rate: u32, delay: f32, depth: f32, hz: f32, phase: f32) -> Vec<f32> {
    let (rate, mut angle) = (rate as f32, phase);
    let mut held = [0.0f32; 2];
    let at = |n: usize, back: f32| {
        let place = n as f32 - back;
        let (whole, part) = (place.floor(), place - place.floor());
        if whole < 0.0 {
            return 0.0;
        }
        let one = samples[whole as usize];
        one + part * (samples.get(whole as usize + 1).copied().unwrap_or(one) - one)
    };
    (0..samples.len())
        .map(|n| {
            if n % 64 == 0 {
                let swing = |angle: f32| (delay + depth * (std::f32::consts::TAU * angle).sin()).max(0.0) * rate;
                let next = (angle + 64.0 * hz / rate).fract();
                held = [swing(angle), swing(next)];
                angle = next;
            }
            at(n, held[0] + (held[1] - held[0]) * (n % 64) as f32 / 64.0)
        })
        .collect()
}

/// Echoes every `seconds`, crossing from side to side and getting duller; `feedback` and `level` are linear.
pub fn echo(sound: &mut Stereo, rate: u32, seconds: f32, feedback: f32, level: f32) {
    let length = ((seconds * rate as f32) as usize).max(1);
    let mut lines = [vec![0.0f32; length], vec![0.0f32; length]];
    let (dull, mut low) = (pace(1.0 / (std::f32::consts::TAU * 3_500.0), rate), [0.0f32; 2]);
    let [left, right] = sound;
    for (n, (left, right)) in left.iter_mut().zip(right).enumerate() {
        let place = n % length;
        let heard = [lines[0][place], lines[1][place]];
        for (low, heard) in low.iter_mut().zip(heard) {
            *low += (heard - *low) * dull;
        }
        lines[0][place] = 0.5 * (*left + *right) + feedback * low[1];
        lines[1][place] = feedback * low[0];
        *left += level * low[0];
        *right += level * low[1];
    }
}

/// Chops the sound into steps (s) of which some are silent, in stretches of eight.
pub fn gate(sound: &mut Stereo, rate: u32, step: f64, random: &mut Random) {
    let length = ((step * f64::from(rate)) as usize).max(64);
    let edge = (0.003 * rate as f32).min(0.25 * length as f32);
    let pattern: Vec<bool> = (0..8).map(|_| random.chance(0.6)).collect();
    let samples = sound[0].len();
    let chopped: Vec<bool> = (0..samples / (8 * length) + 1).map(|_| random.chance(0.4)).collect();
    for n in 0..samples {
        let (place, at) = (n / length, (n % length) as f32);
        if chopped[place / 8] {
            let open = if pattern[place % 8] { (at / edge).min((length as f32 - at) / edge).min(1.0) } else { 0.0 };
            sound.iter_mut().for_each(|channel| channel[n] *= open);
        }
    }
}

/// Share of the way that a follower with this time constant (s) goes in one sample.
fn pace(seconds: f32, rate: u32) -> f32 {
    1.0 - (-1.0 / (seconds * rate as f32)).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(hz: f32, gain: f32, samples: usize) -> Vec<f32> {
        (0..samples).map(|n| gain * (std::f32::consts::TAU * hz * n as f32 / 44_100.0).sin()).collect()
    }

    fn level(samples: &[f32]) -> f32 {
        (samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32).sqrt()
    }

    #[test]
    fn compression_brings_loud_and_quiet_together() {
        let mut sound = [sine(300.0, 1.0, 44_100), sine(300.0, 0.05, 44_100)].concat();
        compress(&mut sound, 44_100, -26.0, 4.0);
        let ratio = level(&sound[20_000..44_000]) / level(&sound[70_000..88_000]);
        assert!((1.5..4.0).contains(&ratio), "twentyfold before, {ratio} now");
    }

    #[test]
    fn hiss_is_turned_down_and_vowels_are_not() {
        let (mut vowel, mut hiss) = (sine(400.0, 0.5, 20_000), sine(9_000.0, 0.5, 20_000));
        de_ess(&mut vowel, 44_100, 0.8);
        de_ess(&mut hiss, 44_100, 0.8);
        assert!(level(&vowel) > 0.33 && level(&hiss[5_000..]) < 0.25);
    }

    #[test]
    fn echoes_come_at_their_time_on_alternating_sides() {
        let mut sound = [vec![0.0; 30_000], vec![0.0; 30_000]];
        sound[0][0] = 1.0;
        echo(&mut sound, 44_100, 0.2, 0.5, 1.0);
        let energy =
            |channel: usize, from: usize| sound[channel][from..from + 200].iter().map(|s| s.abs()).sum::<f32>();
        assert!(energy(0, 8_820) > 0.3 && energy(1, 8_820) == 0.0);
        assert!(energy(1, 17_640) > 0.1 && energy(1, 17_640) < energy(0, 8_820));
    }

    #[test]
    fn a_chorus_delays_and_a_gate_only_takes_away() {
        let mut impulse = vec![0.0; 4_000];
        impulse[100] = 1.0;
        let out = chorus(&impulse, 44_100, 0.01, 0.0, 1.0, 0.0);
        assert!((out[541] - 1.0).abs() < 0.01, "delayed by 441 samples");
        let before = [sine(300.0, 0.5, 88_200), sine(300.0, 0.5, 88_200)];
        let mut quieter = 0;
        for seed in 0..8 {
            let mut sound = before.clone();
            gate(&mut sound, 44_100, 0.1, &mut Random::new(seed));
            assert!(sound[0].iter().zip(&before[0]).all(|(after, before)| after.abs() <= before.abs() + 1e-6));
            quieter += usize::from(level(&sound[0]) < 0.95 * level(&before[0]));
        }
        assert!(quieter >= 2, "{quieter} of 8");
    }
}
