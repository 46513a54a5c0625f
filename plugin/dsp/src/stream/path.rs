//! The audio thread's path from host block to host block.
//!
//! Per hop: analyse both songs, send the frame to the inference thread, take the decision for the frame of two hops ago,
//! apply it to that frame's spectra, overlap-add. Controls take effect on the very samples they came with.

use std::sync::{Arc, atomic::Ordering::Relaxed};

use realfft::num_complex::Complex32;

use crate::{
    analysis::{
        bands::ErbBands,
        chroma::{Chroma, PITCH_CLASSES},
        presence::Presence,
        voice::VoiceTracker,
    },
    band::{BandStep, VoiceHeard, duck::Ducker, player::Player},
    exchange::{
        controls::{Controls, Mode, TuneControls, TuneTarget},
        frame::{AnalysisFrame, Decision, Heard, Position, SingerHeard, SongBands, SongsHeard, Transport},
        link::{AudioEnd, Patience},
        telemetry::{BandColumn, ColumnSender, MaskColumn, Telemetry, peak},
    },
    mash::frozen::FrozenMask,
    stream::{
        framer::{Framer, repaired},
        layout::{CHANNELS, DECISION_DELAY, SONGS, StreamLayout},
        output::{Blend, BlendDelay, Output},
        stft::Stft,
    },
    tune::{TuneFrame, Tuner},
};
use freeze::Freeze;
use held_keys::HeldKeys;
pub use held_keys::KeyEvent;
use masking::Masking;
use timeline::Timeline;

mod freeze;
mod held_keys;
mod masking;
mod sink;
mod timeline;

pub use sink::BandSink;

type Spectra = [Vec<Complex32>; CHANNELS];

/// A frame whose decision is not due yet.
struct HeldFrame {
    position: Position,
    controls: Controls,
    transport: Transport,
    bands: [SongBands; SONGS],
    spectra: [Spectra; SONGS],
    voice: VoiceHeard,
}

/// What came with a host block.
#[derive(Debug, Clone, Copy, Default)]
pub struct BlockInfo {
    /// Parameter values during this block.
    pub controls: Controls,
    /// The host's transport at the block's first sample.
    pub transport: Transport,
    /// The host's position in samples at the block's first sample, when it tells one, in samples or seconds. One made from
    /// beats would jump wherever the tempo changes.
    pub position_samples: Option<i64>,
}

impl From<Controls> for BlockInfo {
    /// Parameter values in a host without a transport.
    fn from(controls: Controls) -> Self {
        Self { controls, ..Self::default() }
    }
}

/// The whole path of one plugin instance.
pub struct AudioPath {
    layout: StreamLayout,
    mono_input: bool,
    stft: Stft,
    bands: ErbBands,
    chroma: [Chroma; SONGS],
    framer: Framer,
    voice: VoiceTracker,
    held: [HeldFrame; DECISION_DELAY + 1],
    masking: Masking,
    tuner: Tuner,
    /// Whether the tuner's notes of the present hop are still to be told.
    sung_is_due: bool,
    player: Player,
    /// The player's next event in the present hop.
    next_event: usize,
    keys: HeldKeys,
    ducker: Ducker,
    presence: Presence,
    output: Output,
    blends: BlendDelay,
    position: Position,
    decision: Decision,
    timeline: Timeline,
    freeze: Freeze,
    link: AudioEnd,
    telemetry: Arc<Telemetry>,
    columns: ColumnSender,
}

impl AudioPath {
    /// A path for one layout; with `mono_input`, the first main channel is heard on both.
    ///
    /// # Allocates
    #[must_use]
    pub fn new(
        layout: StreamLayout,
        mono_input: bool,
        link: AudioEnd,
        telemetry: Arc<Telemetry>,
        columns: ColumnSender,
    ) -> Self {
        let spectra = || std::array::from_fn(|_| vec![Complex32::default(); layout.bins()]);
        let held = || HeldFrame {
            position: Position::default(),
            controls: Controls::default(),
            transport: Transport::default(),
            bands: [SongBands::SILENT; SONGS],
            spectra: [spectra(), spectra()],
            voice: VoiceHeard::default(),
        };
        let mut path = Self {
            mono_input,
            stft: Stft::new(layout.window),
            bands: ErbBands::new(&layout),
            chroma: std::array::from_fn(|_| Chroma::new(&layout)),
            framer: Framer::new(&layout),
            voice: VoiceTracker::new(&layout),
            held: std::array::from_fn(|_| held()),
            masking: Masking::new(&layout),
            tuner: Tuner::new(&layout),
            sung_is_due: false,
            player: Player::new(&layout),
            next_event: 0,
            keys: HeldKeys::default(),
            ducker: Ducker::new(&layout),
            presence: Presence::new(&layout),
            output: Output::new(&layout),
            blends: BlendDelay::new(&layout),
            position: Position::default(),
            decision: Decision::UNDECIDED,
            timeline: Timeline::default(),
            freeze: Freeze::default(),
            layout,
            link,
            telemetry,
            columns,
        };
        path.clear(&Controls::default());
        path
    }

