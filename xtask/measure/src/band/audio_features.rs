//! What is heard in the sound of an accompaniment: its pitch classes in each step, and where its sounds begin.

use std::sync::Arc;

use realfft::{RealFftPlanner, RealToComplex, num_complex::Complex32};
use songweave_dsp::{
    analysis::chroma::{Chroma, PITCH_CLASSES},
    stream::{layout::StreamLayout, stft::Stft},
};

/// Weight of each pitch class, 0 = C, at least 0.
pub type ClassWeights = [f32; PITCH_CLASSES];

/// Window and hop of the search for onsets, in samples at 44.1 kHz.
const WINDOW: usize = 1024;
const HOP: usize = 256;
/// Magnitudes, 1 = a full-scale sine, are compressed by ln(1 + this · magnitude).
const COMPRESSION: f32 = 1_000.0;
/// A beginning is the greatest of so many hops to either side …
const NEAR: usize = 5;
/// … and above the mean of so many hops to either side, by a share of the greatest of all.
const AROUND: usize = 40;
const ABOVE: f32 = 0.08;

/// The pitch classes in each step of a mono sound, `[step]`, as the plugin hears those of its inputs: the mean over the
/// hops whose middle lies in the step.
#[must_use]
pub fn chroma_of_steps(sound: &[f32], rate: u32, step_seconds: f64, steps: usize) -> Vec<ClassWeights> {
    let layout = StreamLayout::for_sample_rate(rate as f32);
    let (mut stft, mut chroma) = (Stft::new(layout.window), Chroma::new(&layout));
    let mut bins = vec![Complex32::default(); layout.bins()];
    let mut found = vec![([0.0; PITCH_CLASSES], 0.0f32); steps];
    let mut from = 0;
    while let Some(frame) = sound.get(from..from + layout.window) {
        stft.analyse(frame, &mut bins);
        let heard = chroma.hear([&bins, &bins], stft.power_scale());
        let middle = (from + layout.window / 2) as f64 / f64::from(rate);
        if let Some((sum, hops)) = found.get_mut((middle / step_seconds) as usize) {
            sum.iter_mut().zip(heard).for_each(|(sum, heard)| *sum += heard);
            *hops += 1.0;
        }
        from += layout.hop;
    }
    found.into_iter().map(|(sum, hops)| sum.map(|weight| weight / hops.max(1.0))).collect()
}

/// Where sounds begin in a mono sound, in seconds: peaks of the spectral flux (Dixon, "Onset detection revisited", 2006) of compressed magnitudes.
#[must_use]
pub fn onsets(sound: &[f32], rate: u32) -> Vec<f64> {
    let flux = flux(sound);
    let greatest = flux.iter().copied().fold(0.0, f32::max);
    let around = |frame: usize, hops: usize| &flux[frame.saturating_sub(hops)..(frame + hops + 1).min(flux.len())];
    let is_peak = |frame: &usize| {
        let (value, near, wide) = (flux[*frame], around(*frame, NEAR), around(*frame, AROUND));
        let mean = wide.iter().sum::<f32>() / wide.len() as f32;
        value > mean + ABOVE * greatest && near.iter().all(|other| *other <= value)
    };
    let seconds = |frame: usize| ((frame * HOP + WINDOW / 2) as f64) / f64::from(rate);
    (0..flux.len()).filter(is_peak).map(seconds).collect()
}

/// How much louder the spectrum gets from hop to hop, `[hop]`.
fn flux(sound: &[f32]) -> Vec<f32> {
    let mut spectrum = Spectrum::new(WINDOW);
    let frames = sound.len().saturating_sub(WINDOW) / HOP;
    let mut before = vec![0.0; WINDOW / 2 + 1];
    let mut flux = Vec::with_capacity(frames);
    for frame in 0..frames {
        let now: Vec<f32> = spectrum
            .magnitudes(&sound[frame * HOP..frame * HOP + WINDOW])
            .iter()
            .map(|magnitude| (COMPRESSION * magnitude).ln_1p())
            .collect();
        flux.push(now.iter().zip(&before).map(|(now, before)| (now - before).max(0.0)).sum());
        before = now;
    }
    flux
}

/// Window of [`balance`] in samples, and its bands: so many from the first edge on, a third of an octave each.
const LONG_WINDOW: usize = 4096;
const BANDS: usize = 26;
const LOWEST_HZ: f32 = 40.0;
/// Bands this far below full scale, in dB, are silent.
const FLOOR_DB: f32 = -90.0;

