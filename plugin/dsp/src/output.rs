//! The way out: overlap-add of the wet signal, the delayed dry signal, and the crossfade between them.

use realfft::num_complex::Complex32;

use crate::{
    controls::Controls,
    framer::repaired,
    layout::{CHANNELS, DECISION_DELAY, StreamLayout},
    stft::Stft,
};

/// Gains at the end of a hop.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Blend {
    /// Gain of the wet signal, linear.
    pub wet: f32,
    /// Gain of the delayed input A, linear.
    pub dry: f32,
}

impl Blend {
    /// The blend that `mix`, `output_gain` and `bypass` ask for.
    #[must_use]
    pub fn of(controls: &Controls) -> Self {
        if controls.bypass {
            return Self { wet: 0.0, dry: 1.0 };
        }
        Self { wet: controls.mix * controls.output_gain, dry: (1.0 - controls.mix) * controls.output_gain }
    }

    /// The same with as much of the wet signal as song B is present; the rest is dry.
    #[must_use]
    pub fn with_presence(self, presence: f32) -> Self {
        Self { wet: self.wet * presence, dry: self.dry + self.wet * (1.0 - presence) }
    }
}

/// Collects synthesised frames and hands out finished samples.
///
/// With `dry` at 1 and `wet` at 0 the output is the delayed input, bit for bit.
pub struct Output {
    overlap: [Vec<f32>; CHANNELS],
    delay: [Vec<f32>; CHANNELS],
    hop: usize,
    /// Next sample of the present hop.
    at: usize,
    /// Next place in the delay lines.
    delay_at: usize,
    from: Blend,
    to: Blend,
    peak: [f32; CHANNELS],
}

impl Output {
    /// A silent output.
    ///
    /// # Allocates
    #[must_use]
    pub fn new(layout: &StreamLayout) -> Self {
        Self {
            overlap: std::array::from_fn(|_| vec![0.0; layout.window + layout.hop]),
            delay: std::array::from_fn(|_| vec![0.0; layout.latency()]),
            hop: layout.hop,
            at: 0,
            delay_at: 0,
            from: Blend::default(),
            to: Blend::default(),
            peak: [0.0; CHANNELS],
        }
    }

    /// Forgets everything; the next hop begins at `blend`.
    pub fn reset(&mut self, blend: Blend) {
        self.overlap.iter_mut().chain(&mut self.delay).for_each(|samples| samples.fill(0.0));
        (self.at, self.delay_at) = (0, 0);
        (self.from, self.to) = (blend, blend);
        self.peak = [0.0; CHANNELS];
    }

    /// Takes an input sample of song A `[channel]` and returns the output sample of one latency ago `[channel]`, finite
    /// and free of subnormal numbers.
    pub fn exchange(&mut self, input: [f32; CHANNELS]) -> [f32; CHANNELS] {
        let ramp = (self.at + 1) as f32 / self.hop as f32;
        let blend = |from: f32, to: f32| if from == to { to } else { from + ramp * (to - from) };
        let (wet, dry) = (blend(self.from.wet, self.to.wet), blend(self.from.dry, self.to.dry));
        let out = std::array::from_fn(|channel| {
            let delayed = std::mem::replace(&mut self.delay[channel][self.delay_at], input[channel]);
            let out = repaired(self.overlap[channel][self.at] * wet + delayed * dry).0;
            self.peak[channel] = self.peak[channel].max(out.abs());
            out
        });
        self.at += 1;
        self.delay_at += 1;
        if self.delay_at == self.delay[0].len() {
            self.delay_at = 0;
        }
        out
    }

    /// Largest output of the hop that just ended, `[channel]`, and starts over.
    pub fn take_peak(&mut self) -> [f32; CHANNELS] {
        std::mem::take(&mut self.peak)
    }

    /// Ends the present hop: moves on by a hop, adds the frame's spectra `[channel][bin]`, and fades to `blend` over the
    /// next hop. Without a frame (before the first decision) silence is added.
    pub fn advance(&mut self, stft: &mut Stft, frame: Option<&[Vec<Complex32>; CHANNELS]>, blend: Blend) {
        let window = self.overlap[0].len() - self.hop;
        for (channel, overlap) in self.overlap.iter_mut().enumerate() {
            overlap.copy_within(self.hop.., 0);
            overlap[window..].fill(0.0);
            if let Some(spectra) = frame {
                stft.synthesise(&spectra[channel], &mut overlap[..window]);
            }
        }
        self.at = 0;
        self.from = std::mem::replace(&mut self.to, blend);
    }
}

/// Blends of the hops that are still on their way to the output.
#[derive(Debug, Clone, Default)]
pub struct BlendDelay {
    hops: [Blend; DECISION_DELAY + 4],
    at: usize,
}

impl BlendDelay {
    /// Starts over with every hop at `blend`.
    pub fn reset(&mut self, blend: Blend) {
        self.hops = [blend; DECISION_DELAY + 4];
        self.at = 0;
    }

    /// Takes the blend of the newest hop and returns that of the hop which the output is about to play.
    pub fn exchange(&mut self, newest: Blend) -> Blend {
        // The window is four hops, so the newest hop is played after `DECISION_DELAY + 3` others.
        let place = &mut self.hops[self.at];
        *place = newest;
        self.at = (self.at + 1) % (DECISION_DELAY + 4);
        self.hops[self.at]
    }
}
