//! Hearing a recording: a few excerpts of it are decoded, and what can be told of them is told.
//!
//! Excerpts instead of the whole, since a large collection is to be heard in an evening: twelve seconds each at a quarter, the
//! half and three quarters of the song. Key, tempo, register and loudness are theirs; the network hears two slices of each.

pub mod device_ear;
pub mod ear;
mod music;
mod prints;
mod tags;

use std::{ops::Range, path::Path};

use ebur128::{EbuR128, Mode};
use songweave_audio::{decode::Audio, error::AudioError, excerpts, resample::resample};
use songweave_engine::listener::{Slice, mono};

use crate::{
    error::{LibraryError, Result},
    track::{Digest, GENRES, Sound, Track, Vector},
};
use ear::{Ear, RATE};
pub use prints::same_recording;
pub use tags::read as read_tags;

/// Seconds of an excerpt, and where their middles lie as shares of the song.
const EXCERPT: f64 = 12.0;
const MIDDLES: [f64; 3] = [0.25, 0.5, 0.75];
/// Where it is listened instead when there was silence, and the power of a stretch that can be heard (-60 dB).
const ELSEWHERE: [f64; 9] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
const AUDIBLE: f32 = 1e-6;
/// Songs up to so many seconds are heard as a whole.
const WHOLE: f64 = 40.0;
/// Shorter recordings are left out, in seconds; so are longer ones, which are no songs.
const SHORTEST: f64 = 1.0;
const LONGEST: f64 = 12.0 * 3600.0;
/// Slices that the network hears.
const SLICES: usize = 6;

/// What is known of a recording before it is heard.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Identity {
    /// What it is known by.
    pub digest: Digest,
    /// Length in seconds.
    pub seconds: f64,
}

/// What a recording is. Decodes nothing.
///
/// # Errors
/// It cannot be read, is protected, or is too short or too long to be a song.
pub fn identify(path: &Path) -> Result<Identity> {
    let overview = excerpts::overview(path).map_err(|error| explained(path, error))?;
    let refuse = |reason: String| Err(LibraryError::NothingToHear { path: path.to_owned(), reason });
    match overview.seconds {
        seconds if seconds < SHORTEST => {
            refuse(format!("only {seconds:.2} s long; what is to be compared has to last a second"))
        }
        seconds if seconds > LONGEST => {
            refuse(format!("{:.0} hours long; only recordings up to twelve are listened to", seconds / 3600.0))
        }
        seconds => Ok(Identity { digest: Digest(overview.digest), seconds }),
    }
}

/// Hears a recording that [`identify`] knows.
///
/// # Errors
/// It cannot be decoded, or there is nothing to hear.
pub fn hear(path: &Path, identity: Identity, ear: &mut dyn Ear) -> Result<Track> {
    let sound = listen(path, identity.seconds, 0.0..identity.seconds, ear)?;
    Ok(Track { digest: identity.digest, tags: tags::read(path), sound })
}

/// Hears a part of a recording, from one time in seconds to another.
///
/// # Errors
/// As [`identify`] and [`hear`], or the part lies outside.
pub fn hear_part(path: &Path, part: &Range<f64>, ear: &mut dyn Ear) -> Result<Sound> {
    let seconds = identify(path)?.seconds;
    if part.start >= seconds || part.end - part.start < SHORTEST {
        let shown = path.display();
        return Err(LibraryError::Ask(format!(
            "{shown}: the part has to last a second at least and to lie in the song's {seconds:.0} s"
        )));
    }
    listen(path, seconds, part.start..part.end.min(seconds), ear)
}

/// The stretches of a range that are heard, about some shares of it.
fn stretches(range: &Range<f64>, middles: &[f64]) -> Vec<Range<f64>> {
    let length = range.end - range.start;
    if length <= WHOLE {
        return vec![range.clone()];
    }
    let excerpt = |middle: &f64| {
        let start = range.start + middle * length - EXCERPT / 2.0;
        start..start + EXCERPT
    };
    middles.iter().map(excerpt).collect()
}

/// Decodes excerpts of a range. Where they are silent it is listened elsewhere: the loudest count then.
fn decode(path: &Path, range: &Range<f64>) -> Result<Vec<Audio>> {
    let decoded = |middles: &[f64]| -> Result<Vec<Audio>> {
        let found = excerpts::excerpts(path, &stretches(range, middles)).map_err(|error| explained(path, error))?;
        Ok(found.into_iter().filter(|audio| audio.samples() > 0).map(repaired).collect())
    };
    let heard = decoded(&MIDDLES)?;
    if heard.iter().any(|audio| power(audio) > AUDIBLE) || range.end - range.start <= WHOLE {
        return Ok(heard);
    }
    let mut heard = decoded(&ELSEWHERE)?;
    heard.sort_by(|one, other| power(other).total_cmp(&power(one)));
    heard.truncate(MIDDLES.len());
    Ok(heard)
}

fn power(audio: &Audio) -> f32 {
    let samples = (audio.channels.len() * audio.samples()).max(1);
    audio.channels.iter().flatten().map(|sample| sample * sample).sum::<f32>() / samples as f32
}

