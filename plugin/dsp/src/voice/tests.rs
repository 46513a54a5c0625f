use std::f32::consts::TAU;

use super::*;
use crate::stft::Stft;

const RATES: [f32; 6] = [8_000.0, 22_050.0, 44_100.0, 48_000.0, 96_000.0, 192_000.0];

/// What is heard of a signal, hop by hop.
fn heard(rate: f32, seconds: f32, mut signal: impl FnMut(f32) -> f32) -> Vec<VoiceHeard> {
    let layout = StreamLayout::for_sample_rate(rate);
    let (mut stft, mut tracker) = (Stft::new(layout.window), VoiceTracker::new(&layout));
    let samples: Vec<f32> = (0..(seconds * rate) as usize).map(|n| signal(n as f32 / rate)).collect();
    let mut spectrum = vec![Complex32::default(); layout.bins()];
    let windows = samples.windows(layout.window).step_by(layout.hop);
    windows
        .map(|window| {
            stft.analyse(window, &mut spectrum);
            tracker.hear([&spectrum, &spectrum], stft.power_scale())
        })
        .collect()
}

/// A sung vowel: harmonics under two formants.
fn vowel(hz: f32, now: f32) -> f32 {
    let mut sum = 0.0;
    for harmonic in 1..40 {
        let at = hz * harmonic as f32;
        if at > 3_800.0 {
            break;
        }
        let formant = |centre: f32, width: f32| 1.0 / (1.0 + ((at - centre) / width).powi(2));
        let gain = 0.1 / harmonic as f32 + 0.3 * formant(650.0, 90.0) + 0.15 * formant(1_700.0, 120.0);
        sum += gain * (TAU * (at * now).fract()).sin();
    }
    0.2 * sum
}

fn noise(state: &mut u32) -> f32 {
    *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
    *state as f32 / u32::MAX as f32 - 0.5
}

#[test]
fn vowels_from_bass_to_soprano_have_their_pitch_at_every_rate() {
    for rate in RATES {
        for key in [40.0_f32, 45.0, 50.3, 57.0, 62.0, 69.0, 76.0, 81.0] {
            let hz = 440.0 * ((key - 69.0) / 12.0).exp2();
            let heard = heard(rate, 0.5, |now| vowel(hz, now));
            for (hop, voice) in heard.iter().enumerate().skip(2) {
                assert!(voice.voicing >= 0.5, "{rate} Hz, key {key}, hop {hop}: {voice:?}");
                assert!((voice.key - key).abs() < 0.2, "{rate} Hz, key {key}, hop {hop}: {voice:?}");
            }
        }
    }
}

#[test]
fn the_tuner_is_proposed_pitches_from_fifty_hertz_on() {
    // Windows of 8 kHz are too short for the lowest voices.
    for rate in &RATES[1..] {
        let layout = StreamLayout::for_sample_rate(*rate);
        // The window is a little shorter at 48 kHz and its multiples.
        let lowest = if layout.window as f32 / rate > 0.045 { 51.0_f32 } else { 58.0 };
        for hz in [lowest, 65.0, 1_080.0] {
            let (mut stft, mut tracker) = (Stft::new(layout.window), VoiceTracker::new(&layout));
            let samples: Vec<f32> = (0..layout.window).map(|n| vowel(hz, n as f32 / rate)).collect();
            let mut spectrum = vec![Complex32::default(); layout.bins()];
            stft.analyse(&samples, &mut spectrum);
            tracker.hear([&spectrum, &spectrum], stft.power_scale());
            let proposed = tracker.candidate().map_or(0.0, |(key, _)| key);
            let key = 69.0 + 12.0 * (hz / 440.0).log2();
            assert!((proposed - key).abs() < 0.3, "{rate} Hz: {proposed} for {key}");
        }
    }
}

#[test]
fn noise_and_silence_have_no_pitch() {
    let mut state = 1;
    let hiss = heard(48_000.0, 2.0, |_| 0.3 * noise(&mut state));
    let voiced = hiss.iter().filter(|voice| voice.voicing >= 0.5).count();
    assert!(voiced * 50 < hiss.len(), "{voiced} of {}", hiss.len());
    assert!(heard(48_000.0, 0.5, |_| 0.0).iter().all(|voice| voice.voicing == 0.0 && voice.onset == 0.0));
}

#[test]
fn breath_does_not_hide_the_pitch() {
    let mut state = 1;
    let heard = heard(44_100.0, 1.0, |now| vowel(220.0, now) + 0.08 * noise(&mut state));
    let right = heard.iter().filter(|voice| voice.voicing >= 0.5 && (voice.key - 57.0).abs() < 0.3).count();
    assert!(right * 10 > heard.len() * 9, "{right} of {}", heard.len());
}

#[test]
fn notes_begin_once_after_a_gap_and_when_the_pitch_moves() {
    // Silence, A3, silence, A3, C4 without a gap.
    let signal = |now: f32| match now {
        0.3..0.8 | 1.0..1.5 => vowel(220.0, now),
        1.5..2.0 => vowel(261.63, now),
        _ => 0.0,
    };
    let layout = StreamLayout::for_sample_rate(48_000.0);
    let seconds = |hop: usize| (hop * layout.hop + layout.window) as f32 / layout.sample_rate;
    let begins: Vec<f32> = heard(48_000.0, 2.0, signal)
        .iter()
        .enumerate()
        .filter(|(_, voice)| voice.onset > 0.0)
        .map(|(hop, _)| seconds(hop))
        .collect();
    assert_eq!(begins.len(), 3, "{begins:?}");
    for (found, wanted) in begins.iter().zip([0.3, 1.0, 1.5]) {
        assert!((0.0..0.1).contains(&(found - wanted)), "{begins:?}");
    }
}

#[test]
fn the_level_is_in_decibels_of_a_full_scale_sine() {
    let heard = heard(48_000.0, 0.5, |now| 0.1 * (TAU * (440.0 * now).fract()).sin());
    let level = heard[10].level;
    assert!((level + 20.0).abs() < 1.5, "{level}");
}
