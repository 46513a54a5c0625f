//! The way out: overlap-add of the wet signal, the delayed dry signal, and the crossfade between them.

use realfft::num_complex::Complex32;

use crate::{
    band::{INSTRUMENTS, instruments::Sounds},
    exchange::controls::{Controls, Mode},
    stream::{
        framer::repaired,
        layout::{CHANNELS, DECISION_DELAY, PORT_PARTS, StreamLayout},
        overlap::Overlap,
        part_output::{PartOutput, Whole},
        stft::Stft,
    },
};

/// Gains at the end of a hop.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Blend {
    /// Gain of the wet signal, linear.
    pub wet: f32,
    /// Gain of the delayed input A, linear.
    pub dry: f32,
    /// Gain of that part of the delayed input A which is heard in the wet signal's place while song B is absent.
    pub alone: f32,
    /// Gain of the voice as the tuner gives it, linear.
    pub voice: f32,
    /// Gain of each instrument of the band, linear, `[instrument]`.
    pub band: [f32; INSTRUMENTS],
}

impl Blend {
    /// The blend that `mix`, `output_gain` and `bypass` ask for.
    #[must_use]
    pub fn of(controls: &Controls) -> Self {
        let Controls { mix, output_gain, band, .. } = controls;
        if controls.bypass {
            return Self { dry: 1.0, ..Self::default() };
        }
        match controls.mode {
            Mode::Mash => Self { wet: mix * output_gain, dry: (1.0 - mix) * output_gain, ..Self::default() },
            Mode::Accompany => Self {
                wet: 0.0,
                alone: 0.0,
                dry: (1.0 - mix) * output_gain,
                voice: mix * band.voice * output_gain,
                band: band.levels.map(|level| mix * level * output_gain),
            },
        }
    }

    /// Whether the band may play: in its mode, and not bypassed.
    #[must_use]
    pub fn lets_the_band_play(controls: &Controls) -> bool {
        controls.mode == Mode::Accompany && !controls.bypass
    }

    /// The same with as much of the wet signal as song B is present; the rest is dry.
    #[must_use]
    pub fn with_presence(self, presence: f32) -> Self {
        let alone = self.wet * (1.0 - presence);
        Self { wet: self.wet * presence, dry: self.dry + alone, alone, ..self }
    }
}

/// Collects synthesised frames and hands out finished samples.
///
/// With `dry` at 1 and everything else at 0 the output is the delayed input, bit for bit.
pub struct Output {
    overlap: Overlap,
    delay: [Vec<f32>; CHANNELS],
    hop: usize,
    /// Where each part of Mash has an output of its own.
    parts: Option<PartOutput>,
    sounds: Sounds,
    has_band: bool,
    /// Next sample of the present hop.
    at: usize,
    /// Next place in the delay lines.
    delay_at: usize,
    from: Blend,
    to: Blend,
    peak: [f32; CHANNELS],
    instruments: [[f32; CHANNELS]; INSTRUMENTS],
    beside: [[f32; CHANNELS]; INSTRUMENTS],
}

impl Output {
    /// A silent output.
    ///
    /// # Allocates
    #[must_use]
    pub fn new(layout: &StreamLayout) -> Self {
        Self {
            overlap: Overlap::new(layout),
            delay: std::array::from_fn(|_| vec![0.0; layout.latency()]),
            hop: layout.hop,
            parts: None,
            sounds: Sounds::new(layout),
            has_band: false,
            at: 0,
            delay_at: 0,
            from: Blend::default(),
            to: Blend::default(),
            peak: [0.0; CHANNELS],
            instruments: [[0.0; CHANNELS]; INSTRUMENTS],
            beside: [[0.0; CHANNELS]; INSTRUMENTS],
        }
    }

    /// The same with the parts of Mash beside the main output.
    ///
    /// # Allocates
    #[must_use]
    pub fn with_parts(self, layout: &StreamLayout) -> Self {
        Self { parts: Some(PartOutput::new(layout)), ..self }
    }

    /// Whether the parts of Mash are wanted.
    #[must_use]
    pub const fn has_parts(&self) -> bool {
        self.parts.is_some()
    }

    /// Forgets everything; the next hop begins at `blend`.
    pub fn reset(&mut self, blend: Blend) {
        self.overlap.clear();
        self.parts.iter_mut().for_each(PartOutput::clear);
        self.delay.iter_mut().for_each(|samples| samples.fill(0.0));
        self.silence_band();
        (self.at, self.delay_at) = (0, 0);
        (self.from, self.to) = (blend, blend);
        self.peak = [0.0; CHANNELS];
    }

