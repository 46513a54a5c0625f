//! The one loop that answers frames, for the thread, for renders without one, and for whoever stands in for the networks.

use songweave_dsp::{
    band::instruments::ToneFrame,
    exchange::{
        decision::Decision,
        frame::AnalysisFrame,
        link::{HopSamples, InferenceEnd, WaitPolicy},
    },
};

/// Decides about frames.
pub trait Decide {
    /// Hears the newest hop of a frame that is decided about next, where samples are sent.
    fn hear(&mut self, _frame: &AnalysisFrame, _samples: &HopSamples<'_>) {}

    /// The decision about a frame; `None` leaves it without one, as if it were late. Frames come in order.
    fn decide(&mut self, frame: &AnalysisFrame) -> Option<Decision>;

    /// What the band's notes sound like in the hop that is played with the last decision.
    fn tones(&self) -> &[ToneFrame] {
        &[]
    }
}

impl<F: FnMut(&AnalysisFrame) -> Option<Decision>> Decide for F {
    fn decide(&mut self, frame: &AnalysisFrame) -> Option<Decision> {
        self(frame)
    }
}

/// Answers the next frame that waits; returns whether there was one.
pub fn answer(end: &mut InferenceEnd, networks: &mut impl Decide) -> bool {
    let Some(frame) = end.next_frame() else { return false };
    if let Some(samples) = end.samples() {
        networks.hear(&frame, &samples);
    }
    if let Some(decision) = networks.decide(&frame) {
        end.send(decision, networks.tones());
    }
    true
}

/// The inference end without a thread: answers whenever the audio path misses a decision.
pub struct Inline<D> {
    end: InferenceEnd,
    networks: D,
}

impl<D: Decide> Inline<D> {
    /// An inference end that decides on the caller's thread.
    #[must_use]
    pub const fn new(end: InferenceEnd, networks: D) -> Self {
        Self { end, networks }
    }

    /// The same end with something made of what decides.
    #[must_use]
    pub fn map<E>(self, make: impl FnOnce(D) -> E) -> Inline<E> {
        Inline { end: self.end, networks: make(self.networks) }
    }

    /// What decided, when all is over.
    #[must_use]
    pub fn into_networks(self) -> D {
        self.networks
    }
}

impl<D: Decide> WaitPolicy for Inline<D> {
    fn wait(&mut self, _done: usize) -> bool {
        let mut progress = false;
        while answer(&mut self.end, &mut self.networks) {
            progress = true;
        }
        progress
    }
}
