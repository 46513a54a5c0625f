//! What both chord networks begin with: a layer, and a second one added to it.

use candle_core::Tensor;

use super::{
    CLASSES,
    circulant::{circulant, linear},
};
use crate::{
    format::{WeightError, WeightFile},
    layers::{Linear, silu},
};

/// Features are clamped to this range, as in training.
const FEATURE_LIMIT: f32 = 4.0;

/// The first two layers with what they hear and answer.
#[derive(Debug, Clone)]
pub(super) struct Encoder {
    /// Units per pitch class.
    hidden: usize,
    first: Linear<1>,
    deeper: Linear<1>,
    arch: pulp::Arch,
    features: Vec<f32>,
    /// The answer, `[pitch class * unit]`; whoever asked may go on with it in place.
    pub(super) encoded: Vec<f32>,
    mean: Vec<f32>,
}

impl Encoder {
    /// Reads the layers of a network with so many units per pitch class, which hears so many features of each class and so many that
    /// are shared.
    pub(super) fn read(
        file: &mut WeightFile<'_>,
        hidden: usize,
        (classes, shared): (usize, usize),
    ) -> Result<Self, WeightError> {
        let (weight, bias) = circulant(file, "encoder", hidden, classes)?;
        let weights = file.take("encoder.shared", &[hidden, shared])?.repeat((CLASSES, 1))?;
        Ok(Self {
            hidden,
            first: Linear::new(Tensor::cat(&[weight, weights], 1)?, Some(bias))?,
            deeper: linear(file, "deeper", hidden, hidden)?,
            arch: pulp::Arch::new(),
            features: vec![0.0; CLASSES * classes + shared],
            encoded: vec![0.0; CLASSES * hidden],
            mean: vec![0.0; hidden],
        })
    }

    /// Encodes features, first those of the classes, then the shared ones, into `encoded`.
    pub(super) fn step<'a>(&mut self, features: impl IntoIterator<Item = &'a f32>) {
        for (clamped, feature) in self.features.iter_mut().zip(features) {
            *clamped = feature.clamp(-FEATURE_LIMIT, FEATURE_LIMIT);
        }
        let [encoded] = self.first.step([&self.features]);
        self.encoded.copy_from_slice(encoded);
        self.arch.dispatch(|| self.encoded.iter_mut().for_each(|value| *value = silu(*value)));
        let [deeper] = self.deeper.step([&self.encoded]);
        self.arch.dispatch(|| self.encoded.iter_mut().zip(deeper).for_each(|(value, deeper)| *value += silu(*deeper)));
    }

    /// The same for whole stretches `[song][beat][feature]`.
    pub(super) fn forward(&self, features: &Tensor) -> candle_core::Result<Tensor> {
        let limit = f64::from(FEATURE_LIMIT);
        let encoded = self.first.forward(&features.clamp(-limit, limit)?)?.silu()?;
        &encoded + self.deeper.forward(&encoded)?.silu()?
    }

    /// The mean of `encoded` over the pitch classes, `[unit]`.
    pub(super) fn mean(&mut self) -> &[f32] {
        self.mean.fill(0.0);
        for class in self.encoded.chunks_exact(self.hidden) {
            self.mean.iter_mut().zip(class).for_each(|(mean, value)| *mean += value / CLASSES as f32);
        }
        &self.mean
    }
}
