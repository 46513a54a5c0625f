//! The layers of the melody network and how they are wired. `songweave_training/melody/net.py` trains the same.

use candle_core::{Device, Tensor};
use serde::Deserialize;

use super::{CLASSES, DURATIONS, INPUTS, KIND, MelodyNetwork, NUMBERS, PITCHES, REACH, input};
use crate::{
    layers::{Linear, Lstm},
    weights::{Metadata, WeightError, WeightFile},
};

/// Numbers that stand for a pitch and for a length.
pub(super) const PITCH_SIZE: usize = 16;
pub(super) const DURATION_SIZE: usize = 8;
/// Units between the state and the lengths.
const LENGTH_HIDDEN: usize = 64;
/// Steps from the last note that are told apart.
pub(super) const INTERVALS: usize = 2 * REACH as usize + 1;
/// The largest number of units: keeps a hostile file from asking for all memory.
const LARGEST: usize = 4096;

/// Units of the recurrent layer, from the weight file.
#[derive(Debug, Clone, Copy, Deserialize)]
struct Architecture {
    hidden: usize,
}

/// The trained layers.
#[derive(Debug, Clone)]
pub(super) struct Layers {
    /// `[pitch][number]`, the last for "not known".
    pub(super) pitches: Vec<f32>,
    /// `[class of length][number]`, the last for "not known".
    pub(super) durations: Vec<f32>,
    pub(super) lstm: Lstm<1>,
    /// Pitches, then steps from the last note, then classes above the chord's root.
    pub(super) head: Linear<1>,
    pub(super) length: Linear<1>,
    pub(super) length_head: Linear<1>,
}

/// Reads and verifies a weight file.
pub(super) fn read(bytes: &[u8], device: &Device) -> Result<MelodyNetwork, WeightError> {
    let mut file = WeightFile::parse(bytes, KIND, device)?;
    let hidden = check(file.metadata())?;
    let mut parameters = 0;
    let mut take = |name: &str, shape: &[usize]| {
        parameters += shape.iter().product::<usize>();
        file.take(name, shape)
    };
    let numbers = |tensor: Tensor| -> Result<Vec<f32>, WeightError> { Ok(tensor.flatten_all()?.to_vec1()?) };
    let gates = 4 * hidden;
    let pitches = numbers(take("pitches.weight", &[PITCHES + 1, PITCH_SIZE])?)?;
    let durations = numbers(take("durations.weight", &[DURATIONS.len() + 1, DURATION_SIZE])?)?;
    let heard = (take("lstm.weight_ih_l0", &[gates, INPUTS])?, take("lstm.bias_ih_l0", &[gates])?);
    let kept = (take("lstm.weight_hh_l0", &[gates, hidden])?, take("lstm.bias_hh_l0", &[gates])?);
    let mut linear = |name: &str, out: usize, inputs: usize| -> Result<Linear<1>, WeightError> {
        let weight = take(&format!("{name}.weight"), &[out, inputs])?;
        Ok(Linear::new(weight, Some(take(&format!("{name}.bias"), &[out])?))?)
    };
    let head = linear("head", PITCHES + INTERVALS + CLASSES, hidden)?;
    let length = linear("length", LENGTH_HIDDEN, hidden + PITCH_SIZE)?;
    let length_head = linear("length_head", DURATIONS.len(), LENGTH_HIDDEN)?;
    let layers = Layers { pitches, durations, lstm: Lstm::new(heard, kept)?, head, length, length_head };
    let (metadata, digest) = file.finish()?;
    Ok(MelodyNetwork { metadata, digest, layers, parameters, input: Vec::with_capacity(input::CAPACITY) })
}

/// Whether the facts fit this build: the number of units.
fn check(metadata: &Metadata) -> Result<usize, WeightError> {
    let unfit = |reason: String| Err(WeightError::Unfit(reason));
    if metadata.features != NUMBERS {
        return unfit(format!("it hears {} numbers, there are {NUMBERS}", metadata.features));
    }
    match serde_json::from_value::<Architecture>(metadata.architecture.clone()) {
        Err(error) => unfit(format!("its architecture cannot be read ({error})")),
        Ok(sizes) if (1..=LARGEST).contains(&sizes.hidden) => Ok(sizes.hidden),
        Ok(_) => unfit(format!("its number of units is outside 1 to {LARGEST}")),
    }
}
