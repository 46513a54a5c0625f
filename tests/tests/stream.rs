//! Reconstruction, latency and identical bits of the audio path with the network on the same thread.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::atomic::Ordering::Relaxed;

use proptest::prelude::*;
use songweave_dsp::{
    analysis::presence::AUDIBLE,
    exchange::{controls::Controls, frame::Transport},
    stream::{layout::StreamLayout, path::BlockInfo},
};
use songweave_tests::{
    drive::Driven,
    signal::{block_sizes, error_db, noise},
};

const RATES: [f32; 7] = [22_050.0, 32_000.0, 44_100.0, 48_000.0, 88_200.0, 96_000.0, 192_000.0];

/// Every part from song A: the mask lets all of it through.
fn neutral() -> Controls {
    Controls { faders: [0.0; 4], ..Controls::default() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_neutral_mask_returns_song_a(seed in 0_u64..1000, rate in 0..RATES.len(), mono: bool, largest in 1_usize..8192) {
        let layout = StreamLayout::for_sample_rate(RATES[rate]);
        let length = 12 * layout.window;
        let channels = if mono { 1 } else { 2 };
        let main: Vec<_> = (0..channels).map(|channel| noise(seed + channel, length)).collect();
        let side = [noise(seed + 7, length), noise(seed + 8, length)];
        let mut driven = Driven::new(RATES[rate], mono);
        let out = driven.run(&main, &side, block_sizes(seed, largest), |_| neutral());
        let latency = layout.latency();
        for (input, out) in main.iter().zip(&out) {
            // The fade from the dry signal to the mask is over after a window; both are the input.
            let error = error_db(&input[..length - latency], &out[latency..]);
            prop_assert!(error < -120.0, "{error} dB at {} Hz", RATES[rate]);
        }
        prop_assert_eq!(driven.telemetry.missed.load(Relaxed), 0);
    }

    #[test]
    fn any_block_sizes_give_the_same_bits(seed in 0_u64..1000, largest in 1_usize..8192) {
        let (main, side) = songs(seed);
        let moving = |n: usize| {
            let phase = (n / 64) as f32 / 500.0;
            Controls { faders: [phase.fract(), 1.0, 0.5, phase.fract()], attack: 0.01, release: 0.05, ..neutral() }
        };
        // Automation changes every 64 samples whatever the block: hosts split blocks at parameter changes.
        let whole = Driven::new(48_000.0, false).run(&main, &side, std::iter::repeat(64), moving);
        let mut at = 0;
        let mut wanted = block_sizes(seed, largest);
        let split = std::iter::from_fn(move || {
            let size = wanted.next()?.min(64 - at % 64);
            at += size;
            Some(size)
        });
        let parts = Driven::new(48_000.0, false).run(&main, &side, split, moving);
        prop_assert_eq!(bits(&whole), bits(&parts));
    }
}

fn songs(seed: u64) -> (Vec<Vec<f32>>, Vec<Vec<f32>>) {
    let song = |offset: u64| (0..2).map(|channel| noise(seed + offset + channel, 40_000)).collect();
    (song(0), song(10))
}

fn bits(audio: &[Vec<f32>]) -> Vec<u32> {
    audio.iter().flatten().map(|sample| sample.to_bits()).collect()
}

#[test]
fn an_impulse_arrives_at_exactly_the_latency_dry_and_wet() {
    for rate in RATES {
        for (side_level, controls) in [
            (0.0, Controls::default()),
            (1e-3, neutral()),
            (1e-3, Controls { bypass: true, ..neutral() }),
            (1e-3, Controls { mix: 0.5, ..neutral() }),
        ] {
            let mut driven = Driven::new(rate, false);
            let latency = driven.path.layout().latency();
            let at = 2 * latency + 123;
            let mut main = vec![vec![0.0; 4 * latency]; 2];
            main.iter_mut().for_each(|channel| channel[at] = 1.0);
            let side = vec![vec![side_level; 4 * latency]; 2];
            for round in 0..2 {
                let out = driven.run(&main, &side, block_sizes(round, 777), |_| controls);
                let peak = (0..out[0].len()).max_by(|a, b| out[0][*a].abs().total_cmp(&out[0][*b].abs()));
                assert_eq!(peak, Some(at + latency), "{rate} Hz, side-chain {side_level}, round {round}");
                assert!((out[1][at + latency] - 1.0).abs() < 1e-5);
                driven.path.reset(&controls);
            }
        }
    }
}

#[test]
fn without_song_b_and_in_bypass_song_a_passes_bit_for_bit() {
    let (main, side) = songs(3);
    let silence = vec![vec![0.0; 40_000]; 2];
    for (side, bypass) in [(&silence, false), (&side, true)] {
        let mut driven = Driven::new(44_100.0, false);
        let controls = Controls { bypass, ..Controls::default() };
        driven.path.reset(&controls);
        let out = driven.run(&main, side, block_sizes(1, 999), |_| controls);
        let latency = driven.path.layout().latency();
        for (input, out) in main.iter().zip(&out) {
            assert_eq!(input[..input.len() - latency], out[latency..]);
        }
    }
}

#[test]
fn a_side_chain_of_dither_or_faint_hum_leaves_song_a_alone() {
    let (main, _) = songs(3);
    // Dither with a triangular distribution, rounded to 16 bits, and -150 dBFS.
    let step = |one: f32, other: f32| (0.5 * (one + other)).round() / 32_768.0;
    let dither: Vec<f32> =
        noise(7, 40_000).into_iter().zip(noise(8, 40_000)).map(|(a, b)| step(2.0 * a, 2.0 * b)).collect();
    assert!(dither.iter().any(|sample| *sample != 0.0));
    for quiet in [dither, vec![3e-8; 40_000]] {
        let side = vec![quiet; 2];
        let mut driven = Driven::new(48_000.0, false);
        let out = driven.run(&main, &side, block_sizes(1, 999), |_| Controls::default());
        let latency = driven.path.layout().latency();
        for (input, out) in main.iter().zip(&out) {
            assert!(input[..input.len() - latency] == out[latency..]);
        }
    }
}

#[test]
fn of_a_quiet_beginning_of_song_b_only_what_is_below_the_level_of_absence_is_missing() {
    let silence = vec![vec![0.0; 96_000]; 2];
    let only_b = Controls { faders: [1.0; 4], ..Controls::default() };
    let begins = 20_333;
    // One begins at once at -66 dBFS, one rises to -40 dBFS within a second.
    let at_once = |n: usize| if n < begins { 0.0 } else { 5e-4_f32 };
    let rising = |n: usize| 0.01 * (n.saturating_sub(begins) as f32 / 48_000.0).min(1.0);
    for level in [&at_once as &dyn Fn(usize) -> f32, &rising] {
        let song: Vec<f32> = noise(9, 96_000).into_iter().enumerate().map(|(n, sample)| sample * level(n)).collect();
        let mut driven = Driven::new(48_000.0, false);
        let out = driven.run(&silence, &[song.clone(), song.clone()], std::iter::repeat(512), |_| only_b);
        let latency = driven.path.layout().latency();
        let missing = song.iter().zip(&out[0][latency..]).map(|(song, out)| (song - out).abs()).fold(0.0, f32::max);
        assert!(missing <= AUDIBLE, "{missing} is missing");
        assert!(out[0].iter().any(|sample| sample.abs() > 4e-4));
    }
}

#[test]
fn delta_and_mask_add_up_to_the_plain_sum() {
    let (main, side) = songs(4);
    let run = |delta| {
        let controls = Controls { faders: [0.2, 0.9, 0.4, 0.6], delta, ..Controls::default() };
        Driven::new(48_000.0, false).run(&main, &side, std::iter::repeat(512), |_| controls)
    };
    let (mask, delta) = (run(false), run(true));
    let latency = StreamLayout::for_sample_rate(48_000.0).latency();
    let from = 8192;
    let sum: Vec<f32> = (from..40_000 - latency).map(|n| main[0][n] + side[0][n]).collect();
    let found: Vec<f32> = (from + latency..40_000).map(|n| mask[0][n] + delta[0][n]).collect();
    assert!(error_db(&sum, &found) < -110.0);
}

#[test]
fn damaged_input_becomes_silence_and_is_counted() {
    let (mut main, mut side) = songs(5);
    for (n, bad) in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, 1e-42].into_iter().enumerate() {
        main[0][1000 + n] = bad;
        side[1][2000 + n] = bad;
    }
    let mut driven = Driven::new(48_000.0, false);
    let out = driven.run(&main, &side, std::iter::repeat(512), |_| Controls::default());
    assert!(out.iter().flatten().all(|sample| sample.is_finite() && !sample.is_subnormal()));
    assert_eq!(driven.telemetry.repaired.load(Relaxed), 8, "subnormal numbers are silence, not damage");
}

