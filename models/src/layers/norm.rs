//! Layer normalisation.

use candle_core::{D, Result, Tensor};

/// Added to the variance, as `PyTorch` does.
const EPSILON: f32 = 1e-5;

/// Brings each hop's vector to mean 0 and variance 1, then scales and shifts it. Has no state.
#[derive(Debug, Clone)]
pub struct LayerNorm {
    weight: Tensor,
    bias: Tensor,
    scale: Vec<f32>,
    shift: Vec<f32>,
}

impl LayerNorm {
    /// A layer from a weight `[in]` and a bias `[in]`.
    ///
    /// # Errors
    /// When a tensor is no vector or the device fails.
    pub fn new(weight: Tensor, bias: Tensor) -> Result<Self> {
        let (scale, shift) = (weight.to_vec1()?, bias.to_vec1()?);
        Ok(Self { weight, bias, scale, shift })
    }

    /// One hop, in place: `[in]`.
    #[inline(always)]
    pub fn step(&self, x: &mut [f32]) {
        let count = x.len() as f32;
        let mean = x.iter().sum::<f32>() / count;
        let variance = x.iter().map(|value| (value - mean) * (value - mean)).sum::<f32>() / count;
        let steepness = 1.0 / (variance + EPSILON).sqrt();
        for (value, (scale, shift)) in x.iter_mut().zip(self.scale.iter().zip(&self.shift)) {
            *value = (*value - mean) * steepness * scale + shift;
        }
    }

    /// Many hops: `[…][in]` to the same shape.
    ///
    /// # Errors
    /// When the shape of `x` does not fit or the device fails.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let centred = x.broadcast_sub(&x.mean_keepdim(D::Minus1)?)?;
        let variance = centred.sqr()?.mean_keepdim(D::Minus1)?;
        let normal = centred.broadcast_div(&(variance + f64::from(EPSILON))?.sqrt()?)?;
        normal.broadcast_mul(&self.weight)?.broadcast_add(&self.bias)
    }
}
