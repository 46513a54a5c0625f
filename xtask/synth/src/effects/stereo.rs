//! Where a part stands: width, place, swapped sides, a delayed side, doubles.

use std::f32::consts::{FRAC_PI_4, SQRT_2, TAU};

use songweave_dsp::stream::layout::Part;

use crate::song::Stereo;
use songweave_score::random::Random;

/// A random width and place; now and then swapped, mono, with one side late or doubled.
#[must_use]
pub fn place(sound: &Stereo, part: Part, rate: u32, random: &mut Random) -> Stereo {
    let voice = part == Part::Vocals;
    let width = if random.chance(0.08) {
        0.0
    } else if voice {
        random.between(0.3, 1.1)
    } else {
        random.between(0.0, 1.4)
    };
    let pan = if voice { 0.06 } else { 0.2 } * random.normal();
    let mut out = panned(&widened(sound, width), pan);
    if random.chance(0.5) {
        out.swap(0, 1);
    }
    if random.chance(0.06) {
        // As Haas found: up to about 30 ms it widens and is not heard as an echo.
        let (side, late) = (random.index(2), random.between(0.001, 0.025) * rate as f32);
        out[side] = delayed(&out[side], |_| late, 1.0);
    }
    if random.chance(0.1) {
        double(&mut out, rate, random);
    }
    out
}

/// Sides multiplied by `width`: 0 = mono, 1 = as it is.
#[must_use]
pub fn widened(sound: &Stereo, width: f32) -> Stereo {
    let side = |sign: f32| -> Vec<f32> {
        sound[0].iter().zip(&sound[1]).map(|(l, r)| 0.5 * ((l + r) + sign * width * (l - r))).collect()
    };
    [side(1.0), side(-1.0)]
}

fn panned(sound: &Stereo, pan: f32) -> Stereo {
    let angle = (pan.clamp(-0.9, 0.9) + 1.0) * FRAC_PI_4;
    let gains = [angle.cos() * SQRT_2, angle.sin() * SQRT_2];
    std::array::from_fn(|channel| sound[channel].iter().map(|sample| sample * gains[channel]).collect())
}

/// Adds a late, slightly wavering copy on both sides, as a chorus or a second take does.
fn double(sound: &mut Stereo, rate: u32, random: &mut Random) {
    let gain = random.between(0.3, 0.7);
    for channel in sound {
        let (late, depth) = (random.between(0.01, 0.03), random.between(0.0003, 0.003));
        let (pace, phase) = (random.between(0.2, 1.5) * TAU / rate as f32, random.between(0.0, TAU));
        let delay = |n: usize| rate as f32 * (late + depth * (phase + pace * n as f32).sin());
        let copy = delayed(channel, delay, gain);
        channel.iter_mut().zip(copy).for_each(|(sample, copy)| *sample += copy);
    }
}

/// A copy with `gain`, late by `delay(sample)` samples.
fn delayed(channel: &[f32], delay: impl Fn(usize) -> f32, gain: f32) -> Vec<f32> {
    let at = |place: Option<usize>| place.and_then(|place| channel.get(place)).copied().unwrap_or(0.0);
    let sample = |n: usize| {
        let late = delay(n).max(0.0);
        let (whole, share) = (late as usize, late.fract());
        let (near, far) = (at(n.checked_sub(whole)), at(n.checked_sub(whole + 1)));
        gain * (near + share * (far - near))
    };
    (0..channel.len()).map(sample).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sound() -> Stereo {
        [1.0, 0.3].map(|level| (0..8_000).map(|n| level * (n as f32 * 0.05).sin()).collect())
    }

    #[test]
    fn width_zero_is_mono_and_width_one_changes_nothing() {
        let mono = widened(&sound(), 0.0);
        assert_eq!(mono[0], mono[1]);
        let same = widened(&sound(), 1.0);
        assert!(same[1].iter().zip(&sound()[1]).all(|(a, b)| (a - b).abs() < 1e-6));
    }

    #[test]
    fn a_delay_between_two_samples_lies_between_them() {
        let late = delayed(&[0.0, 1.0, 3.0, 5.0], |_| 1.5, 1.0);
        assert_eq!(late, [0.0, 0.0, 0.5, 2.0]);
    }

    #[test]
    fn the_seed_decides_the_place_and_loudness_stays_about_the_same() {
        let at = |seed| place(&sound(), Part::Other, 44_100, &mut Random::new(seed));
        assert_eq!(at(5), at(5));
        assert_ne!(at(5), at(6));
        for seed in 0..100 {
            let energy: f32 = at(seed).iter().flatten().map(|sample| sample * sample).sum();
            let before: f32 = sound().iter().flatten().map(|sample| sample * sample).sum();
            assert!((0.2..5.0).contains(&(energy / before)), "seed {seed}: {}", energy / before);
        }
    }
}
