//! The listener: genres, and what is found by song vectors, beside other ways to compare recordings.

pub mod genre;
pub mod page;
pub mod recordings;
pub mod retrieval;
