//! What written melodies are like beside those that people wrote, and what the network needs for the latter.

use std::collections::HashSet;

use serde::Serialize;
use songweave_engine::band::{
    melody::{MelodyWriter, Setting, in_key},
    place::Place,
};
use songweave_models::melody::{
    LAGS, MelodyError, MelodyHeard, MelodyNetwork, PHRASE, Remembered, duration_class, duration_steps,
};

use songweave_datasets::band::melody_ngram::{Cost, register};
use songweave_score::{
    notation::step_chord::StepChord,
    songs::melody_songs::{Event, MelodySong},
};

/// A step between two notes that is wider than this in semitones is a leap.
const LEAP: i32 = 5;
/// Longest run that is looked for, in notes.
const LONGEST: usize = 256;

/// A line of notes: key, steps from its beginning to the next one's, whether it is of the chord and begins on a beat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineNote {
    /// MIDI key.
    pub key: u8,
    /// First step.
    pub start: u32,
    /// Steps that it lasts.
    pub steps: u32,
}

/// What melodies are like.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct MelodyFigures {
    /// Share of the notes with the pitch of the note before.
    pub repetition: f64,
    /// The most notes of one pitch in a row.
    pub longest_repetition: usize,
    /// Share of the notes that are more than five semitones from the note before.
    pub leaps: f64,
    /// Semitones from the lowest to the highest note, mean of the songs.
    pub range: f64,
    /// Entropy of the pitch classes above the tonic in bits.
    pub class_entropy: f64,
    /// Share of the notes that begin on a beat and are of its chord.
    pub chord_tones_on_beats: f64,
    /// The same of the others.
    pub chord_tones_off_beats: f64,
    /// Notes of a bar.
    pub notes_per_bar: f64,
    /// Share of the time without a note.
    pub rests: f64,
}

/// The notes of a song as it is written.
#[must_use]
pub fn written(song: &MelodySong) -> Vec<LineNote> {
    let note = |event: &Event| {
        let steps = duration_steps(event.duration.into()) as u32;
        Some(LineNote { key: event.key?, start: event.start, steps })
    };
    song.events.iter().filter_map(note).collect()
}

/// The notes that the plugin writes to the chords of a song, in its range.
///
/// # Errors
/// When the network fails.
pub fn sung_anew(
    song: &MelodySong,
    writer: &mut MelodyWriter,
    adventure: f32,
    seed: u32,
) -> Result<Vec<LineNote>, MelodyError> {
    let setting = Setting { register: register(song), scale: 0xFFF, corpus: song.corpus as usize, adventure, seed };
    writer.reset();
    let mut notes: Vec<LineNote> = Vec::new();
    for step in 0..song.chords.len() as u32 {
        let chord = |ahead: u32| song.chords.get((step + ahead) as usize).copied().flatten();
        writer.enter(place(song, step), &setting, &chord)?;
        let Some(key) = writer.key() else { continue };
        match notes.last_mut() {
            Some(last) if !writer.begins() && last.start + last.steps == step => last.steps += 1,
            _ => notes.push(LineNote { key, start: step, steps: 1 }),
        }
    }
    Ok(notes)
}

fn place(song: &MelodySong, step: u32) -> Place {
    let bar = song.steps_per_bar;
    Place { bar: i64::from(step / bar), step: step % bar, steps_per_bar: bar, steps_per_beat: song.steps_per_beat }
}

