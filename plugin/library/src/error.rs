//! What can go wrong with a library. Every message is one sentence: what, where, what to do.

use std::path::{Path, PathBuf};

use songweave_audio::error::AudioError;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// A recording cannot be read.
    #[error(transparent)]
    Audio(#[from] AudioError),
    /// A recording is protected.
    #[error("{0}: the file is copy-protected (DRM) and cannot be read; use an unprotected copy")]
    Protected(PathBuf),
    /// A recording has nothing to hear.
    #[error("{path}: {reason}")]
    NothingToHear {
        /// Which file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// There is no library.
    #[error("{0}: there is no library yet; make one with `songweave index FOLDER`")]
    NoLibrary(PathBuf),
    /// The store does what it should not.
    #[error("{path}: the library cannot be used ({reason}); see `songweave doctor`")]
    Store {
        /// Where the store lies.
        path: PathBuf,
        /// The store's words.
        reason: String,
    },
    /// The server that keeps the library does what it should not.
    #[error("{place}: the library on this server cannot be used ({reason}); {hint}")]
    Server {
        /// The server and the database, without a password.
        place: String,
        /// The server's words.
        reason: String,
        /// What to do.
        hint: &'static str,
    },
    /// Somebody else writes.
    #[error("{0}: another `songweave index` writes to this library at the moment; wait for it or stop it")]
    Busy(PathBuf),
    /// A newer version wrote the store.
    #[error(
        "{path}: the library was written by a newer version of Songweave (layout {found}, this one knows {known}); update Songweave"
    )]
    Newer {
        /// Where the store lies.
        path: PathBuf,
        /// Its layout.
        found: i64,
        /// The newest layout that is known.
        known: i64,
    },
    /// An older version wrote the store, and whoever reads it may not change it.
    #[error(
        "{0}: the library was written by an older version of Songweave; bring it up to date with `songweave index`"
    )]
    Older(PathBuf),
    /// A track is not in the library.
    #[error("{0}: not in the library; add it with `songweave index`")]
    NotThere(String),
    /// What was asked for makes no sense.
    #[error("{0}")]
    Ask(String),
    /// The listener's network cannot be used.
    #[error("the listener's network cannot be used ({0}); install Songweave anew")]
    Network(String),
    /// A device does not run the listener's network.
    #[error("{0}")]
    Device(#[from] songweave_device::DeviceError),
    /// Reading or writing failed.
    #[error("{path}: {reason}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        reason: std::io::Error,
    },
}

impl LibraryError {
    /// A system error at `path`.
    #[must_use]
    pub fn io(path: &Path, reason: std::io::Error) -> Self {
        Self::Io { path: path.to_owned(), reason }
    }
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, LibraryError>;
