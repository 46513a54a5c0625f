//! Songs in the form of pop909-structure: a folder with melody, chords, key and tempo on a grid of 16th notes.

use std::path::Path;

use songweave_engine::follow::key::Key;

use crate::{
    error::{MaterialError, Result},
    notation::{
        note::Note,
        step_chord::{StepChord, pitch_class},
    },
};

/// 16th notes of a beat.
pub const STEPS_PER_BEAT: u32 = 4;
/// 16th notes of a bar. The form knows no other time signature than 4/4.
pub const STEPS_PER_BAR: u32 = 16;
/// Songs longer than this many steps (hours) are damaged files.
const LONGEST: u32 = 100_000;

/// A sung note on the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepNote {
    /// Step at which it begins, 0 = the first downbeat.
    pub start: u32,
    /// Steps that it lasts, at least 1.
    pub length: u32,
    /// MIDI key.
    pub key: u8,
}

/// A song on a grid of 16th notes; step 0 is a downbeat.
#[derive(Debug, Clone, PartialEq)]
pub struct StructureSong {
    /// Name of its folder.
    pub name: String,
    /// Quarter notes per minute.
    pub tempo: f64,
    /// The first key of the annotation, `None` where there is none.
    pub key: Option<Key>,
    /// The sung notes in order of time; none overlap.
    pub melody: Vec<StepNote>,
    /// The annotated chord of each step, `[step]`, `None` where there is no harmony.
    pub chords: Vec<Option<StepChord>>,
}

impl StructureSong {
    /// Reads `melody.txt`, `finalized_chord.txt`, `tempo.txt` and, where it is there, `analyzed_key.txt` of a song's folder.
    ///
    /// # Errors
    /// A file is missing or not what it should be.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join("tempo.txt");
        let tempo = text(&path)?.trim().parse().ok().filter(|tempo| (20.0..=400.0).contains(tempo));
        let song = Self {
            name: folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned()),
            tempo: tempo.ok_or_else(|| MaterialError::data(&path, "a tempo is one number, 20 to 400"))?,
            key: text(&folder.join("analyzed_key.txt")).ok().and_then(|text| key(&text)),
            melody: melody(&folder.join("melody.txt"))?,
            chords: chords(&folder.join("finalized_chord.txt"))?,
        };
        if song.melody.is_empty() {
            return Err(MaterialError::data(folder, "nothing is sung in this song; leave it out"));
        }
        Ok(song)
    }

    /// Seconds of a step.
    #[must_use]
    pub fn step_seconds(&self) -> f64 {
        60.0 / self.tempo / f64::from(STEPS_PER_BEAT)
    }

    /// Steps until the last sung note has ended.
    #[must_use]
    pub fn steps(&self) -> u32 {
        self.melody.last().map_or(0, |note| note.start + note.length)
    }

    /// The pitch class sung in each step, `[step]`; `None` in rests.
    #[must_use]
    pub fn classes(&self) -> Vec<Option<u8>> {
        let mut classes = vec![None; self.steps() as usize];
        for note in &self.melody {
            classes[note.start as usize..(note.start + note.length) as usize].fill(Some(note.key % 12));
        }
        classes
    }

    /// The chord of a step.
    #[must_use]
    pub fn chord(&self, step: u32) -> Option<StepChord> {
        self.chords.get(step as usize).copied().flatten()
    }

    /// The song from the bar on in which somebody begins to sing, at most `seconds` of it.
    #[must_use]
    pub fn sung_part(&self, seconds: f64) -> Self {
        let from = self.melody.first().map_or(0, |note| note.start / STEPS_PER_BAR * STEPS_PER_BAR);
        let until = from.saturating_add((seconds / self.step_seconds()).min(f64::from(LONGEST)) as u32);
        let within = self.melody.iter().filter(|note| note.start < until);
        let cut = |note: &StepNote| StepNote {
            start: note.start - from,
            length: note.length.min(until - note.start),
            key: note.key,
        };
        let chords = self.chords.get(from as usize..).unwrap_or_default();
        Self { melody: within.map(cut).collect(), chords: chords.to_vec(), ..self.clone() }
    }

    /// The song with everything from a step on moved by semitones; a note that sounds there is divided.
    #[must_use]
    pub fn modulated(&self, from: u32, semitones: i8) -> Self {
        let moved = |key: u8| key.saturating_add_signed(semitones).min(127);
        let mut melody = Vec::with_capacity(self.melody.len() + 1);
        for &note in &self.melody {
            let before = from.saturating_sub(note.start).min(note.length);
            let parts = [
                StepNote { length: before, ..note },
                StepNote { start: note.start + before, length: note.length - before, key: moved(note.key) },
            ];
            melody.extend(parts.into_iter().filter(|part| part.length > 0));
        }
        let chord = |(step, chord): (usize, &Option<StepChord>)| {
            if step < from as usize { *chord } else { chord.map(|chord| chord.transposed(semitones)) }
        };
        Self { melody, chords: self.chords.iter().enumerate().map(chord).collect(), ..self.clone() }
    }

    /// The melody in seconds from step 0, at a common loudness.
    #[must_use]
    pub fn notes(&self) -> Vec<Note> {
        let seconds = |steps: u32| f64::from(steps) * self.step_seconds();
        let note = |note: &StepNote| Note {
            start: seconds(note.start),
            length: seconds(note.length),
            key: f32::from(note.key),
            velocity: 0.75,
        };
        self.melody.iter().map(note).collect()
    }
}

