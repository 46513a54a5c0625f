//! Audio files: reading and writing them, sample rate conversion.
//!
//! For everyone but the plugin's threads: everything here may allocate, block and take its time. It knows neither the
//! plugin nor its networks.

pub mod decode;
pub mod error;
mod priming;
pub mod resample;
pub mod write;
