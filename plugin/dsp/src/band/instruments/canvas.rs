//! A short spectrum that partials and noise are drawn into, and its way back to samples.
//!
//! A partial is drawn as the main lobe of the frame's window (Rodet and Depalle, "Spectral envelopes and inverse FFT
//! synthesis", AES 1992), so the samples come out windowed and only need to be overlap-added. The window is the squared
//! Hann window: its lobe is narrow enough to be cut off, and it adds up to a constant when overlapped every quarter.

use std::{f32::consts::PI, sync::Arc};

use realfft::{ComplexToReal, RealFftPlanner, num_complex::Complex32};

use crate::{band::tone::NOISE_BANDS, stream::layout::CHANNELS};

use super::noise::NoiseBands;

/// Frames that overlap at every sample.
pub(super) const OVERLAP: usize = 4;
/// Sum of the overlapped windows.
const WINDOW_SUM: f32 = 1.5;
/// Bins of a lobe that are drawn, from 4 below the bin at or below the partial on.
const DRAWN: usize = 10;
const BELOW: usize = 4;
/// Numbers in a row of the table: whole vectors of four, the last two of which are zero.
const LOBE: usize = 12;
/// Fractions of a bin that lobes are tabulated for.
const FRACTIONS: usize = 512;
/// Bins beyond both ends of the spectrum, folded back before the inverse transform.
const MARGIN: usize = 8;
/// The window's spectrum in bins around its middle, for noise.
const KERNEL: [f32; 5] = [1.0 / 16.0, -0.25, 0.375, -0.25, 1.0 / 16.0];

/// Tables and transform that all canvases of a size share.
pub(super) struct Brush {
    lobes: Vec<[f32; LOBE]>,
    sines: Vec<f32>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    scratch: Vec<Complex32>,
    bins: Vec<Complex32>,
    noise: NoiseBands,
    /// Noise before it is windowed, `[part][bin]`: real and imaginary parts.
    white: [Vec<f32>; 2],
}

/// A spectrum of both channels, `[channel][bin]`, with [`MARGIN`] bins on both sides.
pub(super) struct Canvas {
    re: [Vec<f32>; CHANNELS],
    im: [Vec<f32>; CHANNELS],
    /// Whether anything was drawn.
    pub(super) is_used: bool,
}

impl Canvas {
    pub(super) fn new(window: usize) -> Self {
        let bins = || std::array::from_fn(|_| vec![0.0; window / 2 + 1 + 2 * MARGIN]);
        Self { re: bins(), im: bins(), is_used: false }
    }

    pub(super) fn clear(&mut self) {
        if self.is_used {
            self.re.iter_mut().chain(&mut self.im).for_each(|bins| bins.fill(0.0));
            self.is_used = false;
        }
    }
}

impl Brush {
    /// Tables for frames of `window` samples.
    ///
    /// # Allocates
    pub(super) fn new(window: usize, sample_rate: f32) -> Self {
        let inverse = RealFftPlanner::new().plan_fft_inverse(window);
        let row = |fraction: usize| {
            let fraction = fraction as f32 / FRACTIONS as f32;
            std::array::from_fn(|bin| {
                let sign = if (bin + BELOW).is_multiple_of(2) { 1.0 } else { -1.0 };
                if bin < DRAWN { sign * lobe(bin as f32 - BELOW as f32 - fraction) / WINDOW_SUM } else { 0.0 }
            })
        };
        Self {
            lobes: (0..=FRACTIONS).map(row).collect(),
            sines: (0..=SINES).map(|n| libm::sinf(2.0 * PI * n as f32 / SINES as f32)).collect(),
            scratch: inverse.make_scratch_vec(),
            bins: inverse.make_input_vec(),
            noise: NoiseBands::new(window, sample_rate),
            white: std::array::from_fn(|_| vec![0.0; window / 2 + 1]),
            inverse,
        }
    }

    /// Sine and cosine of an angle in turns.
    pub(super) fn turn(&self, cycles: f32) -> (f32, f32) {
        let at = |cycles: f32| {
            let place = within_a_turn(cycles) * SINES as f32;
            let index = (place as usize).min(SINES - 1);
            let (low, high) = (self.sines[index], self.sines[index + 1]);
            low + (place - index as f32) * (high - low)
        };
        (at(cycles), at(cycles + 0.25))
    }

