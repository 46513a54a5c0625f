//! Frames of a voice back to sound, pulse by pulse: minimum-phase pulses where it is voiced, noise where it is not.
//!
//! The way of WORLD: M. Morise, F. Yokomori, K. Ozawa, "WORLD: a vocoder-based high-quality speech synthesis system for
//! real-time applications", IEICE Transactions E99-D (2016).

use std::sync::Arc;

use realfft::{ComplexToReal, RealFftPlanner, RealToComplex, num_complex::Complex};

use crate::voices::envelope::{POINTS, place_of};
use songweave_score::random::Random;

/// Samples of one pulse's response.
const LENGTH: usize = 1024;
/// Bins of its spectrum.
const BINS: usize = LENGTH / 2 + 1;

/// The sound of a throat, whatever it sings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timbre {
    /// Formants against the recording: 1 = as recorded, above = a smaller person.
    pub tract: f32,
    /// Change of slope from 300 Hz to 3.4 kHz in dB per octave: positive = tense, negative = soft.
    pub tension: f32,
    /// Share of breath in the voice at 2 kHz, 0…1.
    pub breath: f32,
    /// Roughness by subharmonics, 0…1.
    pub growl: f32,
    /// Random change from period to period, relative.
    pub jitter: f32,
    /// Nothing but breath.
    pub whisper: bool,
}

/// One pulse to be drawn.
#[derive(Debug, Clone, Copy)]
pub struct Pulse {
    /// Natural logarithm of the power per Hz, `[point]`.
    pub envelope: [f32; POINTS],
    /// Distance to the next pulse in samples.
    pub period: f32,
    /// Share of the voice against noise, 0…1.
    pub voiced: f32,
    /// Linear gain.
    pub gain: f32,
    /// Further change of slope in dB per octave, as [`Timbre::tension`].
    pub effort: f32,
}

/// Draws pulses at one sample rate with one timbre.
pub struct Vocoder {
    rate: f32,
    whisper: bool,
    tension: f32,
    /// `[bin]`: place on the spectrum's axis, gain of the timbre as a logarithm, octaves from 300 Hz to 3.4 kHz, share of breath.
    bins: Vec<[f32; 4]>,
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
    time: Vec<f32>,
    logarithm: Vec<Complex<f32>>,
    noise: Vec<Complex<f32>>,
    spectrum: Vec<Complex<f32>>,
}

impl Vocoder {
    /// For a sample rate in Hz.
    #[must_use]
    pub fn new(rate: u32, timbre: &Timbre) -> Self {
        let mut planner = RealFftPlanner::new();
        let (forward, inverse) = (planner.plan_fft_forward(LENGTH), planner.plan_fft_inverse(LENGTH));
        let bins = (0..BINS)
            .map(|bin| {
                let hz = bin as f32 * rate as f32 / LENGTH as f32;
                // A tense voice is brighter up to its highest formants, not in its breath.
                let octaves = (hz / 300.0).max(1.0).log2().min(3.5);
                // Nothing below what a voice can do and little above what the spectra know.
                let edge = (hz / 60.0).clamp(1e-3, 1.0).ln() - (hz / 16_000.0 - 1.0).max(0.0) * 12.0;
                let whisper = if timbre.whisper { (hz / 700.0).clamp(0.05, 1.0).ln() } else { 0.0 };
                let breath = timbre.breath * (hz / 2_000.0).min(2.0) + ((hz - 3_000.0) / 7_000.0).clamp(0.0, 0.6);
                [place_of(hz / timbre.tract), edge + whisper, octaves, breath.clamp(0.0, 1.0)]
            })
            .collect();
        let (noise, time) = (forward.make_output_vec(), forward.make_input_vec());
        let (whisper, tension) = (timbre.whisper, timbre.tension);
        let (logarithm, spectrum) = (noise.clone(), noise.clone());
        Self { rate: rate as f32, whisper, tension, bins, forward, inverse, time, logarithm, noise, spectrum }
    }

