//! The program as its users run it.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use common::folder;

const STORE: &str = "library.sqlite";

fn command(folder: &Path, words: &[&str]) -> Command {
    common::command(folder, STORE, words)
}

fn run(folder: &Path, words: &[&str]) -> Output {
    common::run(folder, STORE, words)
}

fn json(folder: &Path, words: &[&str]) -> serde_json::Value {
    common::json(folder, STORE, words)
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
    for (address, sentence) in [
        (
            "postgres://me:secret@127.0.0.1:1/music",
            "postgres://127.0.0.1/music: the library on this server cannot be used",
        ),
        ("postgres://me:secret@host:port/music", "write postgres://USER@HOST/NAME"),
    ] {
        let elsewhere = common::run(path, address, &["doctor"]);
        let told = String::from_utf8_lossy(&elsewhere.stderr);
        assert!(elsewhere.status.code() == Some(1) && told.contains(sentence) && !told.contains("secret"), "{told}");
    }
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

#[test]
fn a_plugin_that_is_named_needs_none_that_is_installed() {
    let folder = folder(1);
    let words = ["render", "--bundle", "gone.clap", "--input", "music/00.wav", "--output", "out.wav"];
    let output = command(folder.path(), &words).env_remove("CLAP_PATH").env("HOME", folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains("gone.clap") && !said.contains("is in none of"), "{said}");
}
