//! Sample rate conversion of whole recordings, without delay.

use rubato::{Fft, FixedSync, Indexing, Resampler, audioadapter_buffers::direct::SequentialSliceOfVecs};

use crate::error::{AudioError, Result};

/// Input samples per step of the converter.
const CHUNK: usize = 4096;

/// Converts all channels `[channel][sample]` from one rate to another (Hz). Output sample 0 lies at input sample 0 and
/// the output is `ceil(samples * to / from)` long.
///
/// # Errors
/// A rate is zero or beyond 1 MHz.
pub fn resample(channels: &[Vec<f32>], from: u32, to: u32) -> Result<Vec<Vec<f32>>> {
    let samples = channels.first().map_or(0, Vec::len);
    if from == to || samples == 0 {
        return Ok(channels.to_vec());
    }
    let invalid = || AudioError::Rate { from, to };
    if !(1..=1_000_000).contains(&from) || !(1..=1_000_000).contains(&to) {
        return Err(invalid());
    }
    let mut converter =
        Fft::<f32>::new(from as usize, to as usize, CHUNK, channels.len(), FixedSync::Input).map_err(|_| invalid())?;
    let delay = converter.output_delay();
    let wanted = (samples as u64 * u64::from(to)).div_ceil(u64::from(from)) as usize;
    let mut out = vec![Vec::with_capacity(wanted + delay + CHUNK); channels.len()];
    let mut step = vec![vec![0.0; converter.output_frames_max()]; channels.len()];
    let mut at = 0;
    while out.first().map_or(0, Vec::len) < wanted + delay {
        let length = converter.input_frames_next();
        let from = at.min(samples);
        let given = length.min(samples - from);
        // The own loop hands over every chunk from its own start: no offsets for the library to get wrong.
        let chunk: Vec<Vec<f32>> = channels.iter().map(|channel| channel[from..from + given].to_vec()).collect();
        let input = SequentialSliceOfVecs::new(&chunk, channels.len(), given).map_err(|_| invalid())?;
        let room = step.first().map_or(0, Vec::len);
        let mut output = SequentialSliceOfVecs::new_mut(&mut step, channels.len(), room).map_err(|_| invalid())?;
        let indexing = Indexing::new().partial_len(given);
        let (_, written) =
            converter.process_into_buffer(&input, &mut output, Some(&indexing)).map_err(|_| invalid())?;
        for (channel, step) in out.iter_mut().zip(&step) {
            channel.extend_from_slice(&step[..written]);
        }
        at += length;
    }
    for channel in &mut out {
        channel.drain(..delay);
        channel.truncate(wanted);
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn sine(rate: u32, samples: usize, hz: f64) -> Vec<f32> {
        (0..samples).map(|n| (std::f64::consts::TAU * hz * n as f64 / f64::from(rate)).sin() as f32).collect()
    }

    #[test]
    fn a_sine_keeps_its_phase_and_level_at_every_pair_of_rates() {
        for (from, to) in [(24_000, 44_100), (44_100, 48_000), (48_000, 44_100), (22_050, 44_100), (44_100, 22_050)] {
            let input = sine(from, from as usize * 2, 997.0);
            let output = resample(&[input], from, to).unwrap();
            let expected = sine(to, to as usize * 2, 997.0);
            assert_eq!(output[0].len(), expected.len());
            let (margin, end) = (to as usize / 10, expected.len() - to as usize / 10);
            let error = (margin..end).map(|n| (output[0][n] - expected[n]).abs()).fold(0.0, f32::max);
            assert!(error < 2e-3, "{from} -> {to}: error {error}");
        }
    }

    #[test]
    fn a_slow_ramp_comes_through_in_every_chunk() {
        let input: Vec<f32> = (0..50_000).map(|n| n as f32 / 50_000.0).collect();
        let output = resample(&[input], 44_100, 48_000).unwrap();
        let expected = |n: usize| n as f32 * 44_100.0 / 48_000.0 / 50_000.0;
        let end = output[0].len() - 2_000;
        let error = (2_000..end).map(|n| (output[0][n] - expected(n)).abs()).fold(0.0, f32::max);
        assert!(error < 1e-3, "error {error}");
    }

    #[test]
    fn impossible_rates_are_refused_and_short_inputs_are_not() {
        assert!(resample(&[vec![0.0; 10]], 0, 44_100).is_err());
        assert_eq!(resample(&[vec![1.0; 3]], 24_000, 48_000).unwrap()[0].len(), 6);
        assert!(resample(&[], 24_000, 48_000).unwrap().is_empty());
    }
}
