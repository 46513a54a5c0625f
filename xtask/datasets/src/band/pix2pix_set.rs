//! The training set of the pix2pix baseline: sung songs and their true accompaniments, as sound.

use std::path::{Path, PathBuf};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use songweave_audio::{decode::Audio, draft::write_bytes, write::write_wav};

use songweave_score::{
    error::{MaterialError, Result},
    random::{Random, hash},
    songs::structure_song::{STEPS_PER_BEAT, StructureSong},
    split::Split,
};
use songweave_synth::{
    instruments::{
        reference_accompaniment::{SETTINGS, arranged, play},
        soundfont::Instruments,
    },
    song::{Stereo, active_level},
    voices::{
        evaluation_singers::{in_range, loosely},
        singer::Singer,
    },
};

/// Version of the format that is written.
pub const FORMAT: u32 = 1;
/// Rate in Hz.
pub const RATE: u32 = 44_100;
/// Level of voice and accompaniment in dB below full scale, see [`active_level`].
pub const LEVEL: f32 = -20.0;
/// Other voices than in the plugin's own trainings.
const SEED: u64 = 0x0909;

/// What is written.
#[derive(Debug, Clone)]
pub struct Pix2pixSet {
    /// Folder for the set; songs that are in it are kept.
    pub out: PathBuf,
    /// Songs, of which a tenth are validation songs.
    pub songs: usize,
    /// Seconds of each at most, from the bar on in which somebody begins to sing.
    pub seconds: f64,
    /// The command, for the description.
    pub command: String,
}

impl Pix2pixSet {
    /// Writes `train/SONG.voice.wav` and `train/SONG.band.wav` (mono, 44.1 kHz), the same under `validation`, and `set.json`,
    /// from folders in the form of pop909-structure. None of the songs is one of those that are tested with.
    ///
    /// # Errors
    /// The data cannot be read or the folder cannot be written to.
    pub fn write(&self, data: &Path, font: &Path) -> Result<()> {
        let font = Instruments::load(font)?;
        let songs = self.chosen(&data.join("pop909-structure/POP909"))?;
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} songs {eta} left");
        let bar = ProgressBar::new(songs.len() as u64);
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        for folder in &songs {
            self.write_song(folder, &font)?;
            bar.inc(1);
        }
        bar.finish();
        let facts = json!({
            "format": FORMAT, "command": self.command, "songs": songs.len(), "seconds": self.seconds, "rate": RATE,
            "level_db": LEVEL, "soundfont": font.name(), "sources": ["pop909-structure (MIT): Shuqi Dai; Music X Lab"],
        });
        Ok(write_bytes(&self.out.join("set.json"), format!("{facts:#}\n").as_bytes())?)
    }

    /// Folders of songs spread evenly over all that may be trained on.
    fn chosen(&self, folder: &Path) -> Result<Vec<PathBuf>> {
        let entries = std::fs::read_dir(folder).map_err(|source| MaterialError::io(folder, source))?;
        let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
        let mut folders: Vec<PathBuf> =
            paths.filter(|path| path.join("melody.txt").is_file() && Split::of(&name(path)) != Split::Test).collect();
        folders.sort();
        let wanted = self.songs.min(folders.len());
        Ok((0..wanted).map(|index| folders[index * folders.len() / wanted].clone()).collect())
    }

    fn write_song(&self, folder: &Path, font: &Instruments) -> Result<()> {
        let song = StructureSong::read(folder)?.sung_part(self.seconds);
        let split = Split::of(&song.name);
        let out = self.out.join(split.name());
        std::fs::create_dir_all(&out).map_err(|source| MaterialError::io(&out, source))?;
        let path = |what: &str| out.join(format!("{}.{what}.wav", song.name));
        // The band is written last: where it is there, the song is complete.
        if path("band").is_file() {
            return Ok(());
        }
        let seconds = f64::from(song.steps() + STEPS_PER_BEAT) * song.step_seconds();
        let voice = voice(&song, (seconds * f64::from(RATE)) as usize);
        write_mono(&path("voice"), &[voice.clone(), voice])?;
        write_mono(&path("band"), &play(&arranged(&song, &SETTINGS)?, font, seconds, RATE)?)
    }
}

/// The song in a voice of its own, never one of those that are measured with.
fn voice(song: &StructureSong, samples: usize) -> Vec<f32> {
    let mut random = Random::for_task(SEED, hash(&song.name));
    let singer = Singer { spoken: false, ..Singer::random(&mut random) };
    let (notes, _) = in_range(&loosely(song.notes(), &mut random), singer.range());
    singer.sing(&notes, samples, RATE, &mut random)
}

/// Writes a sound in mono at [`LEVEL`].
///
/// # Errors
/// The file cannot be written.
pub fn write_mono(path: &Path, sound: &Stereo) -> Result<()> {
    Ok(write_wav(path, &Audio { rate: RATE, channels: vec![levelled(sound)] })?)
}

/// A sound in mono at [`LEVEL`]; silence stays as it is.
#[must_use]
pub fn levelled(sound: &Stereo) -> Vec<f32> {
    let mono: Vec<f32> = sound[0].iter().zip(&sound[1]).map(|(left, right)| 0.5 * (left + right)).collect();
    let level = active_level(&[mono.clone(), mono.clone()], RATE);
    let gain = if level > 0.0 { 10f32.powf(LEVEL / 20.0) / level } else { 1.0 };
    mono.into_iter().map(|sample| gain * sample).collect()
}

fn name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sounds_are_brought_to_one_level_in_mono() {
        let tone = |gain: f32| (0..RATE).map(|n| gain * (0.05 * n as f32).sin()).collect::<Vec<_>>();
        let level = |sound: &Stereo| {
            let mono = levelled(sound);
            20.0 * active_level(&[mono.clone(), mono], RATE).log10()
        };
        for sound in [[tone(0.5), tone(0.1)], [tone(0.01), tone(0.02)]] {
            assert!((level(&sound) - LEVEL).abs() < 0.01);
        }
        assert!(levelled(&[vec![0.0; 9], vec![0.0; 9]]).iter().all(|sample| *sample == 0.0));
    }
}
