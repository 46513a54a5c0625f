//! Resonant filters that may be moved while they run: the trapezoidal state-variable filter (Zavalishin, "The Art of VA
//! Filter Design") and a bank of them as a throat.

use std::f32::consts::PI;

/// First four formants of sung vowels of a low voice in Hz: a, e, i, o, u and four between them.
pub const VOWELS: [[f32; 4]; 9] = [
    [730.0, 1_090.0, 2_440.0, 3_400.0],
    [530.0, 1_840.0, 2_480.0, 3_500.0],
    [270.0, 2_290.0, 3_010.0, 3_600.0],
    [570.0, 840.0, 2_410.0, 3_300.0],
    [300.0, 870.0, 2_240.0, 3_200.0],
    [660.0, 1_720.0, 2_410.0, 3_400.0],
    [640.0, 1_190.0, 2_390.0, 3_350.0],
    [490.0, 1_350.0, 1_690.0, 3_100.0],
    [440.0, 1_020.0, 2_240.0, 3_250.0],
];
/// Levels of the formants.
const GAINS: [f32; 4] = [1.0, 0.6, 0.35, 0.2];

/// What a state-variable filter gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Band {
    /// Below the corner.
    Low,
    /// Around it, peak gain 1.
    Band,
    /// Above it.
    High,
}

/// A second-order filter.
#[derive(Debug, Clone, Copy, Default)]
pub struct StateVariable {
    one: f32,
    two: f32,
}

impl StateVariable {
    /// Filters in place; `g` is tan(π · corner / rate), `resonance` the quality.
    pub fn run(&mut self, band: Band, g: f32, resonance: f32, samples: &mut [f32]) {
        let k = 1.0 / resonance.max(0.3);
        let first = 1.0 / (1.0 + g * (g + k));
        let (second, third) = (g * first, g * g * first);
        for sample in samples {
            let rest = *sample - self.two;
            let middle = first * self.one + second * rest;
            let low = self.two + second * self.one + third * rest;
            self.one = 2.0 * middle - self.one;
            self.two = 2.0 * low - self.two;
            *sample = match band {
                Band::Low => low,
                Band::Band => k * middle,
                Band::High => *sample - k * middle - low,
            };
        }
    }
}

/// Filters a whole recording with a fixed corner in Hz.
pub fn filter(samples: &mut [f32], band: Band, corner: f32, resonance: f32, rate: f32) {
    let g = (PI * (corner / rate).clamp(0.0005, 0.45)).tan();
    StateVariable::default().run(band, g, resonance, samples);
}

/// A throat: four resonances side by side.
#[derive(Debug, Clone, Copy, Default)]
pub struct Formants([StateVariable; 4]);

impl Formants {
    /// Filters a block of at most 64 samples on the way (0…1) from one vowel to another; `cutoff` is the size of the
    /// throat: 1,000 = a low voice, 1,200 = a high one.
    pub fn run(&mut self, vowels: [usize; 2], way: f32, resonance: f32, cutoff: f32, rate: f32, samples: &mut [f32]) {
        let [from, to] = vowels.map(|vowel| VOWELS[vowel % VOWELS.len()]);
        let mut input = [0.0; 64];
        let length = samples.len().min(64);
        input[..length].copy_from_slice(&samples[..length]);
        samples.fill(0.0);
        for (index, formant) in self.0.iter_mut().enumerate() {
            let hz = (from[index] + way * (to[index] - from[index])) * cutoff / 1_000.0;
            let mut passed = input;
            let g = (PI * (hz / rate).min(0.45)).tan();
            formant.run(Band::Band, g, resonance, &mut passed[..length]);
            let gain = 4.0 * GAINS[index];
            samples.iter_mut().zip(&passed).for_each(|(out, sample)| *out += gain * sample);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gain(band: Band, hz: f32) -> f32 {
        let mut sound: Vec<f32> =
            (0..8_000).map(|n| (std::f32::consts::TAU * hz * n as f32 / 44_100.0).sin()).collect();
        filter(&mut sound, band, 1_000.0, 0.7, 44_100.0);
        sound[4_000..].iter().fold(0.0, |peak, sample| peak.max(sample.abs()))
    }

    #[test]
    fn each_band_passes_what_it_says() {
        assert!(gain(Band::Low, 100.0) > 0.95 && gain(Band::Low, 8_000.0) < 0.03);
        assert!(gain(Band::High, 8_000.0) > 0.95 && gain(Band::High, 100.0) < 0.03);
        assert!((gain(Band::Band, 1_000.0) - 1.0).abs() < 0.05 && gain(Band::Band, 60.0) < 0.2);
    }

    #[test]
    fn a_throat_sounds_loudest_at_its_formants() {
        let level = |hz: f32| {
            let mut throat = Formants::default();
            let mut peak = 0.0f32;
            for block in 0..200 {
                let mut sound: Vec<f32> =
                    (0..32).map(|n| (std::f32::consts::TAU * hz * (block * 32 + n) as f32 / 44_100.0).sin()).collect();
                throat.run([2, 2], 0.0, 8.0, 1_000.0, 44_100.0, &mut sound);
                if block > 100 {
                    peak = sound.iter().fold(peak, |peak, sample| peak.max(sample.abs()));
                }
            }
            peak
        };
        assert!(level(270.0) > 2.0 * level(900.0) && level(2_290.0) > 1.5 * level(1_300.0));
    }
}
