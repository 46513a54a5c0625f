#![allow(clippy::unwrap_used)]

use super::*;

/// Something with rhythm and tones at a sample rate, `seconds` long.
fn music(rate: f32, seconds: f32) -> Vec<f32> {
    (0..(rate * seconds) as usize)
        .map(|n| {
            let t = n as f32 / rate;
            let beat = (-(t * 4.0).fract() * 6.0).exp();
            let tones = [220.0, 277.0, 330.0, 1_760.0].map(|hz: f32| (std::f32::consts::TAU * hz * t).sin());
            0.1 * beat * tones.iter().sum::<f32>()
        })
        .collect()
}

fn similarity(one: &Slice, other: &Slice) -> f32 {
    one.vector.iter().zip(&other.vector).map(|(a, b)| a * b).sum()
}

fn heard(rate: f32, sound: &[f32]) -> Option<Slice> {
    SliceListener::embedded(rate).unwrap().hear(sound)
}

#[test]
fn the_same_music_is_the_same_at_every_sample_rate() {
    let reference = heard(16_000.0, &music(16_000.0, 4.0)).unwrap();
    for rate in [22_050.0, 44_100.0, 48_000.0, 88_200.0, 96_000.0, 176_400.0, 192_000.0] {
        let slice = heard(rate, &music(rate, 4.0)).unwrap();
        assert!(similarity(&reference, &slice) > 0.99, "{rate} Hz: {}", similarity(&reference, &slice));
    }
    let low = heard(8_000.0, &music(8_000.0, 4.0)).unwrap();
    assert!(similarity(&reference, &low) > 0.9, "8 kHz: {}", similarity(&reference, &low));
}

#[test]
fn gain_and_a_constant_count_for_nothing() {
    let sound = music(44_100.0, 4.0);
    let reference = heard(44_100.0, &sound).unwrap();
    for (gain, constant) in [(0.5, 0.0), (0.02, 0.0), (1.0, 0.3)] {
        let changed: Vec<f32> = sound.iter().map(|sample| sample * gain + constant).collect();
        assert!(similarity(&reference, &heard(44_100.0, &changed).unwrap()) > 0.999);
    }
}

#[test]
fn where_there_is_nothing_to_hear_it_says_so() {
    let samples = SliceListener::embedded(48_000.0).unwrap().samples();
    assert_eq!(heard(48_000.0, &vec![0.0; samples]), None, "silence");
    assert_eq!(heard(48_000.0, &vec![0.4; samples]), None, "a constant");
    assert_eq!(heard(48_000.0, &vec![f32::NAN; samples]), None, "no numbers");
    assert_eq!(heard(48_000.0, &music(48_000.0, 0.2)), None, "0.2 s");
}

#[test]
fn whatever_comes_in_the_answer_is_a_unit_vector_with_probabilities() {
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state as f32 / u32::MAX as f32 - 0.5
    };
    let mut listener = SliceListener::embedded(48_000.0).unwrap();
    let samples = listener.samples();
    let mut broken: Vec<f32> = music(48_000.0, 4.0);
    broken[1_000..30_000].fill(f32::INFINITY);
    broken[40_000] = f32::MAX;
    let clicks = (0..samples).map(|n| if n % 48_000 == 5 { 1.0 } else { 0.0 }).collect();
    for sound in [(0..samples).map(|_| noise()).collect(), broken, clicks] {
        let slice = listener.hear(&sound).unwrap();
        let length: f32 = slice.vector.iter().map(|number| number * number).sum();
        let sum: f32 = slice.genres.iter().sum();
        assert!((length - 1.0).abs() < 1e-4 && (sum - 1.0).abs() < 1e-4 && slice.genres.iter().all(|p| *p >= 0.0));
        assert_eq!(Some(slice), listener.hear(&sound), "the same sound gives the same bits");
    }
}

#[test]
fn opposite_phase_is_heard() {
    let sound = music(48_000.0, 4.0);
    let turned: Vec<f32> = sound.iter().map(|sample| -sample).collect();
    assert_eq!(mono([&sound, &turned]), sound);
    assert_eq!(mono([&sound, &sound]), sound);
}
