//! Songs as notes: melody, accompaniment, chords and beats of the POP909 set.

use std::path::Path;

use crate::{
    error::{MaterialError, Result},
    files::midi::{Midi, notes},
    notation::{chord::Chord, note::Note, step_chord::pitch_class},
};

/// A pop song as notes.
#[derive(Debug, Clone)]
pub struct PopSong {
    /// The vocal line.
    pub melody: Vec<Note>,
    /// A second line.
    pub bridge: Vec<Note>,
    /// Piano accompaniment.
    pub piano: Vec<Note>,
    /// Chords in order of time.
    pub chords: Vec<Chord>,
    /// Beats in seconds.
    pub beats: Vec<f64>,
    /// Index of the first downbeat among the beats.
    pub downbeat: usize,
}

impl PopSong {
    /// Reads a song's folder (`NNN/NNN.mid`, `chord_midi.txt`, `beat_midi.txt`).
    ///
    /// # Errors
    /// A file is missing or not what it should be.
    pub fn read(folder: &Path) -> Result<Self> {
        let name = folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let midi = Midi::read(&folder.join(format!("{name}.mid")))?;
        let notes = |wanted: &str| -> Vec<Note> {
            midi.tracks.iter().position(|track| track == wanted).map_or_else(Vec::new, |track| notes(&midi, track))
        };
        let beats = lines(&folder.join("beat_midi.txt"))?;
        let downbeat = beats.iter().position(|beat| beat.get(2).is_some_and(|flag| flag.starts_with('1')));
        let song = Self {
            melody: notes("MELODY"),
            bridge: notes("BRIDGE"),
            piano: notes("PIANO"),
            chords: lines(&folder.join("chord_midi.txt"))?.iter().filter_map(|line| chord(line)).collect(),
            beats: beats.iter().filter_map(|beat| beat.first()?.parse().ok()).collect(),
            downbeat: downbeat.unwrap_or(0),
        };
        if song.melody.is_empty() || song.beats.len() < 8 {
            return Err(MaterialError::data(folder, "no melody or no beats here; is this a POP909 song?"));
        }
        Ok(song)
    }

    /// Median time between beats in seconds.
    #[must_use]
    pub fn beat_seconds(&self) -> f64 {
        let mut gaps: Vec<f64> = self.beats.windows(2).map(|pair| pair[1] - pair[0]).collect();
        gaps.sort_by(f64::total_cmp);
        gaps.get(gaps.len() / 2).copied().unwrap_or(0.5).max(0.1)
    }
}

/// A line of chord annotation: begin, end, `Root:quality`.
fn chord(line: &[String]) -> Option<Chord> {
    let [start, end, name] = line else { return None };
    let (root, quality) = name.split_once(':')?;
    let root = pitch_class(root)?;
    let (start, end) = (start.parse().ok()?, end.parse().ok()?);
    Some(Chord { start, end, root, bass: root, tones: tones(quality) })
}

/// Tones of a chord from its name, in semitones above the root.
fn tones(quality: &str) -> Vec<u8> {
    let third = if quality.starts_with("min") || quality.starts_with("dim") || quality.starts_with("hdim") {
        3
    } else if quality.starts_with("sus4") {
        5
    } else if quality.starts_with("sus2") {
        2
    } else {
        4
    };
    let fifth = if quality.contains("dim") {
        6
    } else if quality.starts_with("aug") {
        8
    } else {
        7
    };
    let mut tones = vec![0, third, fifth];
    if quality.starts_with("dim7") {
        tones.push(9);
    } else if quality.contains("maj7") {
        tones.push(11);
    } else if quality.contains('7') || quality.starts_with('9') {
        tones.push(10);
    } else if quality.contains('6') {
        tones.push(9);
    }
    tones
}

fn lines(path: &Path) -> Result<Vec<Vec<String>>> {
    let text = std::fs::read_to_string(path).map_err(|source| MaterialError::io(path, source))?;
    Ok(text.lines().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chord_names_give_root_and_third() {
        let read = |name: &str| chord(&["1.0".into(), "2.5".into(), name.into()]);
        let chord = |root, tones: &[u8]| Some(Chord { start: 1.0, end: 2.5, root, bass: root, tones: tones.to_vec() });
        assert_eq!(read("Bb:min7"), chord(10, &[0, 3, 7, 10]));
        assert_eq!(read("F#:maj/3"), chord(6, &[0, 4, 7]));
        assert_eq!(read("G:sus4"), chord(7, &[0, 5, 7]));
        assert_eq!(read("N"), None);
    }
}
