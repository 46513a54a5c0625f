//! The spectral envelope of one frame: what formants look like, without the partials.
//!
//! A smooth line over the peaks of the log spectrum, the "true envelope" (Imai and Abe, "Spectral envelope extraction
//! by improved cepstral method", 1979; Röbel and Rodet, "Efficient spectral envelope estimation and its application to
//! pitch shifting and envelope preservation", 2005): the spectrum is smoothed by cutting its cepstrum, raised to that
//! line wherever it lies below, and smoothed again. Two things are added: how much of the cepstrum is kept follows the
//! distance of the partials, and valleys between peaks are filled before the first round.

use std::{f32::consts::PI, sync::Arc};

use realfft::{ComplexToReal, RealFftPlanner, RealToComplex, num_complex::Complex32};

use crate::stream::layout::StreamLayout;

/// Share of its period that is kept of the cepstrum of a periodic sound, so that its partials leave no trace …
const KEPT_PER_PERIOD: f32 = 0.7;
/// … and no more than this, in seconds.
const MOST_KEPT: f32 = 0.005;
/// What is kept of a sound without a period.
const USUALLY_KEPT: f32 = 0.002;
/// What is kept while looking for a period.
const ROUGHLY_KEPT: f32 = 0.0012;
/// Shortest period that is looked for, in seconds.
const SHORTEST_PERIOD: f32 = 0.0005;
/// Longest period that is looked for.
const LONGEST_PERIOD: f32 = 0.015;
/// The peaks of the spectrum are those of a periodic sound when their own spectrum has a peak of this height …
const PERIODIC: f32 = 0.4;
/// … and the first that has this share of the highest is its period.
const FIRST_PEAK: f32 = 0.7;
/// Peaks up to here count fully for the period, in Hz, and those above [`NOT_HEARD`] do not.
const FULLY_HEARD: f32 = 3_000.0;
const NOT_HEARD: f32 = 5_000.0;
/// The filled spectrum falls by no more than this between two partials, in octaves of power (24 dB) …
const FALL_PER_PARTIAL: f32 = 8.0;
/// … and without a period by no more than this per Hz (24 dB in 417 Hz).
const FALL_PER_HZ: f32 = 8.0 / 417.0;
/// Rounds of smoothing and raising.
const ROUNDS: usize = 2;
/// A spectrum that sticks out of the envelope by less than this, in octaves of power (1 dB), is done.
const CLOSE_ENOUGH: f32 = 0.33;
/// What lies this far below the loudest point counts as this loud, as a share of its power: −70 dB.
const FLOOR: f32 = 1e-7;

/// Estimates envelopes of one window length.
pub(crate) struct Envelope {
    inverse: Arc<dyn ComplexToReal<f32>>,
    forward: Arc<dyn RealToComplex<f32>>,
    /// Log power, `[bin]`, raised to the envelope round by round.
    raised: Vec<f32>,
    /// Log power of the envelope, `[bin]`.
    smooth: Vec<f32>,
    /// Weight of each bin in the search for a period, `[bin]`.
    heard: Vec<f32>,
    /// Samples in a second.
    sample_rate: f32,
    spectrum: Vec<Complex32>,
    cepstrum: Vec<f32>,
    scratch: Vec<Complex32>,
    /// Amplitude of the envelope, `[bin]`.
    amplitude: Vec<f32>,
}

impl Envelope {
    /// An estimator for a layout.
    ///
    /// # Allocates
    pub(crate) fn new(layout: &StreamLayout) -> Self {
        let (window, bins) = (layout.window, layout.bins());
        let mut planner = RealFftPlanner::new();
        let (inverse, forward) = (planner.plan_fft_inverse(window), planner.plan_fft_forward(window));
        let heard = |bin| ((NOT_HEARD - layout.bin_hz(bin)) / (NOT_HEARD - FULLY_HEARD)).clamp(0.0, 1.0);
        Self {
            raised: vec![0.0; bins],
            smooth: vec![0.0; bins],
            heard: (0..bins).map(heard).collect(),
            sample_rate: layout.sample_rate,
            spectrum: vec![Complex32::default(); bins],
            cepstrum: vec![0.0; window],
            scratch: vec![Complex32::default(); inverse.get_scratch_len().max(forward.get_scratch_len())],
            amplitude: vec![1.0; bins],
            inverse,
            forward,
        }
    }