/// Lines of `pitch length`, pitch 0 a rest.
fn melody(path: &Path) -> Result<Vec<StepNote>> {
    let mut start = 0u32;
    let mut notes = Vec::new();
    for (line, words) in lines(&text(path)?) {
        let numbers: Option<Vec<u32>> = words.split_whitespace().map(|word| word.parse().ok()).collect();
        let Some([key @ 0..=127, length]) = numbers.as_deref() else {
            return Err(wrong(path, line, "a key (0 to 127, 0 a rest) and a length in 16th notes"));
        };
        if *key > 0 && *length > 0 {
            notes.push(StepNote { start, length: *length, key: *key as u8 });
        }
        start = advanced(path, line, start, f64::from(*length))?;
    }
    Ok(notes)
}

/// Lines of `name [pitch classes] bass beats`; `N` is no chord.
fn chords(path: &Path) -> Result<Vec<Option<StepChord>>> {
    let mut chords = Vec::new();
    for (line, words) in lines(&text(path)?) {
        let (chord, beats) =
            chord(words).ok_or_else(|| wrong(path, line, "a chord as in \"A:min/b3 [0, 4, 9] 0 2\""))?;
        let steps = (beats * f64::from(STEPS_PER_BEAT)).round();
        let end = advanced(path, line, chords.len() as u32, steps)?;
        chords.resize(end as usize, chord);
    }
    Ok(chords)
}

fn chord(line: &str) -> Option<(Option<StepChord>, f64)> {
    let (name, rest) = line.split_once('[')?;
    let (tones, rest) = rest.split_once(']')?;
    let numbers: Vec<f64> = rest.split_whitespace().map(|word| word.parse().ok()).collect::<Option<_>>()?;
    let (beats, bass) = (*numbers.last()?, numbers.iter().rev().nth(1).copied());
    let tones: Vec<u8> = tones.split(',').filter_map(|tone| tone.trim().parse().ok()).collect();
    let root = name.split(':').next().and_then(pitch_class);
    let chord = root.filter(|_| !tones.is_empty()).map(|root| {
        let bass = bass.map_or(root, |bass| bass.rem_euclid(12.0) as u8);
        StepChord::new(root, &tones, bass)
    });
    Some((chord, beats)).filter(|(_, beats)| beats.is_finite() && *beats >= 0.0)
}

/// The first line of `tonic:maj` or `tonic:min`.
fn key(text: &str) -> Option<Key> {
    let (tonic, scale) = lines(text).next()?.1.split_once(':')?;
    Some(Key { tonic: pitch_class(tonic)?, minor: scale.starts_with("min") })
}

fn advanced(path: &Path, line: usize, start: u32, steps: f64) -> Result<u32> {
    let end = f64::from(start) + steps;
    if end > f64::from(LONGEST) { Err(wrong(path, line, "a song of some minutes")) } else { Ok(end as u32) }
}

fn wrong(path: &Path, line: usize, wanted: &str) -> MaterialError {
    MaterialError::data(path, format!("line {line} does not look like {wanted}"))
}

/// Lines that are not empty, counted from 1.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line.trim())).filter(|(_, line)| !line.is_empty())
}

fn text(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).map_err(|source| MaterialError::io(path, source))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn song(name: &str, melody: &str, chords: &str) -> Result<StructureSong> {
        let folder = std::env::temp_dir().join(format!("songweave-structure-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let files = [
            ("melody.txt", melody),
            ("finalized_chord.txt", chords),
            ("tempo.txt", "120\n"),
            ("analyzed_key.txt", "\nA:min\n"),
        ];
        files.iter().for_each(|(name, text)| std::fs::write(folder.join(name), text).unwrap());
        let song = StructureSong::read(&folder);
        std::fs::remove_dir_all(&folder).unwrap();
        song
    }

    #[test]
    fn melody_and_chords_lie_on_the_grid_and_the_bass_is_not_the_root() {
        let song =
            song("read", "0 20\n57 2\n60 4\n", "N []  4\nA:min/b3 [0, 4, 9] 0 1\nD:sus4(b7, 9) [0, 2, 4, 7, 9] 2 2")
                .unwrap();
        assert_eq!((song.tempo, song.step_seconds(), song.steps()), (120.0, 0.125, 26));
        assert_eq!(song.key, Some(Key { tonic: 9, minor: true }));
        let chord = song.chord(16).unwrap();
        assert_eq!((chord.root, chord.bass, chord.minor()), (9, 0, Some(true)));
        assert_eq!((song.chord(15), song.chord(20).unwrap().root, song.chord(999)), (None, 2, None));
        let sung = song.sung_part(0.75 + 1e-9);
        assert_eq!(sung.melody, [StepNote { start: 4, length: 2, key: 57 }]);
        assert_eq!(sung.classes(), [None, None, None, None, Some(9), Some(9)]);
        assert_eq!(sung.chord(0), song.chord(16));
    }

    #[test]
    fn a_jump_divides_the_note_that_sounds() {
        let song = song("jump", "60 4\n62 4\n", "C:maj [0, 4, 7] 0 2").unwrap().modulated(6, 6);
        let notes: Vec<_> = song.melody.iter().map(|note| (note.start, note.length, note.key)).collect();
        assert_eq!(notes, [(0, 4, 60), (4, 2, 62), (6, 2, 68)]);
        assert_eq!((song.chord(5).unwrap().root, song.chord(6).unwrap().root), (0, 6));
    }

    #[test]
    fn a_damaged_song_says_where() {
        let error = song("bad", "60 4\nx 4\n", "").unwrap_err().to_string();
        assert!(error.contains("melody.txt: line 2"), "{error}");
        let error = song("chord", "60 4\n", "C:maj 0 4 7").unwrap_err().to_string();
        assert!(error.contains("finalized_chord.txt: line 1"), "{error}");
        assert!(song("long", "60 4000000000\n", "").is_err());
        assert!(song("silent", "0 4\n", "").is_err());
    }
}
