//! Any audio file to samples.

use std::path::{Path, PathBuf};

use crate::{
    downmix::Downmix,
    error::{AudioError, Result},
    packets::{Packets, unreadable},
    source::{Source, priming::Priming, wav_header::WavHeader},
};

/// Sound with its sample rate.
#[derive(Debug, Clone, PartialEq)]
pub struct Audio {
    /// Samples per second.
    pub rate: u32,
    /// `[channel][sample]`, full scale ±1.
    pub channels: Vec<Vec<f32>>,
}

impl Audio {
    /// Samples per channel.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.channels.first().map_or(0, Vec::len)
    }

    /// Length in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.samples() as f64 / f64::from(self.rate)
    }

    /// Left and right: mono on both sides.
    #[must_use]
    pub fn into_stereo(mut self) -> [Vec<f32>; 2] {
        self.channels.truncate(2);
        let right = self.channels.pop().unwrap_or_default();
        let left = self.channels.pop().unwrap_or_else(|| right.clone());
        [left, right]
    }
}

/// Reads a WAV, FLAC, MP3, OGG Vorbis or M4A/AAC file as [`AudioReader`] does, as a whole.
///
/// # Errors
/// As [`AudioReader::open`].
pub fn decode(path: &Path) -> Result<Audio> {
    let mut reader = AudioReader::open(path)?;
    let mut audio = Audio { rate: reader.rate(), channels: vec![Vec::new(); reader.channels()] };
    while let Some(block) = reader.read()? {
        audio.channels.iter_mut().zip(block).for_each(|(channel, block)| channel.extend_from_slice(block));
    }
    if audio.samples() == 0 { Err(AudioError::Empty(path.to_owned())) } else { Ok(audio) }
}

/// A file that ends earlier than it says by more than this is said to end early, in seconds: lossy formats count in frames.
const TOLERANCE: f64 = 0.1;

/// An audio file, block by block. Damaged packets are left out; more than two channels are mixed down to two by their
/// layout, as Recommendation ITU-R BS.775 says.
///
/// # Example
/// ```no_run
/// # fn main() -> songweave_audio::error::Result<()> {
/// let mut song = songweave_audio::decode::AudioReader::open("song.flac".as_ref())?;
/// let mut samples = 0;
/// while let Some(block) = song.read()? {
///     samples += block[0].len();
/// }
/// println!("{samples} samples at {} Hz", song.rate());
/// # Ok(())
/// # }
/// ```
pub struct AudioReader {
    path: PathBuf,
    packets: Packets,
    rate: u32,
    downmix: Downmix,
    block: Vec<Vec<f32>>,
    /// The first packet was decoded to see what is in it, and is still to be given out.
    waiting: bool,
    /// Samples still to be left out at the start, and to be given out.
    skip: usize,
    left: usize,
    /// Samples that were read, and that the container promises.
    read: u64,
    promised: Option<u64>,
    remarks: Vec<String>,
}

impl AudioReader {
    /// Opens a file.
    ///
    /// # Errors
    /// The file is missing, empty, not audio or of an unknown kind, or has channels that nobody can place.
    pub fn open(path: &Path) -> Result<Self> {
        let source = Source::open(path)?;
        let layout = |reason| AudioError::Layout { path: path.to_owned(), reason };
        if let Some(channels) = source.wav.as_ref().and_then(|wav| wav.unknown_layout) {
            return Err(layout(format!("{channels} channels, and the file does not say which")));
        }
        let mut packets = Packets::open(path, source.stream)?;
        let waiting = packets.advance().map_err(|error| unreadable(path, &error))?;
        let Some((rate, channels)) = packets.kind.clone() else { return Err(AudioError::Empty(path.to_owned())) };
        let downmix = Downmix::of(&channels).map_err(layout)?;
        let mut remarks = Vec::new();
        if downmix.mixes() {
            let shown = path.display();
            remarks.push(format!(
                "{shown}: {channels} mixed down to stereo as ITU-R BS.775 says, low-frequency effects left out"
            ));
        }
        if let Some(wav) = &source.wav {
            remarks.extend(wav_remark(path, wav, rate));
        }
        let priming = source.priming.unwrap_or(Priming { delay: 0, length: None });
        Ok(Self {
            path: path.to_owned(),
            rate,
            block: vec![Vec::new(); downmix.outputs(packets.planes.len())],
            downmix,
            waiting,
            skip: priming.delay,
            left: priming.length.unwrap_or(usize::MAX),
            read: 0,
            // What WAV promises has been compared with the file already.
            promised: packets.promised(rate).filter(|_| source.wav.is_none()),
            packets,
            remarks,
        })
    }

    /// Samples per second.
    #[must_use]
    pub const fn rate(&self) -> u32 {
        self.rate
    }

    /// Channels that are given out: one or two.
    #[must_use]
    pub fn channels(&self) -> usize {
        self.block.len()
    }

    /// What the user should know about the file, a sentence each; complete when all has been read.
    #[must_use]
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// The next block, `[channel][sample]`, full scale ±1, never empty; `None` at the end.
    ///
    /// # Errors
    /// The file cannot be read any further.
    pub fn read(&mut self) -> Result<Option<&[Vec<f32>]>> {
        loop {
            let there = std::mem::take(&mut self.waiting)
                || self.packets.advance().map_err(|error| unreadable(&self.path, &error))?;
            if !there {
                self.say_what_is_missing();
                return Ok(None);
            }
            self.downmix.mix(&self.packets.planes, &mut self.block);
            let samples = self.block.first().map_or(0, Vec::len);
            self.read += samples as u64;
            let skipped = self.skip.min(samples);
            let kept = (samples - skipped).min(self.left);
            self.skip -= skipped;
            self.left -= if self.left == usize::MAX { 0 } else { kept };
            for channel in &mut self.block {
                channel.drain(..skipped);
                channel.truncate(kept);
            }
            if kept > 0 {
                break;
            }
        }
        Ok(Some(&self.block))
    }

    fn say_what_is_missing(&mut self) {
        let Some(promised) = self.promised.take() else { return };
        let seconds = |samples: u64| samples as f64 / f64::from(self.rate);
        let missing = seconds(promised.saturating_sub(self.read));
        if missing > TOLERANCE {
            self.remarks.push(ends_early(&self.path, missing, seconds(promised)));
        }
    }
}

fn ends_early(path: &Path, missing: f64, whole: f64) -> String {
    format!("{}: the file ends early, {missing:.1} of {whole:.1} s are missing", path.display())
}

fn wav_remark(path: &Path, wav: &WavHeader, rate: u32) -> Option<String> {
    let seconds = |bytes: u64| bytes as f64 / wav.frame.max(1) as f64 / f64::from(rate);
    let early = || ends_early(path, seconds(wav.missing), seconds(wav.missing + wav.length));
    let unfinished =
        || format!("{}: the header was never finished; the sound is read to the end of the file", path.display());
    wav.unfinished.then(unfinished).or_else(|| (wav.missing > 0).then(early))
}
