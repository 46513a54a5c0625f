//! The layers of the chord network and how they are wired. `songweave_training/chords/net.py` trains the same.
//!
//! Encoder -> a second layer added to it -> GRU added to that -> heads. Every weight matrix is block-circulant over the
//! pitch classes: the file holds one block per interval, reading makes the whole matrix of them.

use candle_core::Tensor;
use serde::Deserialize;

use super::{
    BEATS, CLASS_FEATURES, CLASSES, ChordBelief, EMBEDDED, MELODY_STEPS, QUALITIES, SHARED_FEATURES,
    circulant::{encoder, gates, linear},
};
use crate::{
    format::{Architecture, Divide, Forward, Sequence, Subnetwork, WeightError, WeightFile, check_sizes},
    layers::{Gru, Linear, Memory, silu, softmax},
};

/// Features are clamped to this range, as in training.
const FEATURE_LIMIT: f32 = 4.0;
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
    encoder: Linear<1>,
    deeper: Linear<1>,
    gru: Gru<1>,
    heads: Linear<1>,
    silent: Linear<1>,
    arch: pulp::Arch,
    features: Vec<f32>,
    /// `[pitch class * unit]`, as all vectors between the layers.
    encoded: Vec<f32>,
    /// Mean over the pitch classes, `[unit]`.
    mean: Vec<f32>,
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
            encoder: encoder(file, hidden, (CLASS_FEATURES, SHARED_FEATURES))?,
            deeper: linear(file, "deeper", hidden, hidden)?,
            gru: Gru::new(gates(file, "gru.input", hidden)?, gates(file, "gru.state", hidden)?)?,
            heads: linear(file, "heads", HEADS, hidden)?,
            silent: file.take_linear("silent", BEATS, hidden)?,
            arch: pulp::Arch::new(),
            features: vec![0.0; FEATURES],
            encoded: vec![0.0; CLASSES * hidden],
            mean: vec![0.0; hidden],
            logits: vec![0.0; CLASSES * HEADS + BEATS],
        })
    }

    fn reset(&mut self) {
        self.gru.reset();
    }
}

impl Sequence for Chords {
    fn step(&mut self, features: &[f32]) -> &[f32] {
        for (clamped, feature) in self.features.iter_mut().zip(features) {
            *clamped = feature.clamp(-FEATURE_LIMIT, FEATURE_LIMIT);
        }
        let [encoded] = self.encoder.step([&self.features]);
        self.encoded.copy_from_slice(encoded);
        self.arch.dispatch(|| self.encoded.iter_mut().for_each(|value| *value = silu(*value)));
        let [deeper] = self.deeper.step([&self.encoded]);
        self.arch.dispatch(|| self.encoded.iter_mut().zip(deeper).for_each(|(value, deeper)| *value += silu(*deeper)));
        let [remembered] = self.gru.step([&self.encoded]);
        self.encoded.iter_mut().zip(remembered).for_each(|(value, remembered)| *value += remembered);
        self.average();
        let (heads, silent) = self.logits.split_at_mut(CLASSES * HEADS);
        heads.copy_from_slice(self.heads.step([&self.encoded])[0]);
        silent.copy_from_slice(self.silent.step([&self.mean])[0]);
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
        let limit = f64::from(FEATURE_LIMIT);
        let encoded = self.encoder.forward(&features.clamp(-limit, limit)?)?.silu()?;
        let encoded = (&encoded + self.deeper.forward(&encoded)?.silu()?)?;
        let encoded = (&encoded + self.gru.forward(&encoded, memory.of("gru"))?)?;
        let mean = encoded.reshape((batch, hops, CLASSES, self.hidden))?.mean(2)?;
        Tensor::cat(&[self.heads.forward(&encoded)?, self.silent.forward(&mean)?], 2)
    }
}

impl Chords {
    fn average(&mut self) {
        self.mean.fill(0.0);
        for class in self.encoded.chunks_exact(self.hidden) {
            self.mean.iter_mut().zip(class).for_each(|(mean, value)| *mean += value / CLASSES as f32);
        }
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
