//! Noise of given powers in bands, as a spectrum.

use crate::band::tone::{NOISE_BANDS, noise_edges};

/// Overlapped squared Hann windows let through this share of a noise's power.
const KEPT: f32 = 0.486_1;
/// Powers below this are silence.
const SILENCE: f32 = 1e-12;

/// How the bands lie on the bins of a frame.
pub(super) struct NoiseBands {
    /// Per bin: its first band and the weights of this one and those above it.
    shares: Vec<(usize, [f32; SPAN])>,
}

/// Bands that one bin can lie in; only the lowest bins lie in several.
const SPAN: usize = 6;

impl NoiseBands {
    /// The bands at a frame of `window` samples.
    ///
    /// # Allocates
    pub(super) fn new(window: usize, sample_rate: f32) -> Self {
        let (edges, width) = (noise_edges(), sample_rate / window as f32);
        let share = |bin: usize| {
            let (low, high) = ((bin as f32 - 0.5) * width, (bin as f32 + 0.5) * width);
            let first = edges.iter().skip(1).position(|edge| *edge > low).unwrap_or(NOISE_BANDS);
            let weights = std::array::from_fn(|index| {
                let band = first + index;
                let Some(&[from, to]) = edges.get(band..band + 2) else { return 0.0 };
                let common = (high.min(to) - low.max(from)).max(0.0);
                // A real signal's power lies half in its negative frequencies.
                common / (to - from) * 0.5 / KEPT
            });
            (first.min(NOISE_BANDS - 1), weights)
        };
        Self { shares: (0..=window / 2).map(share).collect() }
    }

    /// Fills `white` `[part][bin]`, real and imaginary parts, with noise whose power in each band is `power` `[band]`; `false` when it is silent.
    pub(super) fn fill(&self, power: &[f32; NOISE_BANDS], seed: u64, white: &mut [Vec<f32>; 2]) -> bool {
        if power.iter().all(|power| *power < SILENCE) {
            return false;
        }
        let mut state = mixed(seed);
        let [real, imaginary] = white;
        for (((first, weights), re), im) in self.shares.iter().zip(real).zip(imaginary) {
            let bands = power[*first..].iter().zip(weights);
            let amplitude = bands.map(|(power, weight)| power * weight).sum::<f32>().sqrt();
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            // Two even numbers with a variance of a half each.
            let even = |bits: u64| ((bits & 0xFFFF) as f32 / 32_768.0 - 1.0) * 1.224_745;
            (*re, *im) = (amplitude * even(state >> 48), amplitude * even(state >> 32));
        }
        true
    }
}

/// Scrambles a number (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014, fig. 15).
pub(super) const fn mixed(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}