/// Mean level of each third of an octave of a mono sound in dB, a full-scale sine 0, from 40 Hz to 16 kHz.
#[must_use]
pub fn balance(sound: &[f32], rate: u32) -> [f32; BANDS] {
    let mut spectrum = Spectrum::new(LONG_WINDOW);
    let mut power = [0.0f32; BANDS];
    let frames = sound.len() / LONG_WINDOW;
    for frame in sound.chunks_exact(LONG_WINDOW) {
        for (bin, magnitude) in spectrum.magnitudes(frame).iter().enumerate() {
            let hz = bin as f32 * rate as f32 / LONG_WINDOW as f32;
            let band = (3.0 * (hz / LOWEST_HZ).log2()).floor();
            if band >= 0.0 && (band as usize) < BANDS {
                power[band as usize] += magnitude * magnitude;
            }
        }
    }
    power.map(|power| (10.0 * (power / frames.max(1) as f32).max(1e-12).log10()).max(FLOOR_DB))
}

/// Mean distance of two sounds' [`balance`] in dB.
#[must_use]
pub fn balance_distance(one: &[f32], other: &[f32], rate: u32) -> f64 {
    let (one, other) = (balance(one, rate), balance(other, rate));
    one.iter().zip(other).map(|(one, other)| f64::from((one - other).abs())).sum::<f64>() / BANDS as f64
}

/// Magnitude spectra with a Hann window.
pub struct Spectrum {
    window: Vec<f32>,
    transform: Arc<dyn RealToComplex<f32>>,
    time: Vec<f32>,
    bins: Vec<Complex32>,
    scale: f32,
}

impl Spectrum {
    /// Of windows of so many samples.
    #[must_use]
    pub fn new(window: usize) -> Self {
        let transform = RealFftPlanner::new().plan_fft_forward(window);
        let hann = |n: usize| 0.5 - 0.5 * (std::f32::consts::TAU * n as f32 / window as f32).cos();
        let window: Vec<f32> = (0..window).map(hann).collect();
        let scale = 2.0 / window.iter().sum::<f32>();
        Self { time: transform.make_input_vec(), bins: transform.make_output_vec(), window, transform, scale }
    }

    /// Magnitude of each bin, a full-scale sine 1. Samples of another length than the window are taken as silence.
    pub fn magnitudes(&mut self, samples: &[f32]) -> Vec<f32> {
        self.time.iter_mut().for_each(|time| *time = 0.0);
        for ((time, sample), window) in self.time.iter_mut().zip(samples).zip(&self.window) {
            *time = sample * window;
        }
        // Fails on a length mismatch only; the vectors are made for the transform.
        let _ = self.transform.process(&mut self.time, &mut self.bins);
        self.bins.iter().map(|bin| self.scale * bin.norm()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 44_100;

    fn tone(key: f32, seconds: f32, sound: &mut Vec<f32>) {
        let hz = 440.0 * ((key - 69.0) / 12.0).exp2();
        let samples = (seconds * RATE as f32) as usize;
        let sample = |n: usize| {
            0.3 * (std::f32::consts::TAU * hz * n as f32 / RATE as f32).sin() * (1.0 - n as f32 / samples as f32)
        };
        sound.extend((0..samples).map(sample));
    }

    #[test]
    fn every_step_has_the_pitch_class_that_sounds_in_it() {
        let mut sound = Vec::new();
        [60.0, 64.0, 67.0, 70.0].iter().for_each(|key| tone(*key, 0.25, &mut sound));
        let strongest = |weights: &ClassWeights| (0..12).max_by(|one, other| weights[*one].total_cmp(&weights[*other]));
        let steps = chroma_of_steps(&sound, RATE, 0.25, 5);
        assert_eq!(steps[..4].iter().map(strongest).collect::<Vec<_>>(), [0, 4, 7, 10].map(Some));
        assert_eq!(steps[4], [0.0; 12], "after its end there is nothing");
    }

    #[test]
    fn a_tone_is_in_its_third_of_an_octave_and_a_darker_sound_is_far_from_it() {
        let (mut high, mut low) = (Vec::new(), Vec::new());
        tone(69.0, 1.0, &mut high);
        tone(45.0, 1.0, &mut low);
        let levels = balance(&high, RATE);
        let loudest = (0..BANDS).max_by(|one, other| levels[*one].total_cmp(&levels[*other]));
        assert_eq!(loudest, Some(10), "403 to 508 Hz");
        assert_eq!(balance_distance(&high, &high, RATE), 0.0);
        assert!(balance_distance(&high, &low, RATE) > 5.0);
    }

    #[test]
    fn onsets_are_found_where_notes_begin() {
        let mut sound = vec![0.0; 4_410];
        [60.0, 64.0, 64.0, 52.0].iter().for_each(|key| tone(*key, 0.3, &mut sound));
        sound.extend([0.0; 4_410]);
        let found = onsets(&sound, RATE);
        let wanted = [0.1, 0.4, 0.7, 1.0];
        assert_eq!(found.len(), wanted.len(), "{found:?}");
        assert!(found.iter().zip(wanted).all(|(found, wanted)| (found - wanted).abs() < 0.015), "{found:?}");
        assert!(onsets(&vec![0.0; 44_100], RATE).is_empty());
    }
}