#[test]
fn silence_and_direct_current_stay_clean() {
    for level in [0.0, 1.0, 1e-39] {
        let main = vec![vec![level; 30_000]; 2];
        let out = Driven::new(48_000.0, false).run(&main, &main, std::iter::repeat(300), |_| neutral());
        assert!(out.iter().flatten().all(|sample| sample.is_finite() && !sample.is_subnormal() && sample.abs() < 1.01));
    }
}

#[test]
fn odd_blocks_do_no_harm() {
    let mut driven = Driven::new(48_000.0, false);
    let none: [&[f32]; 0] = [];
    let info = BlockInfo::default();
    driven.path.process(&mut [], &none, &info, &mut driven.inline, &mut ());
    driven.path.process(&mut [&mut []], &none, &info, &mut driven.inline, &mut ());
    let mut left = [0.5; 4000];
    let mut right = [0.5; 4000];
    driven.path.process(&mut [&mut left, &mut right], &[&[0.1; 3][..]], &info, &mut driven.inline, &mut ());
    assert!(left.iter().all(|sample| sample.is_finite()));
}

#[test]
fn jumps_start_a_generation_and_split_blocks_do_not() {
    // Position, playing, whether a new generation is due.
    let blocks = [
        (0, true, 0),
        (4096, true, 0),
        (8192, true, 0), // the second piece of a split block has a position of its own
        (12_288, true, 0),
        (100_000, true, 1), // a seek
        (104_096, true, 0),
        (0, true, 1), // a loop
        (0, false, 0),
        (50_000, false, 1), // a seek while stopped
        (50_000, true, 0),
        (54_096, true, 0),
    ];
    let mut driven = Driven::new(48_000.0, false);
    let mut wanted = 0;
    for (n, (position, playing, due)) in blocks.into_iter().enumerate() {
        let transport = Transport { playing, ..Transport::default() };
        let info = BlockInfo { transport, position_samples: Some(position), ..BlockInfo::default() };
        let (mut left, mut right) = (noise(1, 4096), noise(2, 4096));
        let side = [noise(3, 4096)];
        driven.path.process(&mut [&mut left, &mut right], &side, &info, &mut driven.inline, &mut ());
        wanted += due;
        assert_eq!(driven.telemetry.generation.load(Relaxed), wanted, "block {n}");
    }
}
