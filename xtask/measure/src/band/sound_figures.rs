//! How well the sound of an accompaniment fits a song: its harmony and its rhythm, heard rather than read from notes.

use serde::Serialize;
use songweave_dsp::band::Instrument;

use crate::{
    band::{
        audio_features::{ClassWeights, chroma_of_steps, onsets},
        grid::{Grid, TOLERANCE, grid_f1},
    },
    statistics::{mean, share},
};
use songweave_score::{
    notation::step_chord::StepChord,
    songs::structure_song::{STEPS_PER_BEAT, StructureSong},
};
use songweave_synth::instruments::reference_accompaniment::BandNote;

/// A pitch class is strong when it is among so many strongest ones.
const STRONG: usize = 3;
/// A pitch class with less than this share of the strongest one's weight is not strong.
const WEAK: f32 = 0.1;
/// Notes that begin within so many seconds begin together.
const TOGETHER: f64 = 0.02;

/// Figures of one accompaniment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct SoundFigures {
    /// Share of the sung 16ths whose pitch class is among the three strongest of the accompaniment's.
    pub sung_class_strong: Option<f64>,
    /// Mean correlation per beat of the pitch classes with the notes of the annotated chord, -1…1.
    pub chord_correlation: Option<f64>,
    /// Share of the beats whose nearest major or minor triad is the annotated one, of those annotated as one of them.
    pub chord_agreement: Option<f64>,
    /// Mean cosine per beat of the pitch classes with those of the notes that are played.
    pub played_chroma: Option<f64>,
    /// F1 of onsets against the grid of 16ths: the wanted ones are the places nearest to them.
    pub grid_f1: Option<f64>,
    /// F1 of onsets against the notes of the drums.
    pub drum_f1: Option<f64>,
    /// Beginnings that are heard per bar.
    pub onsets_per_bar: f64,
}

impl SoundFigures {
    /// Of a mono sound at `rate` Hz that lies under a song, from a step on. `played` are the notes that it consists of, where
    /// they are known; `drums` the notes that its onsets are compared with.
    #[must_use]
    pub fn of(
        sound: &[f32],
        rate: u32,
        song: &StructureSong,
        played: Option<&[BandNote]>,
        drums: &[BandNote],
        from: usize,
    ) -> Self {
        let (step, steps) = (song.step_seconds(), song.steps() as usize);
        let (start, end) = (from as f64 * step, steps as f64 * step);
        let heard = chroma_of_steps(sound, rate, step, steps);
        let within = |seconds: &f64| (start - TOLERANCE..end).contains(seconds);
        let found: Vec<f64> = onsets(sound, rate).into_iter().filter(within).collect();
        let hits: Vec<f64> = hits(drums).into_iter().filter(within).collect();
        let beats = beats(&heard, song, played, from);
        Self {
            sung_class_strong: sung_class_strong(&heard, song, from),
            chord_correlation: mean(beats.iter().filter_map(Beat::correlation)),
            chord_agreement: share(beats.iter().filter_map(Beat::agrees)),
            played_chroma: mean(beats.iter().filter_map(Beat::as_played)),
            grid_f1: grid_f1(&found, Grid::Straight, f64::from(STEPS_PER_BEAT) * step),
            drum_f1: (!hits.is_empty()).then(|| f1(&found, &hits)),
            onsets_per_bar: found.len() as f64 / ((end - start) / (16.0 * step)).max(1e-9),
        }
    }
}

/// Where drums are hit, in seconds and in order.
fn hits(notes: &[BandNote]) -> Vec<f64> {
    let hit = |note: &BandNote| (note.instrument == Instrument::Drums).then_some(note.start);
    let mut hits: Vec<f64> = notes.iter().filter_map(hit).collect();
    hits.sort_by(f64::total_cmp);
    hits.dedup_by(|later, earlier| *later - *earlier < TOGETHER);
    hits
}

fn sung_class_strong(heard: &[ClassWeights], song: &StructureSong, from: usize) -> Option<f64> {
    let sung = song.classes().into_iter().zip(heard).skip(from);
    share(sung.filter_map(|(class, weights)| Some(is_strong(weights, usize::from(class?)))))
}