    /// The same path, which shares the mask that it holds with the saved state.
    #[must_use]
    pub fn with_frozen(self, mask: Arc<FrozenMask>) -> Self {
        Self { freeze: Freeze::new(mask), ..self }
    }

    /// The layout that this path runs at.
    #[must_use]
    pub const fn layout(&self) -> &StreamLayout {
        &self.layout
    }

    /// Forgets everything heard and starts a new generation; the output begins with one latency of silence.
    ///
    /// # Real-time safety
    /// Neither allocates nor blocks.
    pub fn reset(&mut self, controls: &Controls) {
        self.position = Position { generation: self.position.generation.wrapping_add(1), hop: 0 };
        self.link.forget_before(self.position.generation);
        self.clear(controls);
    }

    fn clear(&mut self, controls: &Controls) {
        self.framer.reset();
        self.chroma.iter_mut().for_each(Chroma::reset);
        self.voice.reset();
        self.masking.reset();
        self.tuner.reset();
        self.sung_is_due = true;
        self.player.reset();
        self.next_event = 0;
        self.keys.reset();
        self.ducker.reset();
        self.presence.reset();
        let blend = Blend::of(controls).with_presence(self.presence.amount());
        self.output.reset(blend);
        self.blends.reset(controls);
        self.decision = Decision::UNDECIDED;
        self.timeline.reset();
        self.freeze.reset();
    }

    /// Processes a block in place: `main` `[channel][sample]` is input A and becomes the output (one channel: the mean of
    /// left and right), `side` `[channel][sample]` is input B (missing channels or samples are silence).
    ///
    /// # Real-time safety
    /// Neither allocates nor blocks, apart from what `patience` does when a decision is missing.
    pub fn process<S: AsRef<[f32]>>(
        &mut self,
        main: &mut [&mut [f32]],
        side: &[S],
        info: &BlockInfo,
        patience: &mut impl Patience,
        sink: &mut impl BandSink,
    ) {
        let frames = main.first().map_or(0, |channel| channel.len());
        let late = self.follow_transport(info, frames);
        let info = &BlockInfo { transport: info.transport.after(late, self.layout.sample_rate), ..*info };
        let mut damaged = 0;
        let mut usable = |sample: f32| {
            let (sample, intact) = repaired(sample);
            damaged += u64::from(!intact);
            sample
        };
        for n in 0..frames {
            let a = self.main_sample(main, n).map(&mut usable);
            let b = side_sample(side, n).map(&mut usable);
            self.keys.pass(n);
            self.tell_notes(n, sink);
            let out = self.output.exchange(a, self.tuner.voice());
            sink.instruments(n, self.output.instruments());
            if let [single] = main {
                single[n] = 0.5 * (out[0] + out[1]);
            } else {
                for (sample, out) in main.iter_mut().filter_map(|channel| channel.get_mut(n)).zip(out) {
                    *sample = out;
                }
            }
            self.framer.push([a, b]);
            if self.framer.is_full() {
                self.hop(info, n + 1, patience);
                self.framer.advance();
            }
        }
        self.keys.end_block();
        if damaged > 0 {
            self.telemetry.repaired.fetch_add(damaged, Relaxed);
        }
    }

    fn main_sample(&self, main: &[&mut [f32]], n: usize) -> [f32; CHANNELS] {
        let left = main[0][n];
        match main.get(1) {
            Some(right) if !self.mono_input => [left, right.get(n).copied().unwrap_or(left)],
            _ => [left, left],
        }
    }

    /// Something happens to the MIDI keys at a sample of the block that comes; to be called in the order of the samples.
    pub fn hear_keys(&mut self, sample: usize, event: KeyEvent) {
        self.keys.play(sample, event);
    }

