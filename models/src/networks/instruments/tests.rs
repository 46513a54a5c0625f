#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::networks::golden::{Golden, Replay};

fn note(key: u8, age: f32) -> NoteQuery {
    NoteQuery { key, velocity: 100, age, released: None }
}

fn tone(network: &mut InstrumentNetwork, program: usize, note: NoteQuery) -> NoteTone {
    let mut out = [NoteTone::SILENT];
    network.tones(program, &[note], &mut out);
    out[0]
}

/// All numbers of a tone.
fn numbers(tone: &NoteTone) -> Vec<f32> {
    let parts = tone.partials.iter().flatten().chain(tone.noise.iter().flatten());
    tone.hz.iter().chain(parts).copied().collect()
}

impl Replay for Instruments {
    const GOLDEN: &'static [u8] = include_bytes!("../../../weights/instruments.golden.safetensors");

    fn replay(network: &mut InstrumentNetwork, golden: &Golden) -> Vec<(&'static str, Vec<f32>)> {
        let (mut hz, mut partials, mut noise) = (Vec::new(), Vec::new(), Vec::new());
        for said in golden.rows("notes") {
            let released = (said[4] >= 0.0).then_some(said[4]);
            let query = NoteQuery { key: said[1] as u8, velocity: said[2] as u8, age: said[3], released };
            let tone = tone(network, said[0] as usize, query);
            hz.extend(tone.hz);
            partials.extend(tone.partials.as_flattened());
            noise.extend(tone.noise.as_flattened());
        }
        vec![("hz", hz), ("partials", partials), ("noise", noise)]
    }

    /// Relative; an amplitude at the floor may be just above it here and silent there.
    fn tolerance(theirs: f32) -> f32 {
        1e-5 * theirs.abs().max(2e-5)
    }
}

#[test]
fn a_note_sounds_the_same_in_every_batch() {
    let mut network = InstrumentNetwork::embedded().unwrap();
    let notes: Vec<_> = (0..7).map(|at| note(40 + 5 * at, 0.02 * f32::from(at))).collect();
    for (program, facts) in PROGRAMS.iter().enumerate() {
        let mut together = vec![NoteTone::SILENT; notes.len()];
        network.tones(program, &notes, &mut together);
        let alone: Vec<_> = notes.iter().map(|note| tone(&mut network, program, *note)).collect();
        assert_eq!(together, alone, "{}", facts.name);
    }
}

#[test]
fn frequencies_are_those_of_the_key() {
    let mut network = InstrumentNetwork::embedded().unwrap();
    for (program, facts) in PROGRAMS.iter().enumerate().filter(|(_, facts)| facts.role != Role::Drums) {
        for key in [facts.keys.0 - 5, facts.keys.0, 60, facts.keys.1, facts.keys.1 + 5] {
            let hz = tone(&mut network, program, note(key, 0.5)).hz[0] / facts.fundamental;
            let semitones = 12.0 * (hz / 440.0).log2() + 69.0;
            assert!((semitones - f32::from(key)).abs() < 0.5, "{} {key}: {semitones}", facts.name);
        }
    }
}

#[test]
fn a_note_falls_after_its_release_and_after_all_that_was_learned() {
    let mut network = InstrumentNetwork::embedded().unwrap();
    let level = |tone: &NoteTone| numbers(tone)[PARTIALS..].iter().map(|value| value * value).sum::<f32>();
    for (program, facts) in PROGRAMS.iter().enumerate() {
        let held = tone(&mut network, program, note(60, 1.0));
        let released = tone(&mut network, program, NoteQuery { released: Some(1.0), ..note(60, 1.0) });
        assert_eq!(held == released, facts.role == Role::Drums, "{}", facts.name);
        assert!(level(&released) <= level(&held));
        let later = [tone(&mut network, program, note(60, 20.0)), tone(&mut network, program, note(60, 100.0))];
        assert!(level(&later[1]) <= level(&later[0]), "{}", facts.name);
    }
    assert_eq!(network.release_seconds(0, 38), f32::INFINITY);
}

#[test]
fn what_does_not_exist_is_silent() {
    let mut network = InstrumentNetwork::embedded().unwrap();
    let loud = note(60, 0.1);
    assert_ne!(tone(&mut network, 6, loud), NoteTone::SILENT);
    for query in [
        NoteQuery { velocity: 0, ..loud },
        NoteQuery { age: f32::NAN, ..loud },
        NoteQuery { released: Some(f32::INFINITY), ..loud },
        NoteQuery { released: Some(f32::NAN), ..loud },
    ] {
        assert_eq!(tone(&mut network, 6, query), NoteTone::SILENT, "{query:?}");
    }
    assert_eq!(tone(&mut network, PROGRAMS.len(), loud), NoteTone::SILENT);
}

#[test]
fn other_weights_are_refused() {
    let refused = InstrumentNetwork::from_bytes(crate::groove::EMBEDDED).unwrap_err();
    assert!(refused.to_string().contains("`groove`"), "{refused}");
    assert!(InstrumentNetwork::from_bytes(&EMBEDDED[..EMBEDDED.len() - 1]).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_note_is_finite_and_not_too_loud(
        program in 0..PROGRAMS.len(), key in 0..=255_u8, velocity in 0..=255_u8, age in -1.0..1e4_f32,
        released in prop::option::of(-1.0..1e3_f32),
    ) {
        let mut network = InstrumentNetwork::embedded().unwrap();
        let tone = tone(&mut network, program, NoteQuery { key, velocity, age, released });
        for value in numbers(&tone) {
            prop_assert!(value == 0.0 || value.is_normal() && value > 0.0);
        }
        prop_assert!(tone.partials.iter().flatten().all(|amplitude| *amplitude < 4.0));
    }
}
