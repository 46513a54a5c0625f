//! Where networks run. Today: on the CPU, and nowhere else.
//!
//! A GPU backend cannot be part of the plugin's binary, since candle's CUDA support links libcuda and a plugin built so
//! does not load on machines without a driver. It would be a dynamic library beside the plugin that exports
//! [`ENTRY_POINT`], a C function without arguments that returns a [`BackendTable`] or null (no usable device). Whoever
//! opens it wraps the table in a [`Backend`] and falls back to [`Cpu`] when the library, the entry point or the device
//! is missing. No such library exists yet; the table fixes the interface, so that its users need no change when it does.

use std::ffi::{c_char, c_void};

use crate::{
    format::{Metadata, WeightError},
    mash::{FEATURES, MashNetwork, MashOutput, SONGS, StepError},
};

/// A place where networks can run.
pub trait Backend: Send + Sync {
    /// Name for the editor and the log, for example `cpu`.
    fn name(&self) -> &'static str;

    /// Loads a mash network from a weight file's bytes; `None` loads the weights in the binary.
    ///
    /// # Errors
    /// When the weight file is refused or the device cannot take it.
    fn load_mash(&self, bytes: Option<&[u8]>) -> Result<Box<dyn MashStep>, WeightError>;
}

/// A mash network on some backend. See [`MashNetwork`] for what the methods promise.
pub trait MashStep: Send {
    /// One hop: features `[song][feature]` in, shares and leads out.
    ///
    /// # Errors
    /// When there is no answer for this hop; `out` stays as it is.
    fn step(&mut self, features: &[[f32; FEATURES]; SONGS], out: &mut MashOutput) -> Result<(), StepError>;

    /// Forgets everything heard.
    fn reset(&mut self);

    /// SHA-256 of the weight file in hexadecimal digits.
    fn digest(&self) -> &str;

    /// The facts of the weight file.
    fn metadata(&self) -> &Metadata;
}

impl MashStep for MashNetwork {
    fn step(&mut self, features: &[[f32; FEATURES]; SONGS], out: &mut MashOutput) -> Result<(), StepError> {
        Self::step(self, features, out)
    }

    fn reset(&mut self) {
        Self::reset(self);
    }

    fn digest(&self) -> &str {
        Self::digest(self)
    }

    fn metadata(&self) -> &Metadata {
        Self::metadata(self)
    }
}

/// The processor: always there, one thread.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cpu;

impl Backend for Cpu {
    fn name(&self) -> &'static str {
        "cpu"
    }

    fn load_mash(&self, bytes: Option<&[u8]>) -> Result<Box<dyn MashStep>, WeightError> {
        let network = bytes.map_or_else(MashNetwork::embedded, MashNetwork::from_bytes)?;
        Ok(Box::new(network))
    }
}

/// The backends of this machine, the preferred one first. Never empty: the last one is [`Cpu`].
#[must_use]
pub fn backends() -> Vec<Box<dyn Backend>> {
    vec![Box::new(Cpu)]
}

/// Symbol that a backend library exports: `extern "C" fn() -> *const BackendTable`.
pub const ENTRY_POINT: &str = "songweave_backend";
/// Version of [`BackendTable`]; a library with another one is left alone.
pub const TABLE_VERSION: u32 = 1;

/// What a backend library offers, in C. It lives as long as the library. No function may unwind: a panic inside is caught
/// there and becomes an error. One network is used by one thread at a time.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct BackendTable {
    /// [`TABLE_VERSION`] of the library.
    pub version: u32,
    /// Name of the device, UTF-8, zero-terminated.
    pub name: *const c_char,
    /// Builds a mash network from `length` bytes of a weight file. Null when refused; then one sentence (UTF-8,
    /// zero-terminated, cut to `room` bytes) stands in `reason`.
    pub load_mash:
        unsafe extern "C" fn(bytes: *const u8, length: usize, reason: *mut c_char, room: usize) -> *mut c_void,
    /// One hop: `features` `[song][feature]`; writes `shares` `[song][part][band]` and `lead` `[part]`. 0 when done,
    /// anything else when there is no answer.
    pub step_mash:
        unsafe extern "C" fn(network: *mut c_void, features: *const f32, shares: *mut f32, lead: *mut f32) -> i32,
    /// Makes a network forget everything heard.
    pub reset_mash: unsafe extern "C" fn(network: *mut c_void),
    /// Frees a network.
    pub free_mash: unsafe extern "C" fn(network: *mut c_void),
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_backend_runs_the_same_network() {
        let heard = [[0.3; FEATURES], [-0.7; FEATURES]];
        let (mut direct, mut through) = (MashOutput::default(), MashOutput::default());
        MashNetwork::embedded().unwrap().step(&heard, &mut direct).unwrap();
        let backends = backends();
        let mut network = backends.last().unwrap().load_mash(None).unwrap();
        network.step(&heard, &mut through).unwrap();
        assert_eq!(direct, through);
        network.reset();
        network.step(&heard, &mut through).unwrap();
        assert_eq!(direct, through);
    }

    #[test]
    fn a_backend_passes_the_refusal_on() {
        assert_eq!(Cpu.load_mash(Some(&[])).err(), Some(WeightError::Truncated));
    }
}
