//! Notes and chords.

pub mod chord;
pub mod note;
pub mod step_chord;
