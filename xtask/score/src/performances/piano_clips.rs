//! POP909's piano on the grid of 16th notes: what its two hands do in each step, beside the chord changes.

use std::path::{Path, PathBuf};

use songweave_dsp::band::{Chord, Quality};
use songweave_models::groove::{BAR, HANDS};

use crate::{
    error::{MaterialError, Result},
    notation::note::Note,
    songs::pop909::PopSong,
    split::Split,
};

/// Keys below this may be the bass.
const BASS_BELOW: f32 = 53.0;
/// Beats a minute from which a song counts as fast.
const FAST: f64 = 78.0;
/// Mean distance from the grid in steps from which a song counts as not played on it.
const OFF_GRID: f64 = 0.15;

/// One 16th.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PianoStep {
    /// Level of each hand, as the groove network has them.
    pub hands: [u8; HANDS],
    /// The chord, as a major or minor triad; `None` where none is annotated.
    pub chord: Option<Chord>,
    /// Whether the chord changes here.
    pub change: bool,
    /// Bass note in semitones above the chord's root, 0…11; only where the bass has an onset.
    pub interval: Option<u8>,
}

/// A song in whole bars.
#[derive(Debug, Clone, PartialEq)]
pub struct PianoClip {
    /// Name of its folder.
    pub name: String,
    /// Index of its tempo: 0 slow, 1 faster.
    pub tempo: usize,
    /// Its steps from the first downbeat on.
    pub steps: Vec<PianoStep>,
}

/// The split of a song by its name. The validation songs are not those of [`Split::of`]: the groove network was trained with these.
fn split_of(name: &str) -> Split {
    Split::drawn(name, &format!("{name} choose"))
}

/// The songs of a POP909 folder for one split, without those that are not on the grid or not in 4/4.
///
/// # Errors
/// The folder or a song cannot be read.
pub fn piano_clips(folder: &Path, wanted: Split) -> Result<Vec<PianoClip>> {
    let entries = std::fs::read_dir(folder).map_err(|source| MaterialError::io(folder, source))?;
    let mut folders: Vec<PathBuf> =
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| path.is_dir()).collect();
    folders.sort();
    let mut clips = Vec::new();
    for folder in folders {
        let name = folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        if split_of(&name) == wanted {
            clips.extend(clip(name, &PopSong::read(&folder)?));
        }
    }
    Ok(clips)
}

/// A song as a clip; `None` when it is not on the grid or its bars are not clear.
fn clip(name: String, song: &PopSong) -> Option<PianoClip> {
    let first = downbeat(song)?;
    let steps = BAR * ((song.beats.len().saturating_sub(first)) / 4);
    let place = |seconds: f64| 4.0 * (beat_at(&song.beats, seconds) - first as f64);
    let off: f64 = song.piano.iter().map(|note| (place(note.start) - place(note.start).round()).abs()).sum();
    if song.piano.is_empty() || off / song.piano.len() as f64 > OFF_GRID {
        return None;
    }
    let chords = chords(song, steps, &place);
    let mut onsets: Vec<Vec<&Note>> = vec![Vec::new(); steps];
    for note in &song.piano {
        let step = place(note.start).round();
        if step >= 0.0 && (step as usize) < steps {
            onsets[step as usize].push(note);
        }
    }
    let tempo = usize::from(60.0 / song.beat_seconds() >= FAST);
    Some(PianoClip { name, tempo, steps: hands(&onsets, &chords) })
}

/// The beat (0…3) on which most chords change; `None` when it is hardly more than on the others.
fn downbeat(song: &PopSong) -> Option<usize> {
    let mut changes = [0usize; 4];
    for pair in song.chords.windows(2).filter(|pair| pair[0].root != pair[1].root || pair[0].tones != pair[1].tones) {
        changes[beat_at(&song.beats, pair[1].start).round().max(0.0) as usize % 4] += 1;
    }
    let best = (0..4).max_by_key(|beat| (changes[*beat], *beat == song.downbeat % 4))?;
    (changes[best] * 3 > changes.iter().sum::<usize>()).then_some(best)
}

/// The place of a time among the beats; beyond them the first and the last gap go on.
fn beat_at(beats: &[f64], seconds: f64) -> f64 {
    let next = beats.partition_point(|beat| *beat <= seconds).clamp(1, beats.len() - 1);
    let gap = (beats[next] - beats[next - 1]).max(1e-3);
    (next - 1) as f64 + (seconds - beats[next - 1]) / gap
}

