//! The one synchronous pipeline: `step(frame) -> decision`, the same for threads, tests and offline renders.

use songweave_dsp::{
    frame::{AnalysisFrame, Decision},
    layout::SONGS,
};
use songweave_models::mash::{FEATURES, MashNetwork, MashOutput, features};

/// The Mash mode: both songs' bands into shares and lead.
pub struct Pipeline {
    network: MashNetwork,
    inputs: [[f32; FEATURES]; SONGS],
    output: MashOutput,
    generation: Option<u32>,
    last: Decision,
}

/// A network that failed in mid-stream, with its reason in one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("The network stopped working ({0}); the mask is held as it was. Reload the model or reactivate the plugin.")]
pub struct NetworkFault(pub String);

impl Pipeline {
    /// A pipeline around a network.
    #[must_use]
    pub fn new(network: MashNetwork) -> Self {
        Self {
            network,
            inputs: [[0.0; FEATURES]; SONGS],
            output: MashOutput::default(),
            generation: None,
            last: Decision::UNDECIDED,
        }
    }

    /// Replaces the network; it begins with an empty memory at the next frame.
    pub fn replace(&mut self, network: MashNetwork) {
        self.network = network;
        self.generation = None;
    }

    /// The decision about a frame. Frames come in order; one of a new generation makes the network forget.
    ///
    /// # Errors
    /// When the network fails. [`Self::hold`] then gives the decision to go on with.
    pub fn step(&mut self, frame: &AnalysisFrame) -> Result<Decision, NetworkFault> {
        if self.generation != Some(frame.position.generation) {
            self.generation = Some(frame.position.generation);
            self.network.reset();
            self.last = Decision::UNDECIDED;
        }
        for (input, song) in self.inputs.iter_mut().zip(&frame.songs) {
            *input = features(&song.power, &song.width);
        }
        self.network.step(&self.inputs, &mut self.output).map_err(|error| NetworkFault(error.to_string()))?;
        self.last = Decision {
            position: frame.position,
            shares: self.output.shares,
            lead: self.output.lead,
            transpose_b: Self::transposition(frame),
        };
        Ok(self.last)
    }

    /// The transposition of song B for a frame, in semitones.
    const fn transposition(frame: &AnalysisFrame) -> i8 {
        frame.controls.transpose_b
    }

    /// The last decision once more, for another frame.
    #[must_use]
    pub const fn hold(&self, frame: &AnalysisFrame) -> Decision {
        Decision { position: frame.position, transpose_b: Self::transposition(frame), ..self.last }
    }
}
