//! What can go wrong with an audio file. Every message is one sentence: what, where, what to do.

use std::path::{Path, PathBuf};

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum AudioError {
    /// There is nothing at the path.
    #[error("{0}: no such file or folder; check the path")]
    NotFound(PathBuf),
    /// The file is not audio that can be read.
    #[error("{path}: cannot be read as audio ({reason}); use WAV, FLAC, MP3, OGG Vorbis or M4A/AAC")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// The decoder's words.
        reason: String,
    },
    /// The file is audio without a single sample.
    #[error("{0}: the file holds no sound; use one that is longer than nothing")]
    Empty(PathBuf),
    /// The file has no audio track.
    #[error("{0}: the file has no audio track")]
    NoAudioTrack(PathBuf),
    /// Reading or writing failed.
    #[error("{path}: {source}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A sample rate that cannot be converted.
    #[error("cannot convert from {from} Hz to {to} Hz: sample rates must lie between 1 Hz and 1 MHz")]
    Rate {
        /// Input rate in Hz.
        from: u32,
        /// Output rate in Hz.
        to: u32,
    },
    /// A file could not be encoded.
    #[error("{path}: cannot be written as audio ({reason})")]
    Encode {
        /// Which file.
        path: PathBuf,
        /// The encoder's words.
        reason: String,
    },
}

impl AudioError {
    /// A system error at `path`.
    #[must_use]
    pub fn io(path: &Path, source: std::io::Error) -> Self {
        if source.kind() == std::io::ErrorKind::NotFound {
            return Self::NotFound(path.to_owned());
        }
        Self::Io { path: path.to_owned(), source }
    }
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, AudioError>;
