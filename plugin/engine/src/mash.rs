//! Mash: who leads each part, and vocals in Studio quality.

pub mod lead;
pub mod studio;
