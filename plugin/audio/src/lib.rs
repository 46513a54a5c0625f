//! Audio files: reading and writing them, downmix to stereo, sample rate conversion. MIDI files: reading and writing them.
//!
//! For everyone but the plugin's threads: everything here may allocate, block and take its time. It knows neither the
//! plugin nor its networks.

pub mod decode;
mod downmix;
pub mod draft;
pub mod error;
pub mod excerpts;
pub mod midi;
pub mod midi_out;
mod packets;
pub mod resample;
mod source;
pub mod spool;
pub mod store;
pub mod wav;
pub mod write;
