//! Recordings in folders, and what each way of comparing hears in their slices.

use std::path::{Path, PathBuf};

use songweave_audio::{decode::decode, resample::resample};
use songweave_engine::listener::{GENRES, NUMBERS, SliceListener, mono};
use songweave_models::listener::{BANDS, FRAMES};
use songweave_score::{
    error::{MaterialError, Result},
    random::Random,
};

/// Samples per second at which recordings are heard.
const RATE: u32 = 24_000;
/// Slices of a recording at most, spread evenly.
const SLICES: usize = 6;
/// Kinds of files that are heard.
const KINDS: [&str; 8] = ["wav", "flac", "ogg", "opus", "mp3", "m4a", "aiff", "wma"];

/// Ways to compare slices, in the order in which results are told.
pub const SYSTEMS: [&str; 4] =
    ["Songweave", "musicnn's hidden layers", "mean and deviation of the log-mel", "random weights"];

/// A recording as all systems hear it.
pub struct Recording {
    /// File name.
    pub name: String,
    /// Folder below the one that was given: an album, an artist or a genre.
    pub group: String,
    /// What each system hears, `[system][slice][number]`.
    pub heard: [Vec<Vec<f32>>; SYSTEMS.len()],
    /// Mean probability of each genre.
    pub genres: [f32; GENRES.len()],
    /// Seconds of the recording, and seconds that hearing it took, decoding included.
    pub seconds: [f64; 2],
}

/// The audio files in the folders of a folder: the folder's name and the file.
///
/// # Errors
/// The folder cannot be read or has no folders with recordings.
pub fn files(folder: &Path) -> Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for group in songweave_score::files::folder::folders(folder)? {
        let name = group.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for kind in KINDS {
            let files = songweave_score::files::folder::files_below(&group, kind)?;
            found.extend(files.into_iter().map(|file| (name.clone(), file)));
        }
    }
    if found.is_empty() {
        return Err(MaterialError::data(
            folder,
            "no folder in it has recordings; it takes one folder per album, artist or genre".to_owned(),
        ));
    }
    found.sort();
    Ok(found)
}

/// Hears recordings.
pub struct Hearer {
    listener: SliceListener,
    /// `[number][band of mean and deviation]`.
    random: Vec<Vec<f32>>,
}

impl Hearer {
    /// With the network in the binary.
    ///
    /// # Errors
    /// The binary was built with a damaged weight file.
    pub fn new() -> Result<Self> {
        let mut random = Random::new(1);
        let row = |_| (0..2 * BANDS).map(|_| random.normal()).collect();
        Ok(Self { listener: SliceListener::embedded(RATE as f32)?, random: (0..NUMBERS).map(row).collect() })
    }

    /// Hears a recording of a group; `None` when there is nothing to hear in it.
    ///
    /// # Errors
    /// It cannot be decoded.
    pub fn hear(&mut self, group: &str, path: &Path) -> Result<Option<Recording>> {
        let began = std::time::Instant::now();
        let audio = decode(path)?;
        let (seconds, rate) = (audio.seconds(), audio.rate);
        let [left, right] = audio.into_stereo();
        let sound = resample(&[mono([&left, &right])], rate, RATE)?.swap_remove(0);
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut recording = Recording {
            name,
            group: group.to_owned(),
            heard: Default::default(),
            genres: [0.0; GENRES.len()],
            seconds: [seconds, 0.0],
        };
        let room = sound.len().saturating_sub(self.listener.samples());
        for index in 0..SLICES {
            let start = room * (2 * index + 1) / (2 * SLICES);
            self.hear_slice(&sound[start..], &mut recording);
        }
        recording.seconds[1] = began.elapsed().as_secs_f64();
        let count = recording.heard[0].len();
        recording.genres.iter_mut().for_each(|genre| *genre /= count.max(1) as f32);
        Ok((count > 0).then_some(recording))
    }

    fn hear_slice(&mut self, sound: &[f32], recording: &mut Recording) {
        let Some((slice, hidden)) = self.listener.hear_with_hidden(sound) else { return };
        let timbre = timbre(self.listener.picture());
        let random = self.random.iter().map(|row| row.iter().zip(&timbre).map(|(a, b)| a * b).sum()).collect();
        recording.genres.iter_mut().zip(slice.genres).for_each(|(sum, genre)| *sum += genre);
        for (heard, new) in recording.heard.iter_mut().zip([slice.vector.to_vec(), hidden.to_vec(), timbre, random]) {
            heard.push(new);
        }
    }
}

/// Mean and deviation of every band of a picture `[frame][band]`.
fn timbre(picture: &[f32]) -> Vec<f32> {
    let (mut mean, mut square) = (vec![0.0; BANDS], vec![0.0; BANDS]);
    for frame in picture.chunks_exact(BANDS) {
        for (band, value) in frame.iter().enumerate() {
            mean[band] += value / FRAMES as f32;
            square[band] += value * value / FRAMES as f32;
        }
    }
    let deviation: Vec<f32> =
        mean.iter().zip(&square).map(|(mean, square)| (square - mean * mean).max(0.0).sqrt()).collect();
    mean.into_iter().chain(deviation).collect()
}
