//! The audio thread's path from host block to host block.
//!
//! Per hop: analyse both songs, send the frame to the inference thread, take the decision for the frame of two hops ago,
//! apply it to that frame's spectra, overlap-add. Controls take effect on the very samples they came with.

use std::sync::{Arc, atomic::Ordering::Relaxed};

use crate::{
    analysis::presence::Presence,
    band::{held_keys::KeyEvent, path::AccompanyPath, sink::BandSink},
    exchange::{
        audition::Audition,
        controls::Controls,
        frame::{Position, Transport},
        link::{AudioEnd, WaitPolicy},
        sound::SoundSender,
        telemetry::{ColumnSender, Telemetry, peak},
    },
    mash::{frozen::FrozenMask, path::MashPath},
    stream::{
        framer::{Framer, repaired},
        layout::{CHANNELS, DECISION_DELAY, StreamLayout},
        mode::{HeldFrame, ModePath, Newest, NextHop},
        output::{Blend, BlendDelay, Output},
        stft::Stft,
    },
};
use timeline::Timeline;

mod timeline;

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

/// The modes' parts of the path.
struct Modes {
    mash: MashPath,
    accompany: AccompanyPath,
}

impl Modes {
    fn each(&mut self) -> [&mut dyn ModePath; 2] {
        [&mut self.mash, &mut self.accompany]
    }
}

