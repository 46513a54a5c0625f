//! Offline audio of Songweave: reading and writing files, rendering training material, feature sets, metrics.
//!
//! Everything here runs on the developer's machine at leisure: it may allocate, block and take its time. Nothing here
//! may be used by the plugin. What the plugin computes (frames, bands, masks) is called from `songweave-dsp`,
//! `songweave-engine` and `songweave-models`, never written a second time. All randomness is seeded: the same command
//! gives the same files.

pub mod bootstrap;
pub mod casting;
pub mod clips;
pub mod codec;
pub mod comping;
pub mod decode;
pub mod demo_songs;
pub mod drum_machine;
pub mod drum_patterns;
pub mod ducker;
pub mod dynamics;
pub mod effects;
pub mod envelope;
pub mod equaliser;
pub mod error;
pub mod evaluation;
pub mod evaluation_auto;
pub mod feature_set;
pub mod filter;
pub mod flutter;
pub mod grooves;
pub mod groups;
pub mod harmony;
pub mod layer_effects;
pub mod leakage;
pub mod lyrics;
pub mod masker;
pub mod mastering;
pub mod material;
pub mod mdct;
pub mod metrics;
pub mod midi;
pub mod mixture;
pub mod musicxml;
pub mod oscillator;
pub mod patches;
pub mod pitch_track;
pub mod priming;
pub mod production;
pub mod random;
pub mod real_stems;
pub mod recital;
pub mod replay;
pub mod resample;
pub mod robustness;
mod robustness_cases;
pub mod room;
pub mod roughness;
pub mod score;
pub mod score_frames;
pub mod shard;
pub mod singing;
pub mod song;
pub mod soundfont;
pub mod speech;
pub mod state_variable;
pub mod stem_folders;
pub mod stem_names;
pub mod stereo;
pub mod style;
pub mod subject;
pub mod syllables;
pub mod synth;
pub mod synthesiser;
pub mod targets;
pub mod utterance;
pub mod vocoder;
pub mod voice;
pub mod voice_bank;
pub mod write;
