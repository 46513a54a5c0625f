//! A small library that the tests render themselves.
#![allow(clippy::unwrap_used, missing_docs, dead_code)]

use std::{
    f32::consts::TAU,
    path::{Path, PathBuf},
};

use songweave_audio::{
    decode::Audio,
    write::{write_flac, write_wav},
};
use songweave_library::{
    hearing::ear::{self, Ear},
    index::{Report, index},
    store::SqliteStore,
};

pub(crate) const RATE: u32 = 22_050;

/// Noise from a seed, -1…1.
pub(crate) fn noise(seed: u64) -> impl FnMut() -> f32 {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    }
}

/// A song: chords of I vi IV V in a key, a melody of its own, hits at a tempo.
pub(crate) fn song(seed: u64, tonic: i32, bpm: f32, seconds: f32) -> Audio {
    let mut draw = noise(seed.wrapping_add(77));
    let melody: Vec<i32> = (0..64).map(|_| [0, 2, 4, 5, 7, 9, 11, 12][((draw() + 1.0) * 3.99) as usize]).collect();
    let mut hiss = noise(seed.wrapping_add(5));
    let chords = [[0, 4, 7], [9, 12, 16], [5, 9, 12], [7, 11, 14]];
    let hz = |degree: i32| 220.0 * ((degree + tonic - 9) as f32 / 12.0).exp2();
    let sample = |n: usize| {
        let now = n as f32 / RATE as f32;
        let beats = now * bpm / 60.0;
        let tone = |degree: i32, gain: f32| {
            gain * ((TAU * hz(degree) * now).sin() + 0.4 * (2.0 * TAU * hz(degree) * now).sin())
        };
        let chord: f32 = chords[(beats / 4.0) as usize % 4].iter().map(|degree| tone(*degree, 0.07)).sum();
        let sung = tone(12 + melody[(beats * 2.0) as usize % 64], 0.15 * (-3.0 * (beats * 2.0).fract()).exp());
        let hit = 0.3 * hiss() * (-25.0 * beats.fract() * 60.0 / bpm).exp();
        chord + sung + hit
    };
    let samples: Vec<f32> = (0..(seconds * RATE as f32) as usize).map(sample).collect();
    Audio { rate: RATE, channels: vec![samples] }
}

/// A folder of a few songs.
pub(crate) fn folder(songs: u64) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for seed in 0..songs {
        let song = song(seed, (seed * 5 % 12) as i32, 90.0 + 7.0 * (seed % 6) as f32, 8.0 + seed as f32 / 3.0);
        write_flac(&folder.path().join(format!("song {seed:02}.flac")), &song).unwrap();
    }
    folder
}

pub(crate) fn wav(path: &Path, audio: &Audio) {
    write_wav(path, audio).unwrap();
}

/// Two ears that hear as the plugin does.
pub(crate) fn ears() -> Vec<Box<dyn Ear>> {
    vec![ear::network().unwrap(), ear::network().unwrap()]
}

pub(crate) fn run(store: &mut SqliteStore, folder: &Path) -> Report {
    index(store, &[PathBuf::from(folder)], ears(), &mut ()).unwrap()
}

/// An empty store in a folder of its own.
pub(crate) fn store() -> (tempfile::TempDir, SqliteStore) {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("library.sqlite")).unwrap();
    (folder, store)
}
