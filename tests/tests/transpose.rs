//! Transposition of song B in the audio path: what it touches and what it leaves alone.
#![allow(clippy::unwrap_used, missing_docs)]

use songweave_dsp::{
    exchange::{
        controls::Controls,
        decision::MashDecision,
        frame::Transport,
        link::{NeverWait, WaitPolicy},
    },
    stream::{
        layout::{BANDS, PARTS, Part, StreamLayout},
        path::{AudioPath, BlockInfo},
    },
};
use songweave_tests::{drive, signal::error_db};

const LENGTH: usize = 48_000;

/// A path about which the same is decided in every hop.
fn decided(decision: MashDecision) -> (AudioPath, impl WaitPolicy) {
    drive::decided(StreamLayout::for_sample_rate(48_000.0), move |_| decision)
}

/// Everything of song B belongs to one part.
fn all_of(part: Part) -> MashDecision {
    let mut shares = [[[0.0; BANDS]; PARTS]; 2];
    shares.iter_mut().for_each(|song| song[part as usize] = [1.0; BANDS]);
    MashDecision { shares, ..MashDecision::UNDECIDED }
}

/// Only song B is heard.
fn only_b(transpose_b: i8) -> Controls {
    Controls { faders: [1.0; PARTS], transpose_b, ..Controls::default() }
}

/// A saw tooth of 220 Hz.
fn song_b() -> Vec<f32> {
    (0..LENGTH).map(|n| (n as f32 * 220.0 / 48_000.0).fract() - 0.5).collect()
}

/// The left output with silence as song A and `b` as song B, `controls(n)` asked every 512 samples.
fn run(
    path: &mut AudioPath,
    policy: &mut impl WaitPolicy,
    b: &[f32],
    mut controls: impl FnMut(usize) -> Controls,
) -> Vec<f32> {
    let mut out = vec![];
    for (n, b) in b.chunks(512).enumerate() {
        let (mut left, mut right) = (vec![0.0; b.len()], vec![0.0; b.len()]);
        let info = BlockInfo { controls: controls(n * 512), ..BlockInfo::default() };
        path.process(&mut [&mut left, &mut right], &[b, b], &info, policy, &mut ());
        out.extend(left);
    }
    out
}

fn bounce(decision: MashDecision, controls: Controls) -> Vec<f32> {
    let (mut path, mut decides) = decided(decision);
    run(&mut path, &mut decides, &song_b(), |_| controls)
}

#[test]
fn without_transposition_nothing_is_touched() {
    let decision = all_of(Part::Other);
    let plain = bounce(decision, only_b(0));
    // Matched keys that need no transposition.
    assert!(bounce(decision, Controls { match_keys: true, ..only_b(5) }) == plain);
    assert!(bounce(decision, only_b(1)) != plain);
}

#[test]
fn drums_are_not_transposed() {
    let plain = bounce(all_of(Part::Drums), only_b(0));
    assert!(error_db(&plain[8_192..], &bounce(all_of(Part::Drums), only_b(4))[8_192..]) < -110.0);
    for part in [Part::Vocals, Part::Bass, Part::Other] {
        let moved = bounce(all_of(part), only_b(4));
        assert!(error_db(&plain[8_192..], &moved[8_192..]) > -6.0, "{part:?} moves");
    }
}

#[test]
fn a_missing_decision_leaves_transposition_to_the_controls() {
    let (mut alone, _) = decided(MashDecision::UNDECIDED);
    let plain = run(&mut alone, &mut NeverWait, &song_b(), |_| only_b(0));
    let (mut alone, _) = decided(MashDecision::UNDECIDED);
    let moved = run(&mut alone, &mut NeverWait, &song_b(), |_| only_b(3));
    assert!(error_db(&plain[8_192..], &moved[8_192..]) > -6.0);
}

#[test]
fn matched_keys_follow_the_decision_and_by_hand_the_controls() {
    let matched =
        bounce(MashDecision { transpose_b: 3, ..all_of(Part::Bass) }, Controls { match_keys: true, ..only_b(-6) });
    let by_hand = bounce(MashDecision { transpose_b: -6, ..all_of(Part::Bass) }, only_b(3));
    assert!(matched == by_hand);
}

#[test]
fn mask_and_what_it_takes_away_add_up_to_the_transposed_song() {
    let decision = MashDecision::UNDECIDED;
    let controls = |delta| Controls { faders: [0.2, 0.9, 0.4, 0.6], delta, ..only_b(0) };
    let sum = |transpose_b| {
        let [mask, delta] = [false, true].map(|delta| bounce(decision, Controls { transpose_b, ..controls(delta) }));
        mask.iter().zip(&delta).map(|(mask, delta)| mask + delta).collect::<Vec<f32>>()
    };
    // Of four equal shares one is the drums'; the rest moves.
    let (plain, moved) = (sum(0), sum(2));
    let error = error_db(&plain[8_192..], &moved[8_192..]);
    assert!((-6.0..6.0).contains(&error), "{error}");
    let (mut whole, mut decides) = decided(decision);
    let wanted = run(&mut whole, &mut decides, &song_b(), |_| only_b(2));
    assert!(error_db(&wanted[8_192..], &moved[8_192..]) < -60.0);
}

#[test]
fn a_seek_begins_anew() {
    // Every hop sounds alike, so only what is remembered can differ.
    let song: Vec<f32> = (0..LENGTH).map(|n| (n % 256) as f32 / 256.0 - 0.5).collect();
    let after_a_seek = |hops_before: i64, sought: bool| {
        let (mut path, mut says) = decided(all_of(Part::Other));
        let mut out = vec![];
        for (n, b) in song.chunks_exact(512).enumerate() {
            let (mut left, mut right) = ([0.0; 512], [0.0; 512]);
            let n = n as i64;
            let jump = if sought && n >= hops_before { 1_000_000 } else { 0 };
            let transport = Transport { playing: true, ..Transport::default() };
            let info = BlockInfo { controls: only_b(-4), transport, position_samples: Some(n * 512 + jump) };
            path.process(&mut [&mut left, &mut right], &[b, b], &info, &mut says, &mut ());
            if (hops_before + 16..hops_before + 40).contains(&n) {
                out.extend(left);
            }
        }
        out
    };
    assert!(after_a_seek(20, true) == after_a_seek(31, true));
    assert!(after_a_seek(20, false) != after_a_seek(31, false), "without one the phases run on");
}
