//! The song as it is planned, for whoever shows or writes it.

use songweave_dsp::band::{Chord, Style};

use super::{
    knowledge::Knowledge,
    learned::Sheet,
    plan::{PlannedBeat, main_key},
    sections::Section,
    song::Song,
};
use crate::follow::key::Key;

/// A chord of a bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BarChord {
    /// The step of the bar at which it begins, or at which the bar begins.
    pub step: u32,
    /// The chord.
    pub chord: Chord,
    /// Whether the user has put it down.
    pub locked: bool,
}

/// A bar of the plan.
#[derive(Debug, Clone, PartialEq)]
pub struct BarView {
    /// Where it begins on the host's timeline, in 960ths of a quarter; `None` when it was never heard.
    pub ticks: Option<i64>,
    /// Its number, 0 = the host's first.
    pub number: i64,
    /// Its steps (16th notes), and those of a beat.
    pub steps: u32,
    /// Steps of a beat.
    pub steps_per_beat: u32,
    /// What is played, one entry for the bar's beginning and one for every change.
    pub chords: Vec<BarChord>,
    /// What was sung, as MIDI keys, `[step]`; pauses of a 16th between two notes belong to the first.
    pub melody: Vec<Option<u8>>,
    /// Whether a note begins, `[step]`.
    pub onsets: Vec<bool>,
}

/// A song as it is planned.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SongView {
    /// In order.
    pub bars: Vec<BarView>,
    /// Its sections; they count the bars from 0.
    pub sections: Vec<Section>,
    /// The style that the user has put down for each section.
    pub styles: Vec<Option<Style>>,
    /// The key of most of it.
    pub key: Option<Key>,
    /// How often the key changes.
    pub key_changes: usize,
}

impl SongView {
    /// The bars from the first that is sung to the last.
    #[must_use]
    pub fn sung(&self) -> std::ops::Range<usize> {
        let sung = |bar: &BarView| bar.melody.iter().any(Option::is_some);
        let first = self.bars.iter().position(sung).unwrap_or(0);
        first..self.bars.iter().rposition(sung).map_or(first, |last| last + 1)
    }

    /// A plan as it is shown.
    #[must_use]
    pub fn new(knowledge: &Knowledge, beats: &[PlannedBeat], sheet: &Sheet) -> Self {
        let bars: Vec<BarView> = (0..knowledge.bars.len()).map(|bar| bar_view(knowledge, beats, bar)).collect();
        let style = |section: &Section| sheet.styles.get(&bars.get(section.first)?.ticks?).copied();
        Self {
            styles: knowledge.sections.iter().map(style).collect(),
            sections: knowledge.sections.clone(),
            key: main_key(beats),
            key_changes: beats.windows(2).filter(|two| two[0].key.key != two[1].key.key).count(),
            bars,
        }
    }
}

/// What is sung in a step as one writes it: a pause of a 16th between two notes is the end of the first, no rest.
fn written_key(song: &Song, step: usize) -> Option<u8> {
    let before = || step.checked_sub(1).and_then(|before| song.key(before));
    song.key(step).or_else(|| before().filter(|_| song.key(step + 1).is_some()))
}

fn bar_view(knowledge: &Knowledge, beats: &[PlannedBeat], bar: usize) -> BarView {
    let song = &knowledge.song;
    let first = knowledge.bars[bar].first;
    let end = knowledge.bars.get(bar + 1).map_or(song.heard().len(), |next| next.first);
    let mut chords: Vec<BarChord> = Vec::new();
    for (beat, step) in song.beats().iter().enumerate().filter(|(_, step)| (first..end).contains(step)) {
        let PlannedBeat { chord, locked, .. } = beats[beat];
        if chords.last().is_none_or(|last| (last.chord, last.locked) != (chord, locked)) {
            chords.push(BarChord { step: (step - first) as u32, chord, locked });
        }
    }
    let place = song.places()[first];
    BarView {
        ticks: knowledge.bars[bar].ticks,
        number: place.bar,
        steps: (end - first) as u32,
        steps_per_beat: place.steps_per_beat,
        chords,
        melody: (first..end).map(|step| written_key(song, step)).collect(),
        onsets: (first..end).map(|step| song.begins(step)).collect(),
    }
}
