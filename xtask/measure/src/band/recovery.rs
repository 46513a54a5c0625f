//! How soon a band is at home again after the singer jumped to another key. Nobody can know of a jump before it is sung, so
//! the clock starts with the first note after it.

use songweave_engine::follow::key::Key;

use crate::band::chord_figures::{Chords, note_in_chord};
use songweave_score::songs::structure_song::{STEPS_PER_BAR, STEPS_PER_BEAT};

/// Steps over which chords have to stay in the key: two bars.
const STAYS: usize = 2 * STEPS_PER_BAR as usize;
/// Share of these whose chords are in it; songs themselves borrow a chord now and then.
const MOSTLY: f64 = 0.75;
/// Sung steps over which chords are held against the melody.
const WINDOW: usize = 8;

/// Beats from a step until a chord of the key sounds and three quarters of the two bars from there on are of it, too; `None`
/// when that never comes. No triad is in two keys that are a tritone apart.
#[must_use]
pub fn beats_until_in_key(chords: &Chords, key: Key, from: usize) -> Option<f64> {
    let fits: Vec<bool> = chords.iter().map(|chord| chord.is_some_and(|chord| chord.is_in(key))).collect();
    let stays = |step: &usize| {
        let two_bars = &fits[*step..fits.len().min(step + STAYS)];
        fits[*step] && two_bars.iter().filter(|fits| **fits).count() as f64 >= MOSTLY * two_bars.len() as f64
    };
    (from..fits.len()).find(stays).map(|step| beats(step - from))
}

/// Beats from a step until the next eight sung steps fit the chords as well as `usual`; `None` when they never do.
#[must_use]
pub fn beats_until_usual(chords: &Chords, sung: &[Option<u8>], from: usize, usual: f64) -> Option<f64> {
    let as_usual = |step: &usize| fit_ahead(chords, sung, *step).is_some_and(|fit| fit >= usual);
    (from..sung.len()).find(as_usual).map(|step| beats(step - from))
}

/// The median over the steps `from..` of the note-in-chord of the next eight sung steps: what a song's harmony is usually like.
#[must_use]
pub fn usual_fit(chords: &Chords, sung: &[Option<u8>], from: usize) -> Option<f64> {
    let mut fits: Vec<f64> = (from..sung.len()).filter_map(|step| fit_ahead(chords, sung, step)).collect();
    fits.sort_by(f64::total_cmp);
    fits.get(fits.len() / 2).copied()
}

/// Note-in-chord of the next eight sung steps from a step on; `None` where fewer than four are sung in two bars.
fn fit_ahead(chords: &Chords, sung: &[Option<u8>], from: usize) -> Option<f64> {
    let steps: Vec<usize> = (from..sung.len().min(from + 2 * STEPS_PER_BAR as usize))
        .filter(|step| sung[*step].is_some())
        .take(WINDOW)
        .collect();
    let last = *steps.get(WINDOW / 2 - 1).and(steps.last())?;
    note_in_chord(chords, sung, from, last + 1)
}

fn beats(steps: usize) -> f64 {
    steps as f64 / f64::from(STEPS_PER_BEAT)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use songweave_score::notation::step_chord::StepChord;

    fn held(root: u8, steps: usize) -> Vec<Option<StepChord>> {
        vec![Some(StepChord::triad(root, false)); steps]
    }

    #[test]
    fn a_band_that_follows_late_recovers_late() {
        let sung: Vec<_> = [vec![Some(0); 32], vec![Some(6); 64]].concat();
        let chords = [held(0, 40), held(6, 56)].concat();
        let usual = usual_fit(&chords, &sung, 0).unwrap();
        assert_eq!(usual, 1.0);
        assert_eq!(beats_until_usual(&chords, &sung, 32, usual), Some(2.0));
        assert_eq!(beats_until_usual(&held(0, 96), &sung, 32, usual), None);
    }

    #[test]
    fn a_band_is_in_a_key_once_it_stays_there() {
        let key = Key { tonic: 6, minor: false };
        let astray = [held(0, 34), held(11, 2), held(5, 4), held(1, 40)].concat();
        assert_eq!(
            beats_until_in_key(&astray, key, 32),
            Some(0.5),
            "a single chord from outside is none of its faults"
        );
        let late = [held(0, 32), held(6, 4), held(0, 28), held(1, 32)].concat();
        assert_eq!(beats_until_in_key(&late, key, 32), Some(8.0), "a chord that fits by chance is no key");
        assert_eq!(beats_until_in_key(&held(0, 96), key, 32), None);
    }
}
