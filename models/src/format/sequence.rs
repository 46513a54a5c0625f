//! Layers that answer step by step.

use candle_core::{Result, Tensor};

/// Layers wired to one map from numbers to numbers, with a memory. [`Self::step`] is what the plugin runs on the CPU;
/// [`Self::forward`] is the same map over many steps on candle's own operations, which `step` is tested against and which a
/// GPU computes.
pub trait Sequence {
    /// Numbers that a step hears.
    fn inputs(&self) -> usize;

    /// One step: `[in]` to `[out]`.
    fn step(&mut self, x: &[f32]) -> &[f32];

    /// Many steps from an empty memory: `[time][in]` to `[time][out]`.
    ///
    /// # Errors
    /// When the shape of `x` does not fit or the device fails.
    fn forward(&self, x: &Tensor) -> Result<Tensor>;
}
