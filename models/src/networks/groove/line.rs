//! One autoregressive line: a GRU over what was played a step and a bar ago, then a chance for each level of each voice.

use candle_core::{Result, Tensor};

use super::{BAR, Choose};
use crate::{
    format::{Forward, Sequence},
    layers::{Gru, Linear, Memory},
};

/// `VOICES` voices that have one of `LEVELS` levels in each step, 0 = silent. `songweave_training/groove/net.py` trains the same.
#[derive(Debug, Clone)]
pub(in crate::networks) struct Line<const VOICES: usize, const LEVELS: usize> {
    /// What is known before anything of the step is chosen.
    pub(in crate::networks) before: Before,
    /// What a voice's levels tell the later voices of the same step, `[voice, level][voice before, level - 1]`.
    within: Vec<f32>,
    /// Levels of the last bar; the oldest at `next`.
    past: [[u8; VOICES]; BAR],
    next: usize,
    input: Vec<f32>,
}

/// The recurrent layer and its head: hears the condition, then the levels a step ago, then those a bar ago; answers the logits of
/// all levels, `[voice][level]`, as if the voices were independent.
#[derive(Debug, Clone)]
pub(in crate::networks) struct Before {
    inputs: usize,
    gru: Gru<1>,
    head: Linear<1>,
}

impl Sequence for Before {
    fn step(&mut self, x: &[f32]) -> &[f32] {
        let [logits] = self.head.step(self.gru.step([x]));
        logits
    }
}

impl Forward for Before {
    fn inputs(&self) -> usize {
        self.inputs
    }

    fn outputs(&self) -> usize {
        self.head.outputs()
    }

    fn forward(&self, x: &Tensor, memory: &mut Memory) -> Result<Tensor> {
        self.head.forward(&self.gru.forward(x, memory.of("gru"))?)
    }
}

impl<const VOICES: usize, const LEVELS: usize> Line<VOICES, LEVELS> {
    /// Numbers that say the levels of one step: one for each voice and each level but 0.
    pub(super) const PLAYED: usize = VOICES * (LEVELS - 1);

    /// A line from its layers and the count of numbers of its condition; `within` is `[VOICES * LEVELS][PLAYED]`.
    pub(super) fn new(condition: usize, gru: Gru<1>, head: Linear<1>, within: &Tensor) -> Result<Self> {
        let inputs = condition + 2 * Self::PLAYED;
        let (within, input) = (within.flatten_all()?.to_vec1()?, Vec::with_capacity(inputs));
        Ok(Self { before: Before { inputs, gru, head }, within, past: [[0; VOICES]; BAR], next: 0, input })
    }

    pub(super) fn reset(&mut self) {
        self.before.gru.reset();
        self.past = [[0; VOICES]; BAR];
        self.next = 0;
    }

    /// One step under a condition.
    pub(super) fn step(&mut self, condition: &[f32], choose: &mut Choose<'_>) -> [u8; VOICES] {
        self.listen(condition);
        let logits = self.before.step(&self.input);
        let mut levels = [0u8; VOICES];
        for voice in 0..VOICES {
            let mut chances: [f32; LEVELS] = std::array::from_fn(|level| logits[voice * LEVELS + level]);
            for (other, played) in levels.iter().enumerate().take(voice).filter(|(_, played)| **played > 0) {
                let column = other * (LEVELS - 1) + usize::from(*played) - 1;
                for (level, chance) in chances.iter_mut().enumerate() {
                    *chance += self.within[(voice * LEVELS + level) * Self::PLAYED + column];
                }
            }
            levels[voice] = choose(voice, &chances).min(LEVELS - 1) as u8;
        }
        self.past[self.next] = levels;
        self.next = (self.next + 1) % BAR;
        levels
    }

    /// Writes the input of the GRU.
    fn listen(&mut self, condition: &[f32]) {
        self.input.clear();
        self.input.extend_from_slice(condition);
        let last = (self.next + BAR - 1) % BAR;
        for levels in [self.past[last], self.past[self.next]] {
            for level in levels {
                self.input.extend((1..LEVELS).map(|known| f32::from(u8::from(known == usize::from(level)))));
            }
        }
    }
}
