//! Mash: what share of each part is in each band of two songs, and which song leads each part.

mod layers;

use layers::write;

pub use layers::Mash;

use crate::format::{Network, Sequence};

/// Songs: 0 = A, 1 = B.
pub const SONGS: usize = 2;
/// Bands of each song.
pub const BANDS: usize = 96;
/// Parts of each song, in the order of [`PART_NAMES`].
pub const PARTS: usize = 4;
/// Names of the parts in index order.
pub const PART_NAMES: [&str; PARTS] = ["vocals", "drums", "bass", "other"];
/// Numbers per song and hop that the network hears, see [`features`].
pub const FEATURES: usize = 2 * BANDS;

/// Power that cannot be told from silence.
const SILENCE: f32 = 1e-9;
/// Power above which a band counts as this loud: far above full scale, still finite as a level.
const LOUDEST: f32 = 1e9;
/// The weights in the binary.
pub const EMBEDDED: &[u8] = include_bytes!("../../weights/mash.safetensors");

/// What the network hears of one song in one frame: 96 levels, then 96 widths.
///
/// `power` is the mean power of each band (full-scale sine about 1), `width` the share of the side signal, 0…1. A level is
/// `(dB + 45) / 20`. Values that are not finite count as silence and as mono.
#[must_use]
pub fn features(power: &[f32; BANDS], width: &[f32; BANDS]) -> [f32; FEATURES] {
    let mut features = [0.0; FEATURES];
    let (levels, widths) = features.split_at_mut(BANDS);
    for (level, power) in levels.iter_mut().zip(power) {
        let power = if power.is_finite() { power.clamp(0.0, LOUDEST) } else { 0.0 };
        *level = (10.0 * libm::log10f(power + SILENCE) + 45.0) / 20.0;
    }
    for (heard, width) in widths.iter_mut().zip(width) {
        *heard = if width.is_finite() { width.clamp(0.0, 1.0) } else { 0.0 };
    }
    features
}

/// The network's answer for one hop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MashOutput {
    /// Share of each part in each song, `[song][part][band]`, 0…1, the parts of a band add up to 1.
    pub shares: [[[f32; BANDS]; PARTS]; SONGS],
    /// Who leads each part now, `[part]`, 0 = A … 1 = B. Swapping the songs gives 1 minus it.
    pub lead: [f32; PARTS],
}

impl Default for MashOutput {
    /// Nothing is known: every part may be anywhere, nobody leads.
    fn default() -> Self {
        Self { shares: [[[1.0 / PARTS as f32; BANDS]; PARTS]; SONGS], lead: [0.5; PARTS] }
    }
}

/// Why a step gave no answer. The network's state is as before the step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StepError {
    /// A feature was NaN or infinite.
    #[error("feature {index} of song {song} is not a finite number; the step was left out")]
    NotFinite {
        /// 0 = A, 1 = B.
        song: usize,
        /// Index of the feature.
        index: usize,
    },
}

/// The mash network with its weights and its state.
///
/// ```
/// use songweave_models::mash::{FEATURES, MashNetwork, MashOutput};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (mut network, mut out) = (MashNetwork::embedded()?, MashOutput::default());
/// network.step(&[[0.0; FEATURES]; 2], &mut out)?;
/// // The parts of a band add up to the whole.
/// assert!((out.shares[0].iter().map(|part| part[40]).sum::<f32>() - 1.0).abs() < 1e-5);
/// # Ok(())
/// # }
/// ```
pub type MashNetwork = Network<Mash>;

impl MashNetwork {
    /// One hop: the [`features`] of both songs in, shares and leads out. Causal; depends on nothing but the hops since
    /// the last reset, with the same bits every time. Takes no lock and starts no thread, but is meant for the inference
    /// thread.
    ///
    /// # Errors
    /// When a feature is not finite; `out` and the state stay as they are.
    pub fn step(&mut self, features: &[[f32; FEATURES]; SONGS], out: &mut MashOutput) -> Result<(), StepError> {
        for (song, features) in features.iter().enumerate() {
            if let Some(index) = features.iter().position(|feature| !feature.is_finite()) {
                return Err(StepError::NotFinite { song, index });
            }
        }
        let arch = self.layers.arch;
        write(arch, self.layers.step(features.as_flattened()), out);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
