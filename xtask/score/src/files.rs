//! Files of notes, and folders of files.

pub mod folder;
pub mod midi;
pub mod musicxml;
