//! How good a harmony is: run over songs on paper, without audio, and held against the annotated chords.

use std::collections::HashMap;

use serde::Serialize;
use songweave_dsp::band::{Chord, Quality};
use songweave_engine::{
    band::{
        harmony::{Harmony, Overrides, choice::third},
        heard::StepHeard,
    },
    follow::key::Key,
    runtime::fault::NetworkFault,
};

use songweave_datasets::band::chord_set::place_of;
use songweave_score::{
    notation::step_chord::StepChord,
    songs::{sung_song::SungSong, transcription_noise::Heard},
};

/// Bars of singing after which it is measured.
pub const LISTENING_BARS: usize = 2;
/// Bars of singing after which the key jumps.
const JUMP_BAR: usize = 4;
/// Beats within which it has to recover.
const RECOVERY_BEATS: usize = 4;
/// Notes in two bars below which they are no passage.
const FEWEST_NOTES: usize = 6;
/// Semitones of the jump.
const TRITONE: u8 = 6;

/// Chords over the steps of a song.
pub type Chords = Vec<Option<Chord>>;

/// What is measured over some songs, all steps of all songs alike, from two bars of singing on.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Figures {
    /// Share of the sung 16ths whose pitch class is in the sounding chord.
    pub note_in_chord: f64,
    /// Share of the 16ths with an annotated chord whose root and third (major, minor, none) are the annotated ones.
    pub agreement: f64,
    /// Changes of chord per bar; another bass note alone is none.
    pub changes_per_bar: f64,
    /// Entropy in bits of the pairs of successive chords, each as root and third, within a song; mean over the songs.
    pub bigram_bits: f64,
}

/// The harmony's chords over a song as it is heard.
///
/// # Errors
/// The network refuses what it hears.
pub fn accompany(
    harmony: &mut Harmony,
    song: &SungSong,
    heard: &Heard,
    overrides: &Overrides,
) -> Result<Chords, NetworkFault> {
    harmony.reset();
    let mut last = StepHeard::default();
    let mut chords = Vec::with_capacity(song.melody.len());
    for step in 0..song.melody.len() {
        chords.push(harmony.step(&place_of(song, step, 0), &last, &heard.ahead(step), overrides)?.chord);
        last = heard.steps[step];
    }
    Ok(chords)
}

/// The step from which a song is measured.
#[must_use]
pub fn first_measured(song: &SungSong) -> usize {
    first_sung(song) + LISTENING_BARS * song.steps_per_bar as usize
}

/// The figures of some chords over their songs.
#[must_use]
pub fn figures(songs: &[SungSong], chords: &[Chords]) -> Figures {
    let mut sum = Sums::default();
    for (song, chords) in songs.iter().zip(chords) {
        sum.add(song, chords);
    }
    let share = |part: f64, whole: f64| if whole > 0.0 { part / whole } else { 0.0 };
    Figures {
        note_in_chord: share(sum.fitting, sum.sung),
        agreement: share(sum.agreeing, sum.annotated),
        changes_per_bar: share(sum.changes, sum.bars),
        bigram_bits: share(sum.bits, songs.len() as f64),
    }
}

#[derive(Debug, Default)]
struct Sums {
    fitting: f64,
    sung: f64,
    agreeing: f64,
    annotated: f64,
    changes: f64,
    bars: f64,
    bits: f64,
}

impl Sums {
    fn add(&mut self, song: &SungSong, chords: &Chords) {
        let first = first_measured(song).min(song.melody.len());
        let steps = song.melody.iter().zip(&song.chords).zip(chords.iter());
        for ((sung, truth), chord) in steps.skip(first) {
            if let Some(key) = sung.key {
                self.sung += 1.0;
                self.fitting += f64::from(u8::from(chord.is_some_and(|chord| chord.contains(key % 12))));
            }
            if let Some(truth) = *truth {
                self.annotated += 1.0;
                self.agreeing += f64::from(u8::from(chord.is_some_and(|chord| kind(chord) == kind(truth))));
            }
        }
        let name = |chord: &Option<Chord>| chord.map(|chord| (chord.root, chord.quality));
        let changes = chords[first..].windows(2).filter(|pair| name(&pair[0]) != name(&pair[1])).count();
        self.changes += changes as f64;
        self.bars += (song.melody.len() - first) as f64 / f64::from(song.steps_per_bar);
        self.bits += bigram_bits(&chords[first..]);
    }
}

/// Root and third: what agreement is about.
fn kind(chord: Chord) -> (u8, u8) {
    (chord.root, third(chord.quality))
}

