//! Melodies as the melody network is taught them: notes and rests without gaps, with the chords and the phrases below.

use std::path::Path;

use songweave_dsp::band::Chord;
use songweave_models::melody::{LONGEST_STEPS, PHRASE, duration_class, duration_steps};

use crate::{
    error::Result,
    notation::step_chord::{StepChord, tonic},
    songs::{
        art_songs::read_art_songs,
        lead_sheets::read_sheets,
        sung_song::{SungSong, SungStep, read_songs},
    },
};

/// Songs with fewer notes than this are none.
const FEWEST_NOTES: usize = 24;
/// Songs with a wider range than this in semitones are no voice's.
const WIDEST: u8 = 31;
/// What a chord tone weighs beside a sung one when the key is looked for.
const CHORD_WEIGHT: f64 = 0.3;

/// Where a melody comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Corpus {
    /// POP909.
    Pop,
    /// The Lieder corpus.
    ArtSong,
    /// The `OpenEWLD` corpus.
    LeadSheet,
}

/// A note or a rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// Step at which it begins.
    pub start: u32,
    /// MIDI key, `None` of a rest.
    pub key: Option<u8>,
    /// Class of its length, see [`songweave_models::melody::DURATIONS`].
    pub duration: u8,
}

/// A melody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MelodySong {
    /// Its name: what the split goes by.
    pub name: String,
    /// Where it is from.
    pub corpus: Corpus,
    /// From step 0 to the end of the last note, without gaps.
    pub events: Vec<Event>,
    /// `[step]`, `None` where no chord sounds.
    pub chords: Vec<Option<Chord>>,
    /// Bar of the phrase, `[bar]`, 0…3.
    pub phrase: Vec<u8>,
    /// Steps of a bar.
    pub steps_per_bar: u32,
    /// Steps of a beat.
    pub steps_per_beat: u32,
    /// Pitch class of the tonic.
    pub tonic: u8,
    /// Whether the key is minor.
    pub minor: bool,
}

/// All melodies of the data folder.
///
/// # Errors
/// A folder cannot be read.
pub fn read_melodies(data: &Path) -> Result<Vec<MelodySong>> {
    let pop_folder = data.join("pop909-structure/POP909");
    let pop = read_songs(&pop_folder)?.into_iter().map(|song| {
        let label = std::fs::read_to_string(pop_folder.join(&song.name).join("human_label1.txt")).unwrap_or_default();
        (song, phrase_bars(&label), Corpus::Pop)
    });
    let art = read_art_songs(&data.join("lieder/scores"))?.into_iter().map(|song| (song, Vec::new(), Corpus::ArtSong));
    let sheets = read_sheets(&data.join("openewld/dataset"))?.into_iter();
    let sheets = sheets.map(|song| (song, Vec::new(), Corpus::LeadSheet));
    Ok(pop.chain(art).chain(sheets).filter_map(|(song, phrase, corpus)| melody(song, phrase, corpus)).collect())
}

/// Bars of the phrases from letters with lengths in bars (`i4A8`), `[bar]`.
fn phrase_bars(label: &str) -> Vec<u8> {
    let lengths =
        label.split(|letter: char| !letter.is_ascii_digit()).filter_map(|digits| digits.parse::<usize>().ok());
    lengths.flat_map(|bars| (0..bars.min(64)).map(|bar| (bar % PHRASE) as u8)).collect()
}

/// The melody of a song; `None` where it is too short or too wide.
fn melody(song: SungSong, mut phrase: Vec<u8>, corpus: Corpus) -> Option<MelodySong> {
    let (tonic, minor) = song.key.or_else(|| key(&song))?;
    let bar = song.steps_per_bar.max(1) as usize;
    let first = song.melody.iter().position(|step| step.key.is_some())? / bar;
    let last = song.melody.iter().rposition(|step| step.key.is_some())? + 1;
    // What is not labelled counts its bars from the first that is sung in.
    phrase.extend((phrase.len()..last.div_ceil(bar)).map(|index| (index.abs_diff(first) % PHRASE) as u8));
    let kept = kept_steps(&song.melody[..last], bar);
    let steps: Vec<SungStep> = kept.iter().map(|step| song.melody[*step]).collect();
    let events = events(&steps);
    let keys = || events.iter().filter_map(|event| event.key);
    let range = keys().max()? - keys().min()?;
    (keys().count() >= FEWEST_NOTES && range <= WIDEST).then_some(MelodySong {
        chords: kept.iter().map(|step| song.chords.get(*step).copied().flatten()).collect(),
        phrase: kept.iter().step_by(bar).map(|step| phrase[step / bar]).collect(),
        name: song.name,
        corpus,
        events,
        steps_per_bar: song.steps_per_bar,
        steps_per_beat: song.steps_per_beat,
        tonic,
        minor,
    })
}

