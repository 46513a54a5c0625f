//! Windowed analysis of one frame and its synthesis for overlap-add.
//!
//! Analysis and synthesis both use the square root of a periodic Hann window; their product overlapped every quarter
//! window adds up to a constant, so an unchanged spectrum returns the signal.

use std::{f32::consts::PI, sync::Arc};

use realfft::{ComplexToReal, RealFftPlanner, RealToComplex, num_complex::Complex32};

/// Forward and inverse transform of one window length, with their scratch space.
pub struct Stft {
    window: Vec<f32>,
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    time: Vec<f32>,
    bins: Vec<Complex32>,
    scratch: Vec<Complex32>,
    scale: f32,
    power_scale: f32,
}

impl Stft {
    /// Transforms for windows of `window` samples, overlapped by three quarters.
    ///
    /// # Allocates
    #[must_use]
    pub fn new(window: usize) -> Self {
        let mut planner = RealFftPlanner::new();
        let forward = planner.plan_fft_forward(window);
        let inverse = planner.plan_fft_inverse(window);
        let scratch = forward.get_scratch_len().max(inverse.get_scratch_len());
        let hann = |n: usize| 0.5 - 0.5 * libm::cosf(2.0 * PI * n as f32 / window as f32);
        let root: Vec<f32> = (0..window).map(|n| hann(n).max(0.0).sqrt()).collect();
        let gain = root.iter().sum::<f32>() / 2.0;
        Self {
            window: root,
            time: vec![0.0; window],
            bins: forward.make_output_vec(),
            scratch: vec![Complex32::default(); scratch],
            // The transforms are not normalised, and four overlapped Hann windows add up to two.
            scale: 0.5 / window as f32,
            power_scale: 1.0 / (gain * gain),
            forward,
            inverse,
        }
    }

    /// Factor from a bin's squared magnitude to power, such that a full-scale sine on a bin's centre has power 1.
    #[must_use]
    pub const fn power_scale(&self) -> f32 {
        self.power_scale
    }

    /// Spectrum `[bin]` of the windowed `samples`. Slices of another length than the window are taken as silence.
    ///
    /// # Real-time safety
    /// Neither allocates nor blocks.
    pub fn analyse(&mut self, samples: &[f32], spectrum: &mut [Complex32]) {
        if samples.len() != self.time.len() || spectrum.len() != self.bins.len() {
            spectrum.fill(Complex32::default());
            return;
        }
        for ((time, sample), window) in self.time.iter_mut().zip(samples).zip(&self.window) {
            *time = sample * window;
        }
        // Fails on a length mismatch only, which was ruled out above.
        let _ = self.forward.process_with_scratch(&mut self.time, spectrum, &mut self.scratch);
    }

    /// Adds the windowed, scaled signal of `spectrum` `[bin]` onto `overlap` `[window]`.
    ///
    /// # Real-time safety
    /// Neither allocates nor blocks.
    pub fn synthesise(&mut self, spectrum: &[Complex32], overlap: &mut [f32]) {
        if spectrum.len() != self.bins.len() || overlap.len() != self.time.len() {
            return;
        }
        self.bins.copy_from_slice(spectrum);
        // A real signal has real DC and Nyquist bins.
        if let (Some(first), Some(last)) = (self.bins.first().copied(), self.bins.last().copied()) {
            let nyquist = self.bins.len() - 1;
            self.bins[0] = Complex32::new(first.re, 0.0);
            self.bins[nyquist] = Complex32::new(last.re, 0.0);
        }
        let _ = self.inverse.process_with_scratch(&mut self.bins, &mut self.time, &mut self.scratch);
        for ((sum, time), window) in overlap.iter_mut().zip(&self.time).zip(&self.window) {
            *sum += time * window * self.scale;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_scale_sine_on_a_bin_has_power_one() {
        let mut stft = Stft::new(2048);
        let samples: Vec<f32> = (0..2048).map(|n| (2.0 * PI * 64.0 * n as f32 / 2048.0).sin()).collect();
        let mut spectrum = vec![Complex32::default(); 1025];
        stft.analyse(&samples, &mut spectrum);
        let power = spectrum[64].norm_sqr() * stft.power_scale();
        assert!((power - 1.0).abs() < 1e-3, "{power}");
    }

    #[test]
    fn overlapped_frames_return_the_signal() {
        let (window, hop) = (512, 128);
        let signal: Vec<f32> = (0..4096).map(|n| ((n * n) as f32 * 0.001).sin()).collect();
        let mut stft = Stft::new(window);
        let mut spectrum = vec![Complex32::default(); window / 2 + 1];
        let mut out = vec![0.0; signal.len()];
        for start in (0..=signal.len() - window).step_by(hop) {
            stft.analyse(&signal[start..start + window], &mut spectrum);
            stft.synthesise(&spectrum, &mut out[start..start + window]);
        }
        for n in window..signal.len() - window {
            assert!((out[n] - signal[n]).abs() < 1e-6, "sample {n}: {} instead of {}", out[n], signal[n]);
        }
    }
}
