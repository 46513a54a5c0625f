//! Frames of a stereo signal as they overlap and add up.

use std::ops::Range;

use realfft::num_complex::Complex32;

use crate::stream::{
    layout::{CHANNELS, StreamLayout},
    stft::Stft,
};

/// What the frames so far add up to, from the present hop's first sample on.
#[derive(Debug, Clone)]
pub(crate) struct Overlap {
    /// `[channel][sample]`
    samples: [Vec<f32>; CHANNELS],
    /// Where the next frame belongs.
    place: Range<usize>,
    hop: usize,
}

impl Overlap {
    /// Silence. Frames wait for what of the look-ahead the masks do not take.
    ///
    /// # Allocates
    pub(crate) fn new(layout: &StreamLayout) -> Self {
        let wait = layout.look_ahead.saturating_sub(layout.mask_delay) * layout.hop;
        let place = wait..wait + layout.window;
        Self { samples: std::array::from_fn(|_| vec![0.0; place.end]), place, hop: layout.hop }
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.samples.iter_mut().for_each(|samples| samples.fill(0.0));
    }

    /// A sample of the present hop.
    pub(crate) fn at(&self, channel: usize, sample: usize) -> f32 {
        self.samples[channel][sample]
    }

    /// Moves on by a hop.
    pub(crate) fn advance(&mut self) {
        for samples in &mut self.samples {
            let kept = samples.len() - self.hop;
            samples.copy_within(self.hop.., 0);
            samples[kept..].fill(0.0);
        }
    }

    /// Adds a frame's spectra `[channel][bin]`.
    pub(crate) fn add(&mut self, stft: &mut Stft, spectra: &[Vec<Complex32>; CHANNELS]) {
        for (samples, spectrum) in self.samples.iter_mut().zip(spectra) {
            stft.synthesise(spectrum, &mut samples[self.place.clone()]);
        }
    }
}
