//! Songs as the chord network is taught them: what is sung on a grid of 16th notes, and the chords below.

use std::path::{Path, PathBuf};

use songweave_dsp::band::{Chord, Quality};

use crate::{
    error::{MaterialError, Result},
    notation::step_chord::pitch_class,
};

/// A step (16th note) of a melody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct SungStep {
    /// MIDI key that is sung, `None` in a rest.
    pub key: Option<u8>,
    /// Whether its note begins here.
    pub onset: bool,
}

/// A melody with chords.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SungSong {
    /// Its name: what the split goes by.
    pub name: String,
    /// `[step]`.
    pub melody: Vec<SungStep>,
    /// `[step]`, `None` where no chord sounds.
    pub chords: Vec<Option<Chord>>,
    /// Steps of a bar.
    pub steps_per_bar: u32,
    /// Steps of a beat.
    pub steps_per_beat: u32,
    /// Pitch class of the tonic and whether it is minor, where the whole song has one known key.
    pub key: Option<(u8, bool)>,
}

impl SungSong {
    /// Reads a folder in the form of the POP909 structure set: `melody.txt`, `finalized_chord.txt`, `analyzed_key.txt`.
    ///
    /// # Errors
    /// A file is missing or not of this form.
    pub fn read(folder: &Path) -> Result<Self> {
        let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let (melody_path, chord_path) = (folder.join("melody.txt"), folder.join("finalized_chord.txt"));
        let mut melody = read_melody(&melody_path)?;
        let mut chords = read_chords(&chord_path)?;
        let steps = melody.len().min(chords.len());
        melody.truncate(steps);
        chords.truncate(steps);
        let key = std::fs::read_to_string(folder.join("analyzed_key.txt")).ok().and_then(|text| read_key(&text));
        Ok(Self { name, melody, chords, steps_per_bar: 16, steps_per_beat: 4, key })
    }

    /// The same so many semitones higher from a step on; the key is unknown then unless it is from the beginning.
    #[must_use]
    pub fn moved_from(mut self, step: usize, semitones: u8) -> Self {
        let move_class = |class: u8| (class + semitones) % 12;
        for sung in self.melody.iter_mut().skip(step) {
            sung.key = sung.key.map(|key| key + semitones);
        }
        for chord in self.chords.iter_mut().skip(step).flatten() {
            (chord.root, chord.bass) = (move_class(chord.root), move_class(chord.bass));
        }
        self.key = self.key.filter(|_| step == 0).map(|(tonic, minor)| (move_class(tonic), minor));
        self
    }
}

/// All songs of a folder like `pop909-structure/POP909`, by name.
///
/// # Errors
/// The folder or a song in it cannot be read.
pub fn read_songs(folder: &Path) -> Result<Vec<SungSong>> {
    let fail = |source| MaterialError::io(folder, source);
    let mut folders: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        if path.join("melody.txt").is_file() {
            folders.push(path);
        }
    }
    folders.sort();
    folders.iter().map(|folder| SungSong::read(folder)).collect()
}

fn lines(path: &Path) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(path).map_err(|source| MaterialError::io(path, source))?;
    Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

/// `pitch length` per line, length in 16ths, 0 = rest.
fn read_melody(path: &Path) -> Result<Vec<SungStep>> {
    let mut melody = Vec::new();
    for line in lines(path)? {
        let bad = || MaterialError::data(path, format!("`{line}` is no `pitch length`"));
        let mut words = line.split_whitespace().map(|word| word.parse::<f64>().ok());
        let (pitch, length) = words.next().flatten().zip(words.next().flatten()).ok_or_else(bad)?;
        let key = (pitch > 0.0 && pitch < 128.0).then_some(pitch as u8);
        let steps = length.round().clamp(0.0, 1e4) as usize;
        melody.extend((0..steps).map(|step| SungStep { key, onset: key.is_some() && step == 0 }));
    }
    Ok(melody)
}

/// `name [pitch classes] bass beats` per line; the bass is left out of silence.
fn read_chords(path: &Path) -> Result<Vec<Option<Chord>>> {
    let mut chords = Vec::new();
    for line in lines(path)? {
        let bad = || MaterialError::data(path, format!("`{line}` is no `name [classes] bass beats`"));
        let name = line.split_whitespace().next().ok_or_else(bad)?;
        let numbers = line.rsplit(']').next().ok_or_else(bad)?;
        let numbers: Vec<f64> = numbers.split_whitespace().filter_map(|word| word.parse().ok()).collect();
        let beats = numbers.last().copied().ok_or_else(bad)?;
        let bass = numbers.first().filter(|_| numbers.len() > 1).map(|bass| (*bass as i64).rem_euclid(12) as u8);
        let chord = read_chord(name).map(|chord| Chord { bass: bass.unwrap_or(chord.root), ..chord });
        chords.extend(std::iter::repeat_n(chord, (beats * 4.0).round().clamp(0.0, 1e4) as usize));
    }
    Ok(chords)
}

/// A chord in root position from a name like `Bb:min7(11)/b3`.
fn read_chord(name: &str) -> Option<Chord> {
    let (root, quality) = name.split_once(':')?;
    let root = pitch_class(root)?;
    let quality = quality.split('/').next().unwrap_or(quality);
    let quality = match quality.split('(').next().unwrap_or(quality) {
        "maj7" | "maj9" => Quality::Major7,
        "min7" | "min9" | "min11" => Quality::Minor7,
        "7" | "9" | "11" | "13" => Quality::Dominant7,
        "sus4" => Quality::Sus4,
        "sus2" => Quality::Sus2,
        "dim" | "dim7" => Quality::Diminished,
        "hdim7" => Quality::HalfDiminished7,
        "aug" => Quality::Augmented,
        minor if minor.starts_with("min") => Quality::Minor,
        _ => Quality::Major,
    };
    Some(Chord { root, quality, bass: root })
}

/// The key of a song that has one.
fn read_key(text: &str) -> Option<(u8, bool)> {
    let mut keys = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let (tonic, mode) = keys.next()?.split_once(':')?;
    let tonic = pitch_class(tonic)?;
    keys.next().is_none().then_some((tonic, mode.starts_with("min")))
}
