//! Playlists: a way from song to song, and on from there.

pub mod file;
mod way;

pub use way::{Drift, Plan, make};
