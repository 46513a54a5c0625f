//! A song that can be read from any place without being held in memory: short ones are, long ones lie in a temporary file.

use std::{
    fs::File,
    io::{BufWriter, Read, Seek, SeekFrom, Write},
    path::Path,
};

use crate::{
    decode::AudioReader,
    error::{AudioError, Result},
    resample::Converter,
    spool::temporary,
};

/// Samples per channel up to which a song is held in memory (32 MiB).
const SHORT: usize = 1 << 22;
/// Bytes of a frame of two floats.
const FRAME: usize = 8;

/// Left and right of a song at one sample rate.
#[derive(Debug)]
pub struct StereoStore {
    rate: u32,
    samples: usize,
    place: Place,
    remarks: Vec<String>,
}

#[derive(Debug)]
enum Place {
    /// Left and right, sample by sample.
    Memory(Vec<[f32; 2]>),
    /// The same as little-endian floats; the file has no name and vanishes with its handle.
    Disk(File),
}

impl StereoStore {
    /// Decodes a file at `rate` samples per second, without one at its own; mono is on both sides.
    ///
    /// # Errors
    /// As [`AudioReader::open`], or the temporary folder is full.
    pub fn decode(path: &Path, rate: Option<u32>) -> Result<Self> {
        Self::decode_beyond(path, rate, SHORT)
    }

    /// As [`Self::decode`], with songs of more than `short` samples on the disk.
    fn decode_beyond(path: &Path, rate: Option<u32>, short: usize) -> Result<Self> {
        let mut reader = AudioReader::open(path)?;
        let rate = rate.unwrap_or(reader.rate());
        let mut converter = Converter::new(reader.channels(), reader.rate(), rate)?;
        let mut filling = Filling { samples: 0, short, memory: Vec::new(), disk: None };
        while let Some(block) = reader.read()? {
            filling.push(&converter.push(block)?)?;
        }
        filling.push(&converter.finish()?)?;
        if filling.samples == 0 {
            return Err(AudioError::Empty(path.to_owned()));
        }
        filling.finish(rate, reader.remarks().to_vec())
    }

    /// A song that is in memory, left and right.
    #[must_use]
    pub fn of(rate: u32, [left, right]: &[Vec<f32>; 2]) -> Self {
        let frames: Vec<_> = left.iter().zip(right).map(|(left, right)| [*left, *right]).collect();
        Self { rate, samples: frames.len(), place: Place::Memory(frames), remarks: Vec::new() }
    }

    /// Samples per second.
    #[must_use]
    pub const fn rate(&self) -> u32 {
        self.rate
    }

    /// Samples per channel.
    #[must_use]
    pub const fn samples(&self) -> usize {
        self.samples
    }

    /// What the user should know about the file, a sentence each.
    #[must_use]
    pub fn remarks(&self) -> &[String] {
        &self.remarks
    }

    /// Reads left and right, which are equally long, from sample `from` on; beyond the end there is silence.
    ///
    /// # Errors
    /// The temporary file cannot be read.
    pub fn read(&self, from: usize, left: &mut [f32], right: &mut [f32]) -> Result<()> {
        let from = from.min(self.samples);
        let count = left.len().min(right.len()).min(self.samples - from);
        left[count..].fill(0.0);
        right[count..].fill(0.0);
        let mut put = |n: usize, frame: [f32; 2]| (left[n], right[n]) = frame.into();
        match &self.place {
            Place::Memory(frames) => {
                frames[from..from + count].iter().enumerate().for_each(|(n, frame)| put(n, *frame));
            }
            Place::Disk(file) => {
                let mut bytes = vec![0; count * FRAME];
                let mut file = file;
                file.seek(SeekFrom::Start((from * FRAME) as u64))
                    .and_then(|_| file.read_exact(&mut bytes))
                    .map_err(temporary)?;
                let float = |bytes: &[u8]| f32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
                let frames = bytes.chunks_exact(FRAME).map(|frame| [float(frame), float(&frame[4..])]);
                frames.enumerate().for_each(|(n, frame)| put(n, frame));
            }
        }
        Ok(())
    }
}

/// A store that is being filled.
struct Filling {
    samples: usize,
    /// Samples from which on they go to the disk.
    short: usize,
    memory: Vec<[f32; 2]>,
    disk: Option<BufWriter<File>>,
}

impl Filling {
    /// Appends `[channel][sample]`, one or two channels.
    fn push(&mut self, block: &[Vec<f32>]) -> Result<()> {
        let (Some(left), Some(right)) = (block.first(), block.last()) else { return Ok(()) };
        self.samples += left.len();
        self.memory.extend(left.iter().zip(right).map(|(left, right)| [*left, *right]));
        if self.samples > self.short { self.spill() } else { Ok(()) }
    }

    /// Moves what is in memory to the temporary file.
    fn spill(&mut self) -> Result<()> {
        let disk = match &mut self.disk {
            Some(disk) => disk,
            none => none.insert(BufWriter::new(tempfile::tempfile().map_err(temporary)?)),
        };
        for sample in self.memory.drain(..).flatten() {
            disk.write_all(&sample.to_le_bytes()).map_err(temporary)?;
        }
        Ok(())
    }

    fn finish(mut self, rate: u32, remarks: Vec<String>) -> Result<StereoStore> {
        let place = match self.disk.take() {
            None => Place::Memory(self.memory),
            Some(disk) => Place::Disk(disk.into_inner().map_err(|error| temporary(error.into_error()))?),
        };
        Ok(StereoStore { rate, samples: self.samples, place, remarks })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{decode::Audio, write::write_wav};

    #[test]
    fn in_memory_or_on_the_disk_every_sample_is_found() {
        let path = std::env::temp_dir().join(format!("songweave-store-{}.wav", std::process::id()));
        let channels: Vec<Vec<f32>> =
            [1.0, -1.0].map(|sign| (0..30_000).map(|n| sign * n as f32 / 30_000.0).collect()).into();
        write_wav(&path, &Audio { rate: 48_000, channels: channels.clone() }).unwrap();
        let stores = [SHORT, 10_000, 0].map(|short| StereoStore::decode_beyond(&path, None, short).unwrap());
        std::fs::remove_file(&path).unwrap();
        assert!(matches!((&stores[0].place, &stores[1].place), (Place::Memory(_), Place::Disk(_))));
        for store in stores {
            assert_eq!((store.rate(), store.samples()), (48_000, 30_000));
            for from in [20_000, 0, 29_990, 30_000, 40_000] {
                let (mut left, mut right) = (vec![9.0; 100], vec![9.0; 100]);
                store.read(from, &mut left, &mut right).unwrap();
                for n in 0..100 {
                    let wanted = [0, 1].map(|side: usize| channels[side].get(from + n).copied().unwrap_or(0.0));
                    assert_eq!([left[n], right[n]], wanted, "{from} + {n}");
                }
            }
        }
    }
}
