//! Batch normalisation after training.

/// Two numbers for each channel: what it is multiplied with and what is added.
#[derive(Debug, Clone, Default)]
pub struct Affine {
    /// `[channel]`.
    pub scale: Vec<f32>,
    /// `[channel]`.
    pub shift: Vec<f32>,
}
