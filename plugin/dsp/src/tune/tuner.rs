//! The tuner: takes the voice hop by hop and gives it back on other notes, one latency later.

use super::{
    TuneGuide,
    contour::Contour,
    frame::TuneFrame,
    grains::Grains,
    heard::Heard,
    marks::Marks,
    notes::{Notes, TuneNote},
    voicing::{Sung, Voicing},
};
use crate::stream::layout::{CHANNELS, DECISION_DELAY, StreamLayout};

/// The tuner at one instant, for whoever shows it. Keys are MIDI keys, A4 = the reference.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct TuneView {
    /// What is sung, with fractions.
    pub sung: Option<f32>,
    /// What it is pulled to.
    pub target: Option<u8>,
}

impl TuneView {
    /// Cents from the target to what is sung.
    #[must_use]
    pub fn cents(&self) -> Option<f32> {
        Some(100.0 * (self.sung? - f32::from(self.target?)))
    }
}

/// Tunes input A. It needs no latency of its own: what the plugin waits for its networks is look-ahead enough.
pub struct Tuner {
    heard: Heard,
    voicing: Voicing,
    sung: Sung,
    contour: Contour,
    marks: Marks,
    grains: Grains,
    notes: Notes,
    /// The voice in the hop that the output is about to play, `[channel][sample]`.
    voice: [Vec<f32>; CHANNELS],
    layout: StreamLayout,
    /// Hops heard.
    hops: i64,
    /// Hops since anybody has listened.
    unheeded: usize,
}

impl Tuner {
    /// A tuner that has heard nothing.
    ///
    /// # Allocates
    #[must_use]
    pub fn new(layout: &StreamLayout) -> Self {
        let heard = Heard::new(layout);
        Self {
            voicing: Voicing::new(layout.hop_seconds(), f64::from(layout.sample_rate) / heard.decimation() as f64),
            sung: Sung::default(),
            heard,
            contour: Contour::new(layout),
            marks: Marks::new(layout),
            grains: Grains::new(layout),
            notes: Notes::default(),
            voice: std::array::from_fn(|_| vec![0.0; layout.hop]),
            layout: *layout,
            hops: 0,
            unheeded: 0,
        }
    }

    /// Forgets everything heard.
    pub fn reset(&mut self) {
        self.heard.reset();
        self.voicing.reset();
        self.sung = Sung::default();
        self.contour.reset();
        self.marks.reset();
        self.grains.reset();
        self.notes.reset();
        self.voice.iter_mut().for_each(|voice| voice.fill(0.0));
        (self.hops, self.unheeded) = (0, 0);
    }

    /// Hears the next hop of input A `[channel][sample]` with its frame.
    pub fn hear(&mut self, newest: [&[f32]; CHANNELS], frame: &TuneFrame) {
        self.unheeded = if frame.listens { 0 } else { self.unheeded.saturating_add(1) };
        // What was sung last is still tuned for a while.
        self.heard.hear(newest, self.unheeded < self.contour.memory());
        self.hops += 1;
        let middle = self.hops as f64 * self.layout.hop as f64 - 0.5 * self.layout.window as f64;
        let middle = middle / self.heard.decimation() as f64;
        self.sung = self.voicing.hear(&self.heard, middle, frame.pitch, frame.level);
        self.contour.hear(&self.sung, frame);
    }

    /// What is sung in the middle of the newest frame.
    #[must_use]
    pub const fn sung(&self) -> &Sung {
        &self.sung
    }

    /// Takes what the inference thread knows about the frame whose decision is due.
    pub fn guide(&mut self, guide: &TuneGuide) {
        self.contour.guide(guide, DECISION_DELAY as i64);
    }

    /// Tunes the hop that the output is about to play; where nobody hears it (`is_heard`), it may stay silent. To be called once
    /// per hop, after [`Self::hear`] and [`Self::guide`].
    ///
    /// # Real-time safety
    /// Neither allocates nor blocks.
    pub fn play(&mut self, is_heard: bool) {
        self.contour.plan();
        let horizon = self.contour.middle(self.contour.newest()) + 0.5 * self.layout.hop as f64;
        self.marks.advance(horizon, &self.heard, &self.contour);
        let begin = self.hops * self.layout.hop as i64 - self.layout.latency() as i64;
        self.notes.play(self.playing(), &self.contour);
        self.grains.set_all(begin, &self.heard, &self.marks, &self.contour);
        if is_heard || self.grains.reach_into(begin) {
            self.grains.play(begin, &self.heard, &mut self.voice);
        } else {
            self.voice.iter_mut().for_each(|voice| voice.fill(0.0));
        }
    }

    /// The tuned voice in the hop that the output is about to play, `[channel][sample]`.
    #[must_use]
    pub const fn voice(&self) -> &[Vec<f32>; CHANNELS] {
        &self.voice
    }

    /// Notes that begin and end at the first sample of the hop that the output is about to play, ends first.
    pub fn notes(&self) -> impl Iterator<Item = TuneNote> + '_ {
        self.notes.told().iter().flatten().copied()
    }

    /// The first sample of the hop that the output is about to play.
    #[must_use]
    pub fn view(&self) -> TuneView {
        let plan = if self.playing() < 0 { Default::default() } else { self.contour.frame(self.playing()).plan };
        TuneView { sung: plan.sung, target: plan.target }
    }

    /// The frame whose window's middle is the first sample of the hop that the output is about to play.
    fn playing(&self) -> i64 {
        self.hops - (self.layout.latency() / self.layout.hop) as i64 + 1
    }
}
