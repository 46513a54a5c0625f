//! Some stretches of a recording, and what tells it from every other: for those who need not hear the whole.

use std::{ops::Range, path::Path};

use sha2::{Digest, Sha256};

use crate::{
    decode::Audio,
    downmix::Downmix,
    error::{AudioError, Result},
    packets::{Packets, unreadable},
    source::Source,
};

/// Seconds that are decoded before an excerpt and thrown away: coded frames lean on those before them.
const RUN_UP: f64 = 0.25;

/// What is known of a recording without decoding it.
#[derive(Debug, Clone, PartialEq)]
pub struct Overview {
    /// SHA-256 of the coded sound. Tags, pictures, names and places have no part in it.
    pub digest: [u8; 32],
    /// Length in seconds, as the container counts.
    pub seconds: f64,
}

/// Reads the packets of a file without decoding any.
///
/// # Errors
/// The file is missing, empty, not audio, of an unknown kind, or cannot be read to its end.
///
/// # Example
/// ```no_run
/// # fn main() -> songweave_audio::error::Result<()> {
/// let whole = songweave_audio::excerpts::overview("song.mp3".as_ref())?;
/// let middle = whole.seconds / 2.0;
/// let heard = songweave_audio::excerpts::excerpts("song.mp3".as_ref(), &[middle..middle + 10.0])?;
/// println!("{} samples", heard[0].samples());
/// # Ok(())
/// # }
/// ```
pub fn overview(path: &Path) -> Result<Overview> {
    let mut packets = Packets::open(path, Source::open(path)?.stream)?;
    let (mut digest, mut seconds) = (Sha256::new(), 0.0_f64);
    while let Some(packet) = packets.next().map_err(|error| unreadable(path, &error))? {
        digest.update(&packet.data);
        seconds = packets.seconds(&packet).map_or(seconds, |(_, end)| seconds.max(end));
    }
    if seconds > 0.0 {
        Ok(Overview { digest: digest.finalize().into(), seconds })
    } else {
        Err(AudioError::Empty(path.to_owned()))
    }
}

/// Decodes stretches of a file, given in seconds, in order and apart. Damaged packets are left out, and a stretch beyond the end
/// is shorter or empty. More than two channels are mixed down to two as [`crate::decode::AudioReader`] does.
///
/// # Errors
/// As [`crate::decode::AudioReader::open`] and `read`.
pub fn excerpts(path: &Path, wanted: &[Range<f64>]) -> Result<Vec<Audio>> {
    let mut packets = Packets::open(path, Source::open(path)?.stream)?;
    let mut found: Vec<Audio> = wanted.iter().map(|_| Audio { rate: 0, channels: Vec::new() }).collect();
    let (mut at, mut follows, mut block) = (0, false, Vec::new());
    while let Some(packet) = packets.next().map_err(|error| unreadable(path, &error))? {
        let Some((begin, end)) = packets.seconds(&packet) else { continue };
        while wanted.get(at).is_some_and(|range| begin >= range.end) {
            at += 1;
        }
        let Some(range) = wanted.get(at) else { break };
        if end < range.start - RUN_UP {
            follows = false;
            continue;
        }
        if !std::mem::replace(&mut follows, true) {
            packets.jump();
        }
        if packets.decode(&packet).map_err(|error| unreadable(path, &error))? {
            take(path, &packets, begin, range, &mut block, &mut found[at])?;
        }
    }
    Ok(found)
}

/// Appends what of the decoded packet lies in `range` to `heard`.
fn take(
    path: &Path,
    packets: &Packets,
    begin: f64,
    range: &Range<f64>,
    block: &mut Vec<Vec<f32>>,
    heard: &mut Audio,
) -> Result<()> {
    let Some((rate, channels)) = &packets.kind else { return Ok(()) };
    let downmix = Downmix::of(channels).map_err(|reason| AudioError::Layout { path: path.to_owned(), reason })?;
    block.resize(downmix.outputs(packets.planes.len()), Vec::new());
    downmix.mix(&packets.planes, block);
    heard.rate = *rate;
    heard.channels.resize(block.len(), Vec::new());
    let samples = block.first().map_or(0, Vec::len);
    let sample = |seconds: f64| ((seconds - begin) * f64::from(*rate)).round().clamp(0.0, samples as f64) as usize;
    let (first, end) = (sample(range.start), sample(range.end));
    heard.channels.iter_mut().zip(block).for_each(|(channel, block)| channel.extend_from_slice(&block[first..end]));
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::{decode::decode, write::write_wav};

    fn ramp(path: &Path, seconds: usize) {
        let ramp: Vec<f32> = (0..seconds * 8_000).map(|n| n as f32 / 1e6).collect();
        write_wav(path, &Audio { rate: 8_000, channels: vec![ramp] }).unwrap();
    }

    #[test]
    fn excerpts_are_the_samples_of_the_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ramp.wav");
        ramp(&path, 5);
        let whole = decode(&path).unwrap();
        let found = excerpts(&path, &[0.5..1.0, 2.0..2.5, 4.8..6.0, 7.0..8.0]).unwrap();
        for (found, range) in found.iter().zip([4_000..8_000, 16_000..20_000, 38_400..40_000]) {
            assert_eq!(found.channels[0], whole.channels[0][range]);
        }
        assert_eq!(found[3].samples(), 0, "beyond the end");
        assert!((overview(&path).unwrap().seconds - 5.0).abs() < 1e-6);
    }

    #[test]
    fn the_digest_is_the_sounds_and_not_the_files() {
        let folder = tempfile::tempdir().unwrap();
        let [one, other, tagged] = ["one.wav", "other.wav", "tagged.wav"].map(|name| folder.path().join(name));
        ramp(&one, 2);
        ramp(&other, 3);
        let mut bytes = std::fs::read(&one).unwrap();
        bytes.extend(b"LIST\x10\0\0\0INFOINAM\x04\0\0\0abc\0");
        std::fs::write(&tagged, bytes).unwrap();
        let digest = |path: &Path| overview(path).unwrap().digest;
        assert_eq!(digest(&one), digest(&tagged));
        assert_ne!(digest(&one), digest(&other));
    }
}
