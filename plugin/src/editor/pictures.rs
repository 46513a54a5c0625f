//! What is only looked at: the mask, the roll, lanes, meters and how well two songs fit.

pub mod fit;
pub mod heat_map;
pub mod lanes;
pub mod meters;
pub mod roll;