fn is_strong(weights: &ClassWeights, class: usize) -> bool {
    let strongest = weights.iter().copied().fold(0.0, f32::max);
    let stronger = weights.iter().filter(|weight| **weight > weights[class]).count();
    stronger < STRONG && weights[class] > WEAK * strongest
}

/// What is heard in a beat, the chord that is annotated for it, and the weights of the notes played in it.
struct Beat {
    heard: ClassWeights,
    chord: Option<StepChord>,
    played: Option<ClassWeights>,
}

/// The whole beats from a step on in which anything can be compared.
fn beats(heard: &[ClassWeights], song: &StructureSong, played: Option<&[BandNote]>, from: usize) -> Vec<Beat> {
    let per_beat = STEPS_PER_BEAT as usize;
    let beat = |start: usize| {
        let mut sum = [0.0; 12];
        for step in &heard[start..start + per_beat] {
            sum.iter_mut().zip(step).for_each(|(sum, step)| *sum += step);
        }
        let [from, to] = [start, start + per_beat].map(|step| step as f64 * song.step_seconds());
        Beat { heard: sum, chord: song.chord(start as u32), played: played.map(|notes| weights(notes, from, to)) }
    };
    let last = heard.len().saturating_sub(per_beat - 1);
    (from.next_multiple_of(per_beat)..last).step_by(per_beat).map(beat).collect()
}

/// How long, and how loud, each pitch class is played between two times; drums have none.
fn weights(notes: &[BandNote], from: f64, to: f64) -> ClassWeights {
    let mut weights = [0.0; 12];
    for note in notes.iter().filter(|note| note.instrument != Instrument::Drums) {
        let seconds = (note.start + note.length).min(to) - note.start.max(from);
        if seconds > 0.0 {
            weights[usize::from(note.key % 12)] += seconds as f32 * f32::from(note.velocity) / 127.0;
        }
    }
    weights
}

impl Beat {
    /// A beat without any pitch counts as uncorrelated.
    fn correlation(&self) -> Option<f64> {
        let chord = self.chord?;
        let tones: ClassWeights = std::array::from_fn(|class| f32::from(u8::from(chord.contains(class as u8))));
        Some(cosine(&centred(&self.heard), &centred(&tones)))
    }

    fn agrees(&self) -> Option<bool> {
        let chord = self.chord?;
        chord.minor()?;
        Some(nearest_triad(&self.heard) == Some(chord.symbol()))
    }

    fn as_played(&self) -> Option<f64> {
        let played = self.played.filter(|weights| weights.iter().any(|weight| *weight > 0.0))?;
        Some(cosine(&self.heard, &played))
    }
}

fn centred(weights: &ClassWeights) -> ClassWeights {
    let mean = weights.iter().sum::<f32>() / weights.len() as f32;
    weights.map(|weight| weight - mean)
}

fn cosine(one: &ClassWeights, other: &ClassWeights) -> f64 {
    let product = |one: &ClassWeights, other: &ClassWeights| {
        one.iter().zip(other).map(|(one, other)| f64::from(*one) * f64::from(*other)).sum::<f64>()
    };
    let lengths = (product(one, one) * product(other, other)).sqrt();
    if lengths > 0.0 { product(one, other) / lengths } else { 0.0 }
}

/// The triad whose notes have most of the weight, as [`StepChord::symbol`] numbers it; `None` in silence.
fn nearest_triad(heard: &ClassWeights) -> Option<u8> {
    let triads = (0..12).flat_map(|root| [false, true].map(|minor| StepChord::triad(root, minor)));
    let weight = |chord: &StepChord| {
        (0..12).filter(|class| chord.contains(*class)).map(|class| heard[usize::from(class)]).sum::<f32>()
    };
    let best = triads.max_by(|one, other| weight(one).total_cmp(&weight(other)))?;
    (weight(&best) > 0.0).then(|| best.symbol())
}

