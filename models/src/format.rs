//! Weight files, and what all networks that are read from them have in common.
//!
//! A weight file is safetensors in half precision with the network's facts in the header. Everything is verified before a
//! network is built; a wrong file is refused with one sentence.

mod error;
mod file;
mod network;
mod sequence;
mod subnetwork;

pub use error::WeightError;
pub(crate) use file::check_sizes;
pub use file::{Metadata, WeightFile, digest};
pub use network::{Architecture, Network};
pub use sequence::{Forward, Sequence};
pub use subnetwork::{Divide, Subnetwork};

/// The version of the file format that this build reads.
pub const FORMAT: u32 = 1;
/// Name of the header entry that holds [`Metadata`] as JSON.
const KEY: &str = "songweave";

#[cfg(test)]
mod tests;