    /// A MIDI key of the first channel goes down or up; see [`Self::hear_keys`].
    pub fn play_key(&mut self, sample: usize, key: u8, down: bool) {
        self.hear_keys(sample, KeyEvent::pressed(key, down));
    }

    /// Hands out the player's events up to the sample that comes.
    fn tell_notes(&mut self, sample: usize, sink: &mut impl BandSink) {
        while let Some(event) = self.player.events().get(self.next_event).filter(|event| event.at <= self.output.at()) {
            sink.note(sample, *event);
            self.next_event += 1;
        }
        if std::mem::take(&mut self.sung_is_due) {
            self.tuner.notes().for_each(|note| sink.sung(sample, note));
        }
    }

    /// Starts a new generation where the host jumps; the end of a key that is held may lie where it has left, so keys end here.
    /// Returns by how many samples the block is later than it says.
    fn follow_transport(&mut self, info: &BlockInfo, frames: usize) -> usize {
        let step = self.timeline.follow(info, frames, &self.layout);
        if step.jumped {
            self.position.generation = self.position.generation.wrapping_add(1);
            self.keys.release();
        }
        step.late
    }

    /// Everything that happens once per hop; `done` samples of the block have been heard.
    fn hop(&mut self, info: &BlockInfo, done: usize, patience: &mut impl Patience) {
        self.analyse(info, done);
        let due = self.position.hop.checked_sub(DECISION_DELAY as u64).map(|hop| hop as usize % self.held.len());
        if let Some(slot) = due {
            self.decide(slot, done, patience);
        }
        let masks = due.filter(|slot| self.held[*slot].controls.mode == Mode::Mash);
        if let Some(slot) = masks {
            self.apply(slot);
        } else {
            self.masking.reset();
        }
        let voice = &self.held[self.position.hop as usize % self.held.len()].voice;
        let ducked = self.ducker.gain(voice, info.controls.band.duck);
        let (blend, band_plays) = self.blends.exchange(&info.controls, ducked);
        let blend = blend.with_presence(self.presence.amount());
        self.output.advance(&mut self.stft, masks.map(|_| self.masking.mixed()), blend);
        self.tuner.play();
        self.sung_is_due = true;
        self.play_band(due, band_plays);
        self.report();
        self.position.hop += 1;
    }

    /// Hears the newest frame, sends it to the inference thread and keeps its spectra.
    fn analyse(&mut self, info: &BlockInfo, done: usize) {
        self.presence.hear(self.framer.newest(1));
        let slot = self.position.hop as usize % self.held.len();
        let before = self.held[(slot + self.held.len() - 1) % self.held.len()].position;
        let jumped = self.position.hop > 0 && before.generation != self.position.generation;
        let held = &mut self.held[slot];
        held.position = self.position;
        held.controls = info.controls;
        held.transport = info.transport.after(done, self.layout.sample_rate);
        let mut chroma = [[0.0; PITCH_CLASSES]; SONGS];
        // Song B is no matter of the band's.
        let songs = if info.controls.mode == Mode::Mash { SONGS } else { 1 };
        for (song, chroma) in chroma.iter_mut().enumerate().take(songs) {
            for (window, spectrum) in self.framer.window(song).into_iter().zip(&mut held.spectra[song]) {
                self.stft.analyse(window, spectrum);
            }
            // The band has no use for bands and pitch classes.
            if info.controls.mode == Mode::Mash {
                let [left, right] = &held.spectra[song];
                self.bands.hear([left, right], self.stft.power_scale(), &mut held.bands[song]);
                *chroma = self.chroma[song].hear([left, right], self.stft.power_scale());
            }
        }
        if info.controls.mode == Mode::Accompany {
            self.chroma.iter_mut().for_each(Chroma::reset);
        }
        held.voice = VoiceHeard::default();
        let mut heard = (None, -120.0);
        if info.controls.mode == Mode::Accompany {
            let [left, right] = &held.spectra[0];
            held.voice = self.voice.hear([left, right], self.stft.power_scale());
            heard = (self.voice.candidate().map(|(key, _)| key), held.voice.level);
        }
        let keys = self.keys.held();
        let tune = if info.controls.mode == Mode::Accompany { info.controls.tune } else { TuneControls::OFF };
        // What was sung before a jump of the host's ends there.
        let tells = !info.controls.bypass && !info.transport.stands() && !jumped;
        let frame = TuneFrame { pitch: heard.0, level: heard.1, controls: tune, held: keys, tells };
        self.tuner.hear(self.framer.newest(0), &frame);
        // Keys that the voice is tuned to are no chord.
        let chord_keys = if tune.amount > 0.0 && tune.target == TuneTarget::Midi { 0 } else { keys };
        self.link.send(AnalysisFrame {
            position: held.position,
            controls: held.controls,
            transport: held.transport,
            layout: self.layout,
            heard: match info.controls.mode {
                Mode::Mash => {
                    let b_present = self.presence.is_present();
                    Heard::Mash(SongsHeard { bands: held.bands, chroma, b_present })
                }
                Mode::Accompany => Heard::Accompany(SingerHeard { voice: held.voice, keys: chord_keys }),
            },
        });
    }

