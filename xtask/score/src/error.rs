//! What can go wrong offline. Every message is one sentence: what, where, what to do.

use songweave_audio::error::AudioError;
use songweave_engine::runtime::fault::NetworkFault;
use songweave_models::WeightError;
use std::path::{Path, PathBuf};

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
pub enum MaterialError {
    /// An audio file cannot be read or written, or the system refuses any other file.
    #[error(transparent)]
    Audio(#[from] AudioError),
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

impl From<NetworkFault> for MaterialError {
    fn from(fault: NetworkFault) -> Self {
        Self::Band(fault.0)
    }
}

impl From<WeightError> for MaterialError {
    fn from(error: WeightError) -> Self {
        Self::Band(error.to_string())
    }
}

impl MaterialError {
    /// A system error at `path`.
    #[must_use]
    pub fn io(path: &Path, source: std::io::Error) -> Self {
        AudioError::io(path, source).into()
    }

    /// A data file at `path` that is wrong for `reason`.
    #[must_use]
    pub fn data(path: &Path, reason: impl Into<String>) -> Self {
        Self::Data { path: path.to_owned(), reason: reason.into() }
    }
}

/// Result of this crate.
pub type Result<T> = std::result::Result<T, MaterialError>;
