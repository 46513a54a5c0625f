//! A gated recurrent layer, as `PyTorch`'s `GRU` computes it.

use candle_core::{Result, Tensor};
use pulp::Arch;

use super::{
    activation::{flush, sigmoid, tanh},
    linear::Linear,
    memory::Remembered,
};

/// A GRU for `STREAMS` streams that share its weights and have a state each. The gates are merged: two matrix products a
/// hop. State: `[stream][hidden]`, zeros after [`Self::reset`].
#[derive(Debug, Clone)]
pub struct Gru<const STREAMS: usize> {
    arch: Arch,
    input: Linear<STREAMS>,
    recurrent: Linear<STREAMS>,
    state: [Vec<f32>; STREAMS],
}

impl<const STREAMS: usize> Gru<STREAMS> {
    /// A layer from its two products: `input` `[3 * hidden][in]`, `recurrent` `[3 * hidden][hidden]`, rows in the order
    /// reset, update, new.
    ///
    /// # Errors
    /// When the shapes do not fit or the device fails.
    pub fn new(input: (Tensor, Tensor), recurrent: (Tensor, Tensor)) -> Result<Self> {
        let hidden = recurrent.0.dim(1)?;
        Ok(Self {
            arch: Arch::new(),
            input: Linear::new(input.0, Some(input.1))?,
            recurrent: Linear::new(recurrent.0, Some(recurrent.1))?,
            state: std::array::from_fn(|_| vec![0.0; hidden]),
        })
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        self.state.iter_mut().for_each(|state| state.fill(0.0));
    }

    /// One hop: `x[stream]` `[in]` to `[stream]` `[hidden]`.
    pub fn step(&mut self, x: [&[f32]; STREAMS]) -> [&[f32]; STREAMS] {
        let heard = self.input.step(x);
        let kept = self.recurrent.step(self.state.each_ref().map(Vec::as_slice));
        for (state, (heard, kept)) in self.state.iter_mut().zip(heard.into_iter().zip(kept)) {
            self.arch.dispatch(|| update(state, heard, kept));
        }
        self.state.each_ref().map(Vec::as_slice)
    }

    /// Many hops, going on from what is remembered: `[batch][time][in]` to `[batch][time][hidden]`.
    ///
    /// # Errors
    /// When the shape of `x` does not fit or the device fails.
    pub fn forward(&self, x: &Tensor, kept: &mut Remembered) -> Result<Tensor> {
        let heard = self.input.forward(x)?;
        let zeros = || Tensor::zeros((x.dim(0)?, self.state[0].len()), x.dtype(), x.device());
        let mut state = kept.tensors.pop().map_or_else(zeros, Ok)?;
        let mut states = Vec::new();
        for hop in 0..heard.dim(1)? {
            state = self.forward_hop(&heard.get_on_dim(1, hop)?, &state)?;
            states.push(state.clone());
        }
        kept.tensors.push(state);
        Tensor::stack(&states, 1)
    }

    fn forward_hop(&self, heard: &Tensor, state: &Tensor) -> Result<Tensor> {
        let (heard, kept) = (heard.chunk(3, 1)?, self.recurrent.forward(state)?.chunk(3, 1)?);
        let one_plus = |x: Tensor| x.neg()?.exp()? + 1.0;
        let reset = one_plus((&heard[0] + &kept[0])?)?.recip()?;
        let keep = one_plus((&heard[1] + &kept[1])?)?.recip()?;
        let new = (&heard[2] + (reset * &kept[2])?)?.tanh()?;
        &new + (keep * (state - &new)?)?
    }
}

/// The new state from the products `[3 * hidden]` of the input and of the state before.
#[inline(always)]
fn update(state: &mut [f32], heard: &[f32], kept: &[f32]) {
    let hidden = state.len();
    let [reset_x, update_x, new_x] = thirds(heard, hidden);
    let [reset_h, update_h, new_h] = thirds(kept, hidden);
    for i in 0..hidden {
        let reset = sigmoid(reset_x[i] + reset_h[i]);
        let keep = sigmoid(update_x[i] + update_h[i]);
        let new = tanh(new_x[i] + reset * new_h[i]);
        state[i] = flush(new + keep * (state[i] - new));
    }
}

#[inline(always)]
fn thirds(gates: &[f32], hidden: usize) -> [&[f32]; 3] {
    [&gates[..hidden], &gates[hidden..2 * hidden], &gates[2 * hidden..3 * hidden]]
}
