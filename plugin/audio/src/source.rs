//! Where a decoder reads from: the file itself, a WAV file behind a clean header, or what came through a pipe.

use std::{
    fs::File,
    io::{self, Cursor, Read, Seek, SeekFrom},
    path::Path,
};

use symphonia::core::io::MediaSource;

use crate::error::{AudioError, Result};
use priming::{Priming, priming};
use wav_header::{WavHeader, scan};

pub(crate) mod priming;
pub(crate) mod wav_header;

/// The longest `moov` box of an MPEG-4 file that is looked into.
const LONGEST_MOOV: u64 = 64 << 20;

/// What a decoder reads from, and what is known of it beforehand.
pub(crate) struct Source {
    /// The bytes.
    pub(crate) stream: Box<dyn MediaSource>,
    /// Where the sound of an MPEG-4 file begins.
    pub(crate) priming: Option<Priming>,
    /// What stood in the header of a WAV file.
    pub(crate) wav: Option<WavHeader>,
}

/// Both a reader and a place in it.
trait Bytes: Read + Seek + Send + Sync {}
impl<T: Read + Seek + Send + Sync> Bytes for T {}

impl Source {
    /// Opens a file. What is no file (a pipe) is read to its end first.
    ///
    /// # Errors
    /// It is missing, empty or cannot be read.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let fail = |reason| AudioError::io(path, reason);
        let file = File::open(path).map_err(fail)?;
        let data = file.metadata().map_err(fail)?;
        if data.is_dir() {
            return Err(fail(io::ErrorKind::IsADirectory.into()));
        }
        let mut bytes: Box<dyn Bytes> = if data.is_file() {
            Box::new(file)
        } else {
            let mut piped = Vec::new();
            (&file).read_to_end(&mut piped).map_err(fail)?;
            Box::new(Cursor::new(piped))
        };
        let length = bytes.seek(SeekFrom::End(0)).map_err(fail)?;
        if length == 0 {
            return Err(AudioError::Empty(path.to_owned()));
        }
        let wav = scan(&mut bytes).map_err(fail)?;
        let priming = movie(&mut bytes, length).map_err(fail)?.and_then(|movie| priming(&movie));
        bytes.rewind().map_err(fail)?;
        let (head, start, length) = match &wav {
            Some(wav) => (wav.clean.clone(), wav.start, wav.length),
            None => (Vec::new(), 0, length),
        };
        Ok(Self { stream: Box::new(Spliced { head, bytes, start, length, place: 0 }), priming, wav })
    }
}

/// The first box of an MPEG-4 file and its `moov`, which says what there is to know of the sound; `None` for other files.
fn movie(bytes: &mut Box<dyn Bytes>, end: u64) -> io::Result<Option<Vec<u8>>> {
    let mut place = 0;
    let mut head = [0; 16];
    let mut movie = Vec::new();
    while place + 16 <= end {
        bytes.seek(SeekFrom::Start(place))?;
        bytes.read_exact(&mut head)?;
        let [size, kind, long @ ..] = [0, 4, 8, 12].map(|at| [head[at], head[at + 1], head[at + 2], head[at + 3]]);
        if place == 0 && &kind != b"ftyp" {
            return Ok(None);
        }
        let length = match u32::from_be_bytes(size) {
            0 => end - place,
            1 => u64::from(u32::from_be_bytes(long[0])) << 32 | u64::from(u32::from_be_bytes(long[1])),
            length => length.into(),
        };
        if length < 8 {
            break;
        }
        if place == 0 || (&kind == b"moov" && length <= LONGEST_MOOV) {
            bytes.seek(SeekFrom::Start(place))?;
            bytes.take(length).read_to_end(&mut movie)?;
        }
        place = place.saturating_add(length);
    }
    Ok(Some(movie))
}

/// A header of ours, then a part of the file.
struct Spliced {
    head: Vec<u8>,
    bytes: Box<dyn Bytes>,
    /// Where the part begins in the file, and how long it is.
    start: u64,
    length: u64,
    /// Place in the whole.
    place: u64,
}

impl Spliced {
    fn end(&self) -> u64 {
        self.head.len() as u64 + self.length
    }
}

impl Read for Spliced {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let head = self.head.len() as u64;
        let count = if self.place < head {
            (&self.head[self.place as usize..]).read(buffer)?
        } else {
            let left = self.end().saturating_sub(self.place).min(buffer.len() as u64) as usize;
            self.bytes.seek(SeekFrom::Start(self.start + self.place - head))?;
            self.bytes.read(&mut buffer[..left])?
        };
        self.place += count as u64;
        Ok(count)
    }
}

impl Seek for Spliced {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let place = match to {
            SeekFrom::Start(place) => Some(place),
            SeekFrom::End(offset) => self.end().checked_add_signed(offset),
            SeekFrom::Current(offset) => self.place.checked_add_signed(offset),
        };
        self.place = place.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.place)
    }
}

impl MediaSource for Spliced {
    fn is_seekable(&self) -> bool {
        true
    }

    fn byte_len(&self) -> Option<u64> {
        Some(self.end())
    }
}
