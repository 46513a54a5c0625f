//! How well chords go with a melody, step by step (16th notes), against the annotated chords.

use serde::Serialize;

use crate::statistics::{mean, share};
use songweave_score::notation::step_chord::tonic;
use songweave_score::{notation::step_chord::StepChord, songs::structure_song::STEPS_PER_BAR};

/// Chords of a song, `[step]`; `None` where nothing sounds.
pub type Chords = [Option<StepChord>];

/// What one way to harmonise a song is worth.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct HarmonyFigures {
    /// Share of the sung steps whose pitch class is in the chord.
    pub note_in_chord: f64,
    /// Share of the annotated steps with the annotated root.
    pub root: f64,
    /// Share of the steps annotated with a minor or a major third that have the same root and third.
    pub major_minor: f64,
    /// Changes of root, kind or bass note per bar.
    pub changes_per_bar: f64,
    /// Mean distance in steps from a change to the nearest annotated one; `None` without changes.
    pub onset_distance: Option<f64>,
    /// Entropy in bits of the pairs of successive different chords (root and third).
    pub bigram_entropy: f64,
}

impl HarmonyFigures {
    /// Figures of `chords` from step `from` on: `sung[step]` is the true pitch class, `truth` the annotation. `None` where
    /// nothing is sung or annotated.
    #[must_use]
    pub fn of(chords: &Chords, sung: &[Option<u8>], truth: &Chords, from: usize) -> Option<Self> {
        let end = sung.len();
        let at = |chords: &Chords, step: usize| chords.get(step).copied().flatten();
        let third = |chord: StepChord| chord.minor().map(|minor| (chord.root, minor));
        let annotated = |step: usize| at(truth, step).map(|truth| (at(chords, step), truth));
        let same =
            |(found, truth): &(Option<StepChord>, StepChord)| found.is_some_and(|found| found.root == truth.root);
        let cut = |chords: &Chords| chords.get(from..end.min(chords.len())).unwrap_or_default().to_vec();
        let (found, wanted) = (cut(chords), cut(truth));
        Some(Self {
            note_in_chord: note_in_chord(chords, sung, from, end)?,
            root: share((from..end).filter_map(annotated).map(|pair| same(&pair)))?,
            major_minor: share(
                (from..end)
                    .filter_map(annotated)
                    .filter_map(|(found, truth)| third(truth).map(|truth| found.and_then(third) == Some(truth))),
            )?,
            changes_per_bar: changes(&found).len() as f64 * f64::from(STEPS_PER_BAR) / (end - from) as f64,
            onset_distance: onset_distance(&changes(&found), &changes(&wanted)),
            bigram_entropy: bigram_entropy(&found),
        })
    }
}

/// Share of the sung steps in `from..to` whose pitch class is in the chord; `None` where nothing is sung.
#[must_use]
pub fn note_in_chord(chords: &Chords, sung: &[Option<u8>], from: usize, to: usize) -> Option<f64> {
    let fits = |step: usize| {
        let class = sung.get(step).copied().flatten()?;
        Some(chords.get(step).copied().flatten().is_some_and(|chord| chord.contains(class)))
    };
    share((from..to).filter_map(fits))
}

/// Steps at which another chord begins; the first chord of all is no change.
fn changes(chords: &Chords) -> Vec<usize> {
    let mut last = None;
    let mut changes = Vec::new();
    for (step, chord) in chords.iter().enumerate() {
        let Some(chord) = chord else { continue };
        if last.is_some_and(|last| last != chord) {
            changes.push(step);
        }
        last = Some(chord);
    }
    changes
}

fn onset_distance(found: &[usize], truth: &[usize]) -> Option<f64> {
    let nearest = |step: &usize| truth.iter().map(|other| other.abs_diff(*step)).min();
    mean(found.iter().filter_map(nearest).map(|steps| steps as f64))
}

