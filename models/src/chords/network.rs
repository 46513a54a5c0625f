//! The layers of the chord network and how they are wired. `songweave_training/chords/net.py` trains the same.
//!
//! Encoder -> a second layer added to it -> GRU added to that -> heads. Every weight matrix is block-circulant over the
//! pitch classes: the file holds one block per interval, reading makes the whole matrix of them.

use candle_core::{Device, Tensor};
use serde::Deserialize;

use super::{
    BEATS, CLASS_FEATURES, CLASSES, ChordBelief, ChordFeatures, KIND, MELODY_STEPS, QUALITIES, SHARED_FEATURES,
};
use crate::{
    layers::{Gru, Linear, silu, softmax},
    weights::{Metadata, WeightError, WeightFile},
};

/// Features are clamped to this range, as in training.
const FEATURE_LIMIT: f32 = 4.0;
/// The largest number of units per pitch class: keeps a hostile file from asking for all memory.
const LARGEST: usize = 128;
/// Numbers that the network hears.
const FEATURES: usize = CLASSES * CLASS_FEATURES + SHARED_FEATURES;
/// Numbers per pitch class that come out of the heads: chords, bass, keys, melody.
const HEADS: usize = BEATS * QUALITIES + 1 + 2 + MELODY_STEPS.len();

/// Sizes of the layers, from the weight file.
#[derive(Debug, Clone, Copy, Deserialize)]
struct Architecture {
    /// Units per pitch class.
    hidden: usize,
}

impl Architecture {
    fn read(metadata: &Metadata) -> Result<Self, WeightError> {
        let unfit = |reason: String| Err(WeightError::Unfit(reason));
        let sizes = match serde_json::from_value::<Self>(metadata.architecture.clone()) {
            Ok(sizes) => sizes,
            Err(error) => return unfit(format!("its architecture cannot be read ({error})")),
        };
        if !(1..=LARGEST).contains(&sizes.hidden) {
            return unfit(format!("its units per pitch class are not 1 to {LARGEST}"));
        }
        if metadata.features != FEATURES {
            return unfit(format!("it hears {} features, there are {FEATURES}", metadata.features));
        }
        Ok(sizes)
    }
}

/// The network's layers with their state.
#[derive(Debug, Clone)]
pub(super) struct Layers {
    hidden: usize,
    encoder: Linear<1>,
    deeper: Linear<1>,
    gru: Gru<1>,
    heads: Linear<1>,
    silent: Linear<1>,
    arch: pulp::Arch,
    parameters: usize,
    features: Vec<f32>,
    /// `[pitch class * unit]`, as all vectors between the layers.
    encoded: Vec<f32>,
    /// Mean over the pitch classes, `[unit]`.
    mean: Vec<f32>,
}

/// Reads and verifies a weight file.
pub(super) fn read(bytes: &[u8], device: &Device) -> Result<(Layers, Metadata, String), WeightError> {
    let mut file = WeightFile::parse(bytes, KIND, device)?;
    let sizes = Architecture::read(file.metadata())?;
    let layers = Layers::read(&mut file, sizes.hidden)?;
    let (metadata, digest) = file.finish()?;
    Ok((layers, metadata, digest))
}

/// Takes the tensors of a file and counts them.
struct Reader<'f, 'b> {
    file: &'f mut WeightFile<'b>,
    parameters: usize,
}

impl Reader<'_, '_> {
    fn take(&mut self, name: &str, shape: &[usize]) -> Result<Tensor, WeightError> {
        self.parameters += shape.iter().product::<usize>();
        self.file.take(name, shape)
    }