/// The chord in each step, and a number that is another one after each change.
fn chords(song: &PopSong, steps: usize, place: &dyn Fn(f64) -> f64) -> Vec<Option<(Chord, usize)>> {
    let mut chords = vec![None; steps];
    let mut number = 0;
    for (index, chord) in song.chords.iter().enumerate() {
        if index > 0 && (song.chords[index - 1].root, &song.chords[index - 1].tones) != (chord.root, &chord.tones) {
            number += 1;
        }
        let quality = if chord.tones.contains(&3) { Quality::Minor } else { Quality::Major };
        let triad = Chord { root: chord.root, quality, bass: chord.root };
        let from = place(chord.start).round().max(0.0) as usize;
        let until = place(chord.end).round().clamp(0.0, steps as f64) as usize;
        chords.iter_mut().take(until).skip(from).for_each(|chord| *chord = Some((triad, number)));
    }
    chords
}

/// What the hands do with the notes that begin in each step.
fn hands(onsets: &[Vec<&Note>], chords: &[Option<(Chord, usize)>]) -> Vec<PianoStep> {
    let mut low = f32::MAX;
    let mut middle = 64.0;
    let mut steps = Vec::with_capacity(onsets.len());
    for (step, notes) in onsets.iter().enumerate() {
        let change = step > 0 && chords[step].is_some() && chords[step] != chords[step - 1];
        let chord = chords[step].map(|(chord, _)| chord);
        if change || step.is_multiple_of(BAR) {
            low = f32::MAX;
        }
        let bass = notes.iter().map(|note| note.key).filter(|key| *key < BASS_BELOW).min_by(f32::total_cmp);
        let interval = bass.zip(chord).map(|(key, chord)| (key as u8 + 12 - chord.root) % 12);
        let above: Vec<f32> =
            notes.iter().map(|note| note.key).filter(|key| bass.is_none_or(|bass| *key > bass)).collect();
        let hands = [bass.map_or(0, |key| bass_level(key, interval, &mut low)), keys_level(&above, middle)];
        if !above.is_empty() {
            middle += 0.1 * (above.iter().sum::<f32>() / above.len() as f32 - middle);
        }
        steps.push(PianoStep { hands, chord, change, interval });
    }
    steps
}

/// Level of a bass note; `low` is the root of this bar and chord.
fn bass_level(key: f32, interval: Option<u8>, low: &mut f32) -> u8 {
    match interval {
        Some(0) if *low < key - 6.0 => 2,
        Some(0) => {
            *low = key;
            1
        }
        Some(6..=8) => 3,
        Some(3 | 4) => 4,
        _ => 5,
    }
}

/// Level of the notes above the bass.
fn keys_level(keys: &[f32], middle: f32) -> u8 {
    match keys {
        [] => 0,
        [key] => 1 + u8::from(*key >= middle),
        more => (more.len() + 1).min(5) as u8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hands_are_told_apart_and_the_bass_is_seen_from_the_root() {
        let note = |key| Note { start: 0.0, length: 1.0, key, velocity: 0.5 };
        let (c1, g, c2, e, high) = (note(36.0), note(43.0), note(48.0), note(64.0), note(72.0));
        let onsets = [vec![&c1, &e, &high], vec![&g], vec![&c2], vec![&high], vec![&c1]];
        let c = Chord::default();
        let am = Chord { root: 9, quality: Quality::Minor, bass: 9 };
        let chords = [Some((c, 0)), Some((c, 0)), Some((c, 0)), None, Some((am, 1))];
        let levels: Vec<[u8; HANDS]> = hands(&onsets, &chords).iter().map(|step| step.hands).collect();
        assert_eq!(levels, [[1, 3], [3, 0], [2, 0], [0, 2], [4, 0]]);
        let last = PianoStep { hands: [4, 0], chord: Some(am), change: true, interval: Some(3) };
        assert_eq!(hands(&onsets, &chords)[4], last);
    }

    #[test]
    fn times_between_beats_are_parts_of_beats() {
        assert_eq!([0.0, 1.25, 2.5, 4.0].map(|time| beat_at(&[0.5, 1.0, 2.0, 3.0], time)), [-1.0, 1.25, 2.5, 4.0]);
    }

    #[test]
    fn test_songs_are_those_of_the_other_sets() {
        let of = |wanted| (0..909).filter(|song| split_of(&format!("{song:03}")) == wanted).count();
        assert!(of(Split::Test) > 60 && of(Split::Validation) > 60 && of(Split::Train) > 600);
        assert!(
            (0..909)
                .map(|song| format!("{song:03}"))
                .all(|name| { (split_of(&name) == Split::Test) == (Split::of(&name) == Split::Test) })
        );
    }
}
