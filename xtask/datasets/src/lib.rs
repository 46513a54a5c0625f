//! Training sets: material, mixtures, features and labels, on disk.
//!
//! Above `songweave-synth`; knows nothing of figures. Features are made by the very code that the plugin runs
//! (`songweave-dsp`, `songweave-engine`, `songweave-models`), never written a second time.

pub mod band;
pub mod listener;
pub mod mash;
pub mod material;
pub mod notes;
pub mod stems;
