#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::networks::golden::{Golden, Replay};

type Songs = [[f32; FEATURES]; SONGS];

/// Features of a hop that look like two songs.
fn song_features(hop: usize) -> Songs {
    [0, 1].map(|song| {
        let power = std::array::from_fn(|band| (((hop * 7 + band * 13 + song * 5) % 101) as f32 * 1e-2).powi(4));
        features(&power, &[0.2; BANDS])
    })
}

fn answers(network: &mut MashNetwork, songs: &[Songs]) -> Vec<MashOutput> {
    let mut out = MashOutput::default();
    songs
        .iter()
        .map(|songs| {
            network.step(songs, &mut out).unwrap();
            out
        })
        .collect()
}

fn bits(outputs: &[MashOutput]) -> Vec<u32> {
    let one = |out: &MashOutput| {
        let shares = out.shares.iter().flatten().flatten().copied();
        shares.chain(out.lead).map(f32::to_bits).collect::<Vec<_>>()
    };
    outputs.iter().flat_map(one).collect()
}

impl Replay for Mash {
    const GOLDEN: &'static [u8] = include_bytes!("../../../weights/mash.golden.safetensors");

    fn replay(network: &mut MashNetwork, golden: &Golden) -> Vec<(&'static str, Vec<f32>)> {
        let heard = golden.numbers("features");
        let (hops, kept) = (golden.shape("features")[1], golden.shape("shares")[1]);
        let songs: Vec<Songs> = (0..hops)
            .map(|hop| [0, 1].map(|song| std::array::from_fn(|i| heard[(song * hops + hop) * FEATURES + i])))
            .collect();
        let answers: Vec<MashOutput> = answers(network, &songs).into_iter().step_by(hops / kept).collect();
        let shares = |song: usize| answers.iter().flat_map(move |out| out.shares[song].as_flattened().to_vec());
        let lead = answers.iter().flat_map(|out| out.lead);
        vec![("shares", shares(0).chain(shares(1)).collect()), ("lead", lead.collect())]
    }
}

#[test]
fn the_same_hops_give_the_same_bits() {
    let songs: Vec<Songs> = (0..300).map(song_features).collect();
    let (mut first, mut second) = (MashNetwork::embedded().unwrap(), MashNetwork::embedded().unwrap());
    let expected = bits(&answers(&mut first, &songs));
    assert!(expected == bits(&answers(&mut second, &songs)), "two networks differ");
    assert!(expected != bits(&answers(&mut first, &songs)), "the network has no memory");
    first.reset();
    assert!(expected == bits(&answers(&mut first, &songs)), "a reset network differs from a new one");
}

#[test]
fn swapping_the_songs_swaps_the_answer() {
    let songs: Vec<Songs> = (0..50).map(song_features).collect();
    let swapped: Vec<Songs> = songs.iter().map(|[a, b]| [*b, *a]).collect();
    let mut network = MashNetwork::embedded().unwrap();
    let there = answers(&mut network, &songs);
    network.reset();
    for (there, back) in there.iter().zip(answers(&mut network, &swapped)) {
        assert_eq!(there.shares[0], back.shares[1]);
        for (there, back) in there.lead.iter().zip(back.lead) {
            assert!((there + back - 1.0).abs() < 1e-6);
        }
    }
}

#[test]
fn a_refused_step_changes_nothing() {
    let (mut network, mut untouched) = (MashNetwork::embedded().unwrap(), MashNetwork::embedded().unwrap());
    let mut broken = song_features(0);
    broken[1][17] = f32::NAN;
    let mut out = MashOutput::default();
    let refusal = network.step(&broken, &mut out).unwrap_err();
    assert_eq!(refusal, StepError::NotFinite { song: 1, index: 17 });
    assert_eq!(out, MashOutput::default());
    let songs = [song_features(1)];
    assert_eq!(answers(&mut network, &songs), answers(&mut untouched, &songs));
}

#[test]
fn features_are_levels_and_widths() {
    let mut power = [1.0; BANDS];
    (power[1], power[2], power[3]) = (0.0, f32::NAN, f32::INFINITY);
    let mut width = [0.5; BANDS];
    (width[1], width[2]) = (7.0, f32::NAN);
    let heard = features(&power, &width);
    assert!((heard[0] - 2.25).abs() < 1e-5);
    assert_eq!((heard[1], heard[2], heard[3]), (-2.25, -2.25, -2.25));
    assert_eq!((heard[BANDS], heard[BANDS + 1], heard[BANDS + 2]), (0.5, 1.0, 0.0));
}

/// Any finite number, from subnormal to the largest.
fn wild() -> impl Strategy<Value = f32> {
    use prop::num::f32::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    prop_oneof![4 => POSITIVE | NEGATIVE | NORMAL | SUBNORMAL | ZERO, 1 => Just(0.0), 1 => Just(f32::MAX), 2 => -4.0f32..4.0]
        .prop_filter("finite", |value| value.is_finite())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_finite_input_gives_shares(values in prop::collection::vec(wild(), 1..400), hops in 1usize..40) {
        let mut network = MashNetwork::embedded().unwrap();
        let at = |hop: usize, i: usize| values[(hop * 37 + i) % values.len()];
        let songs: Vec<Songs> = (0..hops)
            .map(|hop| [0, 1].map(|song| std::array::from_fn(|i| at(hop, i + song * FEATURES))))
            .collect();
        for out in answers(&mut network, &songs) {
            for parts in &out.shares {
                for band in 0..BANDS {
                    let sum: f32 = parts.iter().map(|shares| shares[band]).sum();
                    prop_assert!((sum - 1.0).abs() < 1e-5);
                    prop_assert!(parts.iter().all(|shares| shares[band] == 0.0 || shares[band].is_normal()));
                }
            }
            prop_assert!(out.lead.iter().all(|lead| (0.0..=1.0).contains(lead)));
        }
    }

    #[test]
    fn every_power_gives_finite_features(power in prop::collection::vec(prop::num::f32::ANY, BANDS)) {
        let power: [f32; BANDS] = power.try_into().unwrap();
        prop_assert!(features(&power, &power).iter().all(|feature| feature.is_finite()));
    }
}
