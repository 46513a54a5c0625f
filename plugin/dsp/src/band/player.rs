//! Plays what the band decided: the notes at their times, the instruments with their tones.

use crate::{
    band::{
        BandStep, Chord,
        instruments::{Instruments, Sounds, ToneFrame},
        schedule::{NoteEvent, Schedule, Sounding},
    },
    stream::layout::StreamLayout,
};

/// The band's player.
pub struct Player {
    schedule: Schedule,
    instruments: Instruments,
}

impl Player {
    /// A player without notes.
    ///
    /// # Allocates
    #[must_use]
    pub fn new(layout: &StreamLayout) -> Self {
        Self { schedule: Schedule::default(), instruments: Instruments::new(layout) }
    }

    /// Forgets what was to come and cuts what sounds. The ends of sounding notes are the events of the next hop.
    pub fn reset(&mut self) {
        self.schedule.reset();
        self.instruments.reset();
    }

    /// Takes what was decided about the frame that ends at sample `now`.
    pub fn take(&mut self, step: &BandStep, now: i64) {
        self.schedule.take(step, now);
    }

    /// Ends everything at a sample, and drops what would begin after it; what sounds fades at once.
    pub fn silence(&mut self, at: i64) {
        self.schedule.silence(at);
        self.instruments.cut();
    }

    /// Plays the hop that begins at sample `begin` into `sounds`, with the tones that `tones` has for it.
    ///
    /// # Real-time safety
    /// Neither allocates nor blocks.
    pub fn play(&mut self, begin: i64, tones: impl Iterator<Item = ToneFrame>, sounds: &mut Sounds) {
        self.schedule.pass(begin, sounds.length());
        for event in self.schedule.events().iter().filter(|event| event.velocity > 0) {
            self.instruments.begin(event.note());
        }
        tones.for_each(|tone| self.instruments.take(&tone));
        self.instruments.play(begin, sounds);
    }

    /// Whether nothing sounds and nothing is to come.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.schedule.is_empty() && self.instruments.are_silent()
    }

    /// Beginnings and ends in the hop last played, in order.
    #[must_use]
    pub fn events(&self) -> &[NoteEvent] {
        self.schedule.events()
    }

    /// Ends the hop last played.
    pub fn finish(&mut self) {
        self.schedule.finish();
    }

    /// Keys that sound.
    #[must_use]
    pub fn sounding(&self) -> Sounding {
        self.schedule.sounding()
    }

    /// The chord that sounds, and since which sample.
    #[must_use]
    pub const fn chord(&self) -> (Option<Chord>, i64) {
        self.schedule.chord()
    }
}
