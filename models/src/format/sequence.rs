//! Networks as maps from numbers to numbers.

use candle_core::{Result, Tensor};

use crate::layers::Memory;

/// Layers wired to one map from numbers to numbers on candle's operations: what another device than the CPU computes.
pub trait Forward {
    /// Numbers that a step hears.
    fn inputs(&self) -> usize;

    /// Numbers that a step answers.
    fn outputs(&self) -> usize;

    /// Many steps of many streams, going on from what the layers remember: `[batch][time][in]` to `[batch][time][out]`.
    ///
    /// # Errors
    /// When the shape of `x` does not fit or the device fails; what the memory holds then is not defined.
    fn forward(&self, x: &Tensor, memory: &mut Memory) -> Result<Tensor>;
}

/// Layers that answer step by step on the CPU, which is what the plugin runs and what [`Forward::forward`] is tested against.
pub trait Sequence: Forward {
    /// One step: `[in]` to `[out]`.
    fn step(&mut self, x: &[f32]) -> &[f32];
}
