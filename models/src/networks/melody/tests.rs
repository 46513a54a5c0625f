#![allow(clippy::unwrap_used)]

use super::*;
use crate::networks::golden::{Golden, Replay};

/// The register of the golden song.
const REGISTER: Register = Register { tonic: 9, minor: true, low: 52, high: 74 };

fn chord(numbers: &[f32]) -> Option<MelodyChord> {
    let root = numbers[..CLASSES].iter().position(|one| *one > 0.0)? as u8;
    let classes = (0..CLASSES).filter(|class| numbers[CLASSES + class] > 0.0).fold(0, |set, class| set | 1 << class);
    Some(MelodyChord { root, classes })
}

/// What the golden file says is heard.
fn heard(known: &[f32], numbers: &[f32]) -> MelodyHeard {
    let index = |at: usize, unknown: usize| Some(known[at] as usize).filter(|index| *index < unknown);
    let (pitch, length) = (|at| index(at, PITCHES), |at| index(6 + at, DURATIONS.len()));
    let single = |at: usize| known[15 + at] as usize;
    let voice = &numbers[NUMBERS - 3..];
    MelodyHeard {
        register: REGISTER,
        before: pitch(0).zip(length(0)),
        last_note: pitch(1),
        remembered: std::array::from_fn(|lag| {
            let began = length(1 + lag).filter(|_| known[11 + lag] > 0.0);
            pitch(2 + lag).map(|pitch| Remembered { pitch, began })
        }),
        step: single(0),
        steps_per_bar: 12,
        steps_per_beat: 6,
        phrase: single(2),
        corpus: single(3),
        chord: chord(numbers),
        next_chord: chord(&numbers[2 * CLASSES + 1..]),
        voice: (voice[0] > 0.0).then(|| MelodyVoice { height: voice[1], sung: voice[2] }),
    }
}

impl Replay for Melody {
    const GOLDEN: &'static [u8] = include_bytes!("../../../weights/melody.golden.safetensors");

    fn replay(network: &mut MelodyNetwork, golden: &Golden) -> Vec<(&'static str, Vec<f32>)> {
        let [known, numbers, chosen] = ["known", "numbers", "chosen"].map(|name| golden.rows(name));
        let (mut pitches, mut lengths) = (Vec::new(), Vec::new());
        for at in 0..known.len() {
            pitches.extend(network.pitch(&heard(&known[at], &numbers[at])).unwrap());
            lengths.extend(network.length(chosen[at][0] as usize).unwrap());
        }
        vec![("pitch", pitches), ("length", lengths)]
    }
}

fn start() -> MelodyHeard {
    MelodyHeard {
        register: Register::new(0, false, (48, 72)),
        before: None,
        last_note: None,
        remembered: [None; LAGS.len()],
        step: 0,
        steps_per_bar: 16,
        steps_per_beat: 4,
        phrase: 0,
        corpus: 0,
        chord: Some(MelodyChord { root: 0, classes: 0b1001_0001 }),
        next_chord: None,
        voice: None,
    }
}

#[test]
fn a_restored_state_answers_as_it_did() {
    let mut network = MelodyNetwork::embedded().unwrap();
    let first = network.pitch(&start()).unwrap();
    let state = network.state();
    let next = MelodyHeard { before: Some((30, 3)), last_note: Some(30), step: 4, ..start() };
    let second = network.pitch(&next).unwrap();
    assert_ne!(first, second);
    assert_ne!(network.pitch(&next).unwrap(), second, "the past is heard");
    network.restore(&state);
    assert_eq!(network.pitch(&next).unwrap(), second);
    network.reset();
    assert_eq!(network.pitch(&start()).unwrap(), first);
}

#[test]
fn what_does_not_exist_is_refused_and_changes_nothing() {
    let mut network = MelodyNetwork::embedded().unwrap();
    let first = network.pitch(&start()).unwrap();
    network.reset();
    for wrong in [
        MelodyHeard { before: Some((PITCHES + 1, 0)), ..start() },
        MelodyHeard { before: Some((0, DURATIONS.len() + 1)), ..start() },
        MelodyHeard { corpus: CORPORA, ..start() },
        MelodyHeard { voice: Some(MelodyVoice { height: f32::NAN, sung: 0.0 }), ..start() },
    ] {
        assert!(network.pitch(&wrong).is_err(), "{wrong:?}");
    }
    assert!(network.length(PITCHES).is_err());
    assert_eq!(network.pitch(&start()).unwrap(), first);
}

#[test]
fn pitches_are_keys_of_the_register() {
    for (tonic, ends) in [(0, (48, 72)), (11, (60, 60)), (5, (127, 0)), (3, (120, 127)), (7, (0, 9))] {
        let register = Register::new(tonic, false, ends);
        let middle = (i32::from(register.low) + i32::from(register.high)) / 2;
        assert!((register.anchor() - middle).abs() <= 6 && register.anchor().rem_euclid(12) == i32::from(tonic));
        assert!(register.high - register.low <= WIDEST);
        let keys: Vec<u8> =
            (1..PITCHES).filter(|pitch| register.allows(*pitch)).filter_map(|pitch| register.key(pitch)).collect();
        assert_eq!(keys, (register.low..=register.high).collect::<Vec<_>>(), "every key of the range has a pitch");
        assert!(keys.iter().all(|key| register.pitch(*key).and_then(|pitch| register.key(pitch)) == Some(*key)));
    }
    assert!(Register::new(0, false, (48, 72)).allows(0) && !Register::new(0, false, (48, 72)).allows(PITCHES));
}

#[test]
fn lengths_have_classes() {
    assert_eq!([0, 1, 16, 17, 19, 20, 32, 999].map(duration_class), [0, 0, 15, 15, 15, 16, 19, 19]);
    assert_eq!([0, 15, 19, 99].map(duration_steps), [1, 16, 32, 32]);
}
