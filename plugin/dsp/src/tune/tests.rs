//! The whole tuner, driven as the audio path drives it.

use std::f32::consts::TAU;

use realfft::num_complex::Complex32;

use super::*;
use crate::{
    analysis::voice::VoiceTracker,
    exchange::controls::{TuneControls, TuneScale, TuneTarget},
    stream::{framer::Framer, layout::StreamLayout, stft::Stft},
};

/// What a render gives.
struct Tuned {
    /// The left channel, latency removed.
    voice: Vec<f32>,
    /// The tuner in each hop.
    views: Vec<TuneView>,
    /// Hop and note.
    notes: Vec<(usize, TuneNote)>,
}

/// Tunes a signal on both channels, the right one at half the level; `asked(hop)` is what is asked of the tuner and which
/// keys are held.
fn tune(rate: f32, input: &[f32], asked: impl FnMut(usize) -> (TuneControls, u128)) -> Tuned {
    tune_beside(rate, input, 0.5, asked)
}

/// The same with any gain of the right channel.
fn tune_beside(rate: f32, input: &[f32], gain: f32, mut asked: impl FnMut(usize) -> (TuneControls, u128)) -> Tuned {
    let layout = StreamLayout::for_sample_rate(rate);
    let (mut stft, mut tracker) = (Stft::new(layout.window), VoiceTracker::new(&layout));
    let (mut tuner, mut framer) = (Tuner::new(&layout), Framer::new(&layout));
    let (mut spectrum, mut right) = (vec![Complex32::default(); layout.bins()], vec![]);
    let mut tuned = Tuned { voice: vec![], views: vec![], notes: vec![] };
    let hops = (input.len() + layout.latency()).div_ceil(layout.hop);
    for hop in 0..hops {
        for n in hop * layout.hop..(hop + 1) * layout.hop {
            let sample = input.get(n).copied().unwrap_or(0.0);
            framer.push([[sample, gain * sample], [0.0; 2]]);
        }
        stft.analyse(framer.window(0)[0], &mut spectrum);
        right.clear();
        right.extend(spectrum.iter().map(|bin| bin * gain));
        let voice = tracker.hear([&spectrum, &right], stft.power_scale());
        let (controls, held) = asked(hop);
        let pitch = tracker.candidate().map(|(key, _)| key);
        let frame = TuneFrame { listens: true, pitch, level: voice.level, controls, held, tells: true };
        tuner.hear(framer.newest(0), &frame);
        tuner.guide(&TuneGuide::default());
        tuner.play(true);
        let [left, right] = tuner.voice();
        assert!(
            left.iter().zip(right).all(|(left, right)| (gain * left - right).abs() < 1e-5),
            "other grains at the right"
        );
        tuned.voice.extend_from_slice(left);
        tuned.views.push(tuner.view());
        tuned.notes.extend(tuner.notes().map(|note| (hop, note)));
        framer.advance();
    }
    tuned.voice.drain(..layout.latency() - layout.hop);
    tuned.voice.resize(input.len(), 0.0);
    tuned
}

/// Fully and at once, to the next semitone.
fn hard() -> TuneControls {
    TuneControls { amount: 1.0, speed: 0.0, scale: TuneScale::Chromatic, ..TuneControls::OFF }
}

fn to_key(key: u8) -> (TuneControls, u128) {
    (TuneControls { target: TuneTarget::Midi, ..hard() }, 1 << key)
}

fn hertz(key: f32) -> f32 {
    440.0 * ((key - 69.0) / 12.0).exp2()
}

/// Formants in Hz with their widths.
const FORMANTS: [(f32, f32); 3] = [(650.0, 90.0), (1_700.0, 120.0), (2_700.0, 180.0)];

/// Level of a harmonic of the test vowel.
fn envelope(hz: f32) -> f32 {
    let peaks = FORMANTS.iter().map(|(centre, width)| 0.3 / (1.0 + ((hz - centre) / width).powi(2)));
    0.03 + peaks.sum::<f32>()
}

/// A sung vowel of a pitch line `key(seconds)`, all harmonics up to 5 kHz in the phase of a glottal pulse.
fn vowel(rate: f32, seconds: f32, key: impl Fn(f32) -> f32) -> Vec<f32> {
    let mut phase = 0.0_f64;
    (0..(seconds * rate) as usize)
        .map(|n| {
            let hz = hertz(key(n as f32 / rate));
            phase += f64::from(hz / rate);
            let at = |harmonic: usize| (TAU * (phase * harmonic as f64).fract() as f32).cos();
            let count = (5_000.0_f32.min(0.45 * rate) / hz) as usize;
            0.2 * (1..=count).map(|harmonic| envelope(hz * harmonic as f32) * at(harmonic)).sum::<f32>()
        })
        .collect()
}

