//! A recorded voice as frames of pitch, voicing and smooth spectrum, to be sung again by the vocoder.
//!
//! Spectra are taken over three periods and smoothed over the distance of two harmonics, after M. Morise, "`CheapTrick`, a
//! spectral envelope estimator for high-quality speech synthesis", Speech Communication 67 (2015).

use std::sync::Arc;

use half::f16;
use realfft::{RealFftPlanner, RealToComplex, num_complex::Complex};

use crate::voices::pitch_track::{Pitch, track};

/// Seconds from frame to frame.
pub const HOP: f64 = 0.005;
/// Points of a spectrum.
pub const POINTS: usize = 80;
/// Highest frequency of a spectrum in Hz.
const TOP: f32 = 16_000.0;
/// Density below which there is nothing, power per Hz.
const FLOOR: f32 = 1e-14;
/// Level of white noise below every recording, power per Hz: what a 16-bit converter leaves.
const SILENCE: f32 = 1e-13;

/// 5 ms of a voice.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// Natural logarithm of the power per Hz at [`point_hz`], `[point]`.
    pub envelope: [f16; POINTS],
    /// Pitch in Hz, guessed from its neighbours where there is none; 0 = nowhere any.
    pub hz: f32,
    /// Share of the voice against noise, 0…1.
    pub voiced: f32,
    /// Power between 200 Hz and 4 kHz in dB.
    pub level: f32,
}

/// Place of a frequency (Hz) on the axis of a spectrum, 0…[`POINTS`] - 1.
#[must_use]
pub fn place_of(hz: f32) -> f32 {
    ((1.0 + hz.max(0.0) / 700.0).ln() / (1.0 + TOP / 700.0).ln() * (POINTS - 1) as f32).min((POINTS - 1) as f32)
}

/// Frequency of a point in Hz.
#[must_use]
pub fn point_hz(point: usize) -> f32 {
    700.0 * ((point as f32 / (POINTS - 1) as f32 * (1.0 + TOP / 700.0).ln()).exp() - 1.0)
}

/// Takes a mono recording of one voice apart. Above the recording's own band the spectrum is continued as voices go on.
#[must_use]
pub fn frames(samples: &[f32], rate: u32) -> Vec<Frame> {
    let count = (samples.len() as f64 / f64::from(rate) / HOP) as usize;
    let pitches = track(samples, rate, HOP, count);
    let mut analysis = Analysis::new(rate);
    let mut frames: Vec<Frame> = pitches
        .iter()
        .enumerate()
        .map(|(index, pitch)| {
            let centre = (index as f64 * HOP * f64::from(rate)) as usize;
            analysis.frame(samples, centre, *pitch)
        })
        .collect();
    carry_pitch(&mut frames);
    frames
}

struct Analysis {
    rate: f32,
    transform: Arc<dyn RealToComplex<f32>>,
    input: Vec<f32>,
    spectrum: Vec<Complex<f32>>,
    /// Sum of the power below every bin.
    sums: Vec<f32>,
}

impl Analysis {
    fn new(rate: u32) -> Self {
        let length = (0.046 * rate as f32) as usize;
        let transform = RealFftPlanner::new().plan_fft_forward(length.next_power_of_two());
        let (input, spectrum) = (transform.make_input_vec(), transform.make_output_vec());
        Self { rate: rate as f32, transform, input, sums: vec![0.0; spectrum.len() + 1], spectrum }
    }

    fn frame(&mut self, samples: &[f32], centre: usize, pitch: Pitch) -> Frame {
        let voiced = ((pitch.clarity - 0.45) / 0.3).clamp(0.0, 1.0) * f32::from(u8::from(pitch.hz > 0.0));
        let length = if voiced > 0.0 { 3.0 * self.rate / pitch.hz } else { 0.012 * self.rate };
        self.transform(samples, centre, (length as usize).clamp(16, self.input.len()));
        let width = if voiced > 0.0 { pitch.hz } else { 150.0 };
        let mut envelope = [0.0; POINTS];
        for (point, value) in envelope.iter_mut().enumerate() {
            let hz = point_hz(point);
            let reach = 0.5 * width.max(0.8 * (point_hz(point + 1) - hz));
            *value = self.density(hz - reach, hz + reach);
        }
        extend(&mut envelope, 0.5 * self.rate, voiced);
        let power = self.density(200.0, 4_000.0) * 3_800.0;
        Frame {
            envelope: envelope.map(|value| f16::from_f32((value + SILENCE).ln())),
            hz: if voiced > 0.0 { pitch.hz } else { 0.0 },
            voiced,
            level: 10.0 * (power + 1e-12).log10(),
        }
    }

