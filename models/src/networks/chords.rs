//! Chords: what harmony a sung melody asks for now and at the next beats.
//!
//! The network hears numbers per pitch class and numbers for all of them, once per beat. Its weights are shared by the
//! twelve pitch classes (every layer is a circular convolution over them), so a melody in another key gets the same chords
//! in that key.

mod circulant;
mod encoder;
mod layers;
pub mod song;

use layers::{FEATURES, believe};

pub use layers::Chords;

use crate::format::{Network, Sequence};

/// Pitch classes, 0 = C … 11 = B.
pub const CLASSES: usize = 12;
/// Numbers per pitch class that the network hears.
pub const CLASS_FEATURES: usize = 34;
/// Numbers that it hears for all classes together.
pub const SHARED_FEATURES: usize = 48;
/// Kinds of chords that it knows.
pub const QUALITIES: usize = 10;
/// Beats whose chord it expects: the present one and the next four.
pub const BEATS: usize = 5;
/// Steps (16th notes) from now on whose melody it expects, for each of its three forecasts.
pub const MELODY_STEPS: [usize; 3] = [4, 8, 16];
/// The weights in the binary.
pub const EMBEDDED: &[u8] = include_bytes!("../../weights/chords.safetensors");

/// What the network hears at a beat.
#[derive(Debug, Clone, PartialEq)]
pub struct ChordFeatures {
    /// `[pitch class][number]`.
    pub classes: [[f32; CLASS_FEATURES]; CLASSES],
    /// `[number]`.
    pub shared: [f32; SHARED_FEATURES],
}

impl Default for ChordFeatures {
    /// All zeros.
    fn default() -> Self {
        Self { classes: [[0.0; CLASS_FEATURES]; CLASSES], shared: [0.0; SHARED_FEATURES] }
    }
}

/// The network's answer at a beat.
#[derive(Debug, Clone, PartialEq)]
pub struct ChordBelief {
    /// Probability of each chord, `[beat from the present one][root][quality]`; with `silent` each beat adds up to 1.
    pub chords: [[[f32; QUALITIES]; CLASSES]; BEATS],
    /// Probability that there is no chord, `[beat]`.
    pub silent: [f32; BEATS],
    /// Probability of each bass note, `[pitch class]`.
    pub bass: [f32; CLASSES],
    /// Probability of each key, `[major, minor][tonic]`; all add up to 1.
    pub keys: [[f32; CLASSES]; 2],
    /// Share of each class in what will be sung, `[forecast of MELODY_STEPS][pitch class]`, each adds up to 1.
    pub melody: [[f32; CLASSES]; MELODY_STEPS.len()],
}

impl Default for ChordBelief {
    /// Nothing is known.
    fn default() -> Self {
        let chord = 1.0 / (CLASSES * QUALITIES + 1) as f32;
        let class = 1.0 / CLASSES as f32;
        Self {
            chords: [[[chord; QUALITIES]; CLASSES]; BEATS],
            silent: [chord; BEATS],
            bass: [class; CLASSES],
            keys: [[0.5 * class; CLASSES]; 2],
            melody: [[class; CLASSES]; MELODY_STEPS.len()],
        }
    }
}

/// Why a step gave no answer. The network's state is as before the step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StepError {
    /// A feature was NaN or infinite.
    #[error("feature {index} of the chord network is not a finite number; the beat was left out")]
    NotFinite {
        /// Index of the feature: those of the classes in order, then the shared ones.
        index: usize,
    },
}

/// The chord network with its weights and its state.
pub type ChordNetwork = Network<Chords>;

impl ChordNetwork {
    /// One beat: features in, beliefs out. Causal; depends on nothing but the beats since the last reset, with the same
    /// bits every time. Takes no lock and starts no thread, but is meant for the inference thread.
    ///
    /// # Errors
    /// When a feature is not finite; `out` and the state stay as they are.
    pub fn step(&mut self, features: &ChordFeatures, out: &mut ChordBelief) -> Result<(), StepError> {
        let mut all = [0.0; FEATURES];
        let said = features.classes.iter().flatten().chain(&features.shared);
        all.iter_mut().zip(said).for_each(|(to, from)| *to = *from);
        if let Some(index) = all.iter().position(|feature| !feature.is_finite()) {
            return Err(StepError::NotFinite { index });
        }
        believe(self.layers.step(&all), out);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
