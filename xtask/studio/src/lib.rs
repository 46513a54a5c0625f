//! Offline audio of Songweave: reading and writing files, rendering training material, feature sets, metrics.
//!
//! Everything here runs on the developer's machine at leisure: it may allocate, block and take its time. Nothing here
//! may be used by the plugin. What the plugin computes (frames, bands, masks) is called from `songweave-dsp`,
//! `songweave-engine` and `songweave-models`, never written a second time. All randomness is seeded: the same command
//! gives the same files.

pub mod bootstrap;
pub mod clips;
pub mod decode;
pub mod demo_songs;
pub mod ducker;
pub mod error;
pub mod evaluation;
pub mod feature_set;
pub mod filter;
pub mod flutter;
pub mod leakage;
pub mod masker;
pub mod material;
pub mod metrics;
pub mod midi;
pub mod mixture;
pub mod priming;
pub mod random;
pub mod real_stems;
pub mod replay;
pub mod resample;
pub mod robustness;
mod robustness_cases;
pub mod room;
pub mod roughness;
pub mod score;
pub mod singing;
pub mod song;
pub mod soundfont;
pub mod stem_folders;
pub mod stem_names;
pub mod subject;
pub mod syllables;
pub mod synth;
pub mod targets;
pub mod voice;
pub mod write;
