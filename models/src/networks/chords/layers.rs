//! The layers of the chord network and how they are wired. `songweave_training/chords/net.py` trains the same.
//!
//! Encoder -> a second layer added to it -> GRU added to that -> heads. Every weight matrix is block-circulant over the
//! pitch classes: the file holds one block per interval, reading makes the whole matrix of them.

use candle_core::Tensor;
use serde::Deserialize;

use super::{
    BEATS, CLASS_FEATURES, CLASSES, ChordBelief, EMBEDDED, MELODY_STEPS, QUALITIES, SHARED_FEATURES,
    circulant::{gates, linear},
    encoder::Encoder,
};
use crate::{
    format::{Architecture, Divide, Forward, Sequence, Subnetwork, WeightError, WeightFile, check_sizes},
    layers::{Gru, Linear, Memory, softmax},
};

/// The largest number of units per pitch class: keeps a hostile file from asking for all memory.
const LARGEST: usize = 128;
/// Numbers that the network hears.
pub(super) const FEATURES: usize = CLASSES * CLASS_FEATURES + SHARED_FEATURES;
/// Numbers per pitch class that come out of the heads: chords, bass, keys, melody.
const HEADS: usize = BEATS * QUALITIES + 1 + 2 + MELODY_STEPS.len();

/// Sizes of the layers, from the weight file.
#[derive(Debug, Clone, Copy, Deserialize)]
struct Sizes {
    /// Units per pitch class.
    hidden: usize,
}

/// The layers of the chord network with their state.
///
/// As a [`Sequence`] they hear the features of the classes, then the shared ones, and answer the logits of the heads,
/// `[pitch class][head]`, then of no chord, `[beat]`.
#[derive(Debug, Clone)]
pub struct Chords {
    hidden: usize,
    encoder: Encoder,
    gru: Gru<1>,
    heads: Linear<1>,
    silent: Linear<1>,
    logits: Vec<f32>,
}

impl Divide for Chords {
    fn divide(self) -> Vec<Subnetwork> {
        vec![Subnetwork::new("chords", self)]
    }
}

impl Architecture for Chords {
    const KIND: &'static str = "chords";
    const EMBEDDED: &'static [u8] = EMBEDDED;

    fn read(file: &mut WeightFile<'_>) -> Result<Self, WeightError> {
        let Sizes { hidden } = file.architecture()?;
        check_sizes(&[hidden], &(1..=LARGEST))?;
        let features = file.metadata().features;
        if features != FEATURES {
            return Err(WeightError::Unfit(format!("it hears {features} features, there are {FEATURES}")));
        }
        Ok(Self {
            hidden,
            encoder: Encoder::read(file, hidden, (CLASS_FEATURES, SHARED_FEATURES))?,
            gru: Gru::new(gates(file, "gru.input", hidden)?, gates(file, "gru.state", hidden)?)?,
            heads: linear(file, "heads", HEADS, hidden)?,
            silent: file.take_linear("silent", BEATS, hidden)?,
            logits: vec![0.0; CLASSES * HEADS + BEATS],
        })
    }

    fn reset(&mut self) {
        self.gru.reset();
    }
}

impl Sequence for Chords {
    fn step(&mut self, features: &[f32]) -> &[f32] {
        self.encoder.step(features);
        let encoded = &mut self.encoder.encoded;
        let [remembered] = self.gru.step([encoded]);
        encoded.iter_mut().zip(remembered).for_each(|(value, remembered)| *value += remembered);
        let (heads, silent) = self.logits.split_at_mut(CLASSES * HEADS);
        heads.copy_from_slice(self.heads.step([encoded])[0]);
        silent.copy_from_slice(self.silent.step([self.encoder.mean()])[0]);
        &self.logits
    }
}

impl Forward for Chords {
    fn inputs(&self) -> usize {
        FEATURES
    }

    fn outputs(&self) -> usize {
        CLASSES * HEADS + BEATS
    }

    fn forward(&self, features: &Tensor, memory: &mut Memory) -> candle_core::Result<Tensor> {
        let (batch, hops, _) = features.dims3()?;
        let encoded = self.encoder.forward(features)?;
        let encoded = (&encoded + self.gru.forward(&encoded, memory.of("gru"))?)?;
        let mean = encoded.reshape((batch, hops, CLASSES, self.hidden))?.mean(2)?;
        Tensor::cat(&[self.heads.forward(&encoded)?, self.silent.forward(&mean)?], 2)
    }
}

/// The probabilities of logits as [`Chords`] gives them.
pub(super) fn believe(logits: &[f32], out: &mut ChordBelief) {
    let (heads, silent) = logits.split_at(CLASSES * HEADS);
    let head = |class: usize, index: usize| heads[class * HEADS + index];
    for (beat, (chords, none)) in out.chords.iter_mut().zip(&mut out.silent).enumerate() {
        let mut logits = [0.0; CLASSES * QUALITIES + 1];
        for (index, logit) in logits[..CLASSES * QUALITIES].iter_mut().enumerate() {
            *logit = head(index / QUALITIES, beat * QUALITIES + index % QUALITIES);
        }
        logits[CLASSES * QUALITIES] = silent[beat];
        softmax(&mut logits);
        chords.as_flattened_mut().copy_from_slice(&logits[..CLASSES * QUALITIES]);
        *none = logits[CLASSES * QUALITIES];
    }
    let first = BEATS * QUALITIES;
    out.bass = std::array::from_fn(|class| head(class, first));
    softmax(&mut out.bass);
    out.keys = std::array::from_fn(|mode| std::array::from_fn(|class| head(class, first + 1 + mode)));
    softmax(out.keys.as_flattened_mut());
    for (forecast, melody) in out.melody.iter_mut().enumerate() {
        *melody = std::array::from_fn(|class| head(class, first + 3 + forecast));
        softmax(melody);
    }
}