fn noise(samples: usize) -> Vec<f32> {
    let mut state = 1_u32;
    std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        0.2 * (state as f32 / u32::MAX as f32 - 0.5)
    })
    .take(samples)
    .collect()
}

/// Complex amplitude of a frequency in a Hann window around a sample.
fn component(signal: &[f32], rate: f32, hz: f32, middle: usize, reach: usize) -> Complex32 {
    let mut sum = [0.0_f64; 2];
    for (n, sample) in signal.iter().enumerate().take(middle + reach).skip(middle - reach) {
        let window = 0.5 + 0.5 * (std::f64::consts::PI * (n as f64 - middle as f64) / reach as f64).cos();
        let angle = std::f64::consts::TAU * f64::from(hz) * n as f64 / f64::from(rate);
        let sample = window * f64::from(*sample) / reach as f64;
        sum = [sum[0] + sample * angle.cos(), sum[1] - sample * angle.sin()];
    }
    Complex32::new(sum[0] as f32, sum[1] as f32)
}

/// How far the fundamental is from a key, in cents, by how its phase moves within 0.2 s around a time.
fn cents_from(signal: &[f32], rate: f32, key: f32, seconds: f32) -> f32 {
    let (hz, reach, apart) = (hertz(key), (0.1 * rate) as usize, (0.2 * rate) as usize);
    let at = |seconds: f32| component(signal, rate, hz, (seconds * rate) as usize, reach);
    let turned = (at(seconds + 0.1) * at(seconds - 0.1).conj()).arg();
    let found = hz + turned / TAU * rate / apart as f32;
    1_200.0 * (found / hz).log2()
}

#[test]
fn off_is_the_voice_bit_for_bit() {
    let mut voice = vowel(44_100.0, 1.0, |_| 57.3);
    voice.extend(noise(20_000));
    let tuned = tune(44_100.0, &voice, |_| (TuneControls::OFF, 0));
    assert_eq!(tuned.voice, voice);
    assert_eq!((tuned.notes.len(), tuned.views.iter().filter(|view| view.sung.is_some()).count()), (0, 0));
}

#[test]
fn voices_in_opposite_phase_soft_ones_and_high_ones_land_on_the_note() {
    let rate = 44_100.0;
    for (key, right, gain) in
        [(57.35, -1.0, 1.0), (57.35, -0.6, 1.0), (57.35, 0.5, 0.01), (88.4, 0.5, 1.0), (91.35, 0.5, 1.0)]
    {
        let voice: Vec<f32> = vowel(rate, 0.7, |_| key).iter().map(|sample| gain * sample).collect();
        // A voice does not begin with the stream.
        let voice = [vec![0.0; 8_192], voice].concat();
        let tuned = tune_beside(rate, &voice, right, |_| (hard(), 0));
        let off = cents_from(&tuned.voice, rate, key.floor(), 0.6);
        assert!(off.abs() < 5.0, "key {key}, right {right}, gain {gain}: {off} cents");
    }
}

#[test]
fn vowels_land_on_the_note_at_every_rate() {
    for rate in [22_050.0, 44_100.0, 48_000.0, 96_000.0, 192_000.0] {
        for key in [36.4, 45.3, 57.35, 66.4, 74.3, 80.4] {
            let tuned = tune(rate, &vowel(rate, 0.7, |_| key), |_| (hard(), 0));
            let off = cents_from(&tuned.voice, rate, key.floor(), 0.4);
            assert!(off.abs() < 2.0, "{rate} Hz, key {key}: {off} cents");
        }
    }
}

#[test]
fn sines_saws_and_vowels_go_as_far_as_an_octave() {
    let rate = 44_100.0;
    let wave = |shape: fn(f32) -> f32| -> Vec<f32> {
        (0..(0.7 * rate) as usize).map(|n| 0.3 * shape((hertz(57.0) * n as f32 / rate).fract())).collect()
    };
    let sounds = [
        ("sine", wave(|phase| (TAU * phase).sin())),
        ("saw", wave(|phase| 2.0 * phase - 1.0)),
        ("vowel", vowel(rate, 0.7, |_| 57.0)),
    ];
    for (what, sound) in sounds {
        for key in [45, 53, 56, 58, 61, 69] {
            // An octave away from itself a sine has nothing that could sound.
            if what == "sine" && (key == 45 || key == 69) {
                continue;
            }
            let tuned = tune(rate, &sound, |_| to_key(key));
            let off = cents_from(&tuned.voice, rate, f32::from(key), 0.4);
            assert!(off.abs() < 3.0, "{what} to {key}: {off} cents");
        }
    }
}

