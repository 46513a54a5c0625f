//! Streaming layers. Each has `step` for one hop and `forward` over `[batch][time][in]`, which agree.
//!
//! A layer with `STREAMS` serves that many streams with the same weights (Mash: the two songs) and reads the weights once
//! per hop for all of them.

mod activation;
mod attention;
mod convolution;
mod gru;
mod linear;
mod lstm;
mod matrix;
mod memory;
mod norm;

pub use activation::{exp, flush, sigmoid, silu, softmax, tanh};
pub use attention::{AttentionShape, WindowAttention};
pub use convolution::{
    Affine, Convolution, FeatureMap, Joined, Leaky, Planes, PooledConvolution, TimeConvolution, TransposedConvolution,
};
pub use gru::Gru;
pub use linear::Linear;
pub use lstm::{Lstm, LstmState};
pub use memory::{Memory, Remembered};
pub use norm::LayerNorm;

pub(crate) use convolution::tensors as convolutions;
#[cfg(test)]
mod tests;
