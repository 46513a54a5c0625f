//! How far a voice's formants move when its pitch does: smooth spectra before and after, level aside.

use crate::statistics::mean;
use serde::Serialize;

use songweave_synth::voices::envelope::{Frame, POINTS, frames, point_hz};

/// Frequencies in Hz between which formants are looked for.
const RANGE: (f32, f32) = (250.0, 5_000.0);
/// Voicing from which a frame counts.
const VOICED: f32 = 0.8;
/// Decibels of a natural logarithm of power.
const DB: f64 = 4.342_944_8;

/// Differences of the smooth spectrum in dB.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct FormantDrift {
    /// Of the mean spectra: root mean square over the frequencies.
    pub mean: f64,
    /// Of each frame, mean size: what a voice's spectrum does from moment to moment counts as well.
    pub frame: f64,
}

/// The drift between two mono recordings of one length at one rate; `None` where they are never voiced together.
#[must_use]
pub fn formant_drift(before: &[f32], after: &[f32], rate: u32) -> Option<FormantDrift> {
    let points: Vec<usize> = (0..POINTS).filter(|point| (RANGE.0..RANGE.1).contains(&point_hz(*point))).collect();
    let (before, after) = (frames(before, rate), frames(after, rate));
    let pairs = before.iter().zip(&after).filter(|(one, other)| one.voiced.min(other.voiced) >= VOICED);
    let differences: Vec<Vec<f64>> = pairs.map(|(one, other)| difference(one, other, &points)).collect();
    if differences.is_empty() {
        return None;
    }
    let count = differences.len() as f64;
    let mean = |index: usize| differences.iter().map(|difference| difference[index]).sum::<f64>() / count;
    let squares: f64 = (0..points.len()).map(|index| mean(index).powi(2)).sum();
    let sizes: f64 = differences.iter().flatten().map(|difference| difference.abs()).sum();
    let all = points.len() as f64;
    Some(FormantDrift { mean: (squares / all).sqrt(), frame: sizes / all / count })
}

/// Decibels by which the second is above the first, their mean taken off.
fn difference(one: &Frame, other: &Frame, points: &[usize]) -> Vec<f64> {
    let raw: Vec<f64> = points
        .iter()
        .map(|point| DB * f64::from(other.envelope[*point].to_f32() - one.envelope[*point].to_f32()))
        .collect();
    let mean = mean(raw.iter().copied()).unwrap_or(0.0);
    raw.iter().map(|difference| difference - mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A buzz at a pitch through one resonance.
    fn buzz(hz: f32, formant: f32) -> Vec<f32> {
        let gain = |h: f32| 1.0 / (1.0 + ((h * hz - formant) / 200.0).powi(2)) + 0.02;
        let wave = |n: usize| {
            (1..40)
                .map(|h| gain(h as f32) * (n as f32 * hz * h as f32 / 22_050.0 * std::f32::consts::TAU).sin())
                .sum::<f32>()
        };
        (0..22_050).map(|n| 0.05 * wave(n)).collect()
    }

    #[test]
    fn a_formant_that_moves_is_told_from_a_pitch_that_moves() {
        let voice = buzz(150.0, 900.0);
        let louder: Vec<f32> = voice.iter().map(|sample| 0.5 * sample).collect();
        let [same, higher, moved] = [louder, buzz(160.0, 900.0), buzz(150.0, 1_300.0)]
            .map(|other| formant_drift(&voice, &other, 22_050).map_or(99.0, |drift| drift.mean));
        assert!(same < 0.1 && higher < 1.0 && moved > 2.5, "{same} {higher} {moved}");
    }
}
