//! Where the library is kept: in a file with one writer and any number of readers, or on a server with any number of both.

mod location;
mod packing;
mod postgres;
mod recording;
mod schema;
mod sqlite;
mod writer_lock;

use std::{collections::HashMap, path::PathBuf};

use etcetera::BaseStrategy;

use crate::{
    error::{LibraryError, Result},
    track::{Digest, Tags, Track, TrackId, Vector},
};
pub use location::Location;
pub use postgres::{PostgresStore, Server, Taken};
pub use sqlite::SqliteStore;
pub use writer_lock::WriterLock;

/// The folder for what is Songweave's among the user's files: the library, presets, MIDI files, a GPU's library.
///
/// # Errors
/// The system does not tell where the user's data go.
pub fn own_folder() -> Result<PathBuf> {
    let folders = etcetera::choose_base_strategy();
    let folders =
        folders.map_err(|_| LibraryError::Ask("your data folder is not known; use --store FILE.sqlite".to_owned()))?;
    Ok(folders.data_dir().join("songweave"))
}

/// Where the library lies unless the user says otherwise.
///
/// # Errors
/// As [`own_folder`].
pub fn default_place() -> Result<PathBuf> {
    Ok(own_folder()?.join("library.sqlite"))
}

/// A file as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSeen {
    /// Its absolute path, with `/` or the system's own separators.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// When it was changed, in nanoseconds since 1970.
    pub modified: i64,
}

/// A file that the library knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileKnown {
    /// Bytes, when it was last looked at.
    pub size: u64,
    /// When it was changed then.
    pub modified: i64,
    /// Why it is no track; `None` for tracks.
    pub reason: Option<String>,
    /// The ear that heard its track.
    pub ear: Option<String>,
}

/// A playlist that was saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// Its number in the store.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// What is on it, in order.
    pub tracks: Vec<TrackId>,
}

/// A track as it lies in the store.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// Its number.
    pub id: TrackId,
    /// What it is and what was heard of it.
    pub track: Track,
    /// Its song vector.
    pub vector: Vector,
    /// The first of the recordings that are the same in other codecs.
    pub recording: TrackId,
    /// A file that it can be read from, of several the first by name.
    pub path: String,
    /// Where it lies on the map, once it was drawn.
    pub place: Option<[f32; 2]>,
}

/// A library's store. Everything written is there for good when the call returns, so an end at any moment loses nothing but the
/// tracks that are in work.
pub trait Store: Send {
    /// All files, by their paths.
    ///
    /// # Errors
    /// The store cannot be read; so in all that follows.
    fn files(&self) -> Result<HashMap<String, FileKnown>>;

    /// The digests of all tracks that `ear` heard.
    ///
    /// # Errors
    /// As [`Store::files`].
    fn digests(&self, ear: &str) -> Result<HashMap<Digest, TrackId>>;

    /// Adds a track, or hears it anew where its digest is known, with the file that it was heard from and its song vector. Finds the recordings
    /// that it is the same as.
    ///
    /// # Errors
    /// The store cannot be written to; so in all that follows.
    fn add(&mut self, track: &Track, vector: &Vector, ear: &str, file: &FileSeen) -> Result<TrackId>;

    /// Notes files of tracks that are known. What their tags say holds from now on, unless they say nothing.
    ///
    /// # Errors
    /// As [`Store::add`].
    fn link(&mut self, files: &[(FileSeen, TrackId, Tags)]) -> Result<()>;

    /// Notes a file that is no track, and why.
    ///
    /// # Errors
    /// As [`Store::add`].
    fn refuse(&mut self, file: &FileSeen, reason: &str) -> Result<()>;

    /// Forgets files. Their tracks stay and are known again when they come back, but are not shown while they have no file.
    ///
    /// # Errors
    /// As [`Store::add`].
    fn forget(&mut self, paths: &[String]) -> Result<()>;

    /// Calls `each` with all tracks that have a file, in the order of their numbers. `whole` asks for everything; otherwise slices,
    /// fingerprints and bands stay empty.
    ///
    /// # Errors
    /// As [`Store::files`].
    fn tracks(&self, whole: bool, each: &mut dyn FnMut(Stored)) -> Result<()>;

    /// The tracks with a file that are nearest to a vector, in the order of their numbers, slices, fingerprints and bands left empty; `None` where
    /// reading all tracks is as fast.
    ///
    /// # Errors
    /// As [`Store::files`].
    fn near(&self, vector: &Vector, count: usize) -> Result<Option<Vec<Stored>>> {
        let _ = (vector, count);
        Ok(None)
    }

    /// One track with everything.
    ///
    /// # Errors
    /// As [`Store::files`].
    fn track(&self, id: TrackId) -> Result<Option<Stored>>;

    /// The track that a path leads to, or that has the digest.
    ///
    /// # Errors
    /// As [`Store::files`].
    fn find(&self, path: &str, digest: Option<&Digest>) -> Result<Option<TrackId>>;

    /// How many tracks have a file, and how many files are no tracks.
    ///
    /// # Errors
    /// As [`Store::files`].
    fn counts(&self) -> Result<(usize, usize)>;

    /// Weights of the codebook's cells, empty before there are any, and over how many tracks they were counted.
    ///
    /// # Errors
    /// As [`Store::files`].
    fn weights(&self) -> Result<(usize, Vec<f32>)>;

    /// Sets the weights of the codebook's cells, over how many tracks they were counted, and all song vectors with them.
    ///
    /// # Errors
    /// As [`Store::add`].
    fn reweigh(&mut self, counted: usize, weights: &[f32], vectors: &[(TrackId, Vector)]) -> Result<()>;

    /// Sets places on the map.
    ///
    /// # Errors
    /// As [`Store::add`].
    fn place(&mut self, places: &[(TrackId, [f32; 2])]) -> Result<()>;

    /// All playlists, in the order of their names.
    ///
    /// # Errors
    /// As [`Store::files`].
    fn playlists(&self) -> Result<Vec<Saved>>;

    /// Saves a playlist under a name, in place of one that has it; returns its number.
    ///
    /// # Errors
    /// As [`Store::add`].
    fn save_playlist(&mut self, name: &str, tracks: &[TrackId]) -> Result<i64>;

    /// What is wrong with the store, a sentence each.
    ///
    /// # Errors
    /// As [`Store::files`].
    fn examine(&self) -> Result<Vec<String>>;
}
