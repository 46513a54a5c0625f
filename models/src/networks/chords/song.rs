//! Chords of a song that is known from beginning to end: the network hears it in both directions.
//!
//! Encoder -> a second layer added to it -> one GRU from the beginning and one from the end, both added -> heads.
//! `songweave_training/song_chords/net.py` trains the same.

use serde::Deserialize;

use super::{
    CLASSES, QUALITIES,
    circulant::{gates, linear},
    encoder::Encoder,
};
use crate::{
    format::{Architecture, Network, WeightError, WeightFile, check_sizes},
    layers::{Gru, Linear, softmax},
    networks::chords::StepError,
};

/// Numbers per pitch class that the network hears at a beat.
pub const SONG_CLASS_FEATURES: usize = 32;
/// Numbers that it hears for all classes together.
pub const SONG_SHARED_FEATURES: usize = 46;
/// The weights in the binary.
pub const EMBEDDED: &[u8] = include_bytes!("../../../weights/song-chords.safetensors");

/// The largest number of units per pitch class.
const LARGEST: usize = 128;
const FEATURES: usize = CLASSES * SONG_CLASS_FEATURES + SONG_SHARED_FEATURES;
/// Numbers per pitch class that come out of the heads: chords, bass, keys.
const HEADS: usize = QUALITIES + 1 + 2;
/// Numbers for all classes together: no chord; and a new chord, which is only trained with.
const SHARED_HEADS: usize = 2;

/// What the network hears at a beat.
#[derive(Debug, Clone, PartialEq)]
pub struct SongFeatures {
    /// `[pitch class][number]`.
    pub classes: [[f32; SONG_CLASS_FEATURES]; CLASSES],
    /// `[number]`.
    pub shared: [f32; SONG_SHARED_FEATURES],
}

impl Default for SongFeatures {
    /// All zeros.
    fn default() -> Self {
        Self { classes: [[0.0; SONG_CLASS_FEATURES]; CLASSES], shared: [0.0; SONG_SHARED_FEATURES] }
    }
}

/// What the network believes of a beat.
#[derive(Debug, Clone, PartialEq)]
pub struct SongBelief {
    /// Probability of each chord, `[root][quality]`; with `silent` they add up to 1.
    pub chords: [[f32; QUALITIES]; CLASSES],
    /// Probability that there is no chord.
    pub silent: f32,
    /// Probability of each bass note, `[pitch class]`.
    pub bass: [f32; CLASSES],
    /// Probability of each key, `[major, minor][tonic]`; all add up to 1.
    pub keys: [[f32; CLASSES]; 2],
}

#[derive(Debug, Clone, Copy, Deserialize)]
struct Sizes {
    /// Units per pitch class.
    hidden: usize,
}

/// The layers of the network with the states of both directions.
#[derive(Debug, Clone)]
pub struct SongChords {
    encoder: Encoder,
    forward: Gru<1>,
    backward: Gru<1>,
    heads: Linear<1>,
    shared: Linear<1>,
}

/// The network that knows the whole song, with its weights.
pub type SongChordNetwork = Network<SongChords>;

impl SongChordNetwork {
    /// Hears a beat from the end of the song on: to be called from the last beat to the first. Answers what the song after it
    /// says, `[pitch class * unit]`, to be handed to [`Self::believe`] with the same beat.
    ///
    /// # Errors
    /// When a feature is not finite; the state stays as it is.
    pub fn look_back(&mut self, features: &SongFeatures) -> Result<&[f32], StepError> {
        self.layers.encode(features)?;
        let SongChords { backward, encoder, .. } = &mut self.layers;
        let [state] = backward.step([&encoder.encoded]);
        Ok(state)
    }

    /// What it believes of a beat: to be called from the first beat to the last, each with what [`Self::look_back`] said of it.
    ///
    /// # Errors
    /// When a feature is not finite; the state stays as it is.
    pub fn believe(&mut self, features: &SongFeatures, after: &[f32]) -> Result<SongBelief, StepError> {
        self.layers.encode(features)?;
        Ok(self.layers.answer(after))
    }
}

impl Architecture for SongChords {
    const KIND: &'static str = "song-chords";
    const EMBEDDED: &'static [u8] = EMBEDDED;

    fn read(file: &mut WeightFile<'_>) -> Result<Self, WeightError> {
        let Sizes { hidden } = file.architecture()?;
        check_sizes(&[hidden], &(1..=LARGEST))?;
        let features = file.metadata().features;
        if features != FEATURES {
            return Err(WeightError::Unfit(format!("it hears {features} features, there are {FEATURES}")));
        }
        let gru = |file: &mut WeightFile<'_>, name: &str| -> Result<Gru<1>, WeightError> {
            let [input, state] = ["input", "state"].map(|part| format!("{name}.{part}"));
            Ok(Gru::new(gates(file, &input, hidden)?, gates(file, &state, hidden)?)?)
        };
        Ok(Self {
            encoder: Encoder::read(file, hidden, (SONG_CLASS_FEATURES, SONG_SHARED_FEATURES))?,
            forward: gru(file, "forward_gru")?,
            backward: gru(file, "backward_gru")?,
            heads: linear(file, "heads", HEADS, hidden)?,
            shared: file.take_linear("shared", SHARED_HEADS, hidden)?,
        })
    }

    fn reset(&mut self) {
        self.forward.reset();
        self.backward.reset();
    }
}

impl SongChords {
    fn encode(&mut self, features: &SongFeatures) -> Result<(), StepError> {
        let said = || features.classes.iter().flatten().chain(&features.shared);
        if let Some(index) = said().position(|feature| !feature.is_finite()) {
            return Err(StepError::NotFinite { index });
        }
        self.encoder.step(said());
        Ok(())
    }

    /// The answer about what is encoded, with the state from the end of the song.
    fn answer(&mut self, after: &[f32]) -> SongBelief {
        let Self { encoder, forward, heads, shared, .. } = self;
        let [before] = forward.step([&encoder.encoded]);
        for (value, (before, after)) in encoder.encoded.iter_mut().zip(before.iter().zip(after)) {
            *value += before + after;
        }
        believe(heads.step([&encoder.encoded])[0], shared.step([encoder.mean()])[0])
    }
}

/// The probabilities of logits `[pitch class][head]` and of those for all classes.
fn believe(heads: &[f32], shared: &[f32]) -> SongBelief {
    let head = |class: usize, index: usize| heads[class * HEADS + index];
    let mut logits = [0.0; CLASSES * QUALITIES + 1];
    for (index, logit) in logits[..CLASSES * QUALITIES].iter_mut().enumerate() {
        *logit = head(index / QUALITIES, index % QUALITIES);
    }
    logits[CLASSES * QUALITIES] = shared[0];
    softmax(&mut logits);
    let mut chords = [[0.0; QUALITIES]; CLASSES];
    chords.as_flattened_mut().copy_from_slice(&logits[..CLASSES * QUALITIES]);
    let mut bass = std::array::from_fn(|class| head(class, QUALITIES));
    softmax(&mut bass);
    let mut keys: [[f32; CLASSES]; 2] =
        std::array::from_fn(|mode| std::array::from_fn(|class| head(class, QUALITIES + 1 + mode)));
    softmax(keys.as_flattened_mut());
    SongBelief { chords, silent: logits[CLASSES * QUALITIES], bass, keys }
}

#[cfg(test)]
mod tests;
