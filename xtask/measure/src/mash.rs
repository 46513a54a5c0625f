//! Mash: mixes and parts against the true ones, the auto mask, robustness.

pub mod auto_mask;
pub mod ducker;
pub mod evaluation;
pub mod evaluation_song;
pub mod flutter;
pub mod leakage;
pub mod masker;
pub mod metrics;
pub mod replay;
pub mod report;
pub mod robustness;
pub mod robustness_cases;
pub mod roughness;
pub mod vocals;