/// The whole path of one plugin instance.
///
/// ```
/// use songweave_dsp::{
///     exchange::{controls::Controls, link::{NeverWait, link}, telemetry::{Telemetry, columns}},
///     stream::{layout::StreamLayout, path::{AudioPath, BlockInfo}},
/// };
///
/// let layout = StreamLayout::for_sample_rate(48_000.0);
/// let (audio, _inference) = link();
/// let mut path = AudioPath::new(layout, false, audio, Telemetry::default().into(), columns().0);
/// // Without a song B, song A passes bit for bit, one latency later.
/// let a: Vec<f32> = (0..2 * layout.latency()).map(|n| (n as f32 * 0.01).sin()).collect();
/// let (mut left, mut right) = (a.clone(), a.clone());
/// let nothing: [&[f32]; 0] = [];
/// let info = BlockInfo::from(Controls::default());
/// path.process(&mut [&mut left, &mut right], &nothing, &info, &mut NeverWait, &mut ());
/// assert_eq!(left[layout.latency()..], a[..layout.latency()]);
/// ```
pub struct AudioPath {
    layout: StreamLayout,
    mono_input: bool,
    stft: Stft,
    framer: Framer,
    /// Frames whose decisions are not due yet.
    held: Vec<HeldFrame>,
    modes: Modes,
    presence: Presence,
    output: Output,
    blends: BlendDelay,
    position: Position,
    timeline: Timeline,
    link: AudioEnd,
    telemetry: Arc<Telemetry>,
    columns: ColumnSender,
    sound: Option<SoundSender>,
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
        let mut path = Self {
            mono_input,
            stft: Stft::new(layout.window),
            framer: Framer::new(&layout),
            held: (0..=DECISION_DELAY + layout.mask_delay).map(|_| HeldFrame::new(&layout)).collect(),
            modes: Modes { mash: MashPath::new(&layout), accompany: AccompanyPath::new(&layout) },
            presence: Presence::new(&layout),
            output: Output::new(&layout),
            blends: BlendDelay::new(&layout),
            position: Position::default(),
            timeline: Timeline::default(),
            layout,
            link,
            telemetry,
            columns,
            sound: None,
        };
        path.clear(&Controls::default());
        path
    }

    /// The same path, which shares the mask that it holds with the saved state.
    #[must_use]
    pub fn with_frozen(mut self, mask: Arc<FrozenMask>) -> Self {
        self.modes.mash.share_frozen(mask);
        self
    }

    /// The same path, which hears what the editor wants to listen to; not for paths that bounce.
    #[must_use]
    pub fn with_audition(mut self, audition: Arc<Audition>) -> Self {
        self.modes.mash.share_audition(audition);
        self
    }

    /// The same path with the parts of Mash for the outputs beside the main one.
    ///
    /// # Allocates
    #[must_use]
    pub fn with_parts(self) -> Self {
        Self { output: self.output.with_parts(&self.layout), ..self }
    }

    /// The same path, whose input goes to a listener as well.
    #[must_use]
    pub fn with_sound(mut self, sound: SoundSender) -> Self {
        self.sound = Some(sound);
        self
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
        self.modes.each().into_iter().for_each(ModePath::reset);
        self.presence.reset();
        let blend = Blend::of(controls).with_presence(self.presence.amount());
        self.output.reset(blend);
        self.blends.reset(controls);
        self.timeline.reset();
    }

    /// Processes a block in place: `main` `[channel][sample]` is input A and becomes the output (one channel: the mean of
    /// left and right), `side` `[channel][sample]` is input B (missing channels or samples are silence).
    ///
    /// # Real-time safety
    /// Neither allocates nor blocks, apart from what `policy` does when a decision is missing.
    pub fn process<S: AsRef<[f32]>>(
        &mut self,
        main: &mut [&mut [f32]],
        side: &[S],
        info: &BlockInfo,
        policy: &mut impl WaitPolicy,
        sink: &mut impl BandSink,
    ) {
        let frames = main.first().map_or(0, |channel| channel.len());
        self.follow_transport(info, frames);
        let mut damaged = 0;
        let mut usable = |sample: f32| {
            let (sample, intact) = repaired(sample);
            damaged += u64::from(!intact);
            sample
        };
        for n in 0..frames {
            let a = self.main_sample(main, n).map(&mut usable);
            let b = side_sample(side, n).map(&mut usable);
            self.modes.accompany.pass(n, self.output.at(), sink);
            let out = self.output.exchange(a, self.modes.accompany.voice());
            sink.beside(n, self.output.beside());
            if let [single] = main {
                single[n] = 0.5 * (out[0] + out[1]);
            } else {
                for (sample, out) in main.iter_mut().filter_map(|channel| channel.get_mut(n)).zip(out) {
                    *sample = out;
                }
            }
            self.framer.push([a, b]);
            if self.framer.is_full() {
                self.hop(info, n + 1, policy);
                self.framer.advance();
            }
        }
        self.modes.accompany.end_block();
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
        self.modes.accompany.hear_key(sample, event);
    }

    /// A MIDI key of the first channel goes down or up; see [`Self::hear_keys`].
    pub fn play_key(&mut self, sample: usize, key: u8, down: bool) {
        self.hear_keys(sample, KeyEvent::pressed(key, down));
    }

    /// Starts a new generation where the host jumps; the end of a key that is held may lie where it has left, so keys end here.
    fn follow_transport(&mut self, info: &BlockInfo, frames: usize) {
        if self.timeline.follow(info, frames, &self.layout) {
            self.position.generation = self.position.generation.wrapping_add(1);
            self.modes.accompany.release_keys();
        }
    }

    /// Everything that happens once per hop; `done` samples of the block have been heard.
    fn hop(&mut self, info: &BlockInfo, done: usize, policy: &mut impl WaitPolicy) {
        let newest = self.hear(info, done);
        self.decide(done, policy);
        let (blend, band_plays) = self.blends.exchange(newest, Blend::lets_the_band_play(&info.controls));
        self.output.advance(blend.with_presence(self.presence.amount()));
        let next = &mut NextHop {
            begin: (self.position.hop as i64 + 1) * self.layout.hop as i64 - self.layout.latency() as i64,
            band_plays,
            output: &mut self.output,
            stft: &mut self.stft,
            link: &mut self.link,
            telemetry: &self.telemetry,
            columns: &mut self.columns,
        };
        for mode in self.modes.each() {
            let due = due(&self.held, self.position, mode.delay());
            mode.play(due, next);
        }
        self.report();
        self.position.hop += 1;
    }

    /// Hears the newest frame, keeps it and sends it to the inference thread; returns how it is to be blended.
    fn hear(&mut self, info: &BlockInfo, done: usize) -> Blend {
        self.presence.hear(self.framer.newest(1));
        let slot = self.position.hop as usize % self.held.len();
        let before = self.held[(slot + self.held.len() - 1) % self.held.len()].frame.position;
        let mut blend = Blend::of(&info.controls);
        let held = &mut self.held[slot];
        let frame = &mut held.frame;
        (frame.position, frame.controls) = (self.position, info.controls);
        frame.transport = info.transport.after(done, self.layout.sample_rate);
        let newest = &mut Newest {
            held,
            framer: &self.framer,
            stft: &mut self.stft,
            b_present: self.presence.is_present(),
            jumped: self.position.hop > 0 && before.generation != self.position.generation,
            blend: &mut blend,
        };
        for mode in self.modes.each() {
            if let Some(heard) = mode.hear(newest) {
                newest.held.frame.heard = heard;
            }
        }
        let samples = [0, 1].map(|song| self.framer.newest(song));
        self.link.send(held.frame, &samples);
        if let Some(sound) = &mut self.sound {
            sound.send(&samples);
        }
        blend
    }

    /// Takes the decision that is due, if it is there in time.
    fn decide(&mut self, done: usize, policy: &mut impl WaitPolicy) {
        let Some(wanted) = due(&self.held, self.position, 0) else { return };
        let decision = self.link.receive(wanted.frame.position, done, policy);
        if decision.is_none() {
            self.telemetry.missed.fetch_add(1, Relaxed);
        }
        for mode in self.modes.each() {
            if let Some(due) = due(&self.held, self.position, mode.delay()) {
                mode.decide(due, decision.as_ref());
            }
        }
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

/// The frame that is due so many hops after its decision may come; `None` while the first ones are on their way.
fn due(held: &[HeldFrame], position: Position, delay: usize) -> Option<&HeldFrame> {
    let hop = position.hop.checked_sub((DECISION_DELAY + delay) as u64)?;
    held.get(hop as usize % held.len())
}

fn side_sample<S: AsRef<[f32]>>(side: &[S], n: usize) -> [f32; CHANNELS] {
    let channel = |index: usize| side.get(index).map(|channel| channel.as_ref().get(n).copied().unwrap_or(0.0));
    let left = channel(0).unwrap_or(0.0);
    [left, channel(1).unwrap_or(left)]
}