    /// Estimates the envelope of a spectrum with this `power` `[bin]`.
    ///
    /// # Real-time safety
    /// Neither allocates nor blocks.
    pub(crate) fn estimate(&mut self, power: &[f32]) {
        let floor = power.iter().fold(0.0_f32, |loudest, power| loudest.max(*power)) * FLOOR + f32::MIN_POSITIVE;
        for (raised, power) in self.raised.iter_mut().zip(power) {
            *raised = libm::log2f(power.max(floor));
        }
        let period = self.period();
        let window = self.cepstrum.len() as f32;
        let (kept, fall) = match period {
            Some(period) => (KEPT_PER_PERIOD * period, FALL_PER_PARTIAL * period / window),
            None => (USUALLY_KEPT * self.sample_rate, FALL_PER_HZ * self.sample_rate / window),
        };
        let kept = self.quefrency(kept.min(MOST_KEPT * self.sample_rate));
        self.fill_valleys(fall);
        for _ in 0..ROUNDS {
            self.smoothen(kept);
            let mut above = 0.0_f32;
            for (raised, smooth) in self.raised.iter_mut().zip(&self.smooth) {
                above = above.max(*raised - *smooth);
                *raised = raised.max(*smooth);
            }
            if above < CLOSE_ENOUGH {
                break;
            }
        }
        for (amplitude, smooth) in self.amplitude.iter_mut().zip(&self.smooth) {
            *amplitude = libm::exp2f(0.5 * smooth);
        }
    }

    /// How much louder the envelope estimated last is at one bin than at another, as an amplitude.
    pub(crate) fn ratio(&self, from: usize, to: usize) -> f32 {
        self.amplitude[to] / self.amplitude[from]
    }

    /// The place in the cepstrum of a time in samples.
    fn quefrency(&self, samples: f32) -> usize {
        (samples as usize).clamp(4, self.cepstrum.len() / 2 - 1)
    }

    /// The period of the sound in samples: the partials that stick out of the rough envelope are evenly spaced.
    fn period(&mut self) -> Option<f32> {
        self.smoothen(self.quefrency(ROUGHLY_KEPT * self.sample_rate));
        let bins = self.raised.iter().zip(&self.smooth).zip(&self.heard);
        for (bin, ((raised, smooth), heard)) in self.spectrum.iter_mut().zip(bins) {
            *bin = Complex32::new((raised - smooth).max(0.0) * heard, 0.0);
        }
        let _ = self.inverse.process_with_scratch(&mut self.spectrum, &mut self.cepstrum, &mut self.scratch);
        let [shortest, longest] = [SHORTEST_PERIOD, LONGEST_PERIOD].map(|s| self.quefrency(s * self.sample_rate));
        let lowest = PERIODIC * self.cepstrum[0];
        let height = |lag: usize| {
            let [before, here, after] = [lag - 1, lag, lag + 1].map(|lag| self.cepstrum[lag]);
            if before < here && after <= here && here > lowest { here } else { 0.0 }
        };
        let highest = (shortest..longest).map(height).fold(0.0, f32::max);
        let first = (shortest..longest).find(|lag| highest > 0.0 && height(*lag) >= FIRST_PEAK * highest);
        first.map(|lag| lag as f32)
    }

    /// Lets the spectrum fall by no more than `fall` octaves of power from bin to bin, to either side.
    fn fill_valleys(&mut self, fall: f32) {
        let mut slope = f32::NEG_INFINITY;
        for raised in &mut self.raised {
            slope = raised.max(slope - fall);
            *raised = slope;
        }
        for raised in self.raised.iter_mut().rev() {
            slope = raised.max(slope - fall);
            *raised = slope;
        }
    }

    /// Cuts the cepstrum of the raised spectrum after `kept` samples.
    fn smoothen(&mut self, kept: usize) {
        for (bin, raised) in self.spectrum.iter_mut().zip(&self.raised) {
            *bin = Complex32::new(*raised, 0.0);
        }
        // These fail on a length mismatch only, and all lengths are made in the constructor.
        let _ = self.inverse.process_with_scratch(&mut self.spectrum, &mut self.cepstrum, &mut self.scratch);
        let period = self.cepstrum.len();
        self.cepstrum[kept..=period - kept].fill(0.0);
        for quefrency in 0..kept {
            // The last third fades out, so that the envelope does not ring at edges; 1 / period undoes both transforms.
            let fade = ((quefrency as f32 / kept as f32 - 2.0 / 3.0) * 3.0).max(0.0);
            let weight = (0.5 + 0.5 * libm::cosf(PI * fade)) / period as f32;
            self.cepstrum[quefrency] *= weight;
            if quefrency > 0 {
                self.cepstrum[period - quefrency] *= weight;
            }
        }
        let _ = self.forward.process_with_scratch(&mut self.cepstrum, &mut self.spectrum, &mut self.scratch);
        for (smooth, bin) in self.smooth.iter_mut().zip(&self.spectrum) {
            *smooth = bin.re;
        }
    }
}
