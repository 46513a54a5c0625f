//! Accompany in the stream: the singer for the networks, the tuned voice, the band.
//!
//! The tuner keeps input A in the other mode as well, since a change of mode fades in from it; it computes nothing of it then.

use std::sync::atomic::Ordering::Relaxed;

use crate::{
    analysis::voice::VoiceTracker,
    band::{
        BandStep, VoiceHeard,
        duck::Ducker,
        held_keys::{HeldKeys, KeyEvent},
        player::Player,
        sink::BandSink,
    },
    exchange::{
        controls::{Mode, TuneControls, TuneTarget},
        decision::{BandDecision, Decision},
        frame::{Heard, SingerHeard},
        telemetry::BandColumn,
    },
    stream::{
        layout::{CHANNELS, StreamLayout},
        mode::{HeldFrame, ModePath, Newest, NextHop},
    },
    tune::{TuneFrame, Tuner},
};

/// Accompany's part of the path.
pub(crate) struct AccompanyPath {
    voice: VoiceTracker,
    ducker: Ducker,
    keys: HeldKeys,
    tuner: Tuner,
    /// Whether the tuner's notes of the present hop are still to be told.
    sung_is_due: bool,
    player: Player,
    /// The player's next event in the present hop.
    next_event: usize,
    /// What was decided about the frame that is due, and what the tuner may aim at since the last decision.
    decision: BandDecision,
}

impl AccompanyPath {
    /// A band that has heard nobody.
    ///
    /// # Allocates
    pub(crate) fn new(layout: &StreamLayout) -> Self {
        Self {
            voice: VoiceTracker::new(layout),
            ducker: Ducker::new(layout),
            keys: HeldKeys::default(),
            tuner: Tuner::new(layout),
            sung_is_due: true,
            player: Player::new(layout),
            next_event: 0,
            decision: BandDecision::NOTHING,
        }
    }

    /// Something happens to the MIDI keys at a sample of the block that comes.
    pub(crate) fn hear_key(&mut self, sample: usize, event: KeyEvent) {
        self.keys.play(sample, event);
    }

    /// Lets all keys go.
    pub(crate) const fn release_keys(&mut self) {
        self.keys.release();
    }

    /// A sample of the block begins: keys move, and the events up to sample `at` of the present hop are told.
    pub(crate) fn pass(&mut self, sample: usize, at: usize, sink: &mut impl BandSink) {
        self.keys.pass(sample);
        while let Some(event) = self.player.events().get(self.next_event).filter(|event| event.at <= at) {
            sink.note(sample, *event);
            self.next_event += 1;
        }
        if std::mem::take(&mut self.sung_is_due) {
            self.tuner.notes().for_each(|note| sink.sung(sample, note));
        }
    }

    /// Ends the block.
    pub(crate) fn end_block(&mut self) {
        self.keys.end_block();
    }

    /// The tuned voice in the present hop, `[channel][sample]`.
    pub(crate) const fn voice(&self) -> &[Vec<f32>; CHANNELS] {
        self.tuner.voice()
    }

    /// Plays the notes that were decided about a frame.
    fn play_band(&mut self, HeldFrame { frame, .. }: &HeldFrame, singer: &SingerHeard, next: &mut NextHop<'_>) {
        let begin = next.begin;
        if next.band_plays {
            self.player.take(&self.decision.step, (frame.position.hop as i64 + 1) * frame.layout.hop as i64);
        }
        self.player.play(begin, next.link.tones(frame.position), next.output.sounds());
        if next.telemetry.watched.load(Relaxed) {
            let (chord, sounding) = (self.player.chord(), self.player.sounding());
            let (voice, tune, transport) = (singer.voice, self.tuner.view(), frame.transport);
            next.columns.send_band(BandColumn { sample: begin, voice, chord, sounding, tune, transport });
        }
    }
}

impl ModePath for AccompanyPath {
    fn reset(&mut self) {
        self.voice.reset();
        self.ducker.reset();
        self.keys.reset();
        self.tuner.reset();
        self.sung_is_due = true;
        self.player.reset();
        self.next_event = 0;
        self.decision = BandDecision::NOTHING;
    }

    fn hear(&mut self, newest: &mut Newest<'_>) -> Option<Heard> {
        let controls = newest.held.frame.controls;
        let sings = controls.mode == Mode::Accompany;
        let (mut voice, mut pitch, mut level) = (VoiceHeard::default(), None, -120.0);
        if sings {
            let (spectra, scale) = newest.analyse(0);
            voice = self.voice.hear(spectra, scale);
            (pitch, level) = (self.voice.candidate().map(|(key, _)| key), voice.level);
        }
        let ducked = self.ducker.gain(&voice, controls.band.duck);
        newest.blend.band = newest.blend.band.map(|level| level * ducked);
        let (held, tune) = (self.keys.held(), if sings { controls.tune } else { TuneControls::OFF });
        // What was sung before a jump of the host's ends there.
        let tells = !controls.bypass && !newest.held.frame.transport.stands() && !newest.jumped;
        let frame = TuneFrame { listens: sings, pitch, level, controls: tune, held, tells };
        self.tuner.hear(newest.framer.newest(0), &frame);
        // Keys that the voice is tuned to are no chord.
        let keys = if tune.amount > 0.0 && tune.target == TuneTarget::Midi { 0 } else { held };
        sings.then_some(Heard::Accompany(SingerHeard { voice, keys }))
    }

    /// Where a decision is late nothing begins, and the tuner aims on; of a frame of Mash there is nothing to play or to aim at.
    fn decide(&mut self, _: &HeldFrame, decision: Option<&Decision>) {
        self.decision = match decision {
            Some(decision) => decision.accompany().copied().unwrap_or(BandDecision::NOTHING),
            None => BandDecision { step: BandStep::EMPTY, ..self.decision },
        };
        self.tuner.guide(&self.decision.tune);
    }

    fn play(&mut self, due: Option<&HeldFrame>, next: &mut NextHop<'_>) {
        self.tuner.play(next.output.hears_voice());
        self.sung_is_due = true;
        self.player.finish();
        self.next_event = 0;
        if !next.band_plays {
            self.player.silence(next.begin);
            if self.player.is_silent() {
                return;
            }
        }
        match due.map(|due| (due, &due.frame.heard)) {
            Some((due, Heard::Accompany(singer))) => self.play_band(due, singer, next),
            _ => self.player.play(next.begin, std::iter::empty(), next.output.sounds()),
        }
    }
}