/// F1 of times found against times wanted, both in order; each is used once, within the tolerance of the grid.
fn f1(found: &[f64], wanted: &[f64]) -> f64 {
    let (mut met, mut next) = (0, 0);
    for time in found {
        while wanted.get(next).is_some_and(|wanted| *wanted < time - TOLERANCE) {
            next += 1;
        }
        if wanted.get(next).is_some_and(|wanted| *wanted <= time + TOLERANCE) {
            (met, next) = (met + 1, next + 1);
        }
    }
    2.0 * f64::from(met) / (found.len() + wanted.len()).max(1) as f64
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use songweave_score::songs::structure_song::StepNote;

    const RATE: u32 = 44_100;

    fn song() -> StructureSong {
        let chords = [StepChord::triad(0, false), StepChord::triad(9, true)];
        StructureSong {
            name: "a song".to_owned(),
            tempo: 120.0,
            key: None,
            melody: (0..16)
                .map(|index| StepNote { start: 8 * index, length: 8, key: [64, 60][index as usize % 2] })
                .collect(),
            chords: (0..128).map(|step| Some(chords[step / 16 % 2])).collect(),
        }
    }

    /// The chords as notes on every beat, some semitones too high.
    fn notes(up: u8) -> Vec<BandNote> {
        let beat = |beat: usize| {
            let root = if (beat / 4).is_multiple_of(2) { [60, 64, 67] } else { [57, 60, 64] };
            let start = 0.5 * beat as f64;
            root.map(|key| BandNote { instrument: Instrument::Keys, key: key + up, velocity: 90, start, length: 0.45 })
        };
        (0..32).flat_map(beat).collect()
    }

    fn sound(notes: &[BandNote]) -> Vec<f32> {
        let mut sound = vec![0.0; 16 * RATE as usize];
        for note in notes {
            let (from, samples) = ((note.start * f64::from(RATE)) as usize, (note.length * f64::from(RATE)) as usize);
            let turn = std::f32::consts::TAU * 440.0 * ((f32::from(note.key) - 69.0) / 12.0).exp2() / RATE as f32;
            for (n, sample) in sound[from..from + samples].iter_mut().enumerate() {
                *sample += 0.1 * (turn * n as f32).sin() * (1.0 - n as f32 / samples as f32);
            }
        }
        sound
    }

    fn figures(sound: &[f32], played: &[BandNote]) -> SoundFigures {
        let drums: Vec<_> =
            notes(0).into_iter().map(|note| BandNote { instrument: Instrument::Drums, ..note }).collect();
        SoundFigures::of(sound, RATE, &song(), Some(played), &drums, 16)
    }

    #[test]
    fn the_annotated_chords_fit_and_others_do_not() {
        let right = figures(&sound(&notes(0)), &notes(0));
        assert!(right.sung_class_strong.unwrap() > 0.9 && right.chord_agreement.unwrap() > 0.9, "{right:?}");
        assert!(right.chord_correlation.unwrap() > 0.8 && right.played_chroma.unwrap() > 0.9, "{right:?}");
        assert!(right.grid_f1.unwrap() > 0.95 && right.drum_f1.unwrap() > 0.95, "{right:?}");
        let wrong = figures(&sound(&notes(1)), &notes(0));
        assert!(wrong.sung_class_strong.unwrap() < 0.2 && wrong.chord_agreement.unwrap() < 0.1, "{wrong:?}");
        assert!(wrong.chord_correlation.unwrap() < 0.1 && wrong.played_chroma.unwrap() < 0.5, "{wrong:?}");
    }

    #[test]
    fn silence_fits_nothing() {
        let silent = figures(&vec![0.0; 16 * RATE as usize], &notes(0));
        assert_eq!((silent.sung_class_strong, silent.chord_agreement), (Some(0.0), Some(0.0)));
        assert_eq!((silent.chord_correlation, silent.played_chroma), (Some(0.0), Some(0.0)));
        assert_eq!((silent.grid_f1, silent.drum_f1), (None, Some(0.0)));
    }

    #[test]
    fn each_beginning_meets_one_note_at_most() {
        assert_eq!(f1(&[0.0, 0.5, 1.01], &[0.0, 0.5, 1.0]), 1.0);
        assert_eq!(f1(&[0.0, 0.01], &[0.0]), 2.0 / 3.0);
        assert_eq!(f1(&[0.2], &[0.0, 0.4]), 0.0);
    }
}