fn listen(path: &Path, seconds: f64, range: Range<f64>, ear: &mut dyn Ear) -> Result<Sound> {
    let heard = decode(path, &range)?;
    let nothing = |reason: &str| LibraryError::NothingToHear { path: path.to_owned(), reason: reason.to_owned() };
    if heard.is_empty() {
        return Err(nothing("no sound could be decoded; the file is damaged"));
    }
    let mono: Vec<Vec<f32>> = heard.iter().map(at_the_ears_rate).collect::<Result<_>>()?;
    let (slices, genres) =
        slices(&mono, ear).ok_or_else(|| nothing("silent where it was listened to; there is nothing to compare"))?;
    let music = music::of(&heard);
    let prints = mono.iter().map(|sound| prints::of(sound)).collect();
    Ok(Sound {
        seconds,
        loudness: loudness(&heard),
        key: music.key,
        tempo: music.tempo,
        density: music.density,
        chroma: music.chroma,
        scales: music.scales,
        power: music.power,
        genres,
        slices,
        prints,
    })
}

/// Samples that are no numbers, or beyond all measure, are silence.
fn repaired(mut audio: Audio) -> Audio {
    let wrong = |sample: &f32| !sample.is_finite() || sample.abs() > 1e3;
    audio.channels.iter_mut().flatten().filter(|sample| wrong(sample)).for_each(|sample| *sample = 0.0);
    audio
}

fn at_the_ears_rate(audio: &Audio) -> Result<Vec<f32>> {
    let [left, right] = audio.clone().into_stereo();
    Ok(resample(&[mono([&left, &right])], audio.rate, RATE)?.swap_remove(0))
}

/// What slices of the excerpts sound like, spread evenly, and the mean of their genres. Shorter sounds are repeated to a slice.
fn slices(excerpts: &[Vec<f32>], ear: &mut dyn Ear) -> Option<(Vec<Vector>, [f32; GENRES.len()])> {
    let (each, samples) = (SLICES.div_ceil(excerpts.len()), ear.samples());
    let mut sounds = Vec::new();
    for sound in excerpts {
        let room = sound.len().saturating_sub(samples);
        // As many as fit beside each other.
        let count = each.min(sound.len() / samples).max(1);
        for index in 0..count {
            let start = if count == 1 { room / 2 } else { room * index / (count - 1) };
            sounds.push(sound[start..].iter().copied().cycle().take(samples).collect::<Vec<f32>>());
        }
    }
    let (mut vectors, mut genres) = (Vec::new(), [0.0; GENRES.len()]);
    let is_finite = |heard: &Slice| heard.vector.iter().chain(&heard.genres).all(|number| number.is_finite());
    for heard in ear.hear_all(&sounds).into_iter().flatten().filter(is_finite) {
        vectors.push(heard.vector);
        genres.iter_mut().zip(heard.genres).for_each(|(sum, genre)| *sum += genre);
    }
    let heard = vectors.len() as f32;
    (!vectors.is_empty()).then(|| (vectors, genres.map(|sum| sum / heard)))
}

/// Integrated loudness by EBU R128, LUFS.
fn loudness(excerpts: &[Audio]) -> Option<f32> {
    let first = excerpts.first()?;
    let mut meter = EbuR128::new(first.channels.len() as u32, first.rate, Mode::I).ok()?;
    for audio in excerpts {
        let planes: Vec<&[f32]> = audio.channels.iter().map(Vec::as_slice).collect();
        meter.add_frames_planar_f32(&planes).ok()?;
    }
    meter.loudness_global().ok().filter(|loudness| loudness.is_finite()).map(|loudness| loudness as f32)
}

/// Says that a file is protected where it is.
fn explained(path: &Path, error: AudioError) -> LibraryError {
    let protected = matches!(error, AudioError::Unreadable { .. } | AudioError::NoAudioTrack(_)) && protected(path);
    if protected { LibraryError::Protected(path.to_owned()) } else { error.into() }
}

/// Whether an MPEG-4 file names a protected kind of sound (`drms`, `enca`), or is one of Audible's.
fn protected(path: &Path) -> bool {
    use std::io::Read;
    let kind = path.extension().and_then(|kind| kind.to_str()).unwrap_or_default().to_ascii_lowercase();
    if ["m4p", "aax", "aa"].contains(&kind.as_str()) {
        return true;
    }
    let mut head = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(1 << 20).read_to_end(&mut head));
    let names = |name: &[u8; 4]| head.windows(4).any(|found| found == name);
    read.is_ok() && names(b"ftyp") && (names(b"drms") || names(b"enca"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_recording_in_opposite_phase_is_heard() {
        let sound: Vec<f32> = (0..RATE).map(|n| (n as f32 * 0.2).sin() * 0.3).collect();
        let turned = sound.iter().map(|sample| -sample).collect();
        let heard = at_the_ears_rate(&Audio { rate: RATE, channels: vec![sound.clone(), turned] }).unwrap();
        assert_eq!(heard, sound);
    }
}
