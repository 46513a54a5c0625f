//! The set of the instrument networks: single notes of a sound font and their analysis.

pub mod instrument_set;
pub mod note_envelope;
pub mod note_frames;
pub mod note_glide;
pub mod note_pitch;
pub mod note_renders;
