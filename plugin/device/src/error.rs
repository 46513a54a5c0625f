//! Why a device does not compute.

use std::path::PathBuf;

/// Why a device does not compute. Each message is a sentence for the user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// The library is at none of the places.
    #[error(
        "no library for a GPU is installed (looked for {})",
        .0.iter().map(|place| place.display().to_string()).collect::<Vec<_>>().join(", ")
    )]
    Missing(Vec<PathBuf>),
    /// The system does not load the file.
    #[error(
        "the GPU library {file} cannot be loaded ({reason}); build it again for this system, or install the driver"
    )]
    Unloadable {
        /// The file.
        file: String,
        /// The system's reason.
        reason: String,
    },
    /// The library speaks another version of the interface.
    #[error("the GPU library has interface {found}, this Songweave {wanted}; install the one of the same release")]
    OtherVersion {
        /// Version of the library.
        found: u32,
        /// Version of this build.
        wanted: u32,
    },
    /// The library finds no device.
    #[error("the GPU library finds no device that it can use: {0}")]
    NoDevice(String),
    /// The device refuses a network.
    #[error("the GPU does not take the {kind} network: {reason}")]
    Refused {
        /// The kind of network.
        kind: String,
        /// The library's sentence.
        reason: String,
    },
    /// A call failed.
    #[error("the GPU failed: {0}")]
    Failed(String),
    /// No answer came for seconds, or the thread is gone.
    #[error("the GPU does not answer any more")]
    Hung,
    /// Answers come later than they are wanted, one after the other.
    #[error("the GPU is too slow to play along")]
    Slow,
    /// What it computes is not what the CPU computes.
    #[error("the GPU computes something else than the CPU (by {0}); its driver or the library is broken")]
    Wrong(String),
}