#[test]
fn a_glide_stays_on_the_notes_of_the_scale() {
    let rate = 44_100.0;
    let asked = TuneControls { key: Some(0), scale: TuneScale::Major, ..hard() };
    // C4 to G4 within five seconds: half a second on every note but its neighbourhood.
    let tuned = tune(rate, &vowel(rate, 5.0, |now| 60.0 + 1.4 * now), |_| (asked, 0));
    for (seconds, key) in [(0.3, 60.0), (1.4, 62.0), (2.8, 64.0), (4.7, 67.0)] {
        let off = cents_from(&tuned.voice, rate, key, seconds);
        assert!(off.abs() < 3.0, "{key} at {seconds} s: {off} cents");
    }
}

#[test]
fn formants_stay_where_they_are() {
    let rate = 44_100.0;
    for (from, to) in [(50.0, 54), (50.0, 46), (57.0, 61), (57.0, 53), (57.0, 60)] {
        let sound = vowel(rate, 0.8, |_| from);
        let tuned = tune(rate, &sound, |_| to_key(to)).voice;
        let hz = hertz(f32::from(to));
        let level = |signal: &[f32], hz: f32| {
            20.0 * component(signal, rate, hz, (0.45 * rate) as usize, 4_410).norm().max(1e-9).log10()
        };
        let drift: Vec<f32> = (1..=(4_000.0 / hz) as usize)
            .map(|harmonic| level(&tuned, hz * harmonic as f32) - 20.0 * envelope(hz * harmonic as f32).log10())
            .collect();
        let mean = drift.iter().sum::<f32>() / drift.len() as f32;
        let spread = (drift.iter().map(|drift| (drift - mean).powi(2)).sum::<f32>() / drift.len() as f32).sqrt();
        assert!(spread < 1.5, "{from} to {to}: {spread} dB, {drift:.1?}");
    }
}

#[test]
fn formants_shift_by_choice_and_the_pitch_stays() {
    let rate = 44_100.0;
    let sound = vowel(rate, 0.8, |_| 50.0);
    let energy = |signal: &[f32], hz: f32| component(signal, rate, hz, (0.45 * rate) as usize, 4_410).norm_sqr();
    let centre = |signal: &[f32]| {
        let hz = hertz(50.0);
        let levels: Vec<(f32, f32)> =
            (1..8).map(|harmonic| (hz * harmonic as f32, energy(signal, hz * harmonic as f32))).collect();
        levels.iter().map(|(hz, level)| hz * level).sum::<f32>() / levels.iter().map(|(_, level)| level).sum::<f32>()
    };
    let before = centre(&sound);
    for (formant, lower, upper) in [(-5.0, 0.6, 0.9), (4.0, 1.1, 1.6)] {
        let asked = TuneControls { amount: 0.0, formant, ..hard() };
        let tuned = tune(rate, &sound, |_| (asked, 0)).voice;
        let moved = centre(&tuned) / before;
        assert!((lower..upper).contains(&moved), "{formant} semitones: {moved}");
        assert!(cents_from(&tuned, rate, 50.0, 0.4).abs() < 3.0);
    }
}

#[test]
fn consonants_and_breath_pass_untouched_and_nothing_clicks() {
    let rate = 44_100.0;
    let mut sound: Vec<f32> = Vec::new();
    for note in 0..6 {
        sound.extend(noise(8_000).iter().map(|sample| 0.3 * sample));
        let sung = vowel(rate, 0.25, |_| 55.4 + note as f32);
        let length = sung.len();
        let fade = |n: usize| (n.min(length - n) as f32 / 400.0).min(1.0);
        sound.extend(sung.iter().enumerate().map(|(n, sample)| sample * fade(n)));
    }
    sound.extend(noise(8_000));
    let jump = |signal: &[f32]| signal.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max);
    for controls in [hard(), TuneControls { amount: 0.5, formant: 3.0, ..hard() }] {
        let tuned = tune(rate, &sound, |_| (controls, 0));
        assert!(jump(&tuned.voice) < 1.3 * jump(&sound), "{} after {}", jump(&tuned.voice), jump(&sound));
        let untouched = |range: std::ops::Range<usize>| tuned.voice[range.clone()] == sound[range];
        assert!(untouched(0..6_000), "the first breath");
        for note in 1..6 {
            let begin = note * (8_000 + 11_025);
            assert!(untouched(begin + 2_500..begin + 5_500), "breath {note}");
        }
    }
}

