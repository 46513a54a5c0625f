//! How near a drawn note comes to the true one.

use crate::statistics::mean;
use realfft::RealFftPlanner;
use serde::Serialize;

use songweave_datasets::notes::{
    note_envelope::{attack, powers},
    note_pitch::LongSpectrum,
    note_renders::{RATE, power_db},
};
use songweave_synth::song::Stereo;

/// Windows of the spectral distance, in samples at 48 kHz.
const WINDOWS: [usize; 4] = [512, 1024, 2048, 4096];
/// Bins this far below the true note's loudest do not count, in dB; what is drawn there is cut off a little below.
const RANGE_DB: f32 = 80.0;
const CUT_DB: f32 = 90.0;
/// Steps of the loudness envelope in seconds; steps this far below the loudest do not count, in dB.
const STEP: f32 = 0.01;
const LOUD_DB: f32 = 60.0;

/// How near one note comes to another. Smaller is nearer.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct NoteFigures {
    /// Mean difference of the spectra over four window lengths, in dB, over bins within 80 dB of the loudest.
    pub distance_db: f64,
    /// Norm of the difference of the magnitudes by the norm of the true ones (Arik, Jun and Diamos, "Fast spectrogram
    /// inversion using multi-head convolutional neural networks", 2019), mean over the windows.
    pub convergence: f64,
    /// Mean difference of the level in steps of 10 ms, in dB.
    pub envelope_db: f64,
    /// Distance in cents; `None` where there is no pitch.
    pub cents: Option<f64>,
    /// Distance of the times from the onset to half and to nine tenths of the largest amplitude, in ms; see
    /// [`attack`].
    pub attack_ms: [f64; 2],
}

impl NoteFigures {
    /// Compares a note with the true one; `hz` is the partial whose pitch is compared, `smoothing` the window in seconds
    /// in which attacks are read.
    #[must_use]
    pub fn of(drawn: &Stereo, truth: &Stereo, hz: Option<f32>, smoothing: f32) -> Self {
        let spectra = WINDOWS.map(|window| compare(drawn, truth, window));
        let mean = |value: fn(&(f64, f64)) -> f64| spectra.iter().map(value).sum::<f64>() / WINDOWS.len() as f64;
        let [one, other] = [drawn, truth].map(|sound| attack(&powers(sound, RATE as f32, smoothing)));
        Self {
            distance_db: mean(|one| one.0),
            convergence: mean(|one| one.1),
            envelope_db: envelope(drawn, truth),
            cents: hz.and_then(|hz| cents(drawn, truth, hz)),
            attack_ms: std::array::from_fn(|at| (one[at] - other[at]).abs()),
        }
    }
}

/// Mean difference in dB and spectral convergence at a window length.
fn compare(drawn: &Stereo, truth: &Stereo, window: usize) -> (f64, f64) {
    let [drawn, truth] = [drawn, truth].map(|sound| magnitudes(sound, window));
    let peak = truth.iter().copied().fold(1e-9, f32::max);
    let decibels = |value: f32| 20.0 * (value / peak).max(1e-9).log10();
    let (mut sum, mut count, mut error, mut whole) = (0.0_f64, 0_u64, 0.0_f64, 1e-20_f64);
    for (drawn, truth) in drawn.iter().zip(&truth) {
        error += f64::from(drawn - truth).powi(2);
        whole += f64::from(*truth).powi(2);
        if decibels(*truth) > -RANGE_DB {
            sum += f64::from((decibels(*drawn).max(-CUT_DB) - decibels(*truth)).abs());
            count += 1;
        }
    }
    (sum / count.max(1) as f64, (error / whole).sqrt())
}

/// Magnitudes of all frames of both channels, `[channel, frame, bin]`.
pub fn magnitudes(sound: &Stereo, window: usize) -> Vec<f32> {
    let transform = RealFftPlanner::<f32>::new().plan_fft_forward(window);
    let (mut input, mut spectrum) = (transform.make_input_vec(), transform.make_output_vec());
    let hann: Vec<f32> =
        (0..window).map(|n| 0.5 - 0.5 * (std::f32::consts::TAU * n as f32 / window as f32).cos()).collect();
    let mut all = Vec::new();
    for channel in sound {
        // Half a window of silence before the onset, so that what sounds too early is seen.
        let padded: Vec<f32> = std::iter::repeat_n(0.0, window / 2).chain(channel.iter().copied()).collect();
        for frame in padded.windows(window).step_by(window / 4) {
            input.iter_mut().zip(frame.iter().zip(&hann)).for_each(|(input, (sample, hann))| *input = sample * hann);
            // Lengths match by construction: the only error the library has.
            let _ = transform.process(&mut input, &mut spectrum);
            all.extend(spectrum.iter().map(|bin| bin.norm()));
        }
    }
    all
}

fn envelope(drawn: &Stereo, truth: &Stereo) -> f64 {
    let steps = (truth[0].len() as f32 / RATE as f32 / STEP) as usize;
    let levels = |sound: &Stereo| -> Vec<f32> {
        (0..steps).map(|at| power_db(sound, at as f32 * STEP, (at + 1) as f32 * STEP)).collect()
    };
    let (drawn, truth) = (levels(drawn), levels(truth));
    let loudest = truth.iter().copied().fold(-120.0, f32::max);
    let pairs = drawn.iter().zip(&truth).filter(|(_, truth)| **truth > loudest - LOUD_DB);
    mean(pairs.map(|(drawn, truth)| f64::from((drawn.max(loudest - CUT_DB) - truth).abs()))).unwrap_or(0.0)
}

/// Distance in cents of the peaks near a frequency, both read from 0.1 s to 1.5 s.
fn cents(drawn: &Stereo, truth: &Stereo, hz: f32) -> Option<f64> {
    let peak = |sound: &Stereo| LongSpectrum::of_pitched(sound, RATE as f32).peak(0.97 * hz, 1.03 * hz);
    Some(f64::from(1_200.0 * (peak(drawn)? / peak(truth)?).log2().abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f32, rise: f32) -> Stereo {
        let wave = |n: usize| {
            let seconds = n as f32 / RATE as f32;
            0.3 * (seconds / rise).min(1.0) * (std::f64::consts::TAU * f64::from(hz) * f64::from(seconds)).sin() as f32
        };
        let channel: Vec<f32> = (0..RATE as usize * 2).map(wave).collect();
        [channel.clone(), channel]
    }

    #[test]
    fn a_note_is_as_far_from_another_as_they_differ() {
        let truth = tone(500.0, 0.01);
        let same = NoteFigures::of(&truth, &truth, Some(500.0), 0.004);
        assert_eq!((same.distance_db, same.envelope_db, same.cents, same.attack_ms), (0.0, 0.0, Some(0.0), [0.0; 2]));
        let softer = truth.clone().map(|channel| channel.iter().map(|sample| 0.5 * sample).collect());
        let figures = NoteFigures::of(&softer, &truth, Some(500.0), 0.004);
        assert!((figures.distance_db - 6.0).abs() < 0.2 && (figures.envelope_db - 6.02).abs() < 0.1, "{figures:?}");
        assert!((figures.convergence - 0.5).abs() < 0.01, "{figures:?}");
        let other = NoteFigures::of(&tone(503.0, 0.05), &truth, Some(500.0), 0.004);
        assert!((other.cents.unwrap_or(0.0) - 10.36).abs() < 0.3, "{other:?}");
        assert!((other.attack_ms[1] - 36.0).abs() < 2.0, "{other:?}");
    }
}
