//! Music on paper: notes, chords, songs and performances, read from files or made up. No sound.
//!
//! Lowest of the crates for developers: it may use what the plugin consists of, but knows nothing of `songweave-synth`,
//! `songweave-datasets` and `songweave-measure`. All randomness is seeded: the same command gives the same files.

pub mod composition;
pub mod error;
pub mod files;
pub mod notation;
pub mod performances;
pub mod random;
pub mod songs;
pub mod split;
