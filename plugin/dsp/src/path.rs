//! The audio thread's path from host block to host block.
//!
//! Per hop: analyse both songs, send the frame to the inference thread, take the decision for the frame of two hops ago,
//! apply it to that frame's spectra, overlap-add. Controls take effect on the very samples they came with.

use std::sync::{Arc, atomic::Ordering::Relaxed};

use realfft::num_complex::Complex32;

use crate::{
    bands::ErbBands,
    chroma::{Chroma, PITCH_CLASSES},
    controls::Controls,
    frame::{AnalysisFrame, Decision, Position, SongBands, Transport},
    framer::{Framer, repaired},
    layout::{BANDS, CHANNELS, DECISION_DELAY, SONGS, StreamLayout},
    link::{AudioEnd, Patience},
    mask::{self, GainSmoother},
    output::{Blend, BlendDelay, Output},
    presence::Presence,
    stft::Stft,
    telemetry::{ColumnSender, MaskColumn, Telemetry, peak},
    transpose::Transposer,
};

type Spectra = [Vec<Complex32>; CHANNELS];

/// A frame whose decision is not due yet.
struct HeldFrame {
    position: Position,
    controls: Controls,
    transport: Transport,
    bands: [SongBands; SONGS],
    spectra: [Spectra; SONGS],
}

