//! Mash: gains from the network's shares, the mask that is frozen, the transposition of song B.

pub mod frozen;
pub mod mask;
pub mod transpose;
