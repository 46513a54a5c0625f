//! The parts of Mash on their way to outputs of their own.

use realfft::num_complex::Complex32;

use crate::stream::{
    layout::{CHANNELS, PARTS, StreamLayout},
    overlap::Overlap,
    stft::Stft,
};

/// What a part is a part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Whole {
    /// What the mask leaves of both songs.
    Mash,
    /// Song A, which passes untouched while song B is absent.
    SongA,
}

/// Overlap-add of every part.
pub(crate) struct PartOutput {
    /// `[whole][part]`
    overlaps: [[Overlap; PARTS]; 2],
}

impl PartOutput {
    /// Silent parts.
    ///
    /// # Allocates
    pub(crate) fn new(layout: &StreamLayout) -> Self {
        Self { overlaps: std::array::from_fn(|_| std::array::from_fn(|_| Overlap::new(layout))) }
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.overlaps.as_flattened_mut().iter_mut().for_each(Overlap::clear);
    }

    /// Moves on by a hop.
    pub(crate) fn advance(&mut self) {
        self.overlaps.as_flattened_mut().iter_mut().for_each(Overlap::advance);
    }

    /// Adds a part of a frame, `spectra` `[channel][bin]`.
    pub(crate) fn add(&mut self, stft: &mut Stft, whole: Whole, part: usize, spectra: &[Vec<Complex32>; CHANNELS]) {
        self.overlaps[whole as usize][part].add(stft, spectra);
    }

    /// A part in a sample of the present hop, `[channel]`; `mash` and `song_a` are the gains of the two wholes.
    pub(crate) fn at(&self, part: usize, sample: usize, mash: f32, song_a: f32) -> [f32; CHANNELS] {
        let [in_mash, in_song_a] = &self.overlaps;
        std::array::from_fn(|channel| {
            mash * in_mash[part].at(channel, sample) + song_a * in_song_a[part].at(channel, sample)
        })
    }
}