    /// Takes an input sample of song A `[channel]` and returns the output sample of one latency ago `[channel]`, finite
    /// and free of subnormal numbers. `tuned` is the voice in the present hop `[channel][sample]`.
    pub fn exchange(&mut self, input: [f32; CHANNELS], tuned: &[Vec<f32>; CHANNELS]) -> [f32; CHANNELS] {
        let ramp = (self.at + 1) as f32 / self.hop as f32;
        let blend = |from: f32, to: f32| if from == to { to } else { from + ramp * (to - from) };
        let (wet, dry) = (blend(self.from.wet, self.to.wet), blend(self.from.dry, self.to.dry));
        let voice = blend(self.from.voice, self.to.voice);
        if self.has_band {
            self.instruments = std::array::from_fn(|instrument| {
                let gain = blend(self.from.band[instrument], self.to.band[instrument]);
                self.sounds.at(instrument, self.at).map(|sample| gain * sample)
            });
        }
        let instruments = &self.instruments;
        let band = |channel: usize| instruments.iter().map(|sample| sample[channel]).sum::<f32>();
        let out = std::array::from_fn(|channel| {
            let delayed = std::mem::replace(&mut self.delay[channel][self.delay_at], input[channel]);
            let voice = tuned[channel][self.at] * voice;
            let mash = self.overlap.at(channel, self.at);
            let out = repaired(mash * wet + delayed * dry + voice + band(channel)).0;
            self.peak[channel] = self.peak[channel].max(out.abs());
            out
        });
        self.beside = self.instruments;
        if let Some(parts) = &self.parts {
            let alone = blend(self.from.alone, self.to.alone);
            for (beside, part) in self.beside.iter_mut().zip(PORT_PARTS) {
                let heard = parts.at(part as usize, self.at, wet, alone);
                beside.iter_mut().zip(heard).for_each(|(beside, heard)| *beside += repaired(heard).0);
            }
        }
        self.at += 1;
        self.delay_at += 1;
        if self.delay_at == self.delay[0].len() {
            self.delay_at = 0;
        }
        out
    }

    /// Whether anything of the tuned voice is heard in the hop that comes, to be asked after [`Self::advance`].
    #[must_use]
    pub fn hears_voice(&self) -> bool {
        self.from.voice != 0.0 || self.to.voice != 0.0
    }

    fn silence_band(&mut self) {
        self.has_band = false;
        self.instruments = [[0.0; CHANNELS]; INSTRUMENTS];
    }

    /// What the outputs beside the main one carry in the sample that [`Self::exchange`] returned last, `[output][channel]`: an
    /// instrument of the band, or with [`Self::with_parts`] a part of Mash in the order of [`PORT_PARTS`].
    #[must_use]
    pub const fn beside(&self) -> &[[f32; CHANNELS]; INSTRUMENTS] {
        &self.beside
    }

    /// Sample of the present hop that [`Self::exchange`] returns next.
    #[must_use]
    pub const fn at(&self) -> usize {
        self.at
    }

    /// The band in the hop that comes, to be filled after [`Self::advance`], which makes it silent.
    pub const fn sounds(&mut self) -> &mut Sounds {
        self.has_band = true;
        &mut self.sounds
    }

    /// Largest output of the hop that just ended, `[channel]`, and starts over.
    pub fn take_peak(&mut self) -> [f32; CHANNELS] {
        std::mem::take(&mut self.peak)
    }

    /// Ends the present hop: moves on by a hop, and fades to `blend` over the next hop. What is to be heard is added after this.
    pub fn advance(&mut self, blend: Blend) {
        self.overlap.advance();
        self.parts.iter_mut().for_each(PartOutput::advance);
        self.silence_band();
        self.at = 0;
        self.from = std::mem::replace(&mut self.to, blend);
    }

    /// Adds a frame's spectra `[channel][bin]` to what the output plays, after [`Self::advance`].
    pub fn add(&mut self, stft: &mut Stft, spectra: &[Vec<Complex32>; CHANNELS]) {
        self.overlap.add(stft, spectra);
    }

    /// The same with a part of it; nothing where parts are not wanted.
    pub(crate) fn add_part(
        &mut self,
        stft: &mut Stft,
        whole: Whole,
        part: usize,
        spectra: &[Vec<Complex32>; CHANNELS],
    ) {
        if let Some(parts) = &mut self.parts {
            parts.add(stft, whole, part, spectra);
        }
    }
}

/// Blends of the hops that are still on their way to the output.
#[derive(Debug, Clone)]
pub struct BlendDelay {
    /// What is delayed: the blend, and whether the band may play.
    hops: Vec<(Blend, bool)>,
    at: usize,
}

impl BlendDelay {
    /// A delay for a layout.
    ///
    /// # Allocates
    #[must_use]
    pub fn new(layout: &StreamLayout) -> Self {
        // The window is four hops, so the newest hop is played after three others and the decision delay.
        Self { hops: vec![(Blend::default(), false); DECISION_DELAY + layout.look_ahead + 4], at: 0 }
    }

    /// Starts over with every hop as `controls` ask for.
    pub fn reset(&mut self, controls: &Controls) {
        self.hops.fill((Blend::of(controls), Blend::lets_the_band_play(controls)));
        self.at = 0;
    }

    /// Takes the newest hop's blend and whether the band may play in it, and returns the same of the hop which the output is
    /// about to play.
    pub fn exchange(&mut self, newest: Blend, band_plays: bool) -> (Blend, bool) {
        self.hops[self.at] = (newest, band_plays);
        self.at = (self.at + 1) % self.hops.len();
        self.hops[self.at]
    }
}
