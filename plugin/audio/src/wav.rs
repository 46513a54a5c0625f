//! WAV files of 32-bit floats, written as they come. Beyond 4 GiB they are RF64 (EBU Tech 3306), for which the header keeps
//! room; into pipes, whose header cannot be mended, the lengths are told as unknown.
//!
//! Written here since `hound` knows neither.

use std::{ops::Range, path::Path};

use crate::{
    draft::Draft,
    error::{AudioError, Result},
};

/// Bytes of a sample.
const WIDTH: u64 = 4;
/// Most channels whose frame the header can describe.
const MOST_CHANNELS: usize = u16::MAX as usize / WIDTH as usize;
/// Bytes before the samples.
const HEADER: u64 = 94;
/// The format tag of floats.
const IEEE_FLOAT: u16 = 3;

/// A WAV file that is being written.
#[derive(Debug)]
pub struct WavWriter {
    draft: Draft,
    rate: u32,
    channels: u16,
    /// Samples of one channel so far.
    frames: u64,
    bytes: Vec<u8>,
}

impl WavWriter {
    /// Begins a file with `channels` channels of `rate` samples per second.
    ///
    /// # Errors
    /// The file cannot be written, or there is no channel or more than 16,383.
    pub fn create(path: &Path, rate: u32, channels: usize) -> Result<Self> {
        if !(1..=MOST_CHANNELS).contains(&channels) {
            let reason = format!("{channels} channels, WAV holds 1 to {MOST_CHANNELS}");
            return Err(AudioError::Encode { path: path.to_owned(), reason });
        }
        let channels = channels as u16;
        let mut draft = Draft::create(path)?;
        draft.write(&header(rate, channels, None))?;
        Ok(Self { draft, rate, channels, frames: 0, bytes: Vec::new() })
    }

    /// Appends the frames `range` of `[channel][sample]`.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&mut self, channels: &[Vec<f32>], range: Range<usize>) -> Result<()> {
        self.bytes.clear();
        for frame in range.clone() {
            self.bytes.extend(channels.iter().flat_map(|channel| channel[frame].to_le_bytes()));
        }
        self.frames += range.len() as u64;
        self.draft.write(&self.bytes)
    }

    /// Samples of one channel so far.
    #[must_use]
    pub const fn frames(&self) -> u64 {
        self.frames
    }

    /// Mends the header and puts the file under its name.
    ///
    /// # Errors
    /// As [`Draft::finish`].
    pub fn finish(mut self) -> Result<()> {
        self.draft.rewrite_start(&header(self.rate, self.channels, Some(self.frames)))?;
        self.draft.finish()
    }
}

/// The bytes before the samples, for a number of frames that may not be known yet.
fn header(rate: u32, channels: u16, frames: Option<u64>) -> Vec<u8> {
    let frame = u32::from(channels) * WIDTH as u32;
    let data = frames.map(|frames| frames * u64::from(frame));
    let riff = data.map(|data| data + HEADER - 8);
    let long = riff.is_some_and(|riff| u32::try_from(riff).is_err());
    // All ones stand for "not known", and in RF64 for "see ds64".
    let short = |length: Option<u64>| length.and_then(|length| u32::try_from(length).ok()).unwrap_or(u32::MAX);
    let mut bytes = Vec::with_capacity(HEADER as usize);
    bytes.extend(if long { b"RF64" } else { b"RIFF" });
    bytes.extend(if long { u32::MAX } else { short(riff) }.to_le_bytes());
    bytes.extend(b"WAVE");
    bytes.extend(if long { b"ds64" } else { b"JUNK" });
    bytes.extend(28_u32.to_le_bytes());
    for length in [riff, data, frames] {
        bytes.extend(length.filter(|_| long).unwrap_or(0).to_le_bytes());
    }
    bytes.extend([0; 4]);
    bytes.extend(b"fmt ");
    bytes.extend(18_u32.to_le_bytes());
    bytes.extend([IEEE_FLOAT.to_le_bytes(), channels.to_le_bytes()].concat());
    bytes.extend([rate.to_le_bytes(), rate.saturating_mul(frame).to_le_bytes()].concat());
    bytes.extend([(frame as u16).to_le_bytes(), (8 * WIDTH as u16).to_le_bytes(), [0; 2]].concat());
    bytes.extend(b"fact");
    bytes.extend(4_u32.to_le_bytes());
    bytes.extend(short(frames).to_le_bytes());
    bytes.extend(b"data");
    bytes.extend(if long { u32::MAX } else { short(data) }.to_le_bytes());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_four_gibibytes_the_lengths_go_into_ds64() {
        let short = header(48_000, 2, Some(10));
        assert_eq!((short.len() as u64, &short[..4], &short[12..16]), (HEADER, &b"RIFF"[..], &b"JUNK"[..]));
        assert_eq!((&short[4..8], &short[90..]), (&166_u32.to_le_bytes()[..], &80_u32.to_le_bytes()[..]));
        let frames = 600_000_000_u64;
        let long = header(48_000, 2, Some(frames));
        assert_eq!((&long[..4], &long[4..8], &long[12..16]), (&b"RF64"[..], &[255; 4][..], &b"ds64"[..]));
        let number = |at: usize| long[at..at + 8].iter().rev().fold(0_u64, |sum, byte| sum << 8 | u64::from(*byte));
        assert_eq!([20, 28, 36].map(number), [frames * 8 + HEADER - 8, frames * 8, frames]);
        assert_eq!(&long[90..], &[255; 4]);
    }
}
