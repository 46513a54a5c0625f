use std::f32::consts::TAU;

use super::*;
use crate::stream::stft::Stft;

const RATES: [f32; 6] = [8_000.0, 22_050.0, 44_100.0, 48_000.0, 96_000.0, 192_000.0];

/// What is heard of a signal, hop by hop.
fn heard(rate: f32, seconds: f32, signal: impl FnMut(f32) -> f32) -> Vec<VoiceHeard> {
    heard_in(rate, seconds, [1.0, 1.0], signal)
}

/// What is heard of a signal with a gain for each channel.
fn heard_in(rate: f32, seconds: f32, gains: [f32; CHANNELS], mut signal: impl FnMut(f32) -> f32) -> Vec<VoiceHeard> {
    let layout = StreamLayout::for_sample_rate(rate);
    let (mut stft, mut tracker) = (Stft::new(layout.window), VoiceTracker::new(&layout));
    let samples: Vec<f32> = (0..(seconds * rate) as usize).map(|n| signal(n as f32 / rate)).collect();
    let mut spectra = gains.map(|_| vec![Complex32::default(); layout.bins()]);
    let windows = samples.windows(layout.window).step_by(layout.hop);
    windows
        .map(|window| {
            for (spectrum, gain) in spectra.iter_mut().zip(gains) {
                let window: Vec<f32> = window.iter().map(|sample| gain * sample).collect();
                stft.analyse(&window, spectrum);
            }
            tracker.hear([&spectra[0], &spectra[1]], stft.power_scale())
        })
        .collect()
}

/// Four sung notes a semitone and more apart, each louder or softer than the last, with pauses between and before them.
fn phrase(now: f32) -> f32 {
    let (note, within) = ((now / 0.75) as usize, now % 0.75);
    let (hz, gain) = [(220.0, 1.0), (261.63, 0.25), (246.94, 0.5), (329.63, 0.1)][note % 4];
    let fade = ((within - 0.15) / 0.02).min((0.65 - within) / 0.05).clamp(0.0, 1.0);
    gain * fade * vowel(hz, now)
}

fn decibels(gain: f32) -> f32 {
    10.0_f32.powf(gain / 20.0)
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
fn the_level_is_told_against_the_voice_s_own() {
    for gain in [1.0, 0.1, 0.001] {
        let signal = |now: f32| gain * phrase(now);
        let loudest = heard(48_000.0, 6.0, signal).iter().map(|voice| voice.level).fold(-120.0, f32::max);
        assert!((loudest + 10.0).abs() < 0.1, "{gain}: {loudest}");
    }
}

#[test]
fn what_is_heard_does_not_depend_on_the_gain() {
    let wanted = heard(44_100.0, 9.0, phrase);
    let voiced = wanted.iter().filter(|voice| voice.voicing >= 0.5).count();
    assert!(voiced * 2 > wanted.len(), "{voiced} of {}", wanted.len());
    assert_eq!(wanted.iter().filter(|voice| voice.onset > 0.0).count(), 12);
    for gain in [-20.0, -36.0, -40.0] {
        let quiet = heard(44_100.0, 9.0, |now| decibels(gain) * phrase(now));
        for (hop, (loud, quiet)) in wanted.iter().zip(&quiet).enumerate() {
            assert!((loud.voicing >= 0.5) == (quiet.voicing >= 0.5), "{gain} dB, hop {hop}: {loud:?} {quiet:?}");
            assert!((loud.key - quiet.key).abs() < 0.02, "{gain} dB, hop {hop}: {loud:?} {quiet:?}");
            assert_eq!(loud.onset > 0.0, quiet.onset > 0.0, "{gain} dB, hop {hop}");
        }
    }
}

#[test]
fn a_quiet_note_that_sounds_from_the_very_beginning_is_heard() {
    for gain in [0.0, -40.0] {
        let heard = heard(44_100.0, 1.0, |now| decibels(gain) * vowel(329.63, now));
        assert!(heard.iter().all(|voice| voice.voicing >= 0.5), "{gain} dB");
    }
}

#[test]
fn a_voice_turned_down_is_heard_again() {
    let turned_down = |now: f32| if now < 6.0 { phrase(now) } else { decibels(-30.0) * phrase(now) };
    let heard = heard(44_100.0, 24.0, turned_down);
    let late = &heard[heard.len() * 3 / 4..];
    let voiced = late.iter().filter(|voice| voice.voicing >= 0.5).count();
    assert!(voiced * 2 > late.len(), "{voiced} of {}", late.len());
}

#[test]
fn neither_hum_nor_the_noise_of_a_room_is_a_note() {
    for gain in [0.0, -20.0, -36.0] {
        let mut state = 1;
        // The hum is 35 dB below the voice, mains with two harmonics; it begins before the voice does.
        let wave = |now: f32, hz: f32| (TAU * (hz * now).fract()).sin();
        let hum = |now: f32| 0.003 * (wave(now, 50.0) + 0.6 * wave(now, 100.0) + 0.4 * wave(now, 150.0));
        let sings = |now: f32| (3.0..9.0).contains(&now) || now >= 15.0;
        let heard = heard(44_100.0, 21.0, |now| {
            let voice = if sings(now) { phrase(now) } else { 0.0 };
            decibels(gain) * (voice + hum(now) + 0.001 * noise(&mut state))
        });
        for (hop, voice) in heard.iter().enumerate() {
            let seconds = hop as f32 * 512.0 / 44_100.0;
            let alone = !sings(seconds) && !sings(seconds + 0.05);
            assert!(!alone || voice.voicing < 0.5, "{gain} dB, {seconds} s: {voice:?}");
            assert!(voice.voicing < 0.5 || voice.key > 50.0, "{gain} dB, {seconds} s: {voice:?}");
        }
    }
}

#[test]
fn a_voice_in_opposite_phase_or_on_one_side_is_heard_as_in_the_middle() {
    let wanted = heard(44_100.0, 4.0, phrase);
    for gains in [[1.0, -1.0], [0.3, -1.0], [1.0, 0.0], [0.0, -1.0]] {
        let found = heard_in(44_100.0, 4.0, gains, phrase);
        for (hop, (wanted, found)) in wanted.iter().zip(&found).enumerate() {
            assert!((wanted.voicing >= 0.5) == (found.voicing >= 0.5), "{gains:?}, hop {hop}: {wanted:?} {found:?}");
            assert!((wanted.key - found.key).abs() < 0.02, "{gains:?}, hop {hop}: {wanted:?} {found:?}");
        }
    }
}

#[test]
fn high_voices_have_their_pitch_and_what_is_higher_is_left_alone() {
    for rate in &RATES[1..] {
        for hz in [990.0_f32, 1_047.0, 1_175.0, 1_319.0, 1_480.0, 1_600.0, 1_800.0, 2_093.0, 2_349.0, 2_637.0, 3_520.0]
        {
            let key = 69.0 + 12.0 * (hz / 440.0).log2();
            let pure = heard(*rate, 0.5, |now| 0.2 * (TAU * (hz * now).fract()).sin());
            for (hop, voice) in heard(*rate, 0.5, |now| vowel(hz, now)).iter().chain(&pure).enumerate() {
                let voiced = voice.voicing >= 0.5;
                assert!(hz > 1_600.0 || voiced, "{rate} Hz, {hz} Hz, hop {hop}: {voice:?}");
                assert!(!voiced || (voice.key - key).abs() < 0.3, "{rate} Hz, {hz} Hz, hop {hop}: {voice:?}");
            }
        }
    }
}