#[test]
fn whatever_comes_in_finite_sound_comes_out() {
    for rate in [8_000.0, 44_100.0, 192_000.0] {
        let length = rate as usize;
        let sounds: [Vec<f32>; 5] = [
            vec![0.0; length],
            noise(length).iter().map(|sample| 10.0 * sample).collect(),
            (0..length).map(|n| if n / 100 % 2 == 0 { 1.0 } else { -1.0 }).collect(),
            vec![0.9; length],
            (0..length).map(|n| f32::from(u8::from(n % 777 == 0))).collect(),
        ];
        for (index, sound) in sounds.iter().enumerate() {
            let asked = |hop: usize| {
                let formant = (hop % 25) as f32 - 12.0;
                let target = [TuneTarget::Scale, TuneTarget::Midi, TuneTarget::Chord, TuneTarget::Melody][hop / 7 % 4];
                (TuneControls { formant, target, amount: (hop % 3) as f32 / 2.0, ..hard() }, u128::MAX >> (hop % 128))
            };
            let peak = sound.iter().fold(0.0, |peak: f32, sample| peak.max(sample.abs()));
            let tuned = tune(rate, sound, asked).voice;
            assert!(tuned.iter().all(|sample| sample.abs() <= 6.0 * peak), "sound {index} at {rate} Hz");
        }
    }
}

#[test]
fn vibrato_between_two_notes_does_not_flip_and_humanise_keeps_it() {
    let rate = 44_100.0;
    let vibrato = |now: f32| 57.4 + 0.4 * (TAU * 5.5 * now).sin();
    let sound = vowel(rate, 2.0, vibrato);
    let sung = |humanise: f32| {
        let tuned = tune(rate, &sound, |_| (TuneControls { humanise, ..hard() }, 0));
        // Where it begins it might still become the note above.
        let targets: Vec<u8> = tuned.views.iter().skip(40).filter_map(|view| view.target).collect();
        assert!(targets.iter().all(|target| *target == 57), "{targets:?}");
        // Cents around the note, every 10 ms.
        let range = (30..150).map(|n| short_cents(&tuned.voice, rate, 57.0, 0.01 * n as f32));
        range.fold((f32::MAX, f32::MIN), |range, cents| (range.0.min(cents), range.1.max(cents)))
    };
    let (flat, alive) = (sung(0.0), sung(1.0));
    assert!(flat.1 - flat.0 < 8.0, "{flat:?}");
    assert!(alive.1 - alive.0 > 45.0 && (alive.1 + alive.0).abs() < 25.0, "{alive:?}");
}

/// As [`cents_from`], within 50 ms.
fn short_cents(signal: &[f32], rate: f32, key: f32, seconds: f32) -> f32 {
    let (hz, reach, apart) = (hertz(key), (0.02 * rate) as usize, 0.01);
    let at = |seconds: f32| component(signal, rate, hz, (seconds * rate) as usize, reach);
    let (from, to) = (((seconds - 0.5 * apart) * rate) as usize, ((seconds + 0.5 * apart) * rate) as usize);
    let turned = (at(seconds + 0.5 * apart) * at(seconds - 0.5 * apart).conj()).arg();
    1_200.0 * (1.0 + turned / TAU * rate / (to - from) as f32 / hz).log2()
}

#[test]
fn a_slow_correction_takes_its_time_and_half_of_it_goes_half_way() {
    let rate = 44_100.0;
    let sound = vowel(rate, 1.5, |_| 57.4);
    let slow = tune(rate, &sound, |_| (TuneControls { speed: 0.2, ..hard() }, 0)).voice;
    let (early, late) = (cents_from(&slow, rate, 57.0, 0.2), cents_from(&slow, rate, 57.0, 1.2));
    assert!((8.0..25.0).contains(&early) && late < 4.0, "{early} and {late} cents");
    let half = tune(rate, &sound, |_| (TuneControls { amount: 0.5, ..hard() }, 0)).voice;
    assert!((cents_from(&half, rate, 57.2, 0.8)).abs() < 3.0);
    let detuned = tune(rate, &sound, |_| (TuneControls { reference: 430.0, ..hard() }, 0)).voice;
    let wanted = 57.0 + 12.0 * (430.0_f32 / 440.0).log2() + 1.0;
    assert!(cents_from(&detuned, rate, wanted, 0.8).abs() < 3.0);
}

