//! Batch normalisation after training.

use candle_core::{Result, Tensor};

/// Two numbers for each channel: what it is multiplied with and what is added.
#[derive(Debug, Clone, Default)]
pub struct Affine {
    /// `[channel]`.
    pub scale: Vec<f32>,
    /// `[channel]`.
    pub shift: Vec<f32>,
}

impl Affine {
    /// The same on candle's operations, over planes `[1][channel][row][column]`.
    ///
    /// # Errors
    /// When the shape does not fit or the device fails.
    pub fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let shape = (1, self.scale.len(), 1, 1);
        let along = |values: &[f32]| Tensor::from_slice(values, shape, x.device());
        x.broadcast_mul(&along(&self.scale)?)?.broadcast_add(&along(&self.shift)?)
    }
}