impl MelodyFigures {
    /// Figures of lines and the songs whose chords they are sung to.
    #[must_use]
    pub fn of(lines: &[(&MelodySong, Vec<LineNote>)]) -> Self {
        let steps = |line: &[LineNote]| -> Vec<i32> {
            line.windows(2).map(|pair| i32::from(pair[1].key) - i32::from(pair[0].key)).collect()
        };
        let all: Vec<i32> = lines.iter().flat_map(|(_, line)| steps(line)).collect();
        let share =
            |is: &dyn Fn(&i32) -> bool| all.iter().filter(|step| is(step)).count() as f64 / all.len().max(1) as f64;
        let repeated = lines.iter().map(|(_, line)| longest_repetition(line)).max().unwrap_or(0);
        let range = |line: &[LineNote]| {
            let keys = || line.iter().map(|note| note.key);
            f64::from(keys().max().unwrap_or(0) - keys().min().unwrap_or(0))
        };
        let [on, off] = [true, false].map(|on_beat| chord_tones(lines, on_beat));
        let notes: usize = lines.iter().map(|(_, line)| line.len()).sum();
        let length = |song: &MelodySong| song.chords.len() as f64;
        let bars: f64 = lines.iter().map(|(song, _)| length(song) / f64::from(song.steps_per_bar)).sum();
        let sounding: u32 = lines.iter().flat_map(|(_, line)| line).map(|note| note.steps).sum();
        Self {
            repetition: share(&|step| *step == 0),
            longest_repetition: repeated,
            leaps: share(&|step| step.abs() > LEAP),
            range: lines.iter().map(|(_, line)| range(line)).sum::<f64>() / lines.len().max(1) as f64,
            class_entropy: class_entropy(lines),
            chord_tones_on_beats: on,
            chord_tones_off_beats: off,
            notes_per_bar: notes as f64 / bars.max(1.0),
            rests: 1.0 - f64::from(sounding) / lines.iter().map(|(song, _)| length(song)).sum::<f64>().max(1.0),
        }
    }
}

fn longest_repetition(line: &[LineNote]) -> usize {
    line.chunk_by(|one, other| one.key == other.key).map(<[_]>::len).max().unwrap_or(0)
}

fn chord_tones(lines: &[(&MelodySong, Vec<LineNote>)], on_beat: bool) -> f64 {
    let fits = lines.iter().flat_map(|(song, line)| {
        let here = line.iter().filter(|note| place(song, note.start).is_beat() == on_beat);
        here.filter_map(|note| {
            let chord = song.chords.get(note.start as usize).copied().flatten()?;
            Some(StepChord::from(chord).contains(note.key % 12))
        })
    });
    crate::statistics::share(fits).unwrap_or(0.0)
}

fn class_entropy(lines: &[(&MelodySong, Vec<LineNote>)]) -> f64 {
    let mut counts = [0.0f64; 12];
    for (song, line) in lines {
        line.iter().for_each(|note| counts[usize::from((note.key + 12 - song.tonic) % 12)] += 1.0);
    }
    let all: f64 = counts.iter().sum();
    counts.iter().filter(|count| **count > 0.0).map(|count| -count / all * (count / all).log2()).sum()
}

/// What the network needs for a song, everything told but the voice.
///
/// # Errors
/// When the network fails.
pub fn cost(song: &MelodySong, network: &mut MelodyNetwork) -> Result<Cost, MelodyError> {
    let register = register(song);
    let pitch = |event: &Event| event.key.map_or(Some(0), |key| register.pitch(key)).unwrap_or(0);
    let mut cost = Cost::default();
    network.reset();
    for (index, event) in song.events.iter().enumerate() {
        let logits = network.pitch(&heard(song, index))?;
        cost.pitch += surprise(&logits, pitch(event));
        cost.duration += surprise(&network.length(pitch(event))?, event.duration.into());
        cost.notes += f64::from(u8::from(event.key.is_some()));
    }
    Ok(cost)
}

/// What is known before an event of a song.
fn heard(song: &MelodySong, index: usize) -> MelodyHeard {
    let register = register(song);
    let pitch = |event: &Event| event.key.map_or(Some(0), |key| register.pitch(key)).unwrap_or(0);
    let (past, event) = (&song.events[..index], &song.events[index]);
    let bar = song.steps_per_bar;
    let remembered = LAGS.map(|bars| {
        let then = event.start.checked_sub(bars as u32 * bar)?;
        let ago = past[..past.partition_point(|before| before.start <= then)].last()?;
        Some(Remembered { pitch: pitch(ago), began: (ago.start == then).then_some(ago.duration.into()) })
    });
    let last_step = song.chords.len().saturating_sub(1) as u32;
    let next_beat = ((event.start / song.steps_per_beat + 1) * song.steps_per_beat).min(last_step);
    let chord = |step: u32| song.chords.get(step as usize).copied().flatten().map(|chord| in_key(chord, song.tonic));
    MelodyHeard {
        register,
        before: past.last().map(|event| (pitch(event), event.duration.into())),
        last_note: past.iter().rev().find(|event| event.key.is_some()).map(pitch),
        remembered,
        step: (event.start % bar) as usize,
        steps_per_bar: bar,
        steps_per_beat: song.steps_per_beat,
        phrase: song.phrase.get((event.start / bar) as usize).copied().unwrap_or(0) as usize % PHRASE,
        corpus: song.corpus as usize,
        chord: chord(event.start),
        next_chord: chord(next_beat),
        voice: None,
    }
}

