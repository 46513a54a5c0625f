//! What people played, and scores frame by frame.

pub mod drum_clips;
pub mod grooves;
pub mod piano_clips;
pub mod score_frames;
