//! Songs as they are printed.

use serde_json::{Value, json};
use songweave_library::similarity::catalogue::Entry;

/// A song for scripts.
pub(super) fn json(entry: &Entry) -> Value {
    json!({
        "id": entry.id.0,
        "path": entry.path,
        "title": entry.title,
        "artist": entry.artist,
        "album": entry.album,
        "seconds": entry.seconds,
        "loudness_lufs": entry.loudness,
        "key": entry.key.map(|key| key.name()),
        "bpm": entry.bpm,
        "genre": entry.genre_name(),
    })
}

/// Key, tempo and genre, where they are known.
pub(super) fn facts(entry: &Entry) -> String {
    let key = entry.key.map(|key| key.name());
    let tempo = entry.bpm.map(|bpm| format!("{bpm:.0} BPM"));
    let genre = entry.genre_name().map(str::to_owned);
    [key, tempo, genre].into_iter().flatten().collect::<Vec<_>>().join(", ")
}
