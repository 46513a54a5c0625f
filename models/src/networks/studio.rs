//! Studio: which part of a song's spectrum is the accompaniment, from the last second and a half.
//!
//! The U-Net of Spleeter (Hennequin, Khlif, Voituret, Moussallam: "Spleeter: a fast and efficient music source separation
//! tool with pre-trained models", JOSS 5(50), 2020), with its open weights for two stems. There it hears twelve seconds and
//! decides all of them; here it hears a window that ends now and decides the newest frames of it.

mod unet;

use crate::{format::Network, layers::Planes};

pub use unet::Unet;

/// Channels that the network hears.
pub const CHANNELS: usize = 2;
/// Frames of a window.
pub const FRAMES: usize = 64;
/// Bins of a frame, from 0 Hz.
pub const BINS: usize = 1024;
/// Hertz from one bin to the next.
pub const BIN_HZ: f32 = 44_100.0 / 4096.0;
/// Seconds from one frame to the next.
pub const FRAME_SECONDS: f32 = 1024.0 / 44_100.0;

/// The network with its weights.
pub type StudioNetwork = Network<Unet>;

/// Layers of the network: so many calls of [`StudioNetwork::advance`] decide a window.
pub const LAYERS: usize = unet::STAGES;

impl StudioNetwork {
    /// Begins to decide how much of the newest frames is what the network was trained to hear out.
    ///
    /// `magnitudes` `[channel][frame][bin]` are those of a Hann window of 4,096 samples at 44.1 kHz, full-scale sine about
    /// 1,024, in steps of 1,024 samples; the last frame is the newest. [`FRAMES`] of them are what a stream hears; any
    /// multiple of 64 will do. The answer depends on nothing but these, with the same bits every time. Starts no thread.
    ///
    /// # Panics
    /// When `magnitudes` are not of that shape, or `newest` is not 1 to their frames.
    pub fn begin(&mut self, magnitudes: &Planes, newest: usize) {
        assert_eq!([magnitudes.channels, magnitudes.rows % FRAMES, magnitudes.columns], [CHANNELS, 0, BINS]);
        assert!((1..=magnitudes.rows).contains(&newest));
        self.layers.begin(magnitudes, newest);
    }

    /// Does one layer; returns whether the window is decided.
    pub fn advance(&mut self) -> bool {
        self.layers.advance()
    }

    /// The window that was begun last and its mask, `[channel][frame][bin]`, 0…1: of the window's newest frames.
    #[must_use]
    pub const fn decided(&self) -> (&Planes, &Planes) {
        (self.layers.window(), self.layers.mask())
    }

    /// Decides a window at once; see [`Self::begin`] and [`Self::decided`].
    ///
    /// # Panics
    /// As [`Self::begin`].
    pub fn decide(&mut self, magnitudes: &Planes, newest: usize) -> &Planes {
        self.begin(magnitudes, newest);
        while !self.advance() {}
        self.layers.mask()
    }
}

#[cfg(test)]
mod tests;
