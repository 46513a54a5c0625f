//! The arranger: drums and bass against those that they were learned from.

pub mod drummers;
pub mod groove_figures;
pub mod groove_statistics;
