//! Figures: what the modes and the networks are worth, beside baselines and upper bounds.
//!
//! Uppermost of the crates for developers. It prints nothing and knows no command line; the commands are in `xtask`.

pub mod band;
pub mod follow;
pub mod library;
pub mod listener;
pub mod mash;
pub mod notes;
pub mod statistics;
pub mod tune;