    fn transform(&mut self, samples: &[f32], centre: usize, length: usize) {
        self.input.fill(0.0);
        let mut weight = 1e-9;
        for (n, input) in self.input[..length].iter_mut().enumerate() {
            let window = 0.5 - 0.5 * (std::f32::consts::TAU * (n as f32 + 0.5) / length as f32).cos();
            let source = (centre + n).checked_sub(length / 2).and_then(|at| samples.get(at));
            *input = window * source.copied().unwrap_or(0.0);
            weight += window * window;
        }
        // Lengths match by construction: the only error the library has.
        let _ = self.transform.process(&mut self.input, &mut self.spectrum);
        let scale = 1.0 / (weight * self.rate);
        let mut sum = 0.0;
        for (bin, total) in self.spectrum.iter().zip(self.sums[1..].iter_mut()) {
            sum += bin.norm_sqr() * scale;
            *total = sum;
        }
    }

    /// Mean power per Hz between two frequencies.
    fn density(&self, low: f32, high: f32) -> f32 {
        let bins = self.input.len() as f32 / self.rate;
        let end = self.spectrum.len() as f32;
        let (low, high) = ((low * bins + 0.5).clamp(0.0, end - 1.0), (high * bins + 0.5).clamp(1.0, end));
        let sum = |at: f32| {
            let (whole, part) = (at as usize, at.fract());
            self.sums[whole] + part * (self.sums[(whole + 1).min(self.sums.len() - 1)] - self.sums[whole])
        };
        ((sum(high) - sum(low)) / (high - low).max(0.1)).max(FLOOR)
    }
}

/// Continues the spectrum above the recording: a voice falls, a hiss goes on.
fn extend(envelope: &mut [f32; POINTS], nyquist: f32, voiced: f32) {
    let (from, end) = (0.65 * nyquist, 0.9 * nyquist);
    let inside: Vec<f32> =
        (0..POINTS).filter(|&point| (from..end).contains(&point_hz(point))).map(|p| envelope[p]).collect();
    if inside.is_empty() || end >= TOP {
        return;
    }
    let mean = (inside.iter().map(|value| value.ln()).sum::<f32>() / inside.len() as f32).exp();
    let middle = 0.5 * (from + end);
    let fall = 1.0 + 5.0 * voiced;
    for (point, value) in envelope.iter_mut().enumerate() {
        let hz = point_hz(point);
        if hz >= end {
            *value = mean * (middle / hz).powf(fall) * if hz > 11_000.0 { (11_000.0 / hz).powi(3) } else { 1.0 };
        }
    }
}

/// Where there is no pitch it goes straight from the last to the next.
fn carry_pitch(frames: &mut [Frame]) {
    let mut last: Option<usize> = None;
    for index in 0..=frames.len() {
        if index < frames.len() && frames[index].hz == 0.0 {
            continue;
        }
        let from = last.map_or(0, |last| last + 1);
        let before = last.map(|last| frames[last].hz);
        let after = frames.get(index).map(|frame| frame.hz);
        let (Some(one), Some(two)) = (before.or(after), after.or(before)) else { return };
        let gap = (index - from + 1) as f32;
        for (n, frame) in frames[from..index].iter_mut().enumerate() {
            frame.hz = one + (two - one) * (n + 1) as f32 / gap;
        }
        last = Some(index);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use songweave_score::random::Random;

    #[test]
    fn noise_has_its_own_level_in_every_point_and_silence_has_none() {
        let mut random = Random::new(1);
        let noise: Vec<f32> = (0..44_100).map(|_| 0.1 * random.normal()).collect();
        let heard = frames(&noise, 44_100);
        let mean = |point: usize| {
            let sum: f32 = heard.iter().map(|frame| frame.envelope[point].to_f32().exp()).sum();
            10.0 * (sum / heard.len() as f32 * 44_100.0 / 0.01).log10()
        };
        for point in [10, 30, 50, 70] {
            assert!(mean(point).abs() < 1.5, "point {point}: {} dB", mean(point));
        }
        assert!(frames(&[0.0; 10_000], 16_000).iter().all(|frame| frame.voiced == 0.0 && frame.hz == 0.0));
        assert!(frames(&[], 16_000).is_empty());
    }

    #[test]
    fn places_and_frequencies_agree() {
        assert!((0..POINTS).all(|point| (place_of(point_hz(point)) - point as f32).abs() < 1e-2));
    }
}
