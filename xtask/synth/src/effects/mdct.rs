//! The modified discrete cosine transform of lossy codecs: half-overlapped windows, as many coefficients as samples.
//!
//! Written here, on `rustfft`, since the sets that the weights were trained on are made with it bit for bit.

use std::{f64::consts::PI, sync::Arc};

use rustfft::{Fft, FftPlanner, num_complex::Complex32};

/// Coefficients of a block, as in AAC.
pub const LENGTH: usize = 1_024;

/// Both directions of the transform with a sine window.
pub struct Mdct {
    window: Vec<f32>,
    /// Turns before and after the Fourier transform of a block, `[sample]` and `[coefficient]`.
    before: Vec<Complex32>,
    after: Vec<Complex32>,
    forward: Arc<dyn Fft<f32>>,
    inverse: Arc<dyn Fft<f32>>,
    block: Vec<Complex32>,
    scratch: Vec<Complex32>,
}

impl Default for Mdct {
    fn default() -> Self {
        let mut planner = FftPlanner::new();
        let (forward, inverse) = (planner.plan_fft_forward(2 * LENGTH), planner.plan_fft_inverse(2 * LENGTH));
        let length = LENGTH as f64;
        let turn = |angle: f64| Complex32::new(angle.cos() as f32, angle.sin() as f32);
        let scratch = forward.get_inplace_scratch_len().max(inverse.get_inplace_scratch_len());
        Self {
            window: (0..2 * LENGTH).map(|n| (PI * (n as f64 + 0.5) / (2.0 * length)).sin() as f32).collect(),
            before: (0..2 * LENGTH).map(|n| turn(-PI * n as f64 / (2.0 * length))).collect(),
            after: (0..LENGTH).map(|k| turn(-PI * (0.5 + length / 2.0) * (k as f64 + 0.5) / length)).collect(),
            forward,
            inverse,
            block: vec![Complex32::default(); 2 * LENGTH],
            scratch: vec![Complex32::default(); scratch],
        }
    }
}

impl Mdct {
    /// Blocks of a signal, `[block][LENGTH]` in one piece. The first block begins [`LENGTH`] samples before the signal.
    #[must_use]
    pub fn forward(&mut self, samples: &[f32]) -> Vec<f32> {
        let blocks = samples.len().div_ceil(LENGTH) + 1;
        let mut coefficients = Vec::with_capacity(blocks * LENGTH);
        for block in 0..blocks {
            for (n, value) in self.block.iter_mut().enumerate() {
                let sample = (block * LENGTH + n).checked_sub(LENGTH).and_then(|place| samples.get(place));
                *value = self.before[n] * (self.window[n] * sample.copied().unwrap_or(0.0));
            }
            self.forward.process_with_scratch(&mut self.block, &mut self.scratch);
            coefficients.extend(self.block.iter().zip(&self.after).map(|(value, turn)| (value * turn).re));
        }
        coefficients
    }

    /// The signal of some blocks as from [`Self::forward`], `samples` long.
    #[must_use]
    pub fn inverse(&mut self, coefficients: &[f32], samples: usize) -> Vec<f32> {
        let mut out = vec![0.0; samples];
        for (block, coefficients) in coefficients.chunks(LENGTH).enumerate() {
            self.block.fill(Complex32::default());
            for ((value, turn), &coefficient) in self.block.iter_mut().zip(&self.after).zip(coefficients) {
                *value = turn.conj() * coefficient;
            }
            self.inverse.process_with_scratch(&mut self.block, &mut self.scratch);
            for (n, value) in self.block.iter().enumerate() {
                let place = (block * LENGTH + n).checked_sub(LENGTH).and_then(|place| out.get_mut(place));
                if let Some(out) = place {
                    *out += 2.0 / LENGTH as f32 * self.window[n] * (value * self.before[n].conj()).re;
                }
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use songweave_score::random::Random;

    #[test]
    fn what_goes_in_comes_out_and_a_tone_is_in_its_place() {
        let mut random = Random::new(2);
        let noise: Vec<f32> = (0..5_000).map(|_| random.noise()).collect();
        let mut mdct = Mdct::default();
        let coefficients = mdct.forward(&noise);
        let back = mdct.inverse(&coefficients, noise.len());
        let error = noise.iter().zip(&back).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(error < 1e-4, "{error}");
        let tone: Vec<f32> =
            (0..8_192).map(|n| (n as f32 * 100.5 * std::f32::consts::PI / LENGTH as f32).sin()).collect();
        let block = &mdct.forward(&tone)[3 * LENGTH..4 * LENGTH];
        let loudest = (0..LENGTH).max_by(|&a, &b| block[a].abs().total_cmp(&block[b].abs()));
        assert!(loudest.is_some_and(|place| place.abs_diff(100) <= 1), "{loudest:?}");
    }
}