#[test]
fn notes_are_told_and_end() {
    let rate = 44_100.0;
    let mut sound = vowel(rate, 1.0, |now| if now < 0.5 { 57.3 } else { 60.2 });
    sound.extend(vec![0.0; 20_000]);
    let notes = tune(rate, &sound, |_| to_key(64)).notes;
    let line = |line: TuneLine| -> Vec<(u8, bool)> {
        let notes = notes.iter().filter(|(_, note)| note.line == line);
        notes.map(|(_, note)| (note.key, note.velocity > 0)).collect()
    };
    assert_eq!(line(TuneLine::Sung), [(57, true), (57, false), (60, true), (60, false)]);
    assert_eq!(line(TuneLine::Target), [(64, true), (64, false)]);
    // The second note begins half a second into the output.
    let layout = StreamLayout::for_sample_rate(rate);
    let begin = notes.iter().find(|(_, note)| (note.key, note.line) == (60, TuneLine::Sung)).map_or(0, |(hop, _)| *hop);
    let seconds = ((begin + 1) * layout.hop) as f32 / rate - layout.latency() as f32 / rate;
    assert!((seconds - 0.5).abs() < 0.04, "{seconds} s");
}

#[test]
fn keys_that_are_held_for_ever_or_let_go_do_no_harm() {
    let rate = 44_100.0;
    let sound = vowel(rate, 1.0, |_| 57.4);
    let everything = tune(rate, &sound, |_| (to_key(60).0, u128::MAX)).voice;
    assert!(cents_from(&everything, rate, 57.0, 0.6).abs() < 3.0, "the nearest of all");
    let none = tune(rate, &sound, |_| (to_key(60).0, 0)).voice;
    assert_eq!(none, sound, "no key, no change");
    let far = tune(rate, &sound, |_| (to_key(60).0, 1 << 96)).voice;
    assert!(cents_from(&far, rate, 60.0, 0.6).abs() < 3.0, "the octave in which it is sung");
}

/// Hops of the test below in which the tuner's mode is on.
fn is_on(hop: usize) -> bool {
    !(60..100).contains(&hop) && !(130..135).contains(&hop) && !(160..400).contains(&hop)
}

#[test]
fn what_nobody_listened_to_changes_nothing_that_is_heard() {
    let layout = StreamLayout::for_sample_rate(48_000.0);
    let input = vowel(48_000.0, 6.0, |seconds| 57.3 + 4.0 * (2.0 * seconds).sin());
    let (mut stft, mut tracker) = (Stft::new(layout.window), VoiceTracker::new(&layout));
    let mut framer = Framer::new(&layout);
    let mut spectra = [0, 1].map(|_| vec![Complex32::default(); layout.bins()]);
    // One computes all of it, the other what its mode needs.
    let mut tuners = [Tuner::new(&layout), Tuner::new(&layout)];
    let (latency, mut heard) = (layout.latency() / layout.hop, 0);
    for hop in 0..input.len() / layout.hop {
        // Now and then the voice is in the channels' difference, which begins while nobody listens.
        let opposed = if hop / 70 % 2 == 0 { 1.0 } else { -1.0 };
        for sample in &input[hop * layout.hop..(hop + 1) * layout.hop] {
            framer.push([[*sample, opposed * sample], [0.0; 2]]);
        }
        for (window, spectrum) in framer.window(0).into_iter().zip(&mut spectra) {
            stft.analyse(window, spectrum);
        }
        let voice = tracker.hear([&spectra[0], &spectra[1]], stft.power_scale());
        let pitch = tracker.candidate().map(|(key, _)| key);
        let (pitch, level, controls) =
            if is_on(hop) { (pitch, voice.level, hard()) } else { (None, -120.0, TuneControls::OFF) };
        let is_heard = (hop.saturating_sub(latency + 1)..=hop).any(is_on);
        for (tuner, saves) in tuners.iter_mut().zip([false, true]) {
            let listens = is_on(hop) || !saves;
            tuner.hear(framer.newest(0), &TuneFrame { listens, pitch, level, controls, held: 0, tells: true });
            tuner.guide(&TuneGuide::default());
            tuner.play(is_heard || !saves);
        }
        framer.advance();
        if is_heard {
            assert_eq!(tuners[0].voice(), tuners[1].voice(), "hop {hop}");
            heard += usize::from(tuners[1].view().target.is_some());
        } else if hop == 300 {
            assert!(tuners[1].voice().iter().flatten().all(|sample| *sample == 0.0), "something is computed");
        }
        assert!(tuners[0].notes().eq(tuners[1].notes()));
    }
    assert!(heard > 150, "{heard} tuned hops");
}