/// Nats of an item under logarithms of chances that are not normalised.
fn surprise(logits: &[f32], item: usize) -> f64 {
    let most = f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    let sum: f64 = logits.iter().map(|logit| (f64::from(*logit) - most).exp()).sum();
    sum.ln() + most - f64::from(logits[item])
}

/// The most notes in a row that a line has in common with any of the songs, in any key: the same steps and the same lengths from
/// one beginning to the next.
#[must_use]
pub fn longest_run(lines: &[&[LineNote]], songs: &[MelodySong]) -> usize {
    let runs = |line: &[LineNote]| -> Vec<(i32, usize)> {
        let step = |pair: &[LineNote]| {
            (i32::from(pair[1].key) - i32::from(pair[0].key), duration_class((pair[1].start - pair[0].start) as usize))
        };
        line.windows(2).map(step).collect()
    };
    let songs: Vec<_> = songs.iter().map(|song| runs(&written(song))).collect();
    let lines: Vec<_> = lines.iter().map(|line| runs(line)).collect();
    let common = |length: usize| {
        let known: HashSet<&[(i32, usize)]> = songs.iter().flat_map(|song| song.windows(length)).collect();
        lines.iter().flat_map(|line| line.windows(length)).any(|run| known.contains(run))
    };
    let (mut shortest, mut longest) = (0, LONGEST);
    while shortest < longest {
        let middle = (shortest + longest).div_ceil(2);
        if common(middle) { shortest = middle } else { longest = middle - 1 }
    }
    // A run of steps has one note more.
    shortest + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use songweave_score::songs::melody_songs::Corpus;

    fn song(keys: &[u8]) -> MelodySong {
        let event = |(index, key): (usize, &u8)| Event { start: index as u32 * 4, key: Some(*key), duration: 3 };
        MelodySong {
            name: String::new(),
            corpus: Corpus::Pop,
            events: keys.iter().enumerate().map(event).collect(),
            chords: vec![None; keys.len() * 4],
            phrase: vec![0; keys.len()],
            steps_per_bar: 16,
            steps_per_beat: 4,
            tonic: 0,
            minor: false,
        }
    }

    #[test]
    fn figures_count_what_they_say() {
        let song = song(&[60, 60, 60, 67, 60, 62, 60, 60]);
        let figures = MelodyFigures::of(&[(&song, written(&song))]);
        assert_eq!((figures.longest_repetition, figures.range, figures.rests), (3, 7.0, 0.0));
        assert!((figures.repetition - 3.0 / 7.0).abs() < 1e-9 && (figures.leaps - 2.0 / 7.0).abs() < 1e-9);
        assert!((figures.notes_per_bar - 4.0).abs() < 1e-9);
    }

    #[test]
    fn runs_are_found_in_any_key() {
        let known = song(&[60, 62, 64, 65, 67, 60, 60, 72]);
        let moved = song(&[50, 51, 53, 55, 56, 58, 40]);
        assert_eq!(longest_run(&[&written(&moved)], &[known]), 5);
    }

    #[test]
    fn a_network_knows_real_melodies_better_than_odd_ones() {
        let mut network = MelodyNetwork::embedded().unwrap_or_else(|error| unreachable!("{error}"));
        let mut per_note = |keys: &[u8]| cost(&song(keys), &mut network).map(|cost| cost.per_note());
        let scale = per_note(&[60, 62, 64, 65, 67, 65, 64, 62, 60, 62, 64, 62, 60, 59, 60, 60]);
        let odd = per_note(&[60, 61, 66, 54, 71, 58, 63, 51, 70, 61, 66, 55, 68, 57, 61, 50]);
        assert!(scale.is_ok_and(|scale| odd.is_ok_and(|odd| scale + 1.0 < odd)), "{scale:?} {odd:?}");
    }
}
