//! A long short-term memory layer, as `PyTorch`'s `LSTM` computes it.

use candle_core::{Result, Tensor};
use pulp::Arch;

use super::{
    activation::{flush, sigmoid, tanh},
    linear::Linear,
    memory::Remembered,
};

/// An LSTM for `STREAMS` streams that share its weights and have a state each.
#[derive(Debug, Clone)]
pub struct Lstm<const STREAMS: usize> {
    arch: Arch,
    input: Linear<STREAMS>,
    recurrent: Linear<STREAMS>,
    memory: LstmState<STREAMS>,
}

/// What an [`Lstm`] remembers: output and cell, `[stream][hidden]`, zeros after [`Lstm::reset`].
#[derive(Debug, Clone)]
pub struct LstmState<const STREAMS: usize> {
    output: [Vec<f32>; STREAMS],
    cell: [Vec<f32>; STREAMS],
}

impl<const STREAMS: usize> Lstm<STREAMS> {
    /// A layer from its two products: `input` `[4 * hidden][in]`, `recurrent` `[4 * hidden][hidden]`, rows in the order
    /// input, forget, cell, output.
    ///
    /// # Errors
    /// When the shapes do not fit or the device fails.
    pub fn new(input: (Tensor, Tensor), recurrent: (Tensor, Tensor)) -> Result<Self> {
        let hidden = recurrent.0.dim(1)?;
        let zeros = || std::array::from_fn(|_| vec![0.0; hidden]);
        Ok(Self {
            arch: Arch::new(),
            input: Linear::new(input.0, Some(input.1))?,
            recurrent: Linear::new(recurrent.0, Some(recurrent.1))?,
            memory: LstmState { output: zeros(), cell: zeros() },
        })
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        self.memory.output.iter_mut().chain(&mut self.memory.cell).for_each(|state| state.fill(0.0));
    }

    /// The output of a stream's last hop, `[hidden]`; empty where there is no such stream.
    #[must_use]
    pub fn output(&self, stream: usize) -> &[f32] {
        self.memory.output.get(stream).map_or(&[], Vec::as_slice)
    }

    /// What it remembers now.
    #[must_use]
    pub const fn state(&self) -> &LstmState<STREAMS> {
        &self.memory
    }

    /// Goes back to what this layer once remembered.
    pub fn restore(&mut self, state: &LstmState<STREAMS>) {
        self.memory.clone_from(state);
    }

    /// One hop: `x[stream]` `[in]` to `[stream]` `[hidden]`.
    pub fn step(&mut self, x: [&[f32]; STREAMS]) -> [&[f32]; STREAMS] {
        let heard = self.input.step(x);
        let kept = self.recurrent.step(self.memory.output.each_ref().map(Vec::as_slice));
        for stream in 0..STREAMS {
            let (state, cell) = (&mut self.memory.output[stream], &mut self.memory.cell[stream]);
            self.arch.dispatch(|| update(state, cell, heard[stream], kept[stream]));
        }
        self.memory.output.each_ref().map(Vec::as_slice)
    }

    /// Many hops, going on from what is remembered: `[batch][time][in]` to `[batch][time][hidden]`.
    ///
    /// # Errors
    /// When the shape of `x` does not fit or the device fails.
    pub fn forward(&self, x: &Tensor, kept: &mut Remembered) -> Result<Tensor> {
        let heard = self.input.forward(x)?;
        let zeros = || Tensor::zeros((x.dim(0)?, self.memory.output[0].len()), x.dtype(), x.device());
        let mut state = kept.tensors.pop().map_or_else(zeros, Ok)?;
        let mut cell = kept.tensors.pop().map_or_else(zeros, Ok)?;
        let mut states = Vec::new();
        for hop in 0..heard.dim(1)? {
            (state, cell) = self.forward_hop(&heard.get_on_dim(1, hop)?, &state, &cell)?;
            states.push(state.clone());
        }
        kept.tensors.extend([cell, state]);
        Tensor::stack(&states, 1)
    }

    fn forward_hop(&self, heard: &Tensor, state: &Tensor, cell: &Tensor) -> Result<(Tensor, Tensor)> {
        let gates = (heard + self.recurrent.forward(state)?)?.chunk(4, 1)?;
        let gate = |i: usize| (gates[i].neg()?.exp()? + 1.0)?.recip();
        let cell = ((gate(1)? * cell)? + (gate(0)? * gates[2].tanh()?)?)?;
        Ok(((gate(3)? * cell.tanh()?)?, cell))
    }
}

/// The new state and cell from the products `[4 * hidden]` of the input and of the state before.
#[inline(always)]
fn update(state: &mut [f32], cell: &mut [f32], heard: &[f32], kept: &[f32]) {
    let hidden = state.len();
    let (cell, heard, kept) = (&mut cell[..hidden], &heard[..4 * hidden], &kept[..4 * hidden]);
    for i in 0..hidden {
        let gate = |gate: usize| heard[gate * hidden + i] + kept[gate * hidden + i];
        cell[i] = flush(sigmoid(gate(1)) * cell[i] + sigmoid(gate(0)) * tanh(gate(2)));
        state[i] = flush(sigmoid(gate(3)) * tanh(cell[i]));
    }
}
