//! The layers of the melody network and how they are wired. `songweave_training/melody/net.py` trains the same.

use candle_core::Tensor;
use serde::Deserialize;

use super::{
    CLASSES, DURATIONS, EMBEDDED, INPUTS, NUMBERS, PITCHES, REACH,
    input::{self, DURATION_SIZE, PITCH_SIZE},
};
use crate::{
    format::{Architecture, Divide, Forward, Sequence, Subnetwork, WeightError, WeightFile, check_sizes},
    layers::{Linear, Lstm, Memory, tanh},
};

/// Units between the state and the lengths.
const LENGTH_HIDDEN: usize = 64;
/// Steps from the last note that are told apart.
pub(super) const INTERVALS: usize = 2 * REACH as usize + 1;
/// The largest number of units: keeps a hostile file from asking for all memory.
const LARGEST: usize = 4096;

/// Units of the recurrent layer, from the weight file.
#[derive(Debug, Clone, Copy, Deserialize)]
struct Sizes {
    hidden: usize,
}

/// The layers of the melody network with their state.
#[derive(Debug, Clone)]
pub struct Melody {
    /// `[pitch][number]`, the last for "not known".
    pub(super) pitches: Vec<f32>,
    /// `[class of length][number]`, the last for "not known".
    pub(super) durations: Vec<f32>,
    pub(in crate::networks) recurrent: Recurrent,
    pub(in crate::networks) lengths: Lengths,
    pub(super) input: Vec<f32>,
}

/// What hears event after event, and the logits that it answers: pitches, then steps from the last note, then classes above
/// the chord's root.
#[derive(Debug, Clone)]
pub(in crate::networks) struct Recurrent {
    pub(super) lstm: Lstm<1>,
    head: Linear<1>,
}

/// What tells the lengths of a note from what [`Recurrent`] remembers and the note's pitch.
#[derive(Debug, Clone)]
pub(in crate::networks) struct Lengths {
    inner: Linear<1>,
    head: Linear<1>,
    hidden: Vec<f32>,
}

impl Sequence for Lengths {
    fn step(&mut self, x: &[f32]) -> &[f32] {
        let [inner] = self.inner.step([x]);
        self.hidden.iter_mut().zip(inner).for_each(|(hidden, inner)| *hidden = tanh(*inner));
        let [logits] = self.head.step([&self.hidden]);
        logits
    }
}

impl Forward for Lengths {
    fn inputs(&self) -> usize {
        self.inner.inputs()
    }

    fn outputs(&self) -> usize {
        self.head.outputs()
    }

    fn forward(&self, x: &Tensor, _memory: &mut Memory) -> candle_core::Result<Tensor> {
        self.head.forward(&self.inner.forward(x)?.tanh()?)
    }
}

impl Sequence for Recurrent {
    fn step(&mut self, x: &[f32]) -> &[f32] {
        let [logits] = self.head.step(self.lstm.step([x]));
        logits
    }
}

impl Forward for Recurrent {
    fn inputs(&self) -> usize {
        INPUTS
    }

    fn outputs(&self) -> usize {
        self.head.outputs()
    }

    fn forward(&self, x: &Tensor, memory: &mut Memory) -> candle_core::Result<Tensor> {
        self.head.forward(&self.lstm.forward(x, memory.of("lstm"))?)
    }
}

impl Divide for Melody {
    fn divide(self) -> Vec<Subnetwork> {
        vec![Subnetwork::new("events", self.recurrent), Subnetwork::new("lengths", self.lengths)]
    }
}

impl Architecture for Melody {
    const KIND: &'static str = "melody";
    const EMBEDDED: &'static [u8] = EMBEDDED;

    fn read(file: &mut WeightFile<'_>) -> Result<Self, WeightError> {
        let features = file.metadata().features;
        if features != NUMBERS {
            return Err(WeightError::Unfit(format!("it hears {features} numbers, there are {NUMBERS}")));
        }
        let Sizes { hidden } = file.architecture()?;
        check_sizes(&[hidden], &(1..=LARGEST))?;
        let numbers = |tensor: Tensor| -> Result<Vec<f32>, WeightError> { Ok(tensor.flatten_all()?.to_vec1()?) };
        Ok(Self {
            pitches: numbers(file.take("pitches.weight", &[PITCHES + 1, PITCH_SIZE])?)?,
            durations: numbers(file.take("durations.weight", &[DURATIONS.len() + 1, DURATION_SIZE])?)?,
            recurrent: Recurrent {
                lstm: file.take_lstm("lstm", hidden, INPUTS)?,
                head: file.take_linear("head", PITCHES + INTERVALS + CLASSES, hidden)?,
            },
            lengths: Lengths {
                inner: file.take_linear("length", LENGTH_HIDDEN, hidden + PITCH_SIZE)?,
                head: file.take_linear("length_head", DURATIONS.len(), LENGTH_HIDDEN)?,
                hidden: vec![0.0; LENGTH_HIDDEN],
            },
            input: Vec::with_capacity(input::CAPACITY),
        })
    }

    fn reset(&mut self) {
        self.recurrent.lstm.reset();
    }
}