/// Entropy in bits of the pairs of successive different chords.
fn bigram_bits(chords: &[Option<Chord>]) -> f64 {
    let mut kinds: Vec<(u8, u8)> = chords.iter().flatten().copied().map(kind).collect();
    kinds.dedup();
    let mut counts = HashMap::<_, f64>::new();
    for pair in kinds.windows(2) {
        *counts.entry((pair[0], pair[1])).or_default() += 1.0;
    }
    let mut counts: Vec<f64> = counts.into_values().collect();
    // A hash map has no order, and sums of floats have one.
    counts.sort_by(f64::total_cmp);
    let all: f64 = counts.iter().sum();
    counts.iter().map(|count| -(count / all) * (count / all).log2()).sum()
}

/// Where a passage is sung again: share of its steps whose chord has the root and third that it had before. A step counts when
/// the bar before it and the bar after it are the same as some whole beats ago.
#[must_use]
pub fn returns(songs: &[SungSong], chords: &[Chords]) -> f64 {
    let (mut same, mut all) = (0_u32, 0_u32);
    for (song, chords) in songs.iter().zip(chords) {
        let bar = song.steps_per_bar as usize;
        let window = |step: usize| &song.melody[step - bar..step + bar];
        for step in first_measured(song).max(bar)..song.melody.len().saturating_sub(bar) {
            if window(step).iter().filter(|step| step.onset).count() < FEWEST_NOTES {
                continue;
            }
            let beat = song.steps_per_beat as usize;
            let earlier =
                (1..).map(|beats| step.checked_sub(beats * beat)).map_while(|then| then.filter(|then| *then >= bar));
            let Some(then) = earlier.into_iter().find(|then| window(*then) == window(step)) else { continue };
            if let (Some(now), Some(then)) = (chords[step], chords[then]) {
                all += 1;
                same += u32::from(kind(now) == kind(then));
            }
        }
    }
    f64::from(same) / f64::from(all.max(1))
}

/// Baseline: the tonic triad all the time, of songs with one annotated key.
#[must_use]
pub fn tonic_triad(song: &SungSong) -> Chords {
    let chord = song.key.map(|(tonic, minor)| triad(tonic, minor));
    vec![chord; song.melody.len()]
}

/// Upper bound: the triad of each bar that most of its notes are in, known afterwards.
#[must_use]
pub fn best_triads(song: &SungSong) -> Chords {
    let mut chords = Vec::with_capacity(song.melody.len());
    for bar in song.melody.chunks(song.steps_per_bar.max(1) as usize) {
        let fitting =
            |chord: &Chord| bar.iter().filter_map(|step| step.key).filter(|key| chord.contains(key % 12)).count();
        let all = (0..24).map(|index| triad(index % 12, index >= 12));
        // The first of equals: `max_by_key` gives the last.
        let best = all.rev().max_by_key(fitting);
        chords.extend(std::iter::repeat_n(best, bar.len()));
    }
    chords
}

const fn triad(root: u8, minor: bool) -> Chord {
    Chord { root, quality: if minor { Quality::Minor } else { Quality::Major }, bass: root }
}

fn first_sung(song: &SungSong) -> usize {
    song.melody.iter().position(|step| step.key.is_some()).unwrap_or(song.melody.len())
}

/// A song whose key jumps by a tritone.
#[derive(Debug, Clone, PartialEq)]
pub struct Jump {
    /// The song with the jump in it.
    pub song: SungSong,
    key: Key,
    step: usize,
}

impl Jump {
    /// Puts a jump four bars after the bar in which the singing begins; `None` where the key is not known or too little is
    /// sung after it.
    #[must_use]
    pub fn of(song: &SungSong) -> Option<Self> {
        let (tonic, minor) = song.key?;
        let bar = song.steps_per_bar as usize;
        let jump = (first_sung(song) / bar + JUMP_BAR) * bar;
        let sung = song.melody.get(jump..)?.iter().position(|step| step.key.is_some())? + jump;
        let step = sung + RECOVERY_BEATS * song.steps_per_beat as usize;
        let key = Key { tonic: (tonic + TRITONE) % 12, minor };
        (step < song.melody.len()).then(|| Self { song: song.clone().moved_from(jump, TRITONE), key, step })
    }

    /// The step at which it has to have recovered: four beats after the first that is sung after the jump.
    #[must_use]
    pub const fn step(&self) -> usize {
        self.step
    }

    /// Whether the chord four beats after the first sung step after the jump is in the new key. No triad is in two keys that
    /// are a tritone apart.
    #[must_use]
    pub fn recovered(&self, chords: &Chords) -> bool {
        chords.get(self.step).copied().flatten().is_some_and(|chord| StepChord::from(chord).is_in(self.key))
    }
}
