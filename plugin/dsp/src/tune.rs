//! The tuner: what it aims at, and how it gets there.

use crate::band::Chord;

mod contour;
mod frame;
mod grains;
mod heard;
mod marks;
mod notes;
mod periods;
mod target;
mod tuner;
mod voicing;

pub use frame::TuneFrame;
pub use notes::{TuneLine, TuneNote};
pub use target::pitch_classes;
pub use tuner::{TuneView, Tuner};
pub use voicing::Sung;

/// A key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TuneKey {
    /// Pitch class of the tonic, 0 = C … 11 = B.
    pub tonic: u8,
    /// Minor or major.
    pub minor: bool,
}

/// What the inference thread knows that the tuner may aim at, at the middle of a frame's window.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TuneGuide {
    /// The key that the arranger hears; `None` before it has one.
    pub key: Option<TuneKey>,
    /// The chord that the band plays.
    pub chord: Option<Chord>,
    /// MIDI key of the note of the melody that the plugin writes; `None` in its rests, where the voice is left alone.
    pub melody: Option<u8>,
    /// MIDI key of the note that was learned of the song; `None` in its rests and where it is not known.
    pub song: Option<u8>,
}

#[cfg(test)]
mod tests;
