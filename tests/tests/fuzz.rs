//! Damaged weight files, sound files and block sequences, from seeds: an error sentence or a clean signal, never a panic.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;

use proptest::prelude::*;
use songweave_audio::{
    decode::{Audio, decode},
    write::write_wav,
};
use songweave_dsp::{controls::Controls, path::BlockInfo};
use songweave_host::{Block, silent_bus};
use songweave_models::{MashNetwork, mash::EMBEDDED};
use songweave_tests::{
    bounce::{SONGWEAVE, instance},
    drive::Driven,
    signal::noise,
};

/// Bytes with some of them replaced and the end cut off.
fn damaged(bytes: &[u8], changes: &[(prop::sample::Index, u8)], keep: Option<prop::sample::Index>) -> Vec<u8> {
    let mut damaged = bytes.to_vec();
    for (at, value) in changes {
        let at = at.index(damaged.len());
        damaged[at] = *value;
    }
    if let Some(keep) = keep {
        damaged.truncate(keep.index(damaged.len()));
    }
    damaged
}

fn changes(largest: usize) -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    prop::collection::vec(any::<(prop::sample::Index, u8)>(), 1..largest)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn damaged_weight_headers_are_refused_in_one_line_or_harmless(
        changes in changes(20),
        keep in prop::option::of(any::<prop::sample::Index>()),
    ) {
        // Nearly all of the file is numbers; the header is where damage is interesting.
        let header = 8 + u64::from_le_bytes(EMBEDDED[..8].try_into().unwrap()) as usize;
        let mut bytes = damaged(&EMBEDDED[..header], &changes, None);
        bytes.extend_from_slice(&EMBEDDED[header..]);
        if let Some(keep) = keep {
            bytes.truncate(keep.index(bytes.len()));
        }
        if let Err(error) = MashNetwork::from_bytes(&bytes) {
            prop_assert_eq!(error.to_string().lines().count(), 1, "{}", error);
        }
    }

    #[test]
    fn damaged_sound_files_give_a_sentence_or_sound(changes in changes(30), keep in prop::option::of(any::<prop::sample::Index>())) {
        let path = std::env::temp_dir().join(format!("songweave-fuzz-{}.wav", std::process::id()));
        let sound = Audio { channels: vec![noise(1, 2000), noise(2, 2000)], rate: 44_100 };
        write_wav(&path, &sound).unwrap();
        let bytes = damaged(&fs::read(&path).unwrap(), &changes, keep);
        fs::write(&path, bytes).unwrap();
        match decode(&path) {
            Ok(audio) => prop_assert!(!audio.channels.is_empty()),
            Err(error) => prop_assert_eq!(error.to_string().lines().count(), 1, "{}", error),
        }
    }

    #[test]
    fn any_sequence_of_blocks_and_controls_gives_clean_samples(
        steps in prop::collection::vec((0_usize..9000, -2.0_f32..3.0, any::<[bool; 3]>(), any::<Option<i64>>()), 1..12),
    ) {
        let mut driven = Driven::new(48_000.0, false);
        for (n, (frames, value, [flag, reset, loud], position_samples)) in steps.into_iter().enumerate() {
            let gain = if loud { 1e6 } else { 1.0 };
            let signal = |seed| noise(seed, frames).into_iter().map(|x| x * gain).collect::<Vec<_>>();
            let (mut left, mut right) = (signal(n as u64), signal(n as u64 + 1));
            let side = [signal(n as u64 + 2)];
            let controls = Controls {
                balance: value, faders: [value; 4], auto: value, depth: value, attack: value, release: -value,
                low: value * 10_000.0, high: value * 100.0, freeze: flag, delta: flag, ..Controls::default()
            };
            let info = BlockInfo { controls, position_samples, ..BlockInfo::default() };
            driven.path.process(&mut [&mut left, &mut right], &side, &info, &mut driven.inline, &mut ());
            prop_assert!(left.iter().chain(&right).all(|sample| sample.is_finite() && !sample.is_subnormal()));
            if reset {
                driven.path.reset(&controls);
            }
        }
    }
}

#[test]
fn blocks_of_nothing_do_no_harm_in_a_host() {
    let mut plugin = instance(SONGWEAVE).unwrap();
    let mut processor = plugin.activate(48_000.0, 512).unwrap();
    for frames in [0, 1, 0, 512, 0] {
        let mut inputs = [silent_bus(2, frames), silent_bus(2, frames)];
        let mut outputs = [silent_bus(2, frames)];
        let mut events_out = vec![];
        let block = &mut Block {
            frames,
            inputs: &mut inputs,
            outputs: &mut outputs,
            events: &[],
            transport: None,
            events_out: &mut events_out,
        };
        processor.process(block).unwrap();
    }
    plugin.deactivate(processor);
}
