//! `songweave doctor`.

use std::io::Write;

use anyhow::{Result, ensure};
use serde_json::json;
use songweave_library::hearing::ear;

use super::Place;

/// Says what is in the library and what is wrong with it.
pub(crate) fn run(place: &Place) -> Result<()> {
    let location = place.location()?;
    let network = ear::network()?.name();
    let store = place.read()?;
    let (tracks, refused) = store.counts()?;
    let mut wrong = store.examine()?;
    let files = store.files()?;
    let missing = files.keys().filter(|path| !std::path::Path::new(path.as_str()).exists()).count();
    let stale = files.values().filter(|file| file.ear.as_ref().is_some_and(|ear| *ear != network)).count();
    let mut notes = Vec::new();
    notes.extend(
        (missing > 0)
            .then(|| format!("{missing} files are not where they were: run `songweave index` where they are now")),
    );
    notes.extend((stale > 0).then(|| {
        format!("{stale} songs were heard by another version's network: run `songweave index` to hear them again")
    }));
    let bytes = location.bytes();
    let mut out = std::io::stdout().lock();
    if place.json {
        let all = json!({ "store": location.to_string(), "bytes": bytes, "tracks": tracks, "left_out": refused, "notes": notes, "wrong": wrong });
        writeln!(out, "{all:#}")?;
    } else {
        writeln!(out, "{location}: {tracks} songs, {refused} files left out, {:.1} MB", bytes as f64 / 1e6)?;
        notes.iter().try_for_each(|note| writeln!(out, "{note}"))?;
    }
    wrong.truncate(3);
    ensure!(wrong.is_empty(), "{location}: the library is damaged ({}); delete it and index anew", wrong.join("; "));
    Ok(())
}
