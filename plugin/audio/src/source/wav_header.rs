//! WAV, RF64, BW64 and Wave64 files with one clean header: what recorders and pipes leave unfinished is completed from the
//! length of the file, and lengths beyond 4 GiB, which Symphonia does not read, are kept out of its sight.
//!
//! RF64 and BW64: EBU Tech 3306 and Recommendation ITU-R BS.2088. Wave64: Sony Pictures Digital, 2005.

use std::io::{self, Read, Seek, SeekFrom};

/// How a GUID of Wave64 goes on after its four letters: `riff`'s, and that of all others.
const RIFF_GUID: [u8; 12] = [0x2E, 0x91, 0xCF, 0x11, 0xA5, 0xD6, 0x28, 0xDB, 0x04, 0xC1, 0x00, 0x00];
/// Longest format chunk that is believed.
const LONGEST_FORMAT: u64 = 256;
/// The format tag of files that tell their channel layout.
const EXTENSIBLE: u16 = 0xFFFE;
/// The number of channels that counts as 5.1 without a layout, in the order of WAV, as everywhere.
const SURROUND: u16 = 6;

/// What a header says, and what is true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WavHeader {
    /// A header for exactly these samples.
    pub(crate) clean: Vec<u8>,
    /// Where the samples begin.
    pub(crate) start: u64,
    /// Bytes of whole frames that are there.
    pub(crate) length: u64,
    /// Bytes that were promised and are not there.
    pub(crate) missing: u64,
    /// Nobody wrote the length into the header.
    pub(crate) unfinished: bool,
    /// Bytes of a frame.
    pub(crate) frame: u64,
    /// Channels without a known layout, more than two.
    pub(crate) unknown_layout: Option<u16>,
}

/// Reads the header of a file; `None` for other formats and for headers that make no sense.
///
/// # Errors
/// The system cannot read the file.
pub(crate) fn scan(file: &mut (impl Read + Seek)) -> io::Result<Option<WavHeader>> {
    let end = file.seek(SeekFrom::End(0))?;
    let head = at(file, 0, 40)?;
    let wave64 = head.starts_with(b"riff") && head.get(4..16) == Some(&RIFF_GUID);
    let riff = head.get(..4).is_some_and(|id| [b"RIFF", b"RF64", b"BW64"].iter().any(|known| *known == id));
    let riff = riff && head.get(8..12) == Some(b"WAVE");
    if !wave64 && !riff {
        return Ok(None);
    }
    let mut place = if wave64 { 40 } else { 12 };
    let (mut format, mut long_data) = (None, None);
    while let Some(chunk) = chunk(file, place, wave64)? {
        match &chunk.id {
            b"fmt " if chunk.length <= LONGEST_FORMAT => {
                format = Some(at(file, chunk.start, chunk.length as usize)?);
            }
            b"ds64" => long_data = number(&at(file, chunk.start, 16)?, 8),
            b"data" => {
                let Some(format) = format else { return Ok(None) };
                let whole = u32::try_from(number(&head, 4).unwrap_or(0) & 0xFFFF_FFFF).unwrap_or(0);
                let finished = wave64 || u64::from(whole) + 8 == end;
                let promised = match chunk.length {
                    0 if finished => Some(0),
                    0 => None,
                    length if length == u64::from(u32::MAX) && !wave64 => long_data.filter(|length| *length > 0),
                    length => Some(length),
                };
                return Ok(complete(&format, chunk.start, promised, end));
            }
            _ => {}
        }
        place = chunk.next;
    }
    Ok(None)
}

/// A chunk of RIFF or Wave64.
struct Chunk {
    id: [u8; 4],
    start: u64,
    length: u64,
    next: u64,
}

fn chunk(file: &mut (impl Read + Seek), place: u64, wave64: bool) -> io::Result<Option<Chunk>> {
    let head = at(file, place, if wave64 { 24 } else { 8 })?;
    let Some(id) = head.get(..4).and_then(|id| id.try_into().ok()) else { return Ok(None) };
    let chunk = if wave64 {
        // Lengths count the head; chunks begin at multiples of eight.
        number(&head, 16).map(|whole| (24, whole.saturating_sub(24), whole.max(24).saturating_add(7) & !7))
    } else {
        let length = head.get(4..8).map(|bytes| bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)));
        length.map(|length| (8, length, 8 + length + length % 2))
    };
    Ok(chunk.map(|(head, length, whole)| Chunk { id, start: place + head, length, next: place.saturating_add(whole) }))
}

/// The header of samples that begin at `start` and, as far as is known, are `promised` bytes long.
fn complete(format: &[u8], start: u64, promised: Option<u64>, end: u64) -> Option<WavHeader> {
    let word = |place: usize| Some(u16::from_le_bytes(format.get(place..place + 2)?.try_into().ok()?));
    let (tag, channels, frame) = (word(0)?, word(2)?, u64::from(word(12)?));
    let there = end.saturating_sub(start);
    let length = promised.unwrap_or(there).min(there);
    let length = length - length.checked_rem(frame)?;
    let mask = format.get(20..24).map(|mask| mask.iter().map(|byte| byte.count_ones()).sum::<u32>());
    let told = tag == EXTENSIBLE && mask == Some(u32::from(channels));
    let mut clean = b"RIFF\xFF\xFF\xFF\xFFWAVEfmt ".to_vec();
    clean.extend((format.len() as u32).to_le_bytes());
    clean.extend(format);
    clean.extend(vec![0; format.len() % 2]);
    clean.extend(b"data");
    clean.extend(u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
    Some(WavHeader {
        clean,
        start,
        length,
        missing: promised.map_or(0, |promised| promised.saturating_sub(there)),
        unfinished: promised.is_none(),
        frame,
        unknown_layout: Some(channels).filter(|channels| *channels > 2 && *channels != SURROUND && !told),
    })
}

/// Up to `length` bytes from a place on; fewer at the end of the file.
fn at(file: &mut (impl Read + Seek), place: u64, length: usize) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(place))?;
    let mut bytes = Vec::with_capacity(length);
    file.take(length as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Eight bytes as a number, the lowest first.
fn number(bytes: &[u8], place: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(place..place + 8)?.try_into().ok()?))
}