    /// Adds a pulse to `out` at sample `at`, a fraction of a sample included.
    pub fn draw(&mut self, pulse: &Pulse, out: &mut [f32], at: f64, random: &mut Random) {
        let (first, late) = (at as usize, at.fract() as f32);
        if first >= out.len() {
            return;
        }
        self.responses(pulse);
        self.excite(pulse, random);
        let turn = -std::f32::consts::TAU * late / LENGTH as f32;
        let voiced = if self.whisper { 0.0 } else { pulse.voiced };
        let (strike, level) = (pulse.period.sqrt(), pulse.gain * self.rate.sqrt() / LENGTH as f32);
        for (bin, out) in self.spectrum.iter_mut().enumerate() {
            let noise = 1.0 - voiced * (1.0 - self.bins[bin][3]);
            let excitation = self.noise[bin] * noise.sqrt() + strike * (1.0 - noise).sqrt();
            let (log, angle) = (self.logarithm[bin].re, self.logarithm[bin].im + turn * bin as f32);
            let (sine, cosine) = angle.sin_cos();
            *out = excitation * Complex::new(cosine, sine) * (log.exp() * level);
        }
        self.spectrum[0].im = 0.0;
        self.spectrum[BINS - 1].im = 0.0;
        // Lengths match and the ends are real by construction: the only errors the library has.
        let _ = self.inverse.process(&mut self.spectrum, &mut self.time);
        out[first..].iter_mut().zip(&self.time).for_each(|(out, sample)| *out += sample);
    }

    /// Complex logarithm of the minimum-phase response, by the folded cepstrum.
    fn responses(&mut self, pulse: &Pulse) {
        // Tension is in the glottis: hisses have little of it.
        let tension = (self.tension + pulse.effort) * (0.1 + 0.9 * pulse.voiced);
        let effort = tension * std::f32::consts::LN_10 / 20.0;
        for (value, [place, gain, octaves, _]) in self.logarithm.iter_mut().zip(&self.bins) {
            let (whole, part) = (*place as usize, place.fract());
            let (one, two) = (pulse.envelope[whole], pulse.envelope[(whole + 1).min(POINTS - 1)]);
            *value = Complex::new(0.5 * (one + part * (two - one)) + gain + effort * octaves, 0.0);
        }
        let _ = self.inverse.process(&mut self.logarithm, &mut self.time);
        let scale = 1.0 / LENGTH as f32;
        self.time[0] *= scale;
        self.time[LENGTH / 2] *= scale;
        self.time[1..LENGTH / 2].iter_mut().for_each(|value| *value *= 2.0 * scale);
        self.time[LENGTH / 2 + 1..].fill(0.0);
        let _ = self.forward.process(&mut self.time, &mut self.logarithm);
    }

    /// White noise as long as the period.
    fn excite(&mut self, pulse: &Pulse, random: &mut Random) {
        let length = (pulse.period as usize).clamp(1, LENGTH / 2);
        self.time[length..].fill(0.0);
        self.time[..length].iter_mut().for_each(|sample| *sample = 3f32.sqrt() * random.noise());
        let _ = self.forward.process(&mut self.time, &mut self.noise);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(samples: &[f32]) -> f32 {
        10.0 * (samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32).log10()
    }

    #[test]
    fn voice_and_noise_of_the_same_spectrum_are_equally_loud() {
        let timbre = Timbre { tract: 1.0, tension: 0.0, breath: 0.0, growl: 0.0, jitter: 0.0, whisper: false };
        // Power 0.01 up to 22 kHz but for what lies above the spectra.
        let envelope = [(0.01f32 / 44_100.0).ln(); POINTS];
        let play = |voiced| {
            let mut vocoder = Vocoder::new(44_100, &timbre);
            let (mut out, mut random) = (vec![0.0; 44_100], Random::new(1));
            for n in 0..400 {
                let pulse = Pulse { envelope, period: 100.25, voiced, gain: 1.0, effort: 0.0 };
                vocoder.draw(&pulse, &mut out, 100.25 * f64::from(n), &mut random);
            }
            level(&out[4_000..36_000])
        };
        for voiced in [0.0, 0.5, 1.0] {
            assert!((play(voiced) + 20.7).abs() < 1.5, "voiced {voiced}: {} dB", play(voiced));
        }
    }
}
