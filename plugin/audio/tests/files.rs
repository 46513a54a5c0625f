//! Reading and writing of audio files of every kind, good and bad.

#![allow(clippy::unwrap_used)]

use std::path::{Path, PathBuf};

use songweave_audio::{
    decode::{Audio, decode},
    write::{write_flac, write_wav},
};

/// A folder of its own that vanishes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("songweave-audio-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, contents: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, contents).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn tone() -> Audio {
    let sine = |n: usize| 0.5 * (std::f32::consts::TAU * 1_000.0 * n as f32 / 44_100.0).sin();
    let channel: Vec<f32> = (0..22_050).map(sine).collect();
    Audio { rate: 44_100, channels: vec![channel.clone(), channel] }
}

/// Level and crossings of zero per second of the middle of a recording.
fn level_and_pitch(audio: &Audio) -> (f32, f32) {
    let middle = &audio.channels[0][5_000..15_000];
    let level = (middle.iter().map(|sample| sample * sample).sum::<f32>() / middle.len() as f32).sqrt();
    let crossings = middle.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count();
    (level, crossings as f32 * 44_100.0 / middle.len() as f32)
}

fn complaint(path: &Path) -> String {
    decode(path).unwrap_err().to_string()
}

#[test]
fn wav_comes_back_exactly_and_flac_within_half_a_step() {
    let folder = Folder::new("round");
    let (wav, flac) = (folder.0.join("tone.wav"), folder.0.join("tone.flac"));
    write_wav(&wav, &tone()).unwrap();
    write_flac(&flac, &tone()).unwrap();
    assert_eq!(decode(&wav).unwrap(), tone());
    let read = decode(&flac).unwrap();
    let errors = read.channels[1].iter().zip(&tone().channels[1]).map(|(a, b)| (a - b).abs()).collect::<Vec<_>>();
    assert_eq!((read.rate, read.samples()), (44_100, 22_050));
    assert!(errors.into_iter().fold(0.0, f32::max) < 1.0 / 32_768.0);
    assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 2, "no temporary file stays behind");
}

#[test]
fn lossy_formats_are_read() {
    for name in ["tone.mp3", "tone.ogg", "tone.m4a"] {
        let audio = decode(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)).unwrap();
        let (level, pitch) = level_and_pitch(&audio);
        assert_eq!((audio.rate, audio.channels.len()), (44_100, 2), "{name}");
        // MP3 files of unknown length end with the last whole frame.
        let tolerance = if name.ends_with("m4a") { 0.025 } else { 0.06 };
        assert!((audio.seconds() - 0.5).abs() < tolerance, "{name}: {} s", audio.seconds());
        assert!((level - 0.25).abs() < 0.02 && (pitch - 1_000.0).abs() < 10.0, "{name}: {level}, {pitch} Hz");
    }
}

#[test]
fn every_bad_file_gets_one_clear_sentence() {
    let folder = Folder::new("bad");
    assert!(complaint(&folder.0.join("none.wav")).contains("no such file"));
    assert!(complaint(&folder.file("nothing.wav", b"")).contains("holds no sound"));
    assert!(complaint(&folder.file("text.wav", b"this is a letter, not a song")).contains("cannot be read as audio"));
    let film = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/silent_film.mp4");
    assert!(complaint(&film).contains("no audio track"));
    let empty = folder.0.join("empty.wav");
    write_wav(&empty, &Audio { rate: 44_100, channels: vec![vec![]] }).unwrap();
    assert!(complaint(&empty).contains("holds no sound"));
    assert!(decode(&folder.0).is_err());
}

#[test]
fn a_cut_off_file_gives_what_is_there() {
    let folder = Folder::new("cut");
    let path = folder.0.join("tone.wav");
    write_wav(&path, &tone()).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    let cut = folder.file("cut.wav", &bytes[..bytes.len() / 2]);
    let audio = decode(&cut).unwrap();
    assert!(audio.samples() > 5_000 && audio.samples() < 12_000, "{}", audio.samples());
}

#[test]
fn what_cannot_be_written_says_so() {
    let nowhere = Path::new("/nowhere/at/all/x.wav");
    assert!(write_wav(nowhere, &tone()).unwrap_err().to_string().contains("no such file or folder"));
    let none = Audio { rate: 44_100, channels: vec![] };
    let folder = Folder::new("unwritable");
    assert!(write_flac(&folder.0.join("x.flac"), &none).unwrap_err().to_string().contains("FLAC holds 1 to 8"));
}