/// The steps of a song without the bars before the first note, and of longer rests only as many bars as the rest needs to be
/// longer than one.
fn kept_steps(melody: &[SungStep], bar: usize) -> Vec<usize> {
    let mut kept = Vec::with_capacity(melody.len());
    let (mut index, mut sung) = (0, false);
    while index < melody.len() {
        let rest = melody[index..].iter().take_while(|step| step.key.is_none()).count();
        let left_out = match (sung, rest / bar) {
            (false, bars) => bars * bar,
            (true, bars) => bars.saturating_sub(1) * bar,
        };
        kept.extend(index + left_out..index + rest.max(1));
        (index, sung) = (index + rest.max(1), true);
    }
    kept
}

/// The notes and rests of steps. A note that is longer than its class ends with it.
fn events(steps: &[SungStep]) -> Vec<Event> {
    let mut events = Vec::new();
    let mut start = 0;
    while start < steps.len() {
        let key = steps[start].key;
        let goes_on = |step: &&SungStep| step.key == key && !step.onset;
        let mut left = 1 + steps[start + 1..].iter().take_while(goes_on).count();
        // Rests longer than a class are several; of a note the end is cut.
        let whole = left;
        let mut at = start;
        let mut sounding = key;
        while left > 0 {
            let duration = duration_class(left.min(LONGEST_STEPS));
            let length = duration_steps(duration);
            events.push(Event { start: at as u32, key: sounding, duration: duration as u8 });
            (at, left, sounding) = (at + length, left - length, None);
        }
        start += whole;
    }
    events
}

/// The key that the melody and its chords follow best.
fn key(song: &SungSong) -> Option<(u8, bool)> {
    let mut heard = [0.0; 12];
    for key in song.melody.iter().filter_map(|step| step.key) {
        heard[usize::from(key % 12)] += 1.0;
    }
    for chord in song.chords.iter().flatten().map(|chord| StepChord::from(*chord)) {
        (0..12).filter(|class| chord.contains(*class)).for_each(|class| heard[usize::from(class)] += CHORD_WEIGHT);
    }
    let triad = tonic(&heard);
    Some((triad.root, triad.minor()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steps(notes: &[(u8, usize)]) -> Vec<SungStep> {
        let note = |&(key, length): &(u8, usize)| {
            let key = (key > 0).then_some(key);
            (0..length).map(move |step| SungStep { key, onset: key.is_some() && step == 0 })
        };
        notes.iter().flat_map(note).collect()
    }

    #[test]
    fn notes_and_rests_leave_no_gap_and_long_ones_are_cut() {
        let found = events(&steps(&[(0, 3), (60, 2), (60, 4), (62, 18), (0, 40), (64, 1)]));
        let told: Vec<_> = found.iter().map(|event| (event.key, duration_steps(event.duration.into()))).collect();
        let wanted =
            [(None, 3), (Some(60), 2), (Some(60), 4), (Some(62), 16), (None, 2), (None, 32), (None, 8), (Some(64), 1)];
        assert_eq!(told, wanted);
        let mut at = 0;
        for event in &found {
            assert_eq!(event.start, at);
            at += duration_steps(event.duration.into()) as u32;
        }
    }

    #[test]
    fn bars_of_silence_are_left_out_and_places_stay() {
        let melody = steps(&[(0, 35), (60, 13), (0, 70), (62, 2)]);
        let kept = kept_steps(&melody, 16);
        assert_eq!(kept[..4], [32, 33, 34, 35]);
        assert!(kept.iter().enumerate().all(|(index, step)| index % 16 == step % 16));
        assert_eq!(kept.len(), 16 + 16 + 6 + 2);
    }

    #[test]
    fn phrases_count_to_four() {
        assert_eq!(phrase_bars("i2A6b1"), [0, 1, 0, 1, 2, 3, 0, 1, 0]);
        assert!(phrase_bars("").is_empty());
    }
}
