//! How rough a sound is: the dissonance of its spectral peaks.
//!
//! W. A. Sethares, "Local consonance and the relationship between timbre and scale", J. Acoust. Soc. Am. 94 (1993), a
//! parametrisation of Plomp and Levelt's curves; with the weaker of two amplitudes as weight, as in the second edition of
//! his "Tuning, Timbre, Spectrum, Scale" (2005).

use std::sync::Arc;

use realfft::{RealFftPlanner, RealToComplex, num_complex::Complex32};

use songweave_synth::song::Stereo;

/// Seconds of a window: partials 25 Hz apart are told apart.
const WINDOW: f32 = 0.16;
/// Peaks of a frame that count, the loudest ones.
const PEAKS: usize = 40;
/// Where peaks are looked for, in Hz.
const RANGE: (f32, f32) = (40.0, 8_000.0);
/// Amplitude against the loudest peak below which one does not count.
const FLOOR: f32 = 0.003;
/// Mean power below which a frame is silent.
const SILENT: f32 = 1e-8;

/// A spectral peak: frequency in Hz and amplitude.
type Peak = (f32, f32);

/// Mean roughness over the frames of a sound (both channels added), independent of its level: 0 for a single sine and for
/// silence, at most about 0.15 for two sines, more where many partials beat.
#[must_use]
pub fn roughness(sound: &Stereo, rate: u32) -> f64 {
    let window = ((WINDOW * rate as f32) as usize).next_power_of_two();
    let mut spectrum = Spectrum::new(window, rate);
    let samples = sound[0].len().min(sound[1].len());
    let (mut sum, mut frames) = (0.0, 0);
    for from in (0..samples.saturating_sub(window)).step_by(window / 2) {
        let [left, right] = sound.each_ref().map(|channel| &channel[from..from + window]);
        if let Some(peaks) = spectrum.peaks(left, right) {
            sum += dissonance(&peaks);
            frames += 1;
        }
    }
    if frames == 0 { 0.0 } else { sum / f64::from(frames) }
}

/// Dissonance of all pairs of peaks, with amplitudes scaled to a common energy of 1.
fn dissonance(peaks: &[Peak]) -> f64 {
    let energy: f32 = peaks.iter().map(|(_, amplitude)| amplitude * amplitude).sum();
    let scale = 1.0 / energy.max(1e-30).sqrt();
    let mut sum = 0.0;
    for (index, one) in peaks.iter().enumerate() {
        for other in &peaks[index + 1..] {
            let lower = one.0.min(other.0);
            let apart = 0.24 / (0.0207 * lower + 18.96) * (one.0 - other.0).abs();
            sum += f64::from(scale * one.1.min(other.1) * ((-3.51 * apart).exp() - (-5.75 * apart).exp()));
        }
    }
    sum
}

/// Finds peaks.
struct Spectrum {
    forward: Arc<dyn RealToComplex<f32>>,
    window: Vec<f32>,
    time: Vec<f32>,
    bins: Vec<Complex32>,
    amplitudes: Vec<f32>,
    hz: f32,
}

impl Spectrum {
    fn new(window: usize, rate: u32) -> Self {
        let forward = RealFftPlanner::new().plan_fft_forward(window);
        let hann = |n: usize| 0.5 - 0.5 * (std::f32::consts::TAU * n as f32 / window as f32).cos();
        Self {
            window: (0..window).map(hann).collect(),
            time: vec![0.0; window],
            bins: forward.make_output_vec(),
            amplitudes: vec![0.0; window / 2 + 1],
            hz: rate as f32 / window as f32,
            forward,
        }
    }

    /// The loudest peaks of a frame; `None` of silence.
    fn peaks(&mut self, left: &[f32], right: &[f32]) -> Option<Vec<Peak>> {
        let power: f32 = left.iter().zip(right).map(|(left, right)| left * left + right * right).sum();
        if power / (2.0 * left.len() as f32) < SILENT {
            return None;
        }
        for ((time, window), (left, right)) in self.time.iter_mut().zip(&self.window).zip(left.iter().zip(right)) {
            *time = window * (left + right);
        }
        // Lengths match by construction: the only error the library has.
        let _ = self.forward.process(&mut self.time, &mut self.bins);
        self.amplitudes.iter_mut().zip(&self.bins).for_each(|(amplitude, bin)| *amplitude = bin.norm());
        let (first, last) = ((RANGE.0 / self.hz) as usize, (RANGE.1 / self.hz) as usize);
        let mut peaks: Vec<Peak> = (first.max(1)..last.min(self.amplitudes.len() - 1))
            .filter(|&bin| {
                self.amplitudes[bin] > self.amplitudes[bin - 1] && self.amplitudes[bin] >= self.amplitudes[bin + 1]
            })
            .map(|bin| self.interpolated(bin))
            .collect();
        peaks.sort_by(|one, other| other.1.total_cmp(&one.1));
        let loudest = peaks.first()?.1;
        peaks.truncate(PEAKS);
        peaks.retain(|peak| peak.1 > FLOOR * loudest);
        Some(peaks)
    }

    /// A parabola through the logarithms of three bins.
    fn interpolated(&self, bin: usize) -> Peak {
        let [below, here, above] = [bin - 1, bin, bin + 1].map(|bin| self.amplitudes[bin].max(1e-12).ln());
        let bend = below - 2.0 * here + above;
        let offset = if bend < -1e-6 { 0.5 * (below - above) / bend } else { 0.0 };
        ((bin as f32 + offset) * self.hz, (here - 0.25 * (below - above) * offset).exp())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tones(hz: &[f32], level: f32) -> Stereo {
        let sample =
            |n: usize| hz.iter().map(|hz| (std::f32::consts::TAU * hz * n as f32 / 44_100.0).sin()).sum::<f32>();
        let channel: Vec<f32> = (0..88_200).map(|n| level * sample(n)).collect();
        [channel.clone(), channel]
    }

    #[test]
    fn a_semitone_is_rougher_than_a_fifth_and_a_sine_is_smooth() {
        let semitone = roughness(&tones(&[440.0, 466.2], 0.3), 44_100);
        let fifth = roughness(&tones(&[440.0, 660.0], 0.3), 44_100);
        let sine = roughness(&tones(&[440.0], 0.3), 44_100);
        assert!(semitone > 10.0 * fifth && fifth >= sine && sine < 1e-3, "{semitone} {fifth} {sine}");
    }

    #[test]
    fn two_equal_sines_are_as_rough_as_the_formula_says_at_any_level() {
        // Both amplitudes are sqrt(1/2): sqrt(1/2) (exp(-3.51 x) - exp(-5.75 x)), x = 0.24 * 50 / (0.0207 * 500 + 18.96).
        let x = 0.24 * 50.0 / (0.0207 * 500.0 + 18.96);
        let expected = 0.5f64.sqrt() * (f64::exp(-3.51 * x) - f64::exp(-5.75 * x));
        for level in [0.4, 0.004] {
            let found = roughness(&tones(&[500.0, 550.0], level), 44_100);
            assert!((found - expected).abs() < 0.02 * expected, "{found}, not {expected}");
        }
        assert_eq!(roughness(&tones(&[], 1.0), 44_100), 0.0);
    }
}
