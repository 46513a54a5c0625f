//! All songs of the library in memory, as searching needs them.

use std::{collections::HashMap, path::Path};

use songweave_engine::follow::key::Key;

use super::versions::version_names;
use crate::{
    error::Result,
    store::{Store, Stored},
    track::{GENRES, NUMBERS, TrackId, Vector, likeliest_genre, unit},
};

/// A genre less probable than this is "not sure".
pub const SURE_GENRE: f32 = 0.3;

/// A song.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Its number in the store.
    pub id: TrackId,
    /// A file that it can be read from.
    pub path: String,
    /// What the file calls it; the file's name where it says nothing.
    pub title: String,
    /// Who plays it, where the file says so.
    pub artist: Option<String>,
    /// The record it is on, where the file says so.
    pub album: Option<String>,
    /// Length in seconds.
    pub seconds: f64,
    /// Loudness in LUFS.
    pub loudness: Option<f32>,
    /// Its key, where it is sure.
    pub key: Option<Key>,
    /// Beats per minute, where they are sure.
    pub bpm: Option<f32>,
    /// The likeliest genre, where it is sure.
    pub genre: Option<usize>,
    /// The likeliest genre, sure or not.
    pub colour: usize,
    /// The first of the recordings that are the same.
    pub recording: TrackId,
    /// Songs of one artist and title, live or remastered or not, have the same number.
    pub version: usize,
    /// Where it lies on the map.
    pub place: Option<[f32; 2]>,
}

impl Entry {
    /// Artist and title.
    #[must_use]
    pub fn name(&self) -> String {
        match &self.artist {
            Some(artist) => format!("{artist} – {}", self.title),
            None => self.title.clone(),
        }
    }

    /// The name of its genre.
    #[must_use]
    pub fn genre_name(&self) -> Option<&'static str> {
        self.genre.map(|genre| GENRES[genre])
    }
}

/// All songs.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    entries: Vec<Entry>,
    /// Song vectors, `[song][number]`; all 0 where there is none.
    vectors: Vec<f32>,
    /// Where each recording stands first.
    firsts: HashMap<TrackId, usize>,
}

impl Catalogue {
    /// Reads all songs of a store.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn load(store: &dyn Store) -> Result<Self> {
        let mut catalogue = Self::default();
        store.tracks(false, &mut |stored| catalogue.push(&stored))?;
        Ok(catalogue.named())
    }

    /// Reads the songs that are nearest to a vector, so many at least; all where that is as fast.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn around(store: &dyn Store, vector: &Vector, count: usize) -> Result<Self> {
        let Some(near) = store.near(vector, count)? else { return Self::load(store) };
        let mut catalogue = Self::default();
        near.iter().for_each(|stored| catalogue.push(stored));
        Ok(catalogue.named())
    }

    /// With the numbers of versions.
    fn named(mut self) -> Self {
        let songs = self.entries.iter().map(|entry| (entry.artist.as_deref(), &*entry.title));
        let names = version_names(songs);
        self.entries.iter_mut().zip(names).for_each(|(entry, version)| entry.version = version);
        self
    }

    fn push(&mut self, stored: &Stored) {
        self.firsts.entry(stored.recording).or_insert(self.entries.len());
        self.vectors.extend(unit(&stored.vector).unwrap_or([0.0; NUMBERS]));
        self.entries.push(entry(stored));
    }

    /// The songs, in the order of their numbers.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Where a track stands among the songs.
    #[must_use]
    pub fn position(&self, id: TrackId) -> Option<usize> {
        self.entries.binary_search_by_key(&id, |entry| entry.id).ok()
    }

    /// Where the recording of a song stands first: the same song in another format is shown once.
    #[must_use]
    pub fn first(&self, position: usize) -> usize {
        self.firsts.get(&self.entries[position].recording).copied().unwrap_or(position)
    }

    /// Songs that are shown, one a recording, by where they stand.
    #[must_use]
    pub fn shown(&self) -> Vec<usize> {
        (0..self.entries.len()).filter(|position| self.first(*position) == *position).collect()
    }

    /// The vector of the song that stands there.
    #[must_use]
    pub fn vector(&self, position: usize) -> Vector {
        std::array::from_fn(|at| self.vectors[position * NUMBERS + at])
    }

    /// How like all songs are to a vector, -1…1, `[song]`.
    #[must_use]
    pub fn similarity(&self, vector: &Vector) -> Vec<f32> {
        self.vectors.as_chunks::<NUMBERS>().0.iter().map(|song| cosine(song, vector)).collect()
    }
}

/// The song that a stored track is.
#[must_use]
pub fn entry(stored: &Stored) -> Entry {
    let (tags, sound) = (&stored.track.tags, &stored.track.sound);
    let stem = || Path::new(&stored.path).file_stem().map(|stem| stem.to_string_lossy().into_owned());
    let (genre, probability) = likeliest_genre(&sound.genres);
    Entry {
        id: stored.id,
        title: tags.title.clone().or_else(stem).unwrap_or_default(),
        path: stored.path.clone(),
        artist: tags.artist.clone(),
        album: tags.album.clone(),
        seconds: sound.seconds,
        loudness: sound.loudness,
        key: sound.key,
        bpm: sound.tempo.map(|tempo| tempo.bpm),
        genre: (probability >= SURE_GENRE).then_some(genre),
        colour: genre,
        recording: stored.recording,
        version: 0,
        place: stored.place,
    }
}

/// Cosine of two unit vectors, in sums that the compiler takes four at a time.
#[must_use]
pub fn cosine(one: &Vector, other: &Vector) -> f32 {
    let mut sums = [0.0_f32; 4];
    for (one, other) in one.as_chunks::<4>().0.iter().zip(other.as_chunks::<4>().0) {
        for lane in 0..4 {
            sums[lane] += one[lane] * other[lane];
        }
    }
    sums.into_iter().sum()
}
