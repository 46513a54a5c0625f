//! A convolution over time.

use candle_core::{Result, Tensor};

use super::{
    Affine,
    product::{self, Rows},
};

/// Convolves `[frame][in]` over time, rectifies and normalises: `[frame][out]`. Zeros come before and after.
#[derive(Debug, Clone)]
pub struct TimeConvolution {
    frames: usize,
    inputs: usize,
    /// `[frame][in][out]`.
    weights: Vec<f32>,
    bias: Vec<f32>,
    norm: Affine,
    padded: Vec<f32>,
}

impl TimeConvolution {
    /// From a weight `[frame][in][out]`, an odd number of frames long, a bias `[out]` and what normalises.
    ///
    /// # Errors
    /// When the shapes do not fit.
    pub fn new(weight: &Tensor, bias: &Tensor, norm: Affine) -> Result<Self> {
        let (frames, inputs, _) = weight.dims3()?;
        let (weights, bias) = (weight.flatten_all()?.to_vec1()?, bias.to_vec1()?);
        Ok(Self { frames, inputs, weights, bias, norm, padded: Vec::new() })
    }

    /// Writes `[frame][out]` of `x` `[frame][in]` to `out`.
    ///
    /// # Panics
    /// When `x` and `out` have not the same number of frames.
    pub fn apply(&mut self, x: &[f32], out: &mut [f32]) {
        let (outputs, frames) = (self.bias.len(), x.len() / self.inputs);
        assert_eq!([frames * self.inputs, frames * outputs], [x.len(), out.len()]);
        let padding = self.frames / 2 * self.inputs;
        self.padded.clear();
        self.padded.resize(x.len() + 2 * padding, 0.0);
        self.padded[padding..][..x.len()].copy_from_slice(x);
        out.chunks_exact_mut(outputs).for_each(|frame| frame.copy_from_slice(&self.bias));
        let k = self.frames * self.inputs;
        // What a frame sees begins one frame after what the frame before it sees.
        let (seen, weights) =
            (Rows { data: &self.padded, stride: self.inputs }, Rows { data: &self.weights, stride: outputs });
        product::multiply(out, outputs, [frames, k, outputs], seen, weights, true);
        for frame in out.chunks_exact_mut(outputs) {
            for (value, (scale, shift)) in frame.iter_mut().zip(self.norm.scale.iter().zip(&self.norm.shift)) {
                *value = value.max(0.0) * scale + shift;
            }
        }
    }

    /// The same on candle's operations: `[batch][frame][in]` to `[batch][frame][out]`.
    ///
    /// # Errors
    /// When the shape does not fit or the device fails.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let (outputs, device) = (self.bias.len(), x.device());
        let weight = Tensor::from_slice(&self.weights, (self.frames, self.inputs, outputs), device)?;
        let answers = x.transpose(1, 2)?.contiguous()?.conv1d(
            &weight.permute((2, 1, 0))?.contiguous()?,
            self.frames / 2,
            1,
            1,
            1,
        )?;
        let along = |values: &[f32]| Tensor::from_slice(values, (1, outputs, 1), device);
        let rectified = answers.broadcast_add(&along(&self.bias)?)?.relu()?;
        let normal = rectified.broadcast_mul(&along(&self.norm.scale)?)?.broadcast_add(&along(&self.norm.shift)?)?;
        normal.transpose(1, 2)?.contiguous()
    }
}
