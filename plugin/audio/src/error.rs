//! What can go wrong with an audio file. Every message is one sentence: what, where, what to do.

use std::path::{Path, PathBuf};

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum AudioError {
    /// There is nothing at the path.
    #[error("{0}: no such file or folder; check the path")]
    NotFound(PathBuf),
    /// The file is not audio that can be read.
    #[error(
        "{path}: cannot be read as audio ({reason}); use WAV (also RF64, BW64, Wave64), FLAC, MP3, OGG Vorbis or M4A/AAC; Opus, \
             WavPack and WMA have to be converted first"
    )]
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
    /// The file has more channels than two, and nobody can say which they are.
    #[error("{path}: {reason}; mix it down to stereo first")]
    Layout {
        /// Which file.
        path: PathBuf,
        /// How many channels, and what is unknown about them.
        reason: String,
    },
    /// Reading or writing failed.
    #[error("{path}: {reason}")]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said. No `source`, which is printed once more behind the sentence.
        reason: std::io::Error,
    },
    /// What is too long for memory finds no room.
    #[error(
        "{folder}: a long song, or its mask, cannot be kept here while it is used ({reason}); make room, or set TMPDIR to a folder with more"
    )]
    Temporary {
        /// The folder for temporary files.
        folder: PathBuf,
        /// What the system said.
        reason: std::io::Error,
    },
    /// A sample rate that cannot be converted.
    #[error("cannot convert from {from} Hz to {to} Hz: sample rates must lie between 1 Hz and 1 MHz")]
    Rate {
        /// Input rate in Hz.
        from: u32,
        /// Output rate in Hz.
        to: u32,
    },
    /// The file is no MIDI file.
    #[error("{path}: not a MIDI file that can be read ({reason})")]
    Midi {
        /// Which file.
        path: PathBuf,
        /// The reader's words.
        reason: String,
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
    pub fn io(path: &Path, reason: std::io::Error) -> Self {
        if reason.kind() == std::io::ErrorKind::NotFound {
            return Self::NotFound(path.to_owned());
        }
        Self::Io { path: path.to_owned(), reason }
    }
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, AudioError>;
