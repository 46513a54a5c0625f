//! Key and tempo, as the listener finds them.

pub mod key_figures;
pub mod key_songs;
pub mod transposed;
