//! Damaged weight files, sound files and block sequences, from seeds: an error sentence or a clean signal, never a panic.
#![allow(clippy::unwrap_used, missing_docs)]

use std::fs;

use proptest::prelude::*;
use songweave_audio::{
    decode::{Audio, decode},
    write::write_wav,
};
use songweave_dsp::{
    band::{INSTRUMENTS, schedule::NoteEvent, sink::BandSink},
    exchange::{
        controls::{BandControls, Controls, Mode, TuneControls, TuneTarget},
        frame::Transport,
    },
    stream::{
        layout::{CHANNELS, Part},
        path::BlockInfo,
    },
    tune::TuneNote,
};
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
                low: value * 10_000.0, high: value * 100.0, freeze: flag, delta: flag,
                solo: Part::ALL.get(frames % 9).copied(), ..Controls::default()
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

/// What came with one block of a voice.
#[derive(Debug, Clone)]
struct Step {
    frames: usize,
    value: f32,
    flags: [bool; 5],
    choices: [u8; 4],
    keys: Vec<(prop::sample::Index, u8, bool)>,
    host: Transport,
    position_samples: Option<i64>,
}

fn steps() -> impl Strategy<Value = Step> {
    let host =
        (any::<bool>(), prop::option::of(any::<f64>()), prop::option::of(any::<f64>()), any::<Option<(u8, u8)>>());
    let host = host.prop_map(|(playing, tempo, beats, time_signature)| Transport {
        playing,
        // Half of the tempi are possible ones.
        tempo: tempo.map(|tempo| if tempo > 0.0 { 30.0 + tempo.log10().abs() } else { tempo }),
        beats,
        time_signature,
        bar_start: beats,
    });
    let keys = prop::collection::vec((any::<prop::sample::Index>(), 0..128_u8, any::<bool>()), 0..8);
    let choices = (any::<[bool; 5]>(), any::<[u8; 4]>());
    (0_usize..9000, -2.0_f32..3.0, choices, keys, host, any::<Option<i64>>()).prop_map(
        |(frames, value, (flags, choices), keys, host, position_samples)| Step {
            frames,
            value,
            flags,
            choices,
            keys,
            host,
            position_samples,
        },
    )
}

impl Step {
    fn controls(&self) -> Controls {
        let [mash, bypass, chord, sounds, major] = self.flags;
        let [root, target, seed, range] = self.choices;
        let band = BandControls {
            density: self.value,
            adventure: self.value,
            seed: seed.into(),
            key: major.then_some(root % 12),
            minor: chord.then_some(major),
            chord_root: chord.then_some(root % 12),
            tempo: self.value * 100.0,
            sounds: [sounds.then_some(seed % 3); INSTRUMENTS],
            levels: [self.value; INSTRUMENTS],
            duck: self.value,
            voice: self.value,
            ..BandControls::default()
        };
        let tune = TuneControls {
            amount: self.value,
            speed: self.value * 0.1,
            target: [TuneTarget::Scale, TuneTarget::Midi, TuneTarget::Chord, TuneTarget::Melody]
                [usize::from(target % 4)],
            key: major.then_some(root % 12),
            formant: self.value * 12.0,
            humanise: self.value,
            reference: 440.0 + self.value,
            melody_range: (range.min(100), range.min(100) + 12),
            ..TuneControls::OFF
        };
        Controls { mode: if mash { Mode::Mash } else { Mode::Accompany }, bypass, band, tune, ..Controls::default() }
    }
}

/// Looks at what the band hands out in a block of so many frames.
struct Checks {
    frames: usize,
    sound: bool,
}

impl BandSink for Checks {
    fn note(&mut self, sample: usize, event: NoteEvent) {
        self.sound &= sample < self.frames && event.key < 128 && event.velocity < 128;
    }

    fn sung(&mut self, sample: usize, note: TuneNote) {
        self.sound &= sample < self.frames && note.key < 128 && note.velocity < 128;
    }

    fn beside(&mut self, _: usize, heard: &[[f32; CHANNELS]; INSTRUMENTS]) {
        self.sound &= heard.iter().flatten().all(|sample| sample.is_finite());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]

    #[test]
    fn any_voice_band_tuner_keys_and_transport_give_clean_samples_and_notes(
        steps in prop::collection::vec(steps(), 1..12),
    ) {
        let mut driven = Driven::new(48_000.0, false);
        for (n, step) in steps.iter().enumerate() {
            // A saw that somebody could sing, with some noise; its pitch changes from block to block.
            let pitch = 80.0 + 100.0 * f32::from(step.choices[3]) / 25.0;
            let voice = noise(n as u64, step.frames).into_iter().enumerate();
            let mut left: Vec<f32> =
                voice.map(|(at, noise)| ((at as f32 * pitch / 48_000.0).fract() - 0.5) + 0.01 * noise * step.value).collect();
            let mut right = left.clone();
            let mut keys: Vec<_> = step.keys.iter().filter(|_| step.frames > 0).collect();
            keys.sort_by_key(|(at, ..)| at.index(step.frames));
            for (at, key, down) in keys {
                driven.path.play_key(at.index(step.frames), *key, *down);
            }
            let info =
                BlockInfo { controls: step.controls(), transport: step.host, position_samples: step.position_samples };
            let mut checks = Checks { frames: step.frames, sound: true };
            let side: [&[f32]; 0] = [];
            driven.path.process(&mut [&mut left, &mut right], &side, &info, &mut driven.inline, &mut checks);
            prop_assert!(checks.sound, "block {}", n);
            prop_assert!(left.iter().chain(&right).all(|sample| sample.is_finite() && !sample.is_subnormal()));
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
