//! The ear: what turns three seconds of sound into a vector and genres.

use songweave_engine::listener::{Slice, SliceListener};

use crate::error::{LibraryError, Result};

/// Samples per second that an ear hears, mono.
pub const RATE: u32 = 16_000;

/// Hears slices. The library's own is the listener network, [`network`]; tests and benches bring simpler ones.
pub trait Ear: Send {
    /// Samples of a slice at [`RATE`].
    fn samples(&self) -> usize;

    /// Hears a slice of so many samples; `None` where there is nothing to hear. The same sound always gives the same bits.
    fn hear(&mut self, sound: &[f32]) -> Option<Slice>;

    /// Hears several slices, which some ears do faster at once.
    fn hear_all(&mut self, sounds: &[Vec<f32>]) -> Vec<Option<Slice>> {
        sounds.iter().map(|sound| self.hear(sound)).collect()
    }

    /// What tells this ear from others: tracks that another one heard are heard again.
    fn name(&self) -> String;
}

impl Ear for SliceListener {
    fn samples(&self) -> usize {
        Self::samples(self)
    }

    fn hear(&mut self, sound: &[f32]) -> Option<Slice> {
        Self::hear(self, sound)
    }

    fn name(&self) -> String {
        self.digest().to_owned()
    }
}

/// The network that the plugin listens with.
///
/// # Errors
/// The program was built with a damaged weight file.
pub fn network() -> Result<Box<dyn Ear>> {
    Ok(Box::new(listener()?))
}

pub(super) fn listener() -> Result<SliceListener> {
    SliceListener::embedded(RATE as f32).map_err(|error| LibraryError::Network(error.to_string()))
}
