//! What can go wrong offline. Every message is one sentence: what, where, what to do.

use std::path::{Path, PathBuf};

use songweave_engine::pipeline::NetworkFault;
use songweave_models::weights::WeightError;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum StudioError {
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
    /// The General MIDI sound font is missing or broken.
    #[error(
        "{path}: no General MIDI sound font here ({reason}); install Debian's fluid-soundfont-gm or name one with --soundfont FILE"
    )]
    SoundFont {
        /// Where it was looked for.
        path: PathBuf,
        /// What was wrong.
        reason: String,
    },
    /// A group of a feature set that does not exist.
    #[error("there is no group \"{name}\"; the groups are {known}")]
    UnknownGroup {
        /// As it was asked for.
        name: String,
        /// All there are.
        known: String,
    },
    /// A program of the band that does not exist.
    #[error("there is no program \"{name}\"; the programs are {known}")]
    UnknownProgram {
        /// As it was asked for.
        name: String,
        /// All there are.
        known: String,
    },
    /// A data file is not what it should be.
    #[error("{path}: {reason}")]
    Data {
        /// Which file or folder.
        path: PathBuf,
        /// What is wrong and what to do.
        reason: String,
    },
    /// The networks of the band, which are in this program, cannot be used.
    #[error("the band cannot play: {0}; build this program anew")]
    Band(String),
}

impl From<NetworkFault> for StudioError {
    fn from(fault: NetworkFault) -> Self {
        Self::Band(fault.0)
    }
}

impl From<WeightError> for StudioError {
    fn from(error: WeightError) -> Self {
        Self::Band(error.to_string())
    }
}

impl StudioError {
    /// A system error at `path`.
    #[must_use]
    pub fn io(path: &Path, source: std::io::Error) -> Self {
        if source.kind() == std::io::ErrorKind::NotFound {
            return Self::NotFound(path.to_owned());
        }
        Self::Io { path: path.to_owned(), source }
    }

    /// A data file at `path` that is wrong for `reason`.
    #[must_use]
    pub fn data(path: &Path, reason: impl Into<String>) -> Self {
        Self::Data { path: path.to_owned(), reason: reason.into() }
    }
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, StudioError>;
