//! No path of a machine that the project was developed on: in no tracked file, and in no weight file inside the bundle.
#![allow(clippy::unwrap_used, missing_docs)]

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::{Deserializer, Value};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn contains(text: &[u8], word: &str) -> bool {
    text.windows(word.len()).any(|window| window == word.as_bytes())
}

/// Folders that development machines work in, parted so that this file does not hold them.
const FOLDERS: [[&str; 2]; 2] = [["/wor", "k/"], ["/roo", "t/"]];

#[test]
fn no_tracked_file_names_a_development_machine() {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output().unwrap();
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let names = String::from_utf8(listed.stdout).unwrap();
    let mut read = 0;
    for name in names.split('\0').filter(|name| !name.is_empty()) {
        // A file that is deleted but not committed yet is still listed.
        let Ok(bytes) = std::fs::read(root().join(name)) else { continue };
        read += 1;
        for folder in FOLDERS.map(|parts| parts.concat()) {
            assert!(!contains(&bytes, &folder), "{name} holds {folder}");
        }
    }
    assert!(read > 100, "{read} files");
}

/// Every text in some JSON.
fn texts<'a>(value: &'a Value, out: &mut Vec<&'a str>) {
    match value {
        Value::String(text) => out.push(text),
        Value::Array(values) => values.iter().for_each(|value| texts(value, out)),
        Value::Object(fields) => fields.values().for_each(|value| texts(value, out)),
        _ => {}
    }
}

/// What the weight files inside a binary say of themselves.
fn labels(binary: &[u8]) -> Vec<Value> {
    let begins = br#""__metadata__":{"songweave":"#;
    let starts = binary.windows(begins.len()).enumerate().filter(|(_, window)| window == begins);
    let label = |start: usize| {
        let text: String = Deserializer::from_slice(&binary[start..]).into_iter().next()?.ok()?;
        serde_json::from_str(&text).ok()
    };
    starts.filter_map(|(start, _)| label(start + begins.len())).collect()
}

#[test]
fn no_weight_file_in_the_bundle_names_a_folder() {
    let bundle = root().join("target/bundled/Songweave.clap");
    let inside = bundle.join("Contents/MacOS/Songweave");
    let binary = if inside.is_file() { inside } else { bundle };
    let binary = std::fs::read(&binary)
        .unwrap_or_else(|error| panic!("{}: {error}; run `cargo xtask bundle` first", binary.display()));
    let labels = labels(&binary);
    let kinds: Vec<&str> = labels.iter().filter_map(|label| label["kind"].as_str()).collect();
    for kind in ["mash", "chords", "groove", "instruments", "melody"] {
        assert!(kinds.contains(&kind), "no {kind} among {kinds:?}");
    }
    for label in &labels {
        let mut found = Vec::new();
        texts(label, &mut found);
        let words = found.iter().flat_map(|text| text.split([' ', '=']));
        let paths: Vec<&str> = words.filter(|word| word.starts_with(['/', '.', '~']) || word.contains(":\\")).collect();
        assert!(paths.is_empty(), "{}: {paths:?}", label["kind"]);
    }
}
