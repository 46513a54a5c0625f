//! Multitrack recordings: which part a stem belongs to, and how people lay them out in folders.

pub mod multitracks;
pub mod names;
pub mod song_folders;