fn bigram_entropy(chords: &Chords) -> f64 {
    let mut symbols: Vec<u8> = chords.iter().flatten().map(StepChord::symbol).collect();
    symbols.dedup();
    let mut pairs: Vec<&[u8]> = symbols.windows(2).collect();
    pairs.sort_unstable();
    let all = pairs.len() as f64;
    pairs
        .chunk_by(|one, other| one == other)
        .map(|same| same.len() as f64 / all)
        .map(|share| -share * share.log2())
        .sum()
}

/// The tonic triad of the key that fits all pitches sung before each step best: a band without ideas, strictly online. `steps` of
/// them; nothing before the first note.
#[must_use]
pub fn running_tonic(sung: &[Option<u8>]) -> Vec<Option<StepChord>> {
    let mut heard = [0.0f64; 12];
    let mut chord = None;
    let mut chords = Vec::with_capacity(sung.len());
    for class in sung {
        chords.push(chord);
        if let Some(class) = class {
            heard[usize::from(class % 12)] += 1.0;
            chord = Some(tonic(&heard));
        }
    }
    chords
}

/// The major or minor triad of each bar with most of its sung steps in it, known afterwards; bars without a note keep the one
/// before.
#[must_use]
pub fn best_triads(sung: &[Option<u8>]) -> Vec<Option<StepChord>> {
    let mut chords = Vec::with_capacity(sung.len());
    let mut last = None;
    for bar in sung.chunks(STEPS_PER_BAR as usize) {
        let fits = |chord: &StepChord| bar.iter().flatten().filter(|class| chord.contains(**class)).count();
        let triads = (0..24).map(|index| StepChord::triad(index % 12, index >= 12));
        if bar.iter().any(Option::is_some) {
            last = triads.max_by_key(fits);
        }
        chords.extend(std::iter::repeat_n(last, bar.len()));
    }
    chords
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn held(chord: StepChord, steps: usize) -> Vec<Option<StepChord>> {
        vec![Some(chord); steps]
    }

    #[test]
    fn figures_count_what_they_say() {
        let sung: Vec<_> = [Some(0), Some(2), Some(4), None].repeat(8);
        let truth = [held(StepChord::triad(0, false), 16), held(StepChord::triad(9, true), 16)].concat();
        let own = HarmonyFigures::of(&truth, &sung, &truth, 0).unwrap();
        assert!((own.note_in_chord - 2.0 / 3.0).abs() < 1e-9);
        assert_eq!((own.root, own.major_minor, own.changes_per_bar, own.onset_distance), (1.0, 1.0, 0.5, Some(0.0)));
        let other = [held(StepChord::triad(0, true), 20), held(StepChord::triad(9, true), 12)].concat();
        let other = HarmonyFigures::of(&other, &sung, &truth, 0).unwrap();
        assert_eq!((other.root, other.major_minor, other.onset_distance), (28.0 / 32.0, 12.0 / 32.0, Some(4.0)));
        assert_eq!(HarmonyFigures::of(&truth, &[None; 32], &truth, 0), None);
    }

    #[test]
    fn four_chords_in_a_round_have_two_bits() {
        let round: Vec<_> = [0u8, 7, 9, 5].iter().map(|root| Some(StepChord::triad(*root, false))).collect();
        let chords: Vec<_> = round.repeat(101).into_iter().flat_map(|chord| [chord; 4]).collect();
        assert!((bigram_entropy(&chords) - 2.0).abs() < 1e-3);
        assert_eq!(bigram_entropy(&held(StepChord::triad(0, false), 9)), 0.0);
    }

    #[test]
    fn baselines_find_key_and_triads() {
        let sung: Vec<_> = [0, 2, 4, 5, 7, 9, 11, 0, 0, 4, 7, 0, 7, 4, 2, 0].map(Some).repeat(2);
        let tonic = running_tonic(&sung);
        assert_eq!((tonic[0], tonic[31]), (None, Some(StepChord::triad(0, false))));
        let best = best_triads(&[vec![Some(9), Some(0), Some(4), None], vec![None; 28]].concat());
        assert!(best.iter().all(|chord| *chord == Some(StepChord::triad(9, true))));
    }
}
