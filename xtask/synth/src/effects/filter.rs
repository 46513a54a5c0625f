//! Shaping of whole recordings in one spectrum: equalisers, band limits, convolution. Zero phase, no delay.

use std::cell::RefCell;

use realfft::{RealFftPlanner, num_complex::Complex};

/// Multiplies the spectrum of a recording by `gain(frequency in Hz)`, linear, without moving anything in time.
#[must_use]
pub fn shape(samples: &[f32], rate: u32, gain: impl Fn(f32) -> f32) -> Vec<f32> {
    // A tenth of a second of silence keeps what rings over the end from arriving at the start.
    let padded = samples.len() + rate as usize / 10;
    in_spectrum(samples, padded, |spectrum, length| {
        let hz = rate as f32 / length as f32;
        for (bin, value) in spectrum.iter_mut().enumerate() {
            *value *= gain(bin as f32 * hz);
        }
    })
}

/// Convolves a recording with an impulse response; the result is as long as the recording.
#[must_use]
pub fn convolve(samples: &[f32], response: &[f32]) -> Vec<f32> {
    let padded = samples.len() + response.len();
    let length = fast_length(padded);
    let forward = PLANNER.with_borrow_mut(|planner| planner.plan_fft_forward(length));
    let mut time = response.to_vec();
    time.resize(length, 0.0);
    let mut other = forward.make_output_vec();
    // Lengths match by construction: the only error the library has.
    let _ = forward.process(&mut time, &mut other);
    in_spectrum(samples, padded, |spectrum, _| {
        for (value, other) in spectrum.iter_mut().zip(&other) {
            *value *= other;
        }
    })
}

thread_local! {
    /// Plans are dear and the same few lengths come again and again.
    static PLANNER: RefCell<RealFftPlanner<f32>> = RefCell::new(RealFftPlanner::new());
}

fn in_spectrum(samples: &[f32], padded: usize, change: impl FnOnce(&mut [Complex<f32>], usize)) -> Vec<f32> {
    let length = fast_length(padded);
    let (forward, inverse) =
        PLANNER.with_borrow_mut(|planner| (planner.plan_fft_forward(length), planner.plan_fft_inverse(length)));
    let mut time = samples.to_vec();
    time.resize(length, 0.0);
    let mut spectrum = forward.make_output_vec();
    // Lengths match by construction; the real first and last bin stay real under every change made here.
    let _ = forward.process(&mut time, &mut spectrum);
    change(&mut spectrum, length);
    let _ = inverse.process(&mut spectrum, &mut time);
    time.truncate(samples.len());
    for sample in &mut time {
        *sample /= length as f32;
    }
    time
}

/// The shortest even length from `samples` on whose only factors are 2, 3 and 5: up to half the work of a power of two.
fn fast_length(samples: usize) -> usize {
    let mut best = samples.max(2).next_power_of_two();
    let mut odd = 1;
    while odd < best {
        let mut factor = odd;
        while factor < best {
            let mut length = 2 * factor;
            while length < samples {
                length *= 2;
            }
            best = best.min(length);
            factor *= 3;
        }
        odd *= 5;
    }
    best
}

/// Gain of a steep low-pass at `hz`: 1 below `cutoff`, 0 from 5 % above it.
#[must_use]
pub fn low_pass(hz: f32, cutoff: f32) -> f32 {
    let beyond = ((hz - cutoff) / (0.05 * cutoff)).clamp(0.0, 1.0);
    0.5 + 0.5 * (std::f32::consts::PI * beyond).cos()
}

/// Gain of a tilt at `hz`: `slope` dB per octave around 1 kHz, flat below 50 Hz and above 12 kHz.
#[must_use]
pub fn tilt(hz: f32, slope: f32) -> f32 {
    decibels(slope * (hz.clamp(50.0, 12_000.0) / 1_000.0).log2())
}

/// Gain of a bell at `hz`: `gain` dB at `centre`, `octaves` wide.
#[must_use]
pub fn bell(hz: f32, centre: f32, octaves: f32, gain: f32) -> f32 {
    let distance = (hz.max(1.0) / centre).log2() / octaves;
    decibels(gain * (-4.0 * distance * distance).exp())
}

/// Linear gain of a level in dB.
#[must_use]
pub fn decibels(level: f32) -> f32 {
    10f32.powf(level / 20.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sine(hz: f32, samples: usize) -> Vec<f32> {
        (0..samples).map(|n| (std::f32::consts::TAU * hz * n as f32 / 44_100.0).sin()).collect()
    }

    fn level(samples: &[f32]) -> f32 {
        (samples.iter().map(|sample| sample * sample).sum::<f32>() / samples.len() as f32).sqrt()
    }

    #[test]
    fn the_low_pass_passes_below_and_cuts_above_without_delay() {
        let (low, high) = (sine(1_000.0, 44_100), sine(13_000.0, 44_100));
        let passed = shape(&low, 44_100, |hz| low_pass(hz, 12_000.0));
        let error = low.iter().zip(&passed).skip(500).take(43_000).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(error < 2e-3, "error {error}");
        assert!(level(&shape(&high, 44_100, |hz| low_pass(hz, 12_000.0))[2_000..42_000]) < 1e-3);
    }

    #[test]
    fn transforms_have_short_lengths_with_small_factors() {
        for (samples, length) in [(2, 2), (7, 8), (268_090, 268_912), (1_000, 1_000), (1_025, 1_080)] {
            assert!(fast_length(samples) >= samples && fast_length(samples) <= length.max(samples * 27 / 25));
        }
        assert_eq!((fast_length(1_025), fast_length(97)), (1_080, 100));
    }

    #[test]
    fn convolution_with_a_delayed_impulse_delays() {
        let input = sine(440.0, 5_000);
        let out = convolve(&input, &[0.0, 0.0, 0.5]);
        assert!((0..4_998).all(|n| (out[n + 2] - 0.5 * input[n]).abs() < 1e-4));
    }
}
