//! Drum performances of the Groove set: all styles, with fills, stretched to a song's beat.

use std::path::Path;

use crate::{
    error::{MaterialError, Result},
    files::midi::{Midi, notes_of},
    notation::note::Note,
    random::Random,
};

/// A drum performance.
#[derive(Debug, Clone, PartialEq)]
pub struct Groove {
    /// Path below the data set's folder.
    pub file: String,
    /// Style and variant, as `rock/halftime`.
    pub style: String,
    /// Beats per minute.
    pub tempo: f64,
    /// A fill of a bar or two instead of a beat.
    pub fill: bool,
    /// Official split: `train`, `validation` or `test`.
    pub split: String,
}

/// The fills and the beats of at least 16 seconds of a Groove folder (`info.csv`), in 4/4.
///
/// # Errors
/// The table is missing or has other columns.
pub fn grooves(folder: &Path) -> Result<Vec<Groove>> {
    let path = folder.join("info.csv");
    let text = std::fs::read_to_string(&path).map_err(|source| MaterialError::io(&path, source))?;
    let mut rows = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = rows.next().unwrap_or_default();
    let place = |name: &str| {
        let missing = || MaterialError::data(&path, format!("no column {name}; is this the Groove data set?"));
        header.iter().position(|column| *column == name).ok_or_else(missing)
    };
    let (file, style, tempo, kind) = (place("midi_filename")?, place("style")?, place("bpm")?, place("beat_type")?);
    let (length, signature, split) = (place("duration")?, place("time_signature")?, place("split")?);
    let groove = |row: Vec<&str>| {
        let fill = *row.get(kind)? == "fill";
        let long = row.get(length)?.parse::<f64>().ok()? >= 16.0;
        if *row.get(signature)? != "4-4" || !(fill || long) {
            return None;
        }
        let (file, style) = ((*row.get(file)?).to_owned(), (*row.get(style)?).to_owned());
        let split = (*row.get(split)?).to_owned();
        Some(Groove { file, style, tempo: row.get(tempo)?.parse().ok()?, fill, split })
    };
    Ok(rows.filter_map(groove).collect())
}

impl Groove {
    /// The hits in seconds at the performance's own tempo, keys as in General MIDI.
    ///
    /// # Errors
    /// The file is missing or no MIDI file.
    pub fn hits(&self, folder: &Path) -> Result<Vec<Note>> {
        let midi = Midi::read(&folder.join(&self.file))?;
        let mut notes = notes_of(&midi.events, 0.0, midi.seconds() + 1.0);
        notes.iter_mut().for_each(|note| note.key = general(note.key));
        Ok(notes)
    }

    /// How many times faster than played this goes at `beat` seconds per beat; half or double time where that is nearer.
    #[must_use]
    pub fn speed(&self, beat: f64) -> f64 {
        let mut speed = 60.0 / (beat * self.tempo);
        while speed > 1.45 {
            speed *= 0.5;
        }
        while speed < 0.69 {
            speed *= 2.0;
        }
        speed
    }
}

/// Keys of the Roland kit that General MIDI does not know: edges of the hi-hat and the third tom's rim.
fn general(key: f32) -> f32 {
    match key as u8 {
        22 => 42.0,
        26 => 46.0,
        58 => 43.0,
        _ => key,
    }
}

/// A beat repeated from `start` to `seconds`, with a fill in the last of every eight bars. Both are `(groove, hits)`;
/// every hit is a little louder or softer than played.
#[must_use]
pub fn performance(
    played: (&Groove, &[Note]),
    fill: Option<(&Groove, &[Note])>,
    start: f64,
    beat: f64,
    seconds: f64,
    random: &mut Random,
) -> Vec<Note> {
    let (groove, hits) = played;
    let stretch = 1.0 / groove.speed(beat);
    let bar = 4.0 * 60.0 / groove.tempo;
    let end = hits.last().map_or(0.0, |note| note.start);
    let bars = (end / bar).round().max(1.0) as usize;
    let loud = random.between(0.75, 1.1);
    let mut notes = Vec::new();
    let (mut at, mut index) = (start, 0);
    while at < seconds {
        let filling = fill.filter(|_| index % 8 == 7);
        let (hits, from, stretch) = match filling {
            Some((fill, hits)) => (hits, 0.0, stretch * fill.tempo / groove.tempo),
            None => (hits, (index % bars) as f64 * bar, stretch),
        };
        let length = bar * if filling.is_some() { stretch.recip() / groove.speed(beat) } else { 1.0 };
        for hit in hits.iter().filter(|hit| hit.start >= from - 0.03 && hit.start < from + length - 0.03) {
            let velocity = (loud * hit.velocity * (1.0 + 0.06 * random.normal())).clamp(0.05, 1.0);
            notes.push(Note { start: at + (hit.start - from) * stretch, length: 0.1, velocity, ..*hit });
        }
        at += bar / groove.speed(beat);
        index += 1;
    }
    notes.retain(|note| note.start >= 0.0);
    notes.sort_by(|one, other| one.start.total_cmp(&other.start));
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_groove_is_stretched_to_the_songs_beat_repeated_and_filled() {
        let (style, split) = ("rock".to_owned(), "train".to_owned());
        let groove =
            |tempo, fill| Groove { file: String::new(), style: style.clone(), tempo, fill, split: split.clone() };
        let hits = |gap: f64, count: u32, key| -> Vec<Note> {
            let note = |n| Note { start: f64::from(n) * gap, length: 0.1, key, velocity: 0.8 };
            (0..count).map(note).collect()
        };
        // Two bars at 120, a bar of fill at 60; the song's beat is 0.6 s.
        let (beat, fill) = (hits(0.5, 8, 36.0), hits(0.5, 8, 38.0));
        let (slow, fast) = (groove(60.0, true), groove(120.0, false));
        let notes = performance((&fast, &beat), Some((&slow, &fill)), 1.0, 0.6, 30.0, &mut Random::new(1));
        assert!((notes[0].start - 1.0).abs() < 1e-9 && (notes[1].start - 1.6).abs() < 1e-9, "{notes:?}");
        let filled: Vec<f64> = notes.iter().filter(|note| note.key == 38.0).map(|note| note.start).collect();
        assert_eq!(filled.len(), 8, "{filled:?}");
        assert!((filled[0] - (1.0 + 7.0 * 2.4)).abs() < 1e-9 && (filled[1] - filled[0] - 0.3).abs() < 1e-9);
        assert!((groove(74.0, false).speed(60.0 / 150.0) - 150.0 / 148.0).abs() < 1e-9);
    }
}
