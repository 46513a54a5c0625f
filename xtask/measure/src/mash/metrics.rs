//! How near a sound is to the truth, in dB.

use std::{iter::Sum, ops::AddAssign};

use serde::Serialize;

use crate::statistics::median;
use songweave_synth::song::Stereo;

/// No figure is above this: it is where 32-bit samples end.
const CEILING: f64 = 100.0;
/// Energy below which a truth counts as silent.
const SILENT: f64 = 1e-9;
/// Share of the mean energy of a second below which a second counts as silent: -40 dB.
const FAINT: f64 = 1e-4;

/// Nearness of an estimate to the truth in dB, higher is better.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Nearness {
    /// Scale-invariant signal-to-distortion ratio over both channels, one scale for both (Le Roux et al., "SDR – half-baked
    /// or well done?", 2019).
    pub si_sdr: f64,
    /// Signal-to-distortion ratio, level errors included; no filter is allowed for, unlike in BSS Eval.
    pub sdr: f64,
    /// Median of the SDR of one-second stretches in which the truth is at most 40 dB below its mean power. Papers on MUSDB
    /// take the median of such stretches, but of BSS Eval's SDR.
    pub median_second_sdr: f64,
}

/// What has to be summed over a stretch of sound to compare an estimate with the truth; sums of stretches add up.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sums {
    estimate: f64,
    truth: f64,
    product: f64,
    error: f64,
}

impl Sums {
    fn hear(&mut self, estimate: f32, truth: f32) {
        let (estimate, truth) = (f64::from(estimate), f64::from(truth));
        self.estimate += estimate * estimate;
        self.truth += truth * truth;
        self.product += estimate * truth;
        self.error += (estimate - truth) * (estimate - truth);
    }

    /// Scale-invariant SDR in dB; `None` where the truth is silent.
    #[must_use]
    pub fn si_sdr(&self) -> Option<f64> {
        let wanted = self.product * self.product / self.truth;
        (self.truth >= SILENT).then(|| ratio(wanted, self.estimate - wanted))
    }

    /// SDR in dB; `None` where the truth is silent.
    #[must_use]
    pub fn sdr(&self) -> Option<f64> {
        (self.truth >= SILENT).then(|| ratio(self.truth, self.error))
    }
}

impl AddAssign for Sums {
    fn add_assign(&mut self, other: Self) {
        self.estimate += other.estimate;
        self.truth += other.truth;
        self.product += other.product;
        self.error += other.error;
    }
}

impl Sum for Sums {
    fn sum<I: Iterator<Item = Self>>(stretches: I) -> Self {
        let mut whole = Self::default();
        stretches.for_each(|stretch| whole += stretch);
        whole
    }
}

/// An estimate against the truth, second by second.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    seconds: Vec<Sums>,
}

impl Comparison {
    /// Compares over the common length; less than a second at the end belongs to the second before.
    #[must_use]
    pub fn of(estimate: &Stereo, truth: &Stereo, rate: u32) -> Self {
        let samples = estimate[0].len().min(truth[0].len());
        let second = rate.max(1) as usize;
        let mut seconds = vec![Sums::default(); (samples / second).max(1)];
        let last = seconds.len() - 1;
        for (estimate, truth) in estimate.iter().zip(truth) {
            for (n, (estimate, truth)) in estimate.iter().zip(truth).take(samples).enumerate() {
                seconds[(n / second).min(last)].hear(*estimate, *truth);
            }
        }
        Self { seconds }
    }

    /// Over everything; `None` where the truth is silent.
    #[must_use]
    pub fn near(&self) -> Option<Nearness> {
        let whole: Sums = self.seconds.iter().copied().sum();
        let faint = FAINT * whole.truth / self.seconds.len() as f64;
        let seconds: Vec<f64> =
            self.seconds.iter().filter(|second| second.truth >= faint).filter_map(Sums::sdr).collect();
        let (si_sdr, sdr) = (whole.si_sdr()?, whole.sdr()?);
        Some(Nearness { si_sdr, sdr, median_second_sdr: median(&seconds).unwrap_or(sdr) })
    }

    /// Sums of stretches of so many seconds, the last one perhaps shorter.
    #[must_use]
    pub fn stretches(&self, seconds: usize) -> Vec<Sums> {
        self.seconds.chunks(seconds.max(1)).map(|stretch| stretch.iter().copied().sum()).collect()
    }
}

/// `10 log10(wanted / error)`, within ±100 dB.
#[must_use]
pub fn ratio(wanted: f64, error: f64) -> f64 {
    (10.0 * (wanted.max(1e-30) / error.max(1e-30)).log10()).clamp(-CEILING, CEILING)
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

    fn near(estimate: &Stereo, truth: &Stereo) -> Option<Nearness> {
        Comparison::of(estimate, truth, 1_000).near()
    }

    #[test]
    fn an_error_of_a_tenth_is_twenty_decibels_and_scale_only_matters_to_sdr() {
        let truth = sound(1.0, 0.0);
        let tenth = near(&sound(1.0, 0.1), &truth).unwrap();
        assert!((tenth.si_sdr - 20.0).abs() < 0.01 && (tenth.sdr - 20.0).abs() < 0.01, "{tenth:?}");
        let louder = near(&sound(2.0, 0.2), &truth).unwrap();
        assert!((louder.si_sdr - 20.0).abs() < 0.01 && louder.sdr < 0.0, "{louder:?}");
        assert!(near(&truth, &truth).unwrap().si_sdr >= 100.0);
        assert!(near(&truth, &sound(0.0, 0.0)).is_none());
        let shorter = truth.each_ref().map(|channel| channel[..500].to_vec());
        assert!(near(&shorter, &truth).unwrap().sdr >= 100.0, "only the common length counts");
    }

    #[test]
    fn the_median_second_is_not_moved_by_one_bad_second_nor_by_faint_ones() {
        let errors = [0.1, 0.1, 0.1, 2.0];
        let join = |sounds: Vec<Stereo>| -> Stereo {
            [0, 1].map(|channel: usize| sounds.iter().flat_map(|sound| sound[channel].clone()).collect())
        };
        let faint = sound(0.001, 0.0);
        let truth = join(vec![sound(1.0, 0.0), sound(1.0, 0.0), sound(1.0, 0.0), sound(1.0, 0.0), faint]);
        let estimate = join(errors.iter().map(|&error| sound(1.0, error)).chain([sound(0.0, 0.1)]).collect());
        let figures = near(&estimate, &truth).unwrap();
        assert!((figures.median_second_sdr - 20.0).abs() < 0.01, "{figures:?}");
        assert!(figures.sdr < 5.0, "{figures:?}");
        assert_eq!(Comparison::of(&estimate, &truth, 1_000).stretches(2).len(), 3);
    }

    #[test]
    fn sums_of_stretches_are_the_sum_of_the_whole() {
        let comparison = Comparison::of(&sound(1.0, 0.3), &sound(1.0, 0.0), 100);
        let joined: Sums = comparison.stretches(3).into_iter().sum();
        assert!((joined.sdr().unwrap() - comparison.near().unwrap().sdr).abs() < 1e-9);
    }
}
