#![allow(clippy::unwrap_used)]

use super::*;
use crate::networks::golden::{Golden, Replay};

/// Features from any numbers, in order.
fn features(numbers: impl Fn(usize) -> f32) -> SongFeatures {
    SongFeatures {
        classes: std::array::from_fn(|class| std::array::from_fn(|index| numbers(class * SONG_CLASS_FEATURES + index))),
        shared: std::array::from_fn(|index| numbers(CLASSES * SONG_CLASS_FEATURES + index)),
    }
}

fn beliefs(network: &mut SongChordNetwork, song: &[SongFeatures]) -> Vec<SongBelief> {
    network.reset();
    let mut after: Vec<Vec<f32>> = song.iter().rev().map(|beat| network.look_back(beat).unwrap().to_vec()).collect();
    after.reverse();
    song.iter().zip(&after).map(|(beat, after)| network.believe(beat, after).unwrap()).collect()
}

/// A melody-like beat: some classes heard, others not.
fn heard(beat: usize) -> SongFeatures {
    features(|index| {
        if (index * 7 + beat * 13).is_multiple_of(5) { ((index * 31 + beat * 17) % 97) as f32 / 97.0 } else { 0.0 }
    })
}

impl Replay for SongChords {
    const GOLDEN: &'static [u8] = include_bytes!("../../../../weights/song-chords.golden.safetensors");

    fn replay(network: &mut SongChordNetwork, golden: &Golden) -> Vec<(&'static str, Vec<f32>)> {
        let heard = golden.numbers("features");
        let song: Vec<SongFeatures> = heard.chunks_exact(FEATURES).map(|beat| features(|index| beat[index])).collect();
        let ours = beliefs(network, &song);
        let flat = |of: &dyn Fn(&SongBelief) -> Vec<f32>| ours.iter().flat_map(of).collect::<Vec<f32>>();
        vec![
            ("chords", flat(&|belief| belief.chords.as_flattened().to_vec())),
            ("silent", flat(&|belief| vec![belief.silent])),
            ("bass", flat(&|belief| belief.bass.to_vec())),
            ("keys", flat(&|belief| belief.keys.as_flattened().to_vec())),
        ]
    }
}

#[test]
fn what_comes_later_changes_what_is_believed_now_and_so_does_what_was_before() {
    let mut network = SongChordNetwork::embedded().unwrap();
    let song: Vec<SongFeatures> = (0..40).map(heard).collect();
    let usual = beliefs(&mut network, &song);
    assert!(usual == beliefs(&mut network, &song), "the same song gives the same beliefs");
    for other in [0, 39] {
        let mut changed = song.clone();
        changed[other] = heard(100);
        let changed = beliefs(&mut network, &changed);
        assert_ne!(usual[20], changed[20], "beat {other} is not heard at beat 20");
    }
}

#[test]
fn a_melody_in_another_key_gets_the_same_chords_in_that_key() {
    const UP: usize = 5;
    let mut network = SongChordNetwork::embedded().unwrap();
    let song: Vec<SongFeatures> = (0..40).map(heard).collect();
    let moved: Vec<SongFeatures> = song
        .iter()
        .map(|beat| {
            let mut beat = beat.clone();
            beat.classes.rotate_right(UP);
            beat
        })
        .collect();
    let (here, there) = (beliefs(&mut network, &song), beliefs(&mut network, &moved));
    for (here, there) in here.iter().zip(&there) {
        for class in 0..CLASSES {
            let (from, to) = (here.chords[class], there.chords[(class + UP) % CLASSES]);
            assert!(from.iter().zip(&to).all(|(from, to)| (from - to).abs() < 1e-5));
        }
    }
}

#[test]
fn a_refused_beat_changes_nothing() {
    let mut network = SongChordNetwork::embedded().unwrap();
    let mut broken = heard(0);
    broken.classes[1][3] = f32::NAN;
    let refusal = StepError::NotFinite { index: SONG_CLASS_FEATURES + 3 };
    assert_eq!(network.look_back(&broken).unwrap_err(), refusal);
    assert_eq!(network.believe(&broken, &[]).unwrap_err(), refusal);
}
