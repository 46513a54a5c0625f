//! What of the library goes with what is playing, for whoever looks at it while it plays: the plugin's Listen page.
//!
//! The store is only read, by a connection of its own, and what goes wrong is told and tried again when it is asked next.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use songweave_engine::{
    follow::key::Key,
    listener::{music::Music, songs::SongSound},
};

use crate::{
    error::{LibraryError, Result},
    partners::{Partner, partner},
    similarity::{
        catalogue::{Catalogue, Entry, entry},
        search::{Query, Wish, suggest},
    },
    store::{SqliteStore, Store, Stored},
    track::{Digest, Sound, Tags, Track, TrackId, Vector, unit},
};

/// Songs that sound the most alike; among these the best partners are told.
const ALIKE: usize = 60;
/// How long a call waits for others that write.
const PATIENCE: Duration = Duration::from_millis(300);
/// How often all songs are read again at most, while an index runs.
const READ_AGAIN: Duration = Duration::from_secs(60);

/// A song that is playing.
#[derive(Debug, Clone, PartialEq)]
pub struct Playing {
    /// What it sounds like.
    pub vector: Vector,
    /// What is told of it.
    pub music: Music,
}

/// A song of the library that goes with one that is playing.
#[derive(Debug, Clone, PartialEq)]
pub struct Companion {
    /// The song.
    pub entry: Entry,
    /// How alike they sound, -1…1.
    pub similarity: f32,
    /// How it fits, and why.
    pub partner: Partner,
}

impl From<&SongSound> for Playing {
    fn from(sound: &SongSound) -> Self {
        Self { vector: sound.vector, music: sound.music }
    }
}

impl Playing {
    /// The same so many semitones up.
    #[must_use]
    pub fn transposed(mut self, semitones: i8) -> Self {
        let up = usize::from(semitones.rem_euclid(12).unsigned_abs());
        self.music.chroma.rotate_right(up);
        self.music.scales.iter_mut().for_each(|scales| scales.rotate_right(up));
        self.music.key = self.music.key.map(|key: Key| key.transposed(semitones));
        self
    }

    /// Both at once, in the tempo and the key of the first.
    #[must_use]
    pub fn with(&self, other: &Self) -> Self {
        let vector: Vector = std::array::from_fn(|at| self.vector[at] + other.vector[at]);
        let mut music = self.music;
        music.density += other.music.density;
        music.tempo = music.tempo.or(other.music.tempo);
        music.power.iter_mut().zip(other.music.power).for_each(|(sum, power)| *sum += power);
        music.chroma.iter_mut().zip(other.music.chroma).for_each(|(mean, class)| *mean = 0.5 * (*mean + class));
        music.scales = match (music.scales, other.music.scales) {
            (Some(one), Some(other)) => Some(both(&one, &other)),
            (one, other) => one.or(other),
        };
        Self { vector: unit(&vector).unwrap_or(self.vector), music }
    }
}

/// Probabilities of what two say of the same thing, adding up to 1.
fn both<const N: usize>(one: &[f32; N], other: &[f32; N]) -> [f32; N] {
    let products: [f32; N] = std::array::from_fn(|at| one[at] * other[at]);
    let sum: f32 = products.iter().sum();
    if sum > 0.0 { products.map(|product| product / sum) } else { *one }
}

/// Looks into a library while something plays.
pub struct Companions {
    path: Option<PathBuf>,
    opened: Option<Opened>,
}

struct Opened {
    store: SqliteStore,
    catalogue: Catalogue,
    version: i64,
    read: Instant,
}

impl Companions {
    /// For the library at `path`; `None` where nobody knows where it is.
    #[must_use]
    pub const fn new(path: Option<PathBuf>) -> Self {
        Self { path, opened: None }
    }

    /// Reads all songs, if that has not happened yet or others have written since. Takes a second for 100,000 songs.
    ///
    /// # Errors
    /// There is no library, somebody else holds it, it is damaged, or of another version.
    pub fn read(&mut self) -> Result<usize> {
        Ok(self.opened()?.catalogue.entries().len())
    }

    /// So many songs that go with `playing`, the best first. Takes some milliseconds.
    ///
    /// # Errors
    /// As [`Companions::read`].
    pub fn of(&mut self, playing: &Playing, limit: usize) -> Result<Vec<Companion>> {
        let found = self.opened().and_then(|opened| opened.find(playing, limit));
        if found.is_err() {
            self.opened = None;
        }
        found
    }

    fn opened(&mut self) -> Result<&Opened> {
        let path = self.path.as_ref().ok_or_else(|| LibraryError::Ask("your data folder is not known".to_owned()))?;
        let fresh = match &self.opened {
            // A file that was deleted or replaced would go on to be read.
            Some(opened) if path.is_file() => {
                opened.read.elapsed() < READ_AGAIN || opened.store.version()? == opened.version
            }
            _ => false,
        };
        if !fresh {
            self.opened = None;
        }
        match &mut self.opened {
            Some(opened) => Ok(opened),
            none => {
                let store = SqliteStore::look(path, PATIENCE)?;
                let version = store.version()?;
                let catalogue = Catalogue::load(&store)?;
                Ok(none.insert(Opened { store, catalogue, version, read: Instant::now() }))
            }
        }
    }
}

impl Opened {
    fn find(&self, playing: &Playing, limit: usize) -> Result<Vec<Companion>> {
        let query = Query { vector: playing.vector, entry: nobody(playing), own: false };
        let alike = suggest(&self.catalogue, &query, &Wish { limit: ALIKE, ..Wish::default() });
        let mut found = Vec::new();
        for suggestion in alike {
            let known = &self.catalogue.entries()[suggestion.position];
            let Some(stored) = self.store.track(known.id)? else { continue };
            let partner = partner(&playing.music, &stored.track.sound.music(), suggestion.similarity, known);
            found.extend(partner.map(|partner| Companion {
                entry: known.clone(),
                similarity: suggestion.similarity,
                partner: Partner { position: suggestion.position, ..partner },
            }));
        }
        found.sort_by(|one, other| other.partner.score.total_cmp(&one.partner.score));
        found.truncate(limit);
        Ok(found)
    }
}

/// A song that is in no library.
fn nobody(playing: &Playing) -> Entry {
    let Music { key, tempo, density, chroma, scales, power } = playing.music;
    let sound = Sound {
        seconds: 0.0,
        loudness: None,
        key,
        tempo,
        density,
        chroma,
        scales,
        power,
        genres: [0.0; _],
        slices: Vec::new(),
        prints: Vec::new(),
    };
    let track = Track { digest: Digest([0; 32]), tags: Tags::default(), sound };
    let (id, recording) = (TrackId(-1), TrackId(-1));
    entry(&Stored { id, track, vector: playing.vector, recording, path: String::new(), place: None })
}
