//! Sound from scores: instruments, singers and effects, at leisure.
//!
//! Above `songweave-score`; knows nothing of data sets and figures. Nothing here may be used by the plugin: it allocates,
//! blocks and takes its time. All randomness is seeded: the same command gives the same sound.

pub mod demo_songs;
pub mod effects;
pub mod instruments;
pub mod song;
pub mod voices;