    /// Draws a partial at a place in bins (below Nyquist), with its phase in turns at the frame's middle.
    pub(super) fn partial(&self, canvas: &mut Canvas, place: f32, phase: f32, amplitudes: [f32; CHANNELS]) {
        let bin = place as usize;
        let fraction = ((place - bin as f32) * FRACTIONS as f32 + 0.5) as usize;
        let (Some(lobe), first) = (self.lobes.get(fraction), bin + MARGIN - BELOW) else { return };
        let (sin, cos) = self.turn(phase);
        let sign = if bin.is_multiple_of(2) { 0.5 } else { -0.5 };
        for (channel, amplitude) in amplitudes.into_iter().enumerate() {
            let (re, im) = (sign * amplitude * cos, sign * amplitude * sin);
            for (bins, amplitude) in [(&mut canvas.re[channel], re), (&mut canvas.im[channel], im)] {
                // An array, whose length is known, is added in whole vectors.
                let Some(bins) = bins.get_mut(first..).and_then(<[f32]>::first_chunk_mut::<LOBE>) else { return };
                bins.iter_mut().zip(lobe).for_each(|(bin, lobe)| *bin += amplitude * lobe);
            }
        }
        canvas.is_used = true;
    }

    /// Draws noise of a power (mean square of the samples) in each band, `[channel][band]`. The same seed, the same noise.
    pub(super) fn noise(&mut self, canvas: &mut Canvas, power: &[[f32; NOISE_BANDS]; CHANNELS], seed: u64) {
        for (channel, power) in power.iter().enumerate() {
            if !self.noise.fill(power, seed ^ ((channel as u64 + 1) << 62), &mut self.white) {
                continue;
            }
            for (bins, white) in [&mut canvas.re[channel], &mut canvas.im[channel]].into_iter().zip(&self.white) {
                for (tap, kernel) in KERNEL.into_iter().enumerate() {
                    let bins = bins[MARGIN - 2 + tap..].iter_mut();
                    bins.zip(white).for_each(|(bin, white)| *bin += kernel / WINDOW_SUM * white);
                }
            }
            canvas.is_used = true;
        }
    }

    /// The windowed samples of a channel.
    pub(super) fn samples(&mut self, canvas: &Canvas, channel: usize, samples: &mut [f32]) {
        let (re, im) = (&canvas.re[channel], &canvas.im[channel]);
        let last = self.bins.len() - 1;
        for (bin, value) in self.bins.iter_mut().enumerate() {
            *value = Complex32::new(re[bin + MARGIN], im[bin + MARGIN]);
        }
        for beyond in 0..=MARGIN {
            let (below, above) = (MARGIN - beyond, last + MARGIN + beyond);
            self.bins[beyond] += Complex32::new(re[below], -im[below]);
            self.bins[last - beyond] += Complex32::new(re[above], -im[above]);
        }
        // Fails on a length mismatch only; the lengths come from the same plan. DC and Nyquist are real by now.
        let _ = self.inverse.process_with_scratch(&mut self.bins, samples, &mut self.scratch);
    }
}

/// The part of a phase in turns that is left when whole turns are taken away, 0..=1. Phases are far below 2^31 turns.
pub(super) fn within_a_turn(cycles: f32) -> f32 {
    // `floor` is a call of a library on processors that are only known to be x86-64.
    let rest = cycles - (cycles as i32) as f32;
    if rest < 0.0 { rest + 1.0 } else { rest }
}

/// Points of the sine table.
const SINES: usize = 1024;

/// The spectrum of the squared Hann window at a distance in bins from its middle, per sample of the window.
fn lobe(bins: f32) -> f32 {
    let sinc = |x: f32| if x.abs() < 1e-4 { 1.0 } else { libm::sinf(PI * x) / (PI * x) };
    0.375 * sinc(bins) + 0.25 * (sinc(bins - 1.0) + sinc(bins + 1.0)) + (sinc(bins - 2.0) + sinc(bins + 2.0)) / 16.0
}

/// The squared Hann window of `window` samples at a sample.
pub(super) fn window_at(sample: usize, window: usize) -> f32 {
    let hann = 0.5 - 0.5 * libm::cosf(2.0 * PI * sample as f32 / window as f32);
    hann * hann / WINDOW_SUM
}
