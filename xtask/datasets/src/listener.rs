//! The training set of the listener: pieces in the styles of many genres, as its hidden layers hear them.

pub(crate) mod arranger;
pub mod listener_set;
mod piece;
mod styles;
