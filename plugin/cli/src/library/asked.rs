//! What a user names: a file, or a part of one.

use std::{ops::Range, path::Path};

use anyhow::{Context, Result, ensure};
use songweave_library::{
    hearing::{self, ear},
    similarity::{
        catalogue::{Catalogue, entry},
        cells::Weights,
        search::Query,
    },
    store::{Store, Stored},
    track::{Digest, Sound, Track, TrackId, Vector},
};

/// What was named, before it is looked for among other songs.
pub(super) struct Named {
    /// What it sounds like.
    pub(super) vector: Vector,
    /// The track, or one that is in no library.
    stored: Stored,
    /// The track of the library that it is, or a part of.
    own: Option<Stored>,
}

/// What was named.
pub(super) struct Asked {
    /// What is searched for.
    pub(super) query: Query,
    /// What was heard of it.
    pub(super) sound: Sound,
}

impl Named {
    /// Among the songs of a catalogue.
    pub(super) fn among(self, catalogue: &Catalogue) -> Asked {
        let mut found = entry(&self.stored);
        if let Some(own) = &self.own {
            let known = catalogue.position(own.id).map(|position| &catalogue.entries()[position]);
            found.recording = own.recording;
            found.version = known.map_or(usize::MAX, |known| known.version);
        }
        let query = Query { vector: self.vector, entry: found, own: self.own.is_some() };
        Asked { query, sound: self.stored.track.sound }
    }
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
pub(super) fn ask(store: &dyn Store, text: &str) -> Result<Named> {
    let (file, part) = file_and_part(text);
    let path = dunce::canonicalize(file).with_context(|| format!("{file} cannot be found"))?;
    let own = known(store, &path)?;
    match (part, own) {
        (None, Some(own)) => Ok(Named { vector: own.vector, stored: own.clone(), own: Some(own) }),
        (None, None) => {
            heard(store, &path, hearing::hear(&path, hearing::identify(&path)?, ear::network()?.as_mut())?, None)
        }
        (Some(part), own) => {
            let sound = hearing::hear_part(&path, &part, ear::network()?.as_mut())?;
            heard(store, &path, Track { digest: Digest([0; 32]), tags: hearing::read_tags(&path), sound }, own)
        }
    }
}

/// Where a song of the library stands in the catalogue, by its file.
pub(super) fn position(store: &dyn Store, catalogue: &Catalogue, file: &str) -> Result<usize> {
    let path = dunce::canonicalize(file).with_context(|| format!("{file} cannot be found"))?;
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

/// What is no track of the library, but may be a part of one.
fn heard(store: &dyn Store, path: &Path, track: Track, own: Option<Stored>) -> Result<Named> {
    ensure!(!track.sound.slices.is_empty(), "{}: there is nothing to hear", path.display());
    let (counted, weights) = store.weights()?;
    let vector = Weights::kept(counted, weights).song(&track.sound.slices);
    let path = path.to_string_lossy().into_owned();
    let stored = Stored { id: TrackId(-1), track, vector, recording: TrackId(-1), path, place: None };
    Ok(Named { vector, stored, own })
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
