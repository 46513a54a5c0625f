#![allow(clippy::unwrap_used)]

use super::*;
use crate::networks::golden::{Golden, Replay};

/// Plays the levels of a line of the golden file; all logits.
fn replay(golden: &Golden, line: &str, mut step: impl FnMut(usize, &[f32], &[f32], &mut Choose<'_>)) -> Vec<f32> {
    let [place, density, levels] = ["place", "density", "levels"].map(|part| golden.rows(&format!("{line}_{part}")));
    let mut logits = Vec::new();
    for (at, levels) in levels.iter().enumerate() {
        let mut choose = |voice: usize, ours: &[f32]| {
            logits.extend_from_slice(ours);
            levels[voice] as usize
        };
        step(at, &place[at], &density[at], &mut choose);
    }
    logits
}

impl Replay for Groove {
    const GOLDEN: &'static [u8] = include_bytes!("../../../weights/groove.golden.safetensors");

    fn replay(network: &mut GrooveNetwork, golden: &Golden) -> Vec<(&'static str, Vec<f32>)> {
        let drums = replay(golden, "drums", |at, place, density, choose| {
            let (bar, style, fill) = (place[0] as usize, place[1] as usize, place[2] > 0.0);
            network.drums(&DrumPlace { step: at % BAR, bar, style, density: density[0], fill }, choose).unwrap();
        });
        let hands = replay(golden, "hands", |at, place, density, choose| {
            let [bar, tempo] = [place[0], place[1]].map(|value| value as usize);
            let [change, change_ahead] = [place[2], place[3]].map(|value| value > 0.0);
            let density = [density[0], density[1]];
            network.hands(&HandPlace { step: at % BAR, bar, tempo, density, change, change_ahead }, choose).unwrap();
        });
        vec![("drums_logits", drums), ("hands_logits", hands)]
    }
}

fn place(step: usize) -> DrumPlace {
    DrumPlace { step: step % BAR, bar: step / BAR % PHRASE, style: 1, density: 0.5, fill: false }
}

fn likeliest(_: usize, logits: &[f32]) -> usize {
    (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b])).unwrap()
}

#[test]
fn a_reset_network_plays_as_a_new_one() {
    let mut network = GrooveNetwork::embedded().unwrap();
    let mut play = |steps: usize| -> Vec<[u8; DRUMS]> {
        (0..steps).map(|step| network.drums(&place(step), &mut likeliest).unwrap()).collect()
    };
    let first = play(40);
    assert!(first.iter().flatten().any(|level| *level > 0));
    assert_ne!(first, play(40), "the past is heard");
    network.reset();
    let mut again = |steps: usize| -> Vec<[u8; DRUMS]> {
        (0..steps).map(|step| network.drums(&place(step), &mut likeliest).unwrap()).collect()
    };
    assert_eq!(first, again(40));
}

#[test]
fn what_does_not_exist_is_refused_and_changes_nothing() {
    let mut network = GrooveNetwork::embedded().unwrap();
    let mut other = GrooveNetwork::embedded().unwrap();
    for wrong in [
        DrumPlace { step: BAR, ..place(0) },
        DrumPlace { bar: PHRASE, ..place(0) },
        DrumPlace { style: STYLES, ..place(0) },
        DrumPlace { density: f32::NAN, ..place(0) },
    ] {
        assert!(network.drums(&wrong, &mut likeliest).is_err());
    }
    assert_eq!(network.drums(&place(0), &mut likeliest), other.drums(&place(0), &mut likeliest));
    assert_eq!(network.drums(&place(1), &mut |_, _| 99), Ok([DRUM_LEVELS as u8 - 1; DRUMS]));
}

#[test]
fn tables_are_read_between_their_points() {
    let table = [1.0, 2.0, 4.0, 5.0, 9.0];
    let read = [0.0, 0.05, 0.15, 0.5, 0.75, 0.85, 1.0, f32::NAN].map(|quantile| interpolate(&table, quantile));
    for (ours, wanted) in read.into_iter().zip([1.0, 1.0, 1.5, 4.0, 5.0, 7.0, 9.0, 4.0]) {
        assert!((ours - wanted).abs() < 1e-5, "{read:?}");
    }
    let network = GrooveNetwork::embedded().unwrap();
    for style in 0..STYLES {
        assert!(network.drum_density(style, 0.1) < network.drum_density(style, 0.9));
    }
    assert!((0..DRUMS).all(|drum| network.velocity(drum, 1) < 50.0 && network.velocity(drum, 3) >= 95.0));
    assert_eq!((network.velocity(0, 0), network.velocity(DRUMS, 1)), (0.0, 0.0));
}

#[test]
fn velocities_have_levels() {
    assert_eq!([0, 1, 49, 50, 94, 95, 127].map(drum_level), [0, 1, 1, 2, 2, 3, 3]);
}
