//! Loudness in mel bands over time, the same at every sample rate.

use std::{f32::consts::PI, sync::Arc};

use realfft::{RealFftPlanner, RealToComplex, num_complex::Complex32};
use songweave_models::listener::{BANDS, HOP, RATE, WINDOW};

/// Where Slaney's mel scale turns from linear to logarithmic ("Auditory toolbox", 1998): this many mels, hertz a mel below,
/// logarithm of the ratio a mel above.
const LINEAR_MELS: f32 = 15.0;
const HZ_PER_MEL: f32 = 200.0 / 3.0;
const LOG_STEP: f32 = 0.068_751_78; // ln 6.4 / 27

/// A band: the triangle's weights from its first bin on.
struct Band {
    first: usize,
    weights: Vec<f32>,
}

/// Makes pictures. The window lasts as long as the network's, whatever the sample rate, so bins are as wide as the
/// network's and nothing is resampled.
pub(super) struct LogMel {
    hop: f64,
    window: Vec<f32>,
    forward: Arc<dyn RealToComplex<f32>>,
    time: Vec<f32>,
    bins: Vec<Complex32>,
    scratch: Vec<Complex32>,
    power: Vec<f32>,
    bands: Vec<Band>,
}

impl LogMel {
    /// For a sample rate in Hz.
    pub(super) fn new(sample_rate: f32) -> Self {
        let seconds = |samples: usize| f64::from(sample_rate) * samples as f64 / f64::from(RATE);
        let length = near_fast_length(seconds(WINDOW));
        let forward = RealFftPlanner::new().plan_fft_forward(length);
        Self {
            hop: seconds(HOP),
            window: (0..length).map(|n| 0.5 - 0.5 * libm::cosf(2.0 * PI * n as f32 / length as f32)).collect(),
            time: forward.make_input_vec(),
            bins: forward.make_output_vec(),
            scratch: forward.make_scratch_vec(),
            power: vec![0.0; length / 2 + 1],
            bands: bands(sample_rate / length as f32, length / 2 + 1),
            forward,
        }
    }

    /// Samples that so many frames need.
    pub(super) fn samples(&self, frames: usize) -> usize {
        self.start(frames.saturating_sub(1)) + self.window.len()
    }

    fn start(&self, frame: usize) -> usize {
        (self.hop * frame as f64).round() as usize
    }

    /// Writes `[frame][band]` of a mono sound that is long enough.
    pub(super) fn picture(&mut self, sound: &[f32], frames: usize, out: &mut Vec<f32>) {
        out.clear();
        // As if the window were the network's own.
        let scale = (WINDOW as f32 / self.window.len() as f32).powi(2);
        for frame in 0..frames {
            let start = self.start(frame);
            for ((time, sample), window) in self.time.iter_mut().zip(&sound[start..]).zip(&self.window) {
                *time = sample * window;
            }
            // Fails on a length mismatch only, and all buffers are made for this transform.
            let _ = self.forward.process_with_scratch(&mut self.time, &mut self.bins, &mut self.scratch);
            self.power.iter_mut().zip(&self.bins).for_each(|(power, bin)| *power = bin.norm_sqr() * scale);
            out.extend(self.bands.iter().map(|band| {
                let power: f32 =
                    band.weights.iter().zip(&self.power[band.first..]).map(|(weight, power)| weight * power).sum();
                libm::log10f(10_000.0 * power + 1.0)
            }));
        }
    }
}

/// The even number near `wanted` that has no prime factor above 11: transforms of such lengths are fast.
fn near_fast_length(wanted: f64) -> usize {
    let smooth = |mut length: usize| {
        for factor in [2, 3, 5, 7, 11] {
            while length.is_multiple_of(factor) {
                length /= factor;
            }
        }
        length == 1
    };
    let nearest = ((wanted / 2.0).round() as usize * 2).max(16);
    let near = (0..nearest).step_by(2).flat_map(|away| [nearest - away, nearest + away]);
    near.into_iter().find(|&length| length >= 16 && smooth(length)).unwrap_or(nearest)
}

/// Frequency in Hz with as much power of a picture above it as below; 0 without a picture.
pub(super) fn register_hz(picture: &[f32]) -> f32 {
    // Bands are of equal area: a wide one holds more than its number says.
    let width = |band: usize| edge_hz(band + 2) - edge_hz(band);
    let power = |band: usize| -> f32 {
        let frames = picture.iter().skip(band).step_by(BANDS);
        width(band) * frames.map(|value| libm::powf(10.0, *value) - 1.0).sum::<f32>()
    };
    let power: Vec<f32> = (0..BANDS).map(power).collect();
    let (half, mut below) = (power.iter().sum::<f32>() / 2.0, 0.0);
    let middle = power.iter().position(|power| {
        below += power;
        below > half
    });
    middle.map_or(0.0, |band| edge_hz(band + 1))
}

/// Where a band begins; it is highest at the next one's edge, and ends at the one after that.
fn edge_hz(index: usize) -> f32 {
    let highest = LINEAR_MELS + libm::logf(RATE as f32 / 2.0 / 1000.0) / LOG_STEP;
    let mel = highest * index as f32 / (BANDS + 1) as f32;
    if mel < LINEAR_MELS { mel * HZ_PER_MEL } else { 1000.0 * libm::expf(LOG_STEP * (mel - LINEAR_MELS)) }
}

/// Triangles of equal area up to half the network's rate, over bins of `bin_hz`.
fn bands(bin_hz: f32, bins: usize) -> Vec<Band> {
    (0..BANDS).map(|band| triangle([0, 1, 2].map(|edge| edge_hz(band + edge)), bin_hz, bins)).collect()
}

fn triangle([low, middle, high]: [f32; 3], bin_hz: f32, bins: usize) -> Band {
    let first = ((low / bin_hz).ceil() as usize).min(bins);
    let last = ((high / bin_hz).floor() as usize + 1).clamp(first, bins);
    let weight = |bin: usize| {
        let hz = bin as f32 * bin_hz;
        ((hz - low) / (middle - low)).min((high - hz) / (high - middle)).max(0.0) * 2.0 / (high - low)
    };
    Band { first, weights: (first..last).map(weight).collect() }
}
