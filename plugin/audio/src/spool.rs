//! Numbers that are written once and read once, without being held in memory.

use std::{
    fs::File,
    io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write},
};

use crate::error::{AudioError, Result};

/// Numbers on their way into a temporary file, which has no name and vanishes with its handle.
///
/// ```
/// use songweave_audio::spool::Spool;
///
/// let mut spool = Spool::new()?;
/// spool.write(&[1.0, 2.0, 3.0])?;
/// let mut read = [0.0; 2];
/// spool.read()?.fill(&mut read)?;
/// assert_eq!(read, [1.0, 2.0]);
/// # Ok::<(), songweave_audio::error::AudioError>(())
/// ```
#[derive(Debug)]
pub struct Spool {
    file: BufWriter<File>,
}

impl Spool {
    /// An empty one.
    ///
    /// # Errors
    /// There is no folder for temporary files.
    pub fn new() -> Result<Self> {
        Ok(Self { file: BufWriter::new(tempfile::tempfile().map_err(temporary)?) })
    }

    /// Appends numbers.
    ///
    /// # Errors
    /// The temporary folder is full.
    pub fn write(&mut self, numbers: &[f32]) -> Result<()> {
        numbers.iter().try_for_each(|number| self.file.write_all(&number.to_le_bytes())).map_err(temporary)
    }

    /// Begins to read what was written.
    ///
    /// # Errors
    /// The temporary folder is full.
    pub fn read(self) -> Result<SpoolReader> {
        let mut file = self.file.into_inner().map_err(|error| temporary(error.into_error()))?;
        file.seek(SeekFrom::Start(0)).map_err(temporary)?;
        Ok(SpoolReader { file: BufReader::new(file) })
    }
}

/// The numbers of a [`Spool`], in the order in which they were written.
#[derive(Debug)]
pub struct SpoolReader {
    file: BufReader<File>,
}

impl SpoolReader {
    /// Reads as many numbers as there is room for.
    ///
    /// # Errors
    /// There are fewer, or the temporary file cannot be read.
    pub fn fill(&mut self, numbers: &mut [f32]) -> Result<()> {
        let mut bytes = [0; 4];
        for number in numbers {
            self.file.read_exact(&mut bytes).map_err(temporary)?;
            *number = f32::from_le_bytes(bytes);
        }
        Ok(())
    }
}

/// What is wrong with the temporary file.
pub(crate) fn temporary(reason: std::io::Error) -> AudioError {
    AudioError::Temporary { folder: std::env::temp_dir(), reason }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn what_is_written_is_read_bit_for_bit_and_no_more() {
        let numbers: Vec<f32> = (0..10_000).map(|n| f32::from_bits(n * 77_777)).collect();
        let mut spool = Spool::new().unwrap();
        numbers.chunks(123).for_each(|chunk| spool.write(chunk).unwrap());
        let (mut reader, mut read) = (spool.read().unwrap(), vec![0.0; numbers.len()]);
        read.chunks_mut(77).for_each(|chunk| reader.fill(chunk).unwrap());
        let bits = |numbers: &[f32]| numbers.iter().map(|number| number.to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&read), bits(&numbers));
        assert!(matches!(reader.fill(&mut [0.0]), Err(AudioError::Temporary { .. })));
    }
}
