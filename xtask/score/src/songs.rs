//! Songs on a grid of 16th notes: corpora of pop songs, lead sheets and art songs.

pub mod art_songs;
pub mod demo_melody;
pub mod lead_sheets;
pub mod melody_songs;
pub mod pop909;
pub mod structure_song;
pub mod sung_song;
pub mod transcription_noise;