/// What came with a host block.
#[derive(Debug, Clone, Copy, Default)]
pub struct BlockInfo {
    /// Parameter values during this block.
    pub controls: Controls,
    /// The host's transport at the block's first sample.
    pub transport: Transport,
    /// The host's position in samples at the block's first sample, when it has one.
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
    held: [HeldFrame; DECISION_DELAY + 1],
    mixed: Spectra,
    bin_gains: [Vec<f32>; SONGS],
    /// Gains of song B's pitched parts, `[bin]`; scratch of a transposed frame.
    pitched_gains: Vec<f32>,
    smoother: GainSmoother,
    transposer: Transposer,
    presence: Presence,
    output: Output,
    blends: BlendDelay,
    position: Position,
    decision: Decision,
    /// The host's last position and the one it should tell next, in samples.
    expected_position: Option<(i64, i64)>,
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
        };
        let mut path = Self {
            mono_input,
            stft: Stft::new(layout.window),
            bands: ErbBands::new(&layout),
            chroma: std::array::from_fn(|_| Chroma::new(&layout)),
            framer: Framer::new(&layout),
            held: std::array::from_fn(|_| held()),
            mixed: spectra(),
            bin_gains: std::array::from_fn(|_| vec![0.0; layout.bins()]),
            pitched_gains: vec![0.0; layout.bins()],
            smoother: GainSmoother::new(&layout),
            transposer: Transposer::new(&layout),
            presence: Presence::new(&layout),
            output: Output::new(&layout),
            blends: BlendDelay::default(),
            position: Position::default(),
            decision: Decision::UNDECIDED,
            expected_position: None,
            layout,
            link,
            telemetry,
            columns,
        };
        path.clear(&Controls::default());
        path
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
        self.smoother.reset();
        self.transposer.reset();
        self.presence.reset();
        let blend = Blend::of(controls).with_presence(self.presence.amount());
        self.output.reset(blend);
        self.blends.reset(Blend::of(controls));
        self.decision = Decision::UNDECIDED;
        self.expected_position = None;
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
            let out = self.output.exchange(a);
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

    /// Starts a new generation where the host jumps.
    fn follow_transport(&mut self, info: &BlockInfo, frames: usize) {
        let moved = if info.transport.playing { frames as i64 } else { 0 };
        let Some(now) = info.position_samples else {
            self.expected_position = None;
            return;
        };
        let (heard, expected) = self.expected_position.unwrap_or((now, now));
        // A wrapper that splits a block at automation may give every piece the position of the whole block.
        let stands_still = now == heard;
        if !stands_still && now.abs_diff(expected) > self.layout.hop as u64 {
            self.position.generation = self.position.generation.wrapping_add(1);
        }
        let from = if stands_still { expected } else { now };
        self.expected_position = Some((now, from.saturating_add(moved)));
    }

    /// Everything that happens once per hop; `done` samples of the block have been heard.
    fn hop(&mut self, info: &BlockInfo, done: usize, patience: &mut impl Patience) {
        self.analyse(info, done);
        let due = self.position.hop.checked_sub(DECISION_DELAY as u64).map(|hop| hop as usize % self.held.len());
        if let Some(slot) = due {
            self.decide(slot, done, patience);
            self.apply(slot);
        }
        let blend = self.blends.exchange(Blend::of(&info.controls)).with_presence(self.presence.amount());
        self.output.advance(&mut self.stft, due.map(|_| &self.mixed), blend);
        self.report();
        self.position.hop += 1;
    }

    /// Hears the newest frame, sends it to the inference thread and keeps its spectra.
    fn analyse(&mut self, info: &BlockInfo, done: usize) {
        self.presence.hear(self.framer.newest(1));
        let slot = self.position.hop as usize % self.held.len();
        let held = &mut self.held[slot];
        held.position = self.position;
        held.controls = info.controls;
        held.transport = info.transport.after(done, self.layout.sample_rate);
        let mut chroma = [[0.0; PITCH_CLASSES]; SONGS];
        for (song, chroma) in chroma.iter_mut().enumerate() {
            for (window, spectrum) in self.framer.window(song).into_iter().zip(&mut held.spectra[song]) {
                self.stft.analyse(window, spectrum);
            }
            let [left, right] = &held.spectra[song];
            self.bands.hear([left, right], self.stft.power_scale(), &mut held.bands[song]);
            *chroma = self.chroma[song].hear([left, right], self.stft.power_scale());
        }
        self.link.send(AnalysisFrame {
            position: held.position,
            controls: held.controls,
            transport: held.transport,
            b_present: self.presence.is_present(),
            songs: held.bands,
            chroma,
            hop_seconds: self.layout.hop_seconds(),
        });
    }

    /// Takes the decision for a held frame; holds the last one where it is missing.
    fn decide(&mut self, slot: usize, done: usize, patience: &mut impl Patience) {
        let held = &self.held[slot];
        if self.decision.position.generation != held.position.generation {
            self.transposer.reset();
        }
        match self.link.receive(held.position, done, patience) {
            Some(decision) if !held.controls.freeze => self.decision = decision,
            // Only the separation is held.
            Some(decision) => self.decision.transpose_b = decision.transpose_b,
            None => {
                self.telemetry.missed.fetch_add(1, Relaxed);
            }
        }
        self.decision.position = held.position;
    }

    /// Makes the output's spectra from a held frame and the present decision.
    fn apply(&mut self, slot: usize) {
        let held = &self.held[slot];
        let controls = &held.controls;
        let target = mask::gains(&self.decision, controls);
        let gains = self.smoother.step(&target, controls.attack, controls.release);
        for (gains, bins) in gains.iter().zip(&mut self.bin_gains) {
            self.bands.interpolate(gains, bins);
        }
        if controls.delta {
            self.bin_gains.iter_mut().flatten().for_each(|gain| *gain = 1.0 - *gain);
        }
        let semitones = if controls.match_keys { self.decision.transpose_b } else { controls.transpose_b };
        if semitones != 0 {
            let drums = mask::drum_gains(&self.decision, controls, &target[1], &gains[1]);
            self.keep_drums(&drums);
        }
        let held = &self.held[slot];
        let [gains_a, gains_b] = &self.bin_gains;
        let [a, b] = &held.spectra;
        for ((mixed, a), b) in self.mixed.iter_mut().zip(a).zip(b) {
            for (bin, mixed) in mixed.iter_mut().enumerate() {
                *mixed = a[bin] * gains_a[bin] + b[bin] * gains_b[bin];
            }
        }
        if semitones == 0 {
            self.transposer.reset();
        } else {
            self.transposer.add(semitones, b, &self.pitched_gains, &mut self.mixed);
        }
        if self.telemetry.watched.load(Relaxed) {
            let column = MaskColumn::new(&self.decision, &held.controls, &held.bands);
            self.columns.send(MaskColumn { transport: held.transport, ..column });
        }
    }

    /// Leaves of song B's gains those of its drums `[band]`, and lays the others aside.
    fn keep_drums(&mut self, drums: &[f32; BANDS]) {
        let gains = &mut self.bin_gains[1];
        self.pitched_gains.copy_from_slice(gains);
        self.bands.interpolate(drums, gains);
        for (pitched, drums) in self.pitched_gains.iter_mut().zip(gains) {
            *pitched = (*pitched - *drums).max(0.0);
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

fn side_sample<S: AsRef<[f32]>>(side: &[S], n: usize) -> [f32; CHANNELS] {
    let channel = |index: usize| side.get(index).map(|channel| channel.as_ref().get(n).copied().unwrap_or(0.0));
    let left = channel(0).unwrap_or(0.0);
    [left, channel(1).unwrap_or(left)]
}
