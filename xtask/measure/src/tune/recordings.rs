//! What the tuner is measured on: real recordings of voices, and songs sung by reserved synthetic voices.

use std::path::{Path, PathBuf};

use crate::tune::pitch_line::{PitchLine, PitchPoint, STEP, key_of, resampled};
use anyhow::{Context, Result, ensure};
use songweave_audio::decode::decode;
use songweave_audio::resample::resample;
use songweave_score::{songs::structure_song::StructureSong, split::Split};
use songweave_synth::voices::evaluation_singers::{Manner, sing};

use super::RATE;

/// Extensions of audio files.
const EXTENSIONS: [&str; 7] = ["wav", "flac", "mp3", "ogg", "m4a", "aac", "aif"];
/// Every so many of the short samples.
const SAMPLES_APART: usize = 6;

/// Where a recording is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Sung by somebody: Praat is the reference, or a pitch track that lies beside it.
    Real,
    /// Half spoken or with effects: told apart, since Praat itself is unsure there.
    Stem,
    /// Sung by a synthetic voice: the truth is known.
    Synthetic,
}

/// A voice alone, mono at 44,100 Hz.
pub struct Recording {
    /// Name.
    pub name: String,
    /// Where it is from.
    pub kind: Kind,
    /// Its samples.
    pub samples: Vec<f32>,
    /// The true pitch, where it is known.
    pub truth: Option<PitchLine>,
    /// Beats per minute where it has a tempo.
    pub tempo: Option<f64>,
}

impl Recording {
    /// Points of its pitch line.
    pub fn points(&self) -> usize {
        (self.samples.len() as f64 / f64::from(RATE) / STEP) as usize
    }
}

/// The voices of a folder: of the shared data folder those that are named in its README, of any other all audio files, with the
/// pitch tracks (`NAME.csv`: seconds, Hz) beside them. At most so many seconds of each, and so many `songs` of synthetic voices.
///
/// # Errors
/// They cannot be read.
pub fn gather(data: &Path, seconds: f64, songs: usize) -> Result<Vec<Recording>> {
    let mut found = Vec::new();
    if !data.join("clips").is_dir() {
        for path in audio_files(data)? {
            found.push(read(&path, Kind::Real, seconds)?);
        }
        ensure!(!found.is_empty(), "{}: no audio files here; put recordings of single voices into it", data.display());
        return Ok(found);
    }
    for name in ["vocadito_10.wav", "vocal-da-80bpm.wav"] {
        found.push(read(&data.join("clips").join(name), Kind::Real, seconds)?);
    }
    for path in audio_files(&data.join("erithacus"))?.iter().step_by(SAMPLES_APART) {
        found.push(read(path, Kind::Real, seconds)?);
    }
    let stems = data.join("stems/src");
    let mut folders: Vec<PathBuf> = entries(&stems)?.into_iter().filter(|path| path.is_dir()).collect();
    folders.sort();
    for folder in folders {
        let leads = audio_files(&folder)?.into_iter().filter(|path| path.to_string_lossy().contains("VOX LEAD"));
        for path in leads {
            found.push(read(&path, Kind::Stem, seconds)?);
        }
    }
    found.extend(synthetic(&data.join("pop909-structure/POP909"), seconds, songs)?);
    Ok(found)
}

/// Test songs, sung cleanly.
fn synthetic(folder: &Path, seconds: f64, songs: usize) -> Result<Vec<Recording>> {
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let mut folders: Vec<PathBuf> =
        entries(folder)?.into_iter().filter(|path| path.join("melody.txt").is_file()).collect();
    folders.sort();
    folders.retain(|path| Split::of(&name(path)) == Split::Test);
    let sung = folders.iter().take(songs).map(|path| {
        let song = StructureSong::read(path)?.sung_part(seconds);
        let sung = sing(&song, Manner::Clean, RATE);
        let points = (sung.audio[0].len() as f64 / f64::from(RATE) / STEP) as usize;
        let point = |index: usize| {
            let key = sung.key_at((index as f64 * STEP * f64::from(RATE)) as usize);
            PitchPoint { key, voiced: key > 0.0 }
        };
        let truth = Some((0..points).map(point).collect());
        let [samples, _] = sung.audio;
        Ok(Recording { name: song.name, kind: Kind::Synthetic, samples, truth, tempo: Some(song.tempo) })
    });
    sung.collect()
}

fn read(path: &Path, kind: Kind, seconds: f64) -> Result<Recording> {
    let audio = decode(path)?;
    let rate = audio.rate;
    let [left, right] = audio.into_stereo();
    let mono: Vec<f32> = left.iter().zip(&right).map(|(left, right)| 0.5 * (left + right)).collect();
    let mut samples = resample(&[mono], rate, RATE)?.remove(0);
    let from = loudest(&samples, (seconds * f64::from(RATE)) as usize);
    let longest = (seconds * f64::from(RATE)) as usize;
    samples = samples[from..samples.len().min(from + longest)].to_vec();
    let name = path.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let points = (samples.len() as f64 / f64::from(RATE) / STEP) as usize;
    let truth = pitch_track(&path.with_extension("csv"), from as f64 / f64::from(RATE), points)?;
    Ok(Recording { name, kind, samples, truth, tempo: None })
}

/// The beginning of the loudest stretch of a length, in steps of a second.
fn loudest(samples: &[f32], length: usize) -> usize {
    let energy = |from: usize| {
        samples[from..(from + length).min(samples.len())].iter().map(|sample| f64::from(sample * sample)).sum::<f64>()
    };
    let starts = (0..=samples.len().saturating_sub(length)).step_by(RATE as usize);
    starts.max_by(|one, other| energy(*one).total_cmp(&energy(*other))).unwrap_or(0)
}

/// Lines of `seconds,Hz` (0 where nobody sings) from a second on; `None` where there is no such file.
fn pitch_track(path: &Path, from: f64, points: usize) -> Result<Option<PitchLine>> {
    let Ok(text) = std::fs::read_to_string(path) else { return Ok(None) };
    let mut told = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let numbers: Option<Vec<f64>> = line.split(',').map(|word| word.trim().parse().ok()).collect();
        let Some([seconds, hz]) = numbers.as_deref() else {
            anyhow::bail!("{}: the line `{line}` is not `seconds,Hz`", path.display());
        };
        told.push((seconds - from, PitchPoint { key: key_of(*hz as f32), voiced: *hz > 0.0 }));
    }
    Ok(Some(resampled(&told, points)))
}

fn audio_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let is_audio = |path: &PathBuf| {
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
        extension.is_some_and(|extension| EXTENSIONS.contains(&extension.as_str()))
    };
    let mut files: Vec<PathBuf> = entries(folder)?.into_iter().filter(is_audio).collect();
    files.sort();
    Ok(files)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read the folder {}", folder.display()))?;
    Ok(entries.filter_map(|entry| Some(entry.ok()?.path())).collect())
}
