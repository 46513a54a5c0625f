//! Lead sheets (`MusicXML`) as songs on a grid of 16th notes.

use std::path::Path;

use songweave_dsp::band::{Chord, Quality};

use crate::{
    error::Result,
    files::{folder::files_below, musicxml::Score},
    notation::chord,
    songs::sung_song::{SungSong, SungStep},
};

/// 16th notes in a quarter.
const STEPS: f64 = 4.0;
/// Songs with fewer steps or chord changes than these teach nothing.
const SHORTEST: usize = 128;
const FEWEST_CHORDS: usize = 6;

/// All lead sheets of a folder whose bars are regular and of 8, 12 or 16 steps; what cannot be read is left out.
///
/// # Errors
/// The folder cannot be read.
pub fn read_sheets(folder: &Path) -> Result<Vec<SungSong>> {
    let mut paths = files_below(folder, "mxl")?;
    paths.sort();
    let sheets = paths.iter().filter_map(|path| {
        let name = path.file_stem()?.to_string_lossy().into_owned();
        sheet(&Score::read(path).ok()?, name)
    });
    Ok(sheets.collect())
}

/// A score with one meter as a song: its first part with its chord symbols. `None` where its bars are not regular or it is too
/// short.
pub(crate) fn sheet(score: &Score, name: String) -> Option<SungSong> {
    let (beats, unit) = score.meter;
    let bar = beats as f64 * unit * STEPS;
    let steps_per_beat = if unit == 1.5 { 6 } else { 4 };
    if ![8.0, 12.0, 16.0].contains(&bar) || score.bars.len() < 3 || score.chords.len() < FEWEST_CHORDS {
        return None;
    }
    // The first bar may be an upbeat: the grid begins at the second.
    let second = score.bars[1] * STEPS;
    let regular = |start: &f64| ((start * STEPS - second) / bar).fract().abs() < 1e-6;
    let (_, inner) = score.bars.split_last()?;
    if second > bar || !inner[1..].iter().all(regular) {
        return None;
    }
    let steps = |quarters: f64| (quarters * STEPS + bar - second).round().max(0.0) as usize;
    let length = steps(*score.bars.last()?).next_multiple_of(bar as usize);
    let mut song = SungSong {
        name,
        melody: vec![SungStep::default(); length],
        chords: vec![None; length],
        steps_per_bar: bar as u32,
        steps_per_beat,
        key: None,
    };
    // Later notes end earlier ones, and the highest of a chord is the melody: it comes last among equals.
    let mut notes: Vec<_> = score.parts.first()?.notes.iter().collect();
    notes.sort_by(|one, other| {
        (steps(one.start), one.key).partial_cmp(&(steps(other.start), other.key)).unwrap_or(std::cmp::Ordering::Equal)
    });
    for note in notes {
        let (first, end) = (steps(note.start).min(length), steps(note.start + note.length).min(length));
        for step in first..length {
            let key = (step < end).then_some(note.key as u8);
            song.melody[step] = SungStep { key, onset: key.is_some() && step == first };
        }
    }
    for chord in &score.chords {
        let (first, end) = (steps(chord.start).min(length), steps(chord.end).min(length));
        song.chords[first..end].fill(Some(chord_of(chord)));
    }
    (length >= SHORTEST).then_some(song)
}

/// The nearest chord that the band knows.
fn chord_of(chord: &chord::Chord) -> Chord {
    let has = |interval: u8| chord.tones.contains(&interval);
    let quality = match (has(3), has(4), has(6), has(8), has(10), has(11)) {
        (false, true, _, true, false, false) if !has(7) => Quality::Augmented,
        (_, true, _, _, true, _) => Quality::Dominant7,
        (_, true, _, _, _, true) => Quality::Major7,
        (_, true, ..) => Quality::Major,
        (true, _, true, _, true, _) if !has(7) => Quality::HalfDiminished7,
        (true, _, true, ..) if !has(7) => Quality::Diminished,
        (true, _, _, _, true, _) => Quality::Minor7,
        (true, ..) => Quality::Minor,
        _ if has(5) => Quality::Sus4,
        _ if has(2) => Quality::Sus2,
        _ => Quality::Major,
    };
    Chord { root: chord.root, quality, bass: chord.bass }
}
