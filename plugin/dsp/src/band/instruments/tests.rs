use std::f32::consts::TAU;

use super::*;
use crate::band::{Instrument, tone::PARTIALS};

fn layout() -> StreamLayout {
    StreamLayout::for_sample_rate(48_000.0)
}

/// A tone of one partial on both sides.
fn sine(hz: f32, amplitude: f32) -> Tone {
    let mut tone = Tone::SILENT;
    tone.hz[0] = hz;
    (tone.partials[0][0], tone.partials[1][0]) = (amplitude, 0.5 * amplitude);
    tone
}

/// Left and right of a note with one tone, from sample 0 on.
fn played(note: NoteId, tone: &Tone, hops: usize, last: usize) -> [Vec<f32>; CHANNELS] {
    let layout = layout();
    let mut out = [vec![0.0; hops * layout.hop], vec![0.0; hops * layout.hop]];
    let (mut instruments, mut sounds) = (Instruments::new(&layout), Sounds::new(&layout));
    for hop in 0..hops {
        let begins = (hop * layout.hop) as i64;
        if (begins..begins + layout.hop as i64).contains(&note.begin) {
            instruments.begin(note);
        }
        for frame in 0..FRAMES {
            let position = Position::default();
            instruments.take(&ToneFrame { position, note, frame, is_last: hop == last, tone: *tone });
        }
        instruments.play(begins, &mut sounds);
        for n in 0..layout.hop {
            let heard = sounds.at(note.instrument as usize, n);
            out.iter_mut().zip(heard).for_each(|(out, heard)| out[hop * layout.hop + n] = heard);
        }
    }
    assert_eq!(instruments.are_silent(), last + 2 < hops);
    out
}

fn rms(samples: &[f32]) -> f32 {
    (samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32).sqrt()
}

#[test]
fn a_partial_is_the_sine_it_stands_for_from_its_sample_on() {
    for hz in [55.0, 440.0, 4_321.0] {
        for begin in [0, 100, 511, 700] {
            let note = NoteId { instrument: Instrument::Keys, key: 60, begin };
            let [left, right] = played(note, &sine(hz, 0.5), 12, usize::MAX - 2);
            let begin = begin as usize;
            assert!(left[..begin].iter().all(|sample| *sample == 0.0), "sound before sample {begin}");
            let error = |n: usize| {
                let wanted = 0.5 * (TAU * hz * (n - begin) as f32 / 48_000.0).sin();
                (left[n] - wanted).abs().max((2.0 * right[n] - wanted).abs())
            };
            // The opening takes a millisecond; what is cut off a lobe shows most next to it.
            let soon = (begin + 48..begin + 400).map(error).fold(0.0, f32::max);
            let later = (begin + 400..left.len()).map(error).fold(0.0, f32::max);
            assert!(soon < 0.025 && later < 0.003, "{hz} Hz from {begin}: {soon}, {later}");
        }
    }
}

#[test]
fn noise_has_the_power_of_its_bands() {
    let mut tone = Tone::SILENT;
    tone.noise[0] = [0.02; NOISE_BANDS];
    let note = NoteId { instrument: Instrument::Drums, key: 38, begin: 0 };
    let [left, right] = played(note, &tone, 200, usize::MAX - 2);
    let wanted = 0.02 * (NOISE_BANDS as f32).sqrt();
    assert!((rms(&left[2_048..]) / wanted - 1.0).abs() < 0.03, "{} instead of {wanted}", rms(&left[2_048..]));
    assert!((rms(&left[48..560]) / wanted - 1.0).abs() < 0.3, "at first {}", rms(&left[48..560]));
    assert_eq!(rms(&right), 0.0);
}

#[test]
fn a_note_without_tones_rings_out_and_is_forgotten() {
    let (layout, note) = (layout(), NoteId { instrument: Instrument::Pad, key: 60, begin: 3 });
    let (mut instruments, mut sounds) = (Instruments::new(&layout), Sounds::new(&layout));
    instruments.begin(note);
    let tone = ToneFrame { position: Position::default(), note, frame: 0, is_last: false, tone: sine(440.0, 0.5) };
    instruments.take(&tone);
    let mut before = f32::MAX;
    for hop in 0..150 {
        instruments.play(hop * layout.hop as i64, &mut sounds);
        let loudest = (0..layout.hop).map(|n| sounds.at(3, n)[0].abs()).fold(0.0, f32::max);
        assert!(loudest <= before * 1.01 && (loudest > 0.0 || hop > 50), "hop {hop}: {loudest}");
        before = if hop > 0 { loudest } else { before };
    }
    assert!(instruments.are_silent());
}

#[test]
fn hundreds_of_notes_and_nonsense_tones_stay_finite() {
    for rate in [44_100.0, 192_000.0] {
        let layout = StreamLayout::for_sample_rate(rate);
        let (mut instruments, mut sounds) = (Instruments::new(&layout), Sounds::new(&layout));
        let mut tone = Tone::SILENT;
        tone.hz = std::array::from_fn(|partial| 20.0 * (partial * partial) as f32);
        tone.hz[PARTIALS - 1] = 1e9;
        tone.partials = [[0.01; PARTIALS]; CHANNELS];
        for hop in 0..20_i64 {
            let begins = hop * layout.hop as i64;
            for key in 0..200 {
                let instrument = Instrument::ALL[key as usize % INSTRUMENTS];
                let note = NoteId { instrument, key: key & 127, begin: begins + i64::from(key) };
                instruments.begin(note);
                instruments.take(&ToneFrame { position: Position::default(), note, frame: 0, is_last: key == 5, tone });
            }
            instruments.play(begins, &mut sounds);
            for n in 0..layout.hop {
                assert!((0..INSTRUMENTS).all(|instrument| sounds.at(instrument, n)[0].is_finite()));
            }
        }
    }
}
