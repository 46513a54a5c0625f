//! Songs that the tests make themselves, and the program as they run it.
#![allow(clippy::unwrap_used, missing_docs, dead_code)]

use std::{
    f32::consts::TAU,
    fs,
    path::Path,
    process::{Command, Output},
};

use songweave_audio::{decode::Audio, write::write_wav};

/// A song of a few seconds that is like no other.
fn song(path: &Path, number: u32) {
    let rate = 16_000_u32;
    let hz = 110.0 * (number as f32 / 12.0).exp2();
    let sample = |n: u32| {
        let now = n as f32 / rate as f32;
        let beat = (-6.0 * (now * (1.5 + 0.1 * number as f32)).fract()).exp();
        0.2 * beat * ((TAU * hz * now).sin() + (TAU * 1.5 * hz * now).sin())
    };
    let samples: Vec<f32> = (0..rate * (4 + number % 5)).map(sample).collect();
    write_wav(path, &Audio { rate, channels: vec![samples] }).unwrap();
}

pub(crate) fn folder(songs: u32) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("music")).unwrap();
    (0..songs).for_each(|number| song(&folder.path().join(format!("music/{number:02}.wav")), number));
    folder
}

/// The program, with the library that `store` names.
pub(crate) fn command(folder: &Path, store: &str, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_songweave"));
    command.current_dir(folder).args(["--store", store]).args(words);
    command
}

pub(crate) fn run(folder: &Path, store: &str, words: &[&str]) -> Output {
    command(folder, store, words).output().unwrap()
}

pub(crate) fn json(folder: &Path, store: &str, words: &[&str]) -> serde_json::Value {
    let output = run(folder, store, words);
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}
