//! Songs whose chords are known, sung to the plugin: what its band plays of them, how it takes a jump and what it sounds like.

pub mod beat;
pub mod figures;
pub mod recovery;
pub mod sound;
pub mod stage;

/// Rate in Hz at which is sung and played.
pub const RATE: u32 = 44_100;
