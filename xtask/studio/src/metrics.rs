//! How near a sound is to the truth, in dB.

use serde::Serialize;

use crate::song::Stereo;

/// No figure is above this: it is where 32-bit samples end.
const CEILING: f64 = 100.0;

/// Nearness of an estimate to the truth in dB, higher is better.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Nearness {
    /// Scale-invariant signal-to-distortion ratio over both channels (one scale for both).
    pub si_sdr: f64,
    /// Signal-to-distortion ratio, level errors included.
    pub sdr: f64,
}

impl Nearness {
    /// Compares over the common length; `None` when the truth is silent.
    #[must_use]
    pub fn of(estimate: &Stereo, truth: &Stereo) -> Option<Self> {
        let (mut estimate_energy, mut truth_energy, mut product, mut error) = (0.0f64, 0.0f64, 0.0f64, 0.0f64);
        let pairs = estimate.iter().zip(truth).flat_map(|(estimate, truth)| estimate.iter().zip(truth));
        for (estimate, truth) in pairs {
            let (estimate, truth) = (f64::from(*estimate), f64::from(*truth));
            estimate_energy += estimate * estimate;
            truth_energy += truth * truth;
            product += estimate * truth;
            error += (estimate - truth) * (estimate - truth);
        }
        if truth_energy < 1e-9 {
            return None;
        }
        let wanted = product * product / truth_energy;
        let si_sdr = ratio(wanted, estimate_energy - wanted);
        Some(Self { si_sdr, sdr: ratio(truth_energy, error) })
    }
}

fn ratio(wanted: f64, error: f64) -> f64 {
    (10.0 * (wanted.max(1e-30) / error.max(1e-30)).log10()).clamp(-CEILING, CEILING)
}

/// Mean, lowest and highest of some figures.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Mean.
    pub mean: f64,
    /// Lowest.
    pub min: f64,
    /// Highest.
    pub max: f64,
}

impl Spread {
    /// Of at least one figure; `None` of nothing.
    #[must_use]
    pub fn of(figures: &[f64]) -> Option<Self> {
        (!figures.is_empty()).then(|| Self {
            mean: figures.iter().sum::<f64>() / figures.len() as f64,
            min: figures.iter().copied().fold(f64::INFINITY, f64::min),
            max: figures.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn sound(scale: f32, error: f32) -> Stereo {
        // Two tones of whole periods: they have nothing in common.
        let tone = |periods: f32, n: usize| (std::f32::consts::TAU * periods * n as f32 / 1_000.0).sin();
        let channel: Vec<f32> = (0..1_000).map(|n| scale * tone(10.0, n) + error * tone(17.0, n)).collect();
        [channel.clone(), channel]
    }

    #[test]
    fn an_error_of_a_tenth_is_twenty_decibels_and_scale_only_matters_to_sdr() {
        let truth = sound(1.0, 0.0);
        let near = Nearness::of(&sound(1.0, 0.1), &truth).unwrap();
        assert!((near.si_sdr - 20.0).abs() < 0.01 && (near.sdr - 20.0).abs() < 0.01, "{near:?}");
        let louder = Nearness::of(&sound(2.0, 0.2), &truth).unwrap();
        assert!((louder.si_sdr - 20.0).abs() < 0.01 && louder.sdr < 0.0, "{louder:?}");
        assert!(Nearness::of(&truth, &truth).unwrap().si_sdr >= 100.0);
        assert!(Nearness::of(&truth, &sound(0.0, 0.0)).is_none());
        let shorter = truth.each_ref().map(|channel| channel[..500].to_vec());
        assert!(Nearness::of(&shorter, &truth).unwrap().sdr >= 100.0, "only the common length counts");
    }
}
