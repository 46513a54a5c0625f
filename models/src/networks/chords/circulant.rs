//! Layers whose weights are shared by the twelve pitch classes: a block for each interval, made whole when they are read.

use candle_core::Tensor;

use super::CLASSES;
use crate::{
    format::{WeightError, WeightFile},
    layers::Linear,
};

/// A weight `[out][in][interval]` made whole, `[class * out][class * in]`, and its bias `[class * out]`.
pub(super) fn circulant(
    file: &mut WeightFile<'_>,
    name: &str,
    out: usize,
    inputs: usize,
) -> Result<(Tensor, Tensor), WeightError> {
    let blocks = file.take(&format!("{name}.weight"), &[out, inputs, CLASSES])?.flatten_all()?.to_vec1::<f32>()?;
    let mut whole = Vec::with_capacity(CLASSES * out * CLASSES * inputs);
    for class in 0..CLASSES {
        for unit in 0..out {
            for from in 0..CLASSES {
                let interval = (from + CLASSES - class) % CLASSES;
                whole.extend((0..inputs).map(|input| blocks[(unit * inputs + input) * CLASSES + interval]));
            }
        }
    }
    let bias = file.take(&format!("{name}.bias"), &[out])?;
    let weight = Tensor::from_vec(whole, (CLASSES * out, CLASSES * inputs), bias.device())?;
    Ok((weight, bias.repeat(CLASSES)?))
}

/// A layer over the pitch classes.
pub(super) fn linear(
    file: &mut WeightFile<'_>,
    name: &str,
    out: usize,
    inputs: usize,
) -> Result<Linear<1>, WeightError> {
    let (weight, bias) = circulant(file, name, out, inputs)?;
    Ok(Linear::new(weight, Some(bias))?)
}

/// A product of the GRU, rows in the order gate, class, unit.
pub(super) fn gates(file: &mut WeightFile<'_>, name: &str, hidden: usize) -> Result<(Tensor, Tensor), WeightError> {
    let (weight, bias) = circulant(file, name, 3 * hidden, hidden)?;
    let (rows, columns) = weight.dims2()?;
    let weight = weight.reshape((CLASSES, 3, hidden, columns))?.transpose(0, 1)?.contiguous()?;
    let bias = bias.reshape((CLASSES, 3, hidden))?.transpose(0, 1)?.contiguous()?;
    Ok((weight.reshape((rows, columns))?, bias.flatten_all()?))
}
