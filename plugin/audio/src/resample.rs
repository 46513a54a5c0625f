//! Sample rate conversion of recordings, without delay.

use std::collections::VecDeque;

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
    if from == to || channels.first().is_none_or(Vec::is_empty) {
        return Ok(channels.to_vec());
    }
    let mut converter = Converter::new(channels.len(), from, to)?;
    let mut out = converter.push(channels)?;
    let rest = converter.finish()?;
    out.iter_mut().zip(rest).for_each(|(channel, rest)| channel.extend(rest));
    Ok(out)
}

/// Converts a recording that comes in blocks. The samples are those of [`resample`], however the blocks lie.
///
/// # Example
/// ```
/// # fn main() -> songweave_audio::error::Result<()> {
/// let mut converter = songweave_audio::resample::Converter::new(1, 24_000, 48_000)?;
/// let mut out = converter.push(&[vec![0.5; 1_000]])?.swap_remove(0);
/// out.extend(converter.finish()?.swap_remove(0));
/// assert_eq!(out.len(), 2_000);
/// # Ok(())
/// # }
/// ```
pub struct Converter {
    from: u32,
    to: u32,
    /// `None` where there is nothing to convert.
    fft: Option<Fft<f32>>,
    /// Input for the next step.
    waiting: Vec<VecDeque<f32>>,
    /// Room for the output of a step.
    step: Vec<Vec<f32>>,
    /// Input samples so far, and output samples that were given out.
    taken: u64,
    given: u64,
    /// Output samples still to be left out: the converter's own delay.
    delay: usize,
}

impl Converter {
    /// A converter of `channels` channels between two rates in Hz.
    ///
    /// # Errors
    /// A rate is zero or beyond 1 MHz.
    pub fn new(channels: usize, from: u32, to: u32) -> Result<Self> {
        let invalid = || AudioError::Rate { from, to };
        if !(1..=1_000_000).contains(&from) || !(1..=1_000_000).contains(&to) {
            return Err(invalid());
        }
        let fft = match from == to {
            true => None,
            false => {
                let fft = Fft::<f32>::new(from as usize, to as usize, CHUNK, channels, FixedSync::Input);
                Some(fft.map_err(|_| invalid())?)
            }
        };
        let room = fft.as_ref().map_or(0, Resampler::output_frames_max);
        let delay = fft.as_ref().map_or(0, Resampler::output_delay);
        let (waiting, step) = (vec![VecDeque::new(); channels], vec![vec![0.0; room]; channels]);
        Ok(Self { from, to, fft, waiting, step, taken: 0, given: 0, delay })
    }

    /// Takes a block `[channel][sample]` and gives what is ready.
    ///
    /// # Errors
    /// As [`Converter::new`].
    pub fn push(&mut self, block: &[Vec<f32>]) -> Result<Vec<Vec<f32>>> {
        self.taken += block.first().map_or(0, Vec::len) as u64;
        if self.fft.is_none() {
            return Ok(block.to_vec());
        }
        self.waiting.iter_mut().zip(block).for_each(|(waiting, block)| waiting.extend(block));
        let mut out = vec![Vec::new(); self.waiting.len()];
        while self.waiting_samples() >= self.next_step() {
            self.convert(&mut out)?;
        }
        Ok(out)
    }

    /// The rest, after the last block.
    ///
    /// # Errors
    /// As [`Converter::new`].
    pub fn finish(mut self) -> Result<Vec<Vec<f32>>> {
        let mut out = vec![Vec::new(); self.waiting.len()];
        if self.fft.is_none() || self.taken == 0 {
            return Ok(out);
        }
        let wanted = (self.taken * u64::from(self.to)).div_ceil(u64::from(self.from));
        while self.given < wanted {
            self.convert(&mut out)?;
        }
        let surplus = (self.given - wanted) as usize;
        out.iter_mut().for_each(|channel| channel.truncate(channel.len().saturating_sub(surplus)));
        Ok(out)
    }

    fn waiting_samples(&self) -> usize {
        self.waiting.first().map_or(0, VecDeque::len)
    }

    fn next_step(&self) -> usize {
        self.fft.as_ref().map_or(usize::MAX, Resampler::input_frames_next)
    }

    /// One step; what is missing of its input is silence.
    fn convert(&mut self, out: &mut [Vec<f32>]) -> Result<()> {
        let invalid = || AudioError::Rate { from: self.from, to: self.to };
        let Some(fft) = &mut self.fft else { return Ok(()) };
        let given = fft.input_frames_next().min(self.waiting.first().map_or(0, VecDeque::len));
        let channels = self.waiting.len();
        // Every step has its input from the start of a buffer of its own: no offsets for the library to get wrong.
        let chunk: Vec<Vec<f32>> = self.waiting.iter_mut().map(|channel| channel.drain(..given).collect()).collect();
        let input = SequentialSliceOfVecs::new(&chunk, channels, given).map_err(|_| invalid())?;
        let room = self.step.first().map_or(0, Vec::len);
        let mut output = SequentialSliceOfVecs::new_mut(&mut self.step, channels, room).map_err(|_| invalid())?;
        let indexing = Indexing::new().partial_len(given);
        let (_, written) = fft.process_into_buffer(&input, &mut output, Some(&indexing)).map_err(|_| invalid())?;
        let skipped = self.delay.min(written);
        self.delay -= skipped;
        for (channel, step) in out.iter_mut().zip(&self.step) {
            channel.extend_from_slice(&step[skipped..written]);
        }
        self.given += (written - skipped) as u64;
        Ok(())
    }
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

    #[test]
    fn blocks_of_any_length_give_the_samples_of_the_whole() {
        let input = [sine(44_100, 60_000, 440.0), sine(44_100, 60_000, 555.0)];
        for to in [48_000, 22_050, 44_100] {
            let whole = resample(&input, 44_100, to).unwrap();
            for length in [1, 1_000, 4_096, 50_000] {
                let mut converter = Converter::new(2, 44_100, to).unwrap();
                let mut out = vec![Vec::new(); 2];
                for start in (0..60_000).step_by(length) {
                    let block = input.each_ref().map(|channel| channel[start..(start + length).min(60_000)].to_vec());
                    let ready = converter.push(&block).unwrap();
                    out.iter_mut().zip(ready).for_each(|(out, ready)| out.extend(ready));
                }
                let rest = converter.finish().unwrap();
                out.iter_mut().zip(rest).for_each(|(out, rest)| out.extend(rest));
                assert!(out == whole, "blocks of {length} to {to} Hz");
            }
        }
    }
}