    /// A weight `[out][in][interval]` made whole, `[class * out][class * in]`, and its bias `[class * out]`.
    fn circulant(&mut self, name: &str, out: usize, inputs: usize) -> Result<(Tensor, Tensor), WeightError> {
        let blocks = self.take(&format!("{name}.weight"), &[out, inputs, CLASSES])?.flatten_all()?.to_vec1::<f32>()?;
        let mut whole = Vec::with_capacity(CLASSES * out * CLASSES * inputs);
        for class in 0..CLASSES {
            for unit in 0..out {
                for from in 0..CLASSES {
                    let interval = (from + CLASSES - class) % CLASSES;
                    whole.extend((0..inputs).map(|input| blocks[(unit * inputs + input) * CLASSES + interval]));
                }
            }
        }
        let weight = Tensor::from_vec(whole, (CLASSES * out, CLASSES * inputs), &Device::Cpu)?;
        let bias = self.take(&format!("{name}.bias"), &[out])?;
        Ok((weight, bias.repeat(CLASSES)?))
    }

    fn linear(&mut self, name: &str, out: usize, inputs: usize) -> Result<Linear<1>, WeightError> {
        let (weight, bias) = self.circulant(name, out, inputs)?;
        Ok(Linear::new(weight, Some(bias))?)
    }

    /// The first layer also hears the shared features.
    fn encoder(&mut self, hidden: usize) -> Result<Linear<1>, WeightError> {
        let (weight, bias) = self.circulant("encoder", hidden, CLASS_FEATURES)?;
        let shared = self.take("encoder.shared", &[hidden, SHARED_FEATURES])?.repeat((CLASSES, 1))?;
        Ok(Linear::new(Tensor::cat(&[weight, shared], 1)?, Some(bias))?)
    }

    /// A product of the GRU, rows in the order gate, class, unit.
    fn gates(&mut self, name: &str, hidden: usize) -> Result<(Tensor, Tensor), WeightError> {
        let (weight, bias) = self.circulant(name, 3 * hidden, hidden)?;
        let (rows, columns) = weight.dims2()?;
        let weight = weight.reshape((CLASSES, 3, hidden, columns))?.transpose(0, 1)?.contiguous()?;
        let bias = bias.reshape((CLASSES, 3, hidden))?.transpose(0, 1)?.contiguous()?;
        Ok((weight.reshape((rows, columns))?, bias.flatten_all()?))
    }
}

impl Layers {
    fn read(file: &mut WeightFile, hidden: usize) -> Result<Self, WeightError> {
        let mut reader = Reader { file, parameters: 0 };
        let silent = (reader.take("silent.weight", &[BEATS, hidden])?, reader.take("silent.bias", &[BEATS])?);
        Ok(Self {
            hidden,
            encoder: reader.encoder(hidden)?,
            deeper: reader.linear("deeper", hidden, hidden)?,
            gru: Gru::new(reader.gates("gru.input", hidden)?, reader.gates("gru.state", hidden)?)?,
            heads: reader.linear("heads", HEADS, hidden)?,
            silent: Linear::new(silent.0, Some(silent.1))?,
            arch: pulp::Arch::new(),
            parameters: reader.parameters,
            features: vec![0.0; FEATURES],
            encoded: vec![0.0; CLASSES * hidden],
            mean: vec![0.0; hidden],
        })
    }

    pub(super) const fn parameters(&self) -> usize {
        self.parameters
    }

    pub(super) fn reset(&mut self) {
        self.gru.reset();
    }

    /// One beat; the features are finite.
    pub(super) fn step(&mut self, features: &ChordFeatures, out: &mut ChordBelief) {
        let all = features.classes.iter().flatten().chain(&features.shared);
        for (clamped, feature) in self.features.iter_mut().zip(all) {
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
        let [heads] = self.heads.step([&self.encoded]);
        let [silent] = self.silent.step([&self.mean]);
        believe(heads, silent, out);
    }

    fn average(&mut self) {
        self.mean.fill(0.0);
        for class in self.encoded.chunks_exact(self.hidden) {
            self.mean.iter_mut().zip(class).for_each(|(mean, value)| *mean += value / CLASSES as f32);
        }
    }
}

/// Logits `[pitch class * head]` and `[beat]` to probabilities.
fn believe(heads: &[f32], silent: &[f32], out: &mut ChordBelief) {
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
