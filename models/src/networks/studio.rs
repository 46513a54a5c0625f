//! Studio: which part of a song's spectrum is the accompaniment, from the last second and a half.
//!
//! The U-Net of Spleeter (Hennequin, Khlif, Voituret, Moussallam: "Spleeter: a fast and efficient music source separation
//! tool with pre-trained models", JOSS 5(50), 2020), with its open weights for two stems. There it hears twelve seconds and
//! decides all of them; here it hears a window that ends now and decides the newest frames of it.

mod tensors;
mod unet;
mod windows;

use std::ops::Range;

use crate::{format::Network, layers::Planes};

pub use tensors::UnetTensors;
pub use unet::Unet;

/// Channels that the network hears.
pub const CHANNELS: usize = 2;
/// Songs whose windows are decided together, at most.
pub const SONGS: usize = 2;
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

impl StudioNetwork {
    /// Begins to decide how much of some frames is what the network was trained to hear out, in one window or two.
    ///
    /// Each of the `windows` `[channel][frame][bin]` has the magnitudes of a Hann window of 4,096 samples at 44.1 kHz,
    /// full-scale sine about 1,024, in steps of 1,024 samples; the last frame is the newest. [`FRAMES`] of them are what a
    /// stream hears; any multiple of 64 will do. The answer about a window depends on nothing but that window, with the same
    /// bits every time. One that goes on eight frames after one of the last two costs less, and two together cost less than
    /// one after the other. Starts no thread.
    ///
    /// # Panics
    /// When there are no windows or more than [`SONGS`], when they are not of that shape, or `wanted` are none of their
    /// frames.
    pub fn begin(&mut self, windows: &[&Planes], wanted: Range<usize>) {
        assert!((1..=SONGS).contains(&windows.len()));
        let rows = windows[0].rows;
        for window in windows {
            assert_eq!([window.channels, window.rows, window.columns], [CHANNELS, rows, BINS]);
        }
        assert!(rows.is_multiple_of(FRAMES) && !wanted.is_empty() && wanted.end <= rows);
        self.layers.begin(windows, wanted);
    }

    /// Decides what was begun: nearly all of the work.
    pub fn finish(&mut self) {
        self.layers.finish();
    }

    /// The windows that were begun last, in their order.
    pub fn begun(&self) -> impl Iterator<Item = &Planes> {
        self.layers.begun()
    }

    /// Takes what another device decided about the windows that were begun last: the masks of all their frames,
    /// `[window][channel][frame][bin]`. In place of [`Self::finish`].
    ///
    /// # Panics
    /// When there are not that many numbers.
    pub fn take(&mut self, masks: &[f32]) {
        assert_eq!(masks.len(), self.begun().map(|window| window.data.len()).sum::<usize>());
        self.layers.take(masks);
    }

    /// One of the windows that were decided last, in their order, and its mask, `[channel][frame][bin]`, 0…1: of the frames
    /// that were wanted.
    ///
    /// # Panics
    /// When there are not so many windows.
    #[must_use]
    pub const fn decided(&self, window: usize) -> (&Planes, &Planes) {
        self.layers.decided(window)
    }

    /// Decides a window at once; see [`Self::begin`] and [`Self::decided`].
    ///
    /// # Panics
    /// As [`Self::begin`].
    pub fn decide(&mut self, magnitudes: &Planes, wanted: Range<usize>) -> &Planes {
        self.begin(&[magnitudes], wanted);
        self.finish();
        self.decided(0).1
    }
}

#[cfg(test)]
mod tests;
