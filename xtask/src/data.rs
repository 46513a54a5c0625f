//! Commands that make training sets and train networks.

pub(crate) mod dataset;
pub(crate) mod train;
