//! The one synchronous pipeline: `step(frame) -> decision`, the same for threads, tests and offline renders.

use std::sync::Arc;

use songweave_dsp::{
    band::{BandStep, instruments::ToneFrame},
    exchange::{
        decision::{BandDecision, Decided, Decision, MashDecision},
        frame::{AnalysisFrame, Heard, SingerHeard, SongsHeard},
        link::HopSamples,
    },
    stream::layout::SONGS,
};
use songweave_models::mash::{FEATURES, MashNetwork, MashOutput, features};

use crate::{
    band::{Band, take::shared::SharedTake, view::BandView},
    follow::{Listener, Listening},
    mash::{lead::Lead, studio::DelayedDecisions},
    runtime::{fault::NetworkFault, inference::Decide},
};

/// Both modes: Mash makes shares and lead of both songs' bands, Accompany a band of the voice.
pub struct Pipeline {
    network: MashNetwork,
    inputs: [[f32; FEATURES]; SONGS],
    output: MashOutput,
    lead: Lead,
    /// In Studio quality.
    studio: Option<DelayedDecisions>,
    listener: Listener,
    band: Band,
    generation: Option<u32>,
    /// What was decided last about the songs.
    last: MashDecision,
}

impl Pipeline {
    /// A pipeline around the Mash network and the band.
    #[must_use]
    pub fn new(network: MashNetwork, band: Band) -> Self {
        Self {
            network,
            inputs: [[0.0; FEATURES]; SONGS],
            output: MashOutput::default(),
            lead: Lead::default(),
            studio: None,
            listener: Listener::default(),
            band,
            generation: None,
            last: MashDecision::UNDECIDED,
        }
    }

    /// The same pipeline in Studio quality; it is then to [`Decide::hear`] as well.
    #[must_use]
    pub fn with_studio(self, studio: Option<DelayedDecisions>) -> Self {
        Self { studio, ..self }
    }

    /// Shares a take with others; what is in it is known from the first step on.
    ///
    /// # Errors
    /// When the network of whole songs fails.
    pub fn share(&mut self, take: Arc<SharedTake>) -> Result<(), NetworkFault> {
        self.band.share(take)
    }

    /// Replaces the network; it begins with an empty memory at the next frame.
    pub fn replace(&mut self, network: MashNetwork) {
        self.network = network;
        self.generation = None;
    }

    /// Forgets everything heard; the next frame is the first.
    pub fn forget(&mut self) {
        self.band.leave();
        self.listener = Listener::default();
        self.generation = None;
        self.last = MashDecision::UNDECIDED;
    }

    /// The decision about a frame. Frames come in order; one of a new generation makes the network forget.
    ///
    /// # Errors
    /// When the network fails. [`Self::hold`] then gives the decision to go on with.
    pub fn step(&mut self, frame: &AnalysisFrame) -> Result<Decision, NetworkFault> {
        let decided = match &frame.heard {
            Heard::Mash(songs) => Decided::Mash(self.mash(frame, songs)?),
            Heard::Accompany(singer) => Decided::Accompany(self.accompany(frame, singer)?),
        };
        Ok(Decision { position: frame.position, decided })
    }

    fn accompany(&mut self, frame: &AnalysisFrame, singer: &SingerHeard) -> Result<BandDecision, NetworkFault> {
        // The songs are heard anew when Mash is back.
        self.generation = None;
        let step = self.band.hear(frame, singer)?;
        Ok(BandDecision { step, tune: self.band.guide() })
    }

    fn mash(&mut self, frame: &AnalysisFrame, songs: &SongsHeard) -> Result<MashDecision, NetworkFault> {
        self.band.leave();
        if self.generation != Some(frame.position.generation) {
            self.generation = Some(frame.position.generation);
            self.network.reset();
            self.lead = Lead::default();
            self.last = MashDecision::UNDECIDED;
        }
        for (input, song) in self.inputs.iter_mut().zip(&songs.bands) {
            *input = features(&song.power, &song.width);
        }
        self.network.step(&self.inputs, &mut self.output).map_err(|error| NetworkFault(error.to_string()))?;
        let lead = self.lead.step(frame, &self.output.lead);
        let decision = MashDecision { shares: self.output.shares, lead, transpose_b: frame.controls.transpose_b };
        let newest = MashDecision { transpose_b: self.listener.hear(frame, songs, &decision), ..decision };
        self.last = self.studio.as_mut().map_or(newest, |studio| studio.exchange(newest));
        Ok(self.last)
    }

    /// What is known of the music that the band accompanies.
    #[must_use]
    pub const fn band(&self) -> &BandView {
        self.band.view()
    }

    /// What is known of the songs' keys and tempi.
    #[must_use]
    pub const fn listening(&self) -> &Listening {
        self.listener.listening()
    }

    /// The last decision once more, for another frame.
    #[must_use]
    pub const fn hold(&self, frame: &AnalysisFrame) -> Decision {
        let controls = &frame.controls;
        let transpose_b = if controls.match_keys { self.last.transpose_b } else { controls.transpose_b };
        let decided = match frame.heard {
            Heard::Mash(_) => Decided::Mash(MashDecision { transpose_b, ..self.last }),
            Heard::Accompany(_) => Decided::Accompany(BandDecision { step: BandStep::EMPTY, tune: self.band.guide() }),
        };
        Decision { position: frame.position, decided }
    }
}

impl Decide for Pipeline {
    fn hear(&mut self, frame: &AnalysisFrame, samples: &HopSamples<'_>) {
        if let Some(studio) = &mut self.studio {
            studio.hear(frame, samples);
        }
    }

    /// Goes on with the last decision where a network fails.
    fn decide(&mut self, frame: &AnalysisFrame) -> Option<Decision> {
        Some(self.step(frame).unwrap_or_else(|_| self.hold(frame)))
    }

    fn tones(&self) -> &[ToneFrame] {
        self.band.tones()
    }
}