    /// Applies the mask to a held frame.
    fn apply(&mut self, slot: usize) {
        let held = &self.held[slot];
        self.masking.apply(&self.bands, &self.decision, &held.controls, &held.spectra);
        if self.telemetry.watched.load(Relaxed) {
            let column = MaskColumn::new(&self.decision, &held.controls, &held.bands);
            self.columns.send(MaskColumn { transport: held.transport, ..column });
        }
    }

    /// Plays the band into the hop that comes; `due` is the frame just decided about.
    fn play_band(&mut self, due: Option<usize>, may_play: bool) {
        self.player.finish();
        self.next_event = 0;
        let hop = self.layout.hop as i64;
        // The output hop that comes, in samples of the input.
        let begin = (self.position.hop as i64 + 1) * hop - self.layout.latency() as i64;
        if !may_play {
            self.player.silence(begin);
        }
        if self.player.is_silent() && !may_play {
            return;
        }
        if let Some(held) = due.map(|slot| &self.held[slot]).filter(|held| held.controls.mode == Mode::Accompany) {
            let now = (self.position.hop as i64 + 1 - DECISION_DELAY as i64) * hop;
            if may_play {
                self.player.take(&self.decision.band, now);
            }
            let tones = self.link.tones(held.position);
            self.player.play(begin, tones, self.output.sounds());
            if self.telemetry.watched.load(Relaxed) {
                let (chord, sounding) = (self.player.chord(), self.player.sounding());
                let transport = held.transport;
                let (voice, tune) = (held.voice, self.tuner.view());
                self.columns.send_band(BandColumn { sample: begin, voice, chord, sounding, tune, transport });
            }
        } else {
            self.player.play(begin, std::iter::empty(), self.output.sounds());
        }
    }

    /// Takes the decision for a held frame; holds the last one where it is missing.
    fn decide(&mut self, slot: usize, done: usize, patience: &mut impl Patience) {
        let held = &self.held[slot];
        if self.decision.position.generation != held.position.generation {
            self.masking.begin_generation();
        }
        self.freeze.follow(held.controls.freeze, &mut self.decision);
        match self.link.receive(held.position, done, patience) {
            Some(decision) if !held.controls.freeze => self.decision = decision,
            // Only the separation is held.
            Some(decision) => {
                (self.decision.transpose_b, self.decision.band) = (decision.transpose_b, decision.band);
                self.decision.tune = decision.tune;
            }
            None => {
                self.decision.band = BandStep::EMPTY;
                self.telemetry.missed.fetch_add(1, Relaxed);
            }
        }
        self.decision.position = held.position;
        self.tuner.guide(&self.decision.tune);
    }

    fn report(&mut self) {
        let seconds = self.layout.hop_seconds();
        let peak_out = self.output.take_peak();
        for (channel, peak_out) in peak_out.into_iter().enumerate() {
            let hop = |song: usize| peak(self.framer.newest(song)[channel]);
            Telemetry::meter(&self.telemetry.peak_a[channel], hop(0), seconds);
            Telemetry::meter(&self.telemetry.peak_b[channel], hop(1), seconds);
            Telemetry::meter(&self.telemetry.peak_out[channel], peak_out, seconds);
        }
        self.telemetry.b_present.store(self.presence.is_present(), Relaxed);
        self.telemetry.generation.store(self.position.generation, Relaxed);
        self.telemetry.hops.fetch_add(1, Relaxed);
    }
}

fn side_sample<S: AsRef<[f32]>>(side: &[S], n: usize) -> [f32; CHANNELS] {
    let channel = |index: usize| side.get(index).map(|channel| channel.as_ref().get(n).copied().unwrap_or(0.0));
    let left = channel(0).unwrap_or(0.0);
    [left, channel(1).unwrap_or(left)]
}
