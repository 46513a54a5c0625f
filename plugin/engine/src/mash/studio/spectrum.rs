//! A song's spectrum as the network hears it, at every sample rate.

use std::{f32::consts::PI, sync::Arc};

use realfft::{RealFftPlanner, RealToComplex, num_complex::Complex32};
use songweave_dsp::stream::layout::{CHANNELS, StreamLayout};
use songweave_models::studio::{BIN_HZ, BINS};

/// Window of the network at 44.1 kHz in samples, to which its magnitudes are scaled.
const WINDOW: f32 = 4096.0;

/// The newest window of a song and its transform. The window is as long as the network's, whatever the sample rate: so its
/// bins are the network's.
pub(super) struct Spectrum {
    newest: [Vec<f32>; CHANNELS],
    window: Vec<f32>,
    forward: Arc<dyn RealToComplex<f32>>,
    time: Vec<f32>,
    bins: Vec<Complex32>,
    scratch: Vec<Complex32>,
    scale: f32,
}

/// Samples of the network's window at a sample rate.
pub(super) fn window_samples(layout: &StreamLayout) -> usize {
    (layout.sample_rate / BIN_HZ / 2.0).round() as usize * 2
}

impl Spectrum {
    pub(super) fn new(layout: &StreamLayout) -> Self {
        let length = window_samples(layout);
        let forward = RealFftPlanner::new().plan_fft_forward(length);
        Self {
            newest: std::array::from_fn(|_| vec![0.0; length]),
            window: (0..length).map(|n| 0.5 - 0.5 * libm::cosf(2.0 * PI * n as f32 / length as f32)).collect(),
            time: forward.make_input_vec(),
            bins: forward.make_output_vec(),
            scratch: forward.make_scratch_vec(),
            scale: WINDOW / length as f32,
            forward,
        }
    }

    pub(super) fn reset(&mut self) {
        self.newest.iter_mut().for_each(|samples| samples.fill(0.0));
    }

    /// Hears a hop `[channel][sample]`.
    pub(super) fn hear(&mut self, samples: &[&[f32]; CHANNELS]) {
        for (newest, samples) in self.newest.iter_mut().zip(samples) {
            newest.copy_within(samples.len().., 0);
            let kept = newest.len() - samples.len();
            newest[kept..].copy_from_slice(samples);
        }
    }

    /// Magnitudes of the newest window of a channel, `[bin]`; those above half the sample rate are 0.
    pub(super) fn magnitudes(&mut self, channel: usize, out: &mut [f32]) {
        for ((time, sample), window) in self.time.iter_mut().zip(&self.newest[channel]).zip(&self.window) {
            *time = sample * window;
        }
        // Fails on a length mismatch only, and all buffers are made for this transform.
        let _ = self.forward.process_with_scratch(&mut self.time, &mut self.bins, &mut self.scratch);
        out.fill(0.0);
        for (out, bin) in out.iter_mut().zip(&self.bins[..BINS.min(self.bins.len())]) {
            *out = bin.norm() * self.scale;
        }
    }
}
