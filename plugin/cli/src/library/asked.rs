//! What a user names: a file, or a part of one.

use std::{ops::Range, path::Path};

use anyhow::{Context, Result, ensure};
use songweave_library::{
    hearing::{self, ear},
    likeness::{
        catalogue::{Catalogue, entry},
        cells::Weights,
        search::Query,
    },
    store::{Store, Stored},
    track::{Digest, Sound, Track, TrackId},
};

/// What was named.
pub(super) struct Asked {
    /// What is searched for.
    pub(super) query: Query,
    /// What was heard of it.
    pub(super) sound: Sound,
}

/// A file and the part of it that is meant, in seconds: `FILE` or `FILE@1:30-2:00`.
pub(super) fn file_and_part(text: &str) -> (&str, Option<Range<f64>>) {
    let part = text.rsplit_once('@').filter(|_| !Path::new(text).exists());
    let range = |part: &str| {
        let (from, to) = part.split_once('-')?;
        Some(seconds(from)?..seconds(to)?).filter(|range| range.start < range.end)
    };
    match part.and_then(|(file, part)| Some((file, range(part)?))) {
        Some((file, range)) => (file, Some(range)),
        None => (text, None),
    }
}

/// `90`, `1:30` or `1:02:03.5` in seconds.
fn seconds(text: &str) -> Option<f64> {
    let parts: Option<Vec<f64>> = text.split(':').map(|part| part.trim().parse().ok()).collect();
    let seconds = parts?.into_iter().fold(0.0, |sum, part| 60.0 * sum + part);
    (seconds.is_finite() && seconds >= 0.0).then_some(seconds)
}

/// Looks up what is named, and hears it where the library does not have it.
pub(super) fn ask(store: &dyn Store, catalogue: &Catalogue, text: &str) -> Result<Asked> {
    let (file, part) = file_and_part(text);
    let path = Path::new(file).canonicalize().with_context(|| format!("{file} cannot be found"))?;
    let known = known(store, &path)?;
    let Some(part) = part else {
        return match known {
            Some(stored) => Ok(asked(catalogue, stored)),
            None => heard(store, &path, hearing::hear(&path, hearing::identify(&path)?, ear::network()?.as_mut())?),
        };
    };
    let sound = hearing::hear_part(&path, &part, ear::network()?.as_mut())?;
    let own = known.map(|stored| asked(catalogue, stored).query.entry);
    let track = Track { digest: Digest([0; 32]), tags: hearing::read_tags(&path), sound };
    let mut asked = heard(store, &path, track)?;
    if let Some(own) = own {
        asked.query.entry.recording = own.recording;
        asked.query.entry.version = own.version;
        asked.query.own = true;
    }
    Ok(asked)
}

/// Where a song of the library stands in the catalogue, by its file.
pub(super) fn position(store: &dyn Store, catalogue: &Catalogue, file: &str) -> Result<usize> {
    let path = Path::new(file).canonicalize().with_context(|| format!("{file} cannot be found"))?;
    let found = known(store, &path)?.and_then(|stored| catalogue.position(stored.id));
    found.with_context(|| format!("{file} is not in the library; add it with `songweave index`"))
}

/// The track that a file is, by its path or, where it was moved, by its sound.
fn known(store: &dyn Store, path: &Path) -> Result<Option<Stored>> {
    let text = path.to_str().unwrap_or_default();
    let id = match store.find(text, None)? {
        Some(id) => Some(id),
        None => store.find(text, Some(&hearing::identify(path)?.digest))?,
    };
    Ok(id.map(|id| store.track(id)).transpose()?.flatten())
}

fn asked(catalogue: &Catalogue, stored: Stored) -> Asked {
    let known = catalogue.position(stored.id).map(|position| catalogue.entries()[position].clone());
    let entry = known.unwrap_or_else(|| entry(&stored));
    Asked { query: Query { vector: stored.vector, entry, own: true }, sound: stored.track.sound }
}

/// What is no track of the library.
fn heard(store: &dyn Store, path: &Path, track: Track) -> Result<Asked> {
    ensure!(!track.sound.slices.is_empty(), "{}: there is nothing to hear", path.display());
    let (counted, weights) = store.weights()?;
    let vector = Weights::kept(counted, weights).song(&track.sound.slices);
    let path = path.to_string_lossy().into_owned();
    let stored = Stored { id: TrackId(-1), track, vector, recording: TrackId(-1), path, place: None };
    let query = Query { vector, entry: entry(&stored), own: false };
    Ok(Asked { query, sound: stored.track.sound })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_read_as_people_write_them() {
        assert_eq!(file_and_part("a.mp3@1:30-2:00"), ("a.mp3", Some(90.0..120.0)));
        assert_eq!(file_and_part("a@b.mp3@5-7.5"), ("a@b.mp3", Some(5.0..7.5)));
        assert_eq!(file_and_part("me@home.mp3"), ("me@home.mp3", None));
        assert_eq!(file_and_part("a.mp3@2:00-1:30"), ("a.mp3@2:00-1:30", None));
        assert_eq!(seconds("1:02:03.5"), Some(3723.5));
    }
}
