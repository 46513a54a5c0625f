//! The program as its users run it.
#![allow(clippy::unwrap_used, missing_docs)]

use std::{
    f32::consts::TAU,
    fs,
    path::Path,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
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

fn folder(songs: u32) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("music")).unwrap();
    (0..songs).for_each(|number| song(&folder.path().join(format!("music/{number:02}.wav")), number));
    folder
}

fn command(folder: &Path, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_songweave"));
    command.current_dir(folder).args(["--store", "library.sqlite"]).args(words);
    command
}

fn run(folder: &Path, words: &[&str]) -> Output {
    command(folder, words).output().unwrap()
}

fn json(folder: &Path, words: &[&str]) -> serde_json::Value {
    let output = run(folder, words);
    assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn killed_at_any_moment_nothing_is_lost_or_doubled() {
    let folder = folder(24);
    let path = folder.path();
    // Moments from before the store exists until most is done, whatever the speed of the machine.
    for kill_after in [0, 1, 3, 7, 12] {
        let mut child = command(path, &["index", "music"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let began = Instant::now();
        let tracks = || {
            let told = run(path, &["doctor", "--json"]);
            let told: Option<serde_json::Value> = serde_json::from_slice(&told.stdout).ok();
            told.and_then(|told| told["tracks"].as_u64()).unwrap_or(0)
        };
        while tracks() < kill_after && began.elapsed() < Duration::from_secs(60) && child.try_wait().unwrap().is_none()
        {
            std::thread::sleep(Duration::from_millis(2));
        }
        child.kill().unwrap();
        child.wait().unwrap();
        if path.join("library.sqlite").exists() && run(path, &["doctor"]).status.success() {
            let told = json(path, &["doctor", "--json"]);
            assert_eq!(told["wrong"], serde_json::json!([]));
            assert!(told["tracks"].as_u64().unwrap() >= kill_after, "what was there is there: {told}");
        }
    }
    let before = json(path, &["doctor", "--json"])["tracks"].as_u64().unwrap();
    let report = json(path, &["index", "music", "--json"]);
    assert_eq!(report["tracks"], 24, "{report}");
    assert_eq!(report["heard"].as_u64().unwrap(), 24 - before, "nothing is heard twice");
    let again = json(path, &["index", "music", "--json"]);
    assert_eq!((again["unchanged"].as_u64(), again["heard"].as_u64()), (Some(24), Some(0)));
}

#[test]
fn songs_are_suggested_joined_and_mapped() {
    let folder = folder(8);
    let path = folder.path();
    json(path, &["index", "music", "--json"]);
    let told = json(path, &["suggest", "music/03.wav", "--limit", "3", "--json"]);
    assert_eq!(told["suggestions"].as_array().unwrap().len(), 3);
    let part = json(path, &["suggest", "music/04.wav@0:01-0:04", "--limit", "2", "--json"]);
    assert_eq!(part["suggestions"].as_array().unwrap().len(), 2);
    let mash = json(path, &["suggest", "music/03.wav", "--for-mash", "--json"]);
    assert_eq!(mash["partners"].as_array().unwrap().len(), 7);
    let way =
        json(path, &["playlist", "music/00.wav", "music/07.wav", "--length", "5", "--output", "way.m3u8", "--json"]);
    assert_eq!(way["songs"].as_array().unwrap().len(), 5);
    let list = fs::read_to_string(path.join("way.m3u8")).unwrap();
    let songs: Vec<&str> = list.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!((songs[0], songs[4]), ("music/00.wav", "music/07.wav"));
    for map in ["map.html", "map.png"] {
        assert!(run(path, &["map", "--output", map]).status.success());
        assert!(fs::metadata(path.join(map)).unwrap().len() > 2_000);
    }
    fs::rename(path.join("music/05.wav"), path.join("elsewhere.wav")).unwrap();
    let moved = json(path, &["suggest", "elsewhere.wav", "--json"]);
    assert_eq!(moved["query"]["title"], "05", "known by its sound before it is indexed anew");
}

#[test]
fn what_goes_wrong_is_one_sentence_and_an_exit_code() {
    let folder = folder(1);
    let path = folder.path();
    let said = |words: &[&str], code: i32, sentence: &str| {
        let output = run(path, words);
        let text = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{words:?}: {text}");
        assert!(text.contains(sentence), "{words:?}: {text}");
    };
    said(&["suggest", "music/00.wav"], 1, "there is no library yet");
    said(&["index", "nowhere"], 1, "nowhere");
    let elsewhere =
        Command::new(env!("CARGO_BIN_EXE_songweave")).args(["--store", "postgres://x", "doctor"]).output().unwrap();
    assert!(String::from_utf8_lossy(&elsewhere.stderr).contains("SQLite files only"));
    said(&["suggest"], 2, "required");
    assert!(run(path, &["index", "music"]).status.success());
    said(&["suggest", "music/99.wav"], 1, "cannot be found");
    said(&["suggest", "music/00.wav", "--genre", "polka"], 1, "there is no genre");
    said(&["suggest", "music/00.wav@1:00-2:00"], 1, "has to last a second at least");
    said(&["playlist", "music/00.wav", "--output", "x.doc"], 1, "neither .m3u8 nor .json");
    said(&["map", "--output", "x.doc"], 1, "neither .html nor .png");
    said(&["render", "--input", "a.wav", "--output", "nowhere/b.wav"], 1, "does not exist");
    assert!(run(path, &["completions", "bash"]).status.success());
    assert!(String::from_utf8_lossy(&run(path, &["suggest", "--help"]).stdout).contains("Examples:"));
}
