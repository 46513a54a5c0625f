//! The set of the Mash network: mixtures of songs, their features and the shares of their parts.

pub mod feature_set;
pub mod groups;
pub mod mixture;
pub mod mixture_sampling;
pub mod shard;
pub mod targets;
