//! What layers remember on candle's operations.

use std::collections::HashMap;

use candle_core::Tensor;

/// What one layer remembers of its past; nothing at the beginning.
#[derive(Debug, Clone, Default)]
pub struct Remembered {
    /// As the layer needs them, of all streams of a batch.
    pub(super) tensors: Vec<Tensor>,
    /// Hops heard.
    pub(super) hops: usize,
}

/// What the layers of a network remember from one call of `forward` to the next, by their names. Empty at the beginning.
#[derive(Debug, Clone, Default)]
pub struct Memory(HashMap<&'static str, Remembered>);

impl Memory {
    /// What a layer remembers.
    pub fn of(&mut self, layer: &'static str) -> &mut Remembered {
        self.0.entry(layer).or_default()
    }
}
