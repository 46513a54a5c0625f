//! Mash: who leads each part.

pub mod lead;
