//! Art songs (`MusicXML`, voice and piano) as songs on a grid of 16th notes, their chords read from the piano part.

use std::path::Path;

use crate::{
    error::Result,
    files::{
        folder::files_below,
        musicxml::{Score, ScoreNote, ScorePart},
    },
    notation::chord::Chord,
    songs::{lead_sheets::sheet, sung_song::SungSong},
};

/// Chords that are looked for, in semitones above the root.
const CHORDS: [&[u8]; 5] = [&[0, 4, 7], &[0, 3, 7], &[0, 4, 7, 10], &[0, 3, 7, 10], &[0, 3, 6, 9]];
/// What each note beyond a triad costs, as a share of what sounds: it has to be heard to be named.
const FOURTH_NOTE: f32 = 0.06;
/// What a chord gains that goes on, as a share of what sounds.
const GOES_ON: f32 = 0.1;
/// Times of notes this far (in 16ths) off the grid are not on it.
const OFF_GRID: f64 = 0.05;
/// Share of a melody that may be off the grid: a few triplets do no harm.
const MOST_OFF_GRID: f64 = 0.1;

/// All songs of a folder whose bars are regular and of 8, 12 or 16 steps; what cannot be read is left out.
///
/// # Errors
/// The folder cannot be read.
pub fn read_art_songs(folder: &Path) -> Result<Vec<SungSong>> {
    let mut paths = files_below(folder, "mxl")?;
    paths.sort();
    let songs = paths.iter().filter_map(|path| {
        let name = path.file_stem()?.to_string_lossy().into_owned();
        sheet(&lead_sheet(Score::read(path).ok()?)?, name)
    });
    Ok(songs.collect())
}

/// The first sung part, with the chords of the others as chord symbols.
fn lead_sheet(mut score: Score) -> Option<Score> {
    let sung = score.parts.iter().position(ScorePart::is_sung)?;
    let voice = score.parts.swap_remove(sung);
    let off = |note: &&ScoreNote| (note.start * 4.0 - (note.start * 4.0).round()).abs() > OFF_GRID;
    if voice.notes.iter().filter(off).count() as f64 > MOST_OFF_GRID * voice.notes.len() as f64 {
        return None;
    }
    let played: Vec<&ScoreNote> = score.parts.iter().flat_map(|part| &part.notes).collect();
    let chords = chords(&played, score.meter.1, *score.bars.last()?);
    Some(Score { parts: vec![voice], chords, ..score })
}

/// One chord per beat of so many quarters; equal ones are joined.
fn chords(played: &[&ScoreNote], beat: f64, end: f64) -> Vec<Chord> {
    let mut chords: Vec<Chord> = Vec::new();
    for index in 0..(end / beat).ceil().max(0.0) as usize {
        let (start, stop) = (index as f64 * beat, (index + 1) as f64 * beat);
        let sounding: Vec<(f64, &ScoreNote)> = played
            .iter()
            .map(|note| ((note.start + note.length).min(stop) - note.start.max(start), *note))
            .filter(|(length, _)| *length > 0.0)
            .collect();
        let Some(chord) = chord(&sounding, chords.last(), start, stop) else { continue };
        match chords.last_mut().filter(|last| (last.root, &last.tones, last.end) == (chord.root, &chord.tones, start)) {
            Some(last) => last.end = stop,
            None => chords.push(chord),
        }
    }
    chords
}

/// The chord that most of what sounds belongs to.
fn chord(sounding: &[(f64, &ScoreNote)], last: Option<&Chord>, start: f64, end: f64) -> Option<Chord> {
    let mut weights = [0.0f32; 12];
    for (length, note) in sounding {
        weights[note.key as usize % 12] += *length as f32;
    }
    let whole: f32 = weights.iter().sum();
    let bass = sounding.iter().map(|(_, note)| note.key as u8).min()? % 12;
    let mut best: Option<(f32, u8, &[u8])> = None;
    for root in 0..12u8 {
        for tones in CHORDS {
            let within: f32 = tones.iter().map(|tone| weights[usize::from((root + tone) % 12)]).sum();
            let goes_on = last.is_some_and(|last| last.root == root && last.tones == tones);
            let extra = whole * (FOURTH_NOTE * (tones.len() - 3) as f32 - if goes_on { GOES_ON } else { 0.0 });
            let score = 2.0 * within - whole - extra + 0.05 * whole * f32::from(u8::from(root == bass));
            if best.is_none_or(|(most, ..)| score > most) {
                best = Some((score, root, tones));
            }
        }
    }
    let (_, root, tones) = best.filter(|(score, ..)| *score > 0.0)?;
    Some(Chord { start, end, root, bass, tones: tones.to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(start: f64, length: f64, key: f32) -> ScoreNote {
        ScoreNote { start, length, key, lyric: None }
    }

    #[test]
    fn chords_are_read_from_broken_ones_and_passing_notes_do_not_change_them() {
        let arpeggio = [(0.0, 48.0), (0.25, 52.0), (0.5, 55.0), (0.75, 60.0), (1.0, 48.0), (1.25, 52.0), (1.5, 53.0)];
        let mut notes: Vec<ScoreNote> = arpeggio.map(|(start, key)| note(start, 0.25, key)).to_vec();
        notes.extend([note(2.0, 1.0, 43.0), note(2.0, 1.0, 59.0), note(2.0, 1.0, 62.0), note(2.0, 1.0, 65.0)]);
        let played: Vec<&ScoreNote> = notes.iter().collect();
        let found: Vec<_> = chords(&played, 1.0, 4.0)
            .into_iter()
            .map(|chord| (chord.start, chord.end, chord.root, chord.tones))
            .collect();
        assert_eq!(found, [(0.0, 2.0, 0, vec![0, 4, 7]), (2.0, 3.0, 7, vec![0, 4, 7, 10])]);
    }
}
