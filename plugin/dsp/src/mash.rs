//! Mash: gains from the network's shares, the mask that is frozen, the transposition of song B.

pub(crate) mod freeze;
pub mod frozen;
pub mod mask;
pub(crate) mod masking;
pub(crate) mod path;
pub(crate) mod shares;
pub mod transpose;
