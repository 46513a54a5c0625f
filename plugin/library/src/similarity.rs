//! What is like what: song vectors, the catalogue that is searched, and why two songs go together, in words.

pub mod catalogue;
pub mod cells;
pub mod filter;
pub mod reasons;
pub mod search;
mod versions;
