#![allow(clippy::unwrap_used)]

use super::*;
use crate::networks::golden::{Golden, Replay};

/// Features from any numbers, which are repeated.
fn features(numbers: impl Fn(usize) -> f32) -> ChordFeatures {
    ChordFeatures {
        classes: std::array::from_fn(|class| std::array::from_fn(|index| numbers(class * CLASS_FEATURES + index))),
        shared: std::array::from_fn(|index| numbers(CLASSES * CLASS_FEATURES + index)),
    }
}

/// A melody-like beat: some classes heard, others not.
fn heard(beat: usize) -> ChordFeatures {
    features(|index| {
        if (index * 7 + beat * 13).is_multiple_of(5) { ((index * 31 + beat * 17) % 97) as f32 / 97.0 } else { 0.0 }
    })
}

fn beliefs(network: &mut ChordNetwork, heard: impl Iterator<Item = ChordFeatures>) -> Vec<ChordBelief> {
    let mut out = ChordBelief::default();
    let mut step = |features: ChordFeatures| {
        network.step(&features, &mut out).unwrap();
        out.clone()
    };
    heard.map(&mut step).collect()
}

impl Replay for Chords {
    const GOLDEN: &'static [u8] = include_bytes!("../../../weights/chords.golden.safetensors");

    fn replay(network: &mut ChordNetwork, golden: &Golden) -> Vec<(&'static str, Vec<f32>)> {
        let heard = golden.numbers("features");
        let beats = heard.chunks_exact(FEATURES).map(|beat| features(|index| beat[index]));
        let ours = beliefs(network, beats);
        let flat = |of: &dyn Fn(&ChordBelief) -> Vec<f32>| ours.iter().flat_map(of).collect::<Vec<f32>>();
        vec![
            ("chords", flat(&|belief| belief.chords.as_flattened().as_flattened().to_vec())),
            ("silent", flat(&|belief| belief.silent.to_vec())),
            ("bass", flat(&|belief| belief.bass.to_vec())),
            ("keys", flat(&|belief| belief.keys.as_flattened().to_vec())),
            ("melody", flat(&|belief| belief.melody.as_flattened().to_vec())),
        ]
    }
}

#[test]
fn a_melody_in_another_key_gets_the_same_chords_in_that_key() {
    const UP: usize = 5;
    let moved = |beat: usize| {
        let mut features = heard(beat);
        features.classes.rotate_right(UP);
        features
    };
    let here = beliefs(&mut ChordNetwork::embedded().unwrap(), (0..40).map(heard));
    let there = beliefs(&mut ChordNetwork::embedded().unwrap(), (0..40).map(moved));
    let mut spread = 0.0_f32;
    for (here, there) in here.iter().zip(&there) {
        for class in 0..CLASSES {
            let (from, to) = (here.chords[0][class], there.chords[0][(class + UP) % CLASSES]);
            assert!(from.iter().zip(&to).all(|(from, to)| (from - to).abs() < 1e-5));
            assert!((here.bass[class] - there.bass[(class + UP) % CLASSES]).abs() < 1e-5);
            spread = spread.max((here.bass[class] - here.bass[0]).abs());
        }
    }
    assert!(spread > 0.01, "all classes are alike: nothing was tested");
}

#[test]
fn the_same_beats_give_the_same_beliefs() {
    let (mut first, mut second) = (ChordNetwork::embedded().unwrap(), ChordNetwork::embedded().unwrap());
    let expected = beliefs(&mut first, (0..60).map(heard));
    assert!(expected == beliefs(&mut second, (0..60).map(heard)), "two networks differ");
    assert!(expected != beliefs(&mut first, (0..60).map(heard)), "the network has no memory");
    first.reset();
    assert!(expected == beliefs(&mut first, (0..60).map(heard)), "a reset network differs from a new one");
}

#[test]
fn beliefs_are_probabilities_for_any_features() {
    let wild = [0.0, -1.0, f32::MAX, f32::MIN, 1e-40, 3.5, 1e9];
    let beats = (0..50).map(|beat| features(|index| wild[(index * 3 + beat * 5 + index / 11) % wild.len()]));
    for belief in beliefs(&mut ChordNetwork::embedded().unwrap(), beats) {
        for (chords, silent) in belief.chords.iter().zip(belief.silent) {
            assert!((chords.as_flattened().iter().sum::<f32>() + silent - 1.0).abs() < 1e-5);
        }
        for shares in belief.melody.iter().chain([&belief.bass]) {
            assert!((shares.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        }
        assert!((belief.keys.as_flattened().iter().sum::<f32>() - 1.0).abs() < 1e-5);
    }
}

#[test]
fn a_refused_beat_changes_nothing() {
    let (mut network, mut untouched) = (ChordNetwork::embedded().unwrap(), ChordNetwork::embedded().unwrap());
    let mut broken = heard(0);
    broken.classes[1][3] = f32::NAN;
    let mut out = ChordBelief::default();
    let refusal = network.step(&broken, &mut out).unwrap_err();
    assert_eq!(refusal, StepError::NotFinite { index: CLASS_FEATURES + 3 });
    assert_eq!(out, ChordBelief::default());
    assert_eq!(beliefs(&mut network, [heard(1)].into_iter()), beliefs(&mut untouched, [heard(1)].into_iter()));
}
