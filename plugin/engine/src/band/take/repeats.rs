//! Which beats of a known song are sung again: its self-similarity along the diagonals, over a bar before and after.

use super::song::Song;
use crate::band::harmony::memory::similarity;

/// Likeness from which on two passages may be the same, and from which on they surely are.
const ALIKE: (f32, f32) = (0.45, 0.85);
/// Steps of singing in a window below which it is no passage.
const LITTLE: f32 = 5.0;
/// Repetitions of a beat that are kept: the surest.
const MOST: usize = 8;

/// A beat that is sung again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Repeat {
    /// The other beat.
    pub beat: usize,
    /// How sure it is that both are the same, above 0 … 1.
    pub certainty: f32,
}

/// Looks for repetitions, one distance in beats after the other.
#[derive(Debug, Clone, Default)]
pub struct Search {
    /// The distance that was looked at last.
    lag: usize,
    found: Vec<Vec<Repeat>>,
}

impl Search {
    /// Looks at the next distance. Once all are done: the repetitions of every beat, `[beat]`, the surest first. Beats of odd
    /// lengths have none.
    pub fn go_on(&mut self, song: &Song) -> Option<Vec<Vec<Repeat>>> {
        let beats = song.beats().len();
        self.found.resize(beats, Vec::new());
        self.lag += 1;
        if self.lag < beats {
            along(song, self.lag, &mut self.found);
            return None;
        }
        for repeats in &mut self.found {
            let surer = |one: &Repeat, other: &Repeat| other.certainty.total_cmp(&one.certainty);
            repeats.sort_by(|one, other| surer(one, other).then(one.beat.cmp(&other.beat)));
            repeats.truncate(MOST);
        }
        Some(std::mem::take(&mut self.found))
    }
}

/// The repetitions of every beat of a song at once.
#[must_use]
pub fn repeats(song: &Song) -> Vec<Vec<Repeat>> {
    let mut search = Search::default();
    loop {
        if let Some(found) = search.go_on(song) {
            return found;
        }
    }
}

/// Adds what repeats after so many beats.
fn along(song: &Song, lag: usize, found: &mut [Vec<Repeat>]) {
    let beats = song.beats();
    let steps = beats[lag] - beats[0];
    // `[step]`: sums of likeness and of singing up to it, from the first that has one `steps` before.
    let mut sums = vec![(0.0_f32, 0.0_f32)];
    let (mut alike, mut sung) = (0.0, 0.0);
    for step in steps..song.heard().len() {
        let (one, other) = (song.sung(step as i64), song.sung((step - steps) as i64));
        alike += similarity(one, other);
        sung += one.iter().chain(other).sum::<f32>() / 2.0;
        sums.push((alike, sung));
    }
    let at = |step: usize| sums[step.clamp(steps, steps + sums.len() - 1) - steps];
    for (then, now) in (lag..beats.len()).enumerate() {
        // A beat that begins elsewhere is another one.
        if beats[now] - beats[then] != steps {
            continue;
        }
        let bar = song.places()[beats[now]].steps_per_bar as usize;
        let (first, last) = (at(beats[now].saturating_sub(bar)), at(song.end_of(now) + bar));
        let (alike, sung) = (last.0 - first.0, last.1 - first.1);
        if sung < LITTLE {
            continue;
        }
        let certainty = ((alike / sung - ALIKE.0) / (ALIKE.1 - ALIKE.0)).min(1.0);
        if certainty > 0.0 {
            found[now].push(Repeat { beat: then, certainty });
            found[then].push(Repeat { beat: now, certainty });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::band::{heard::StepHeard, place::Place};

    #[test]
    fn a_verse_that_returns_is_found_beat_by_beat_and_nothing_else() {
        let class = |seed: usize, step: usize| {
            let eighth = (step / 2 + 1000 * seed) as u32;
            (eighth.wrapping_mul(2_654_435_761) >> 16) as usize % 12
        };
        let verse = (0..64).map(|step| class(1, step));
        let chorus = (0..48).map(|step| class(2, step));
        let classes: Vec<usize> = verse.clone().chain(chorus).chain(verse).collect();
        let song = Song::new(classes.iter().enumerate().map(|(step, class)| {
            let place =
                Place { bar: (step / 16) as i64, step: (step % 16) as u32, steps_per_bar: 16, steps_per_beat: 4 };
            let mut heard = StepHeard { heard: 1.0, ..StepHeard::default() };
            heard.pitch[*class] = 1.0;
            (place, heard)
        }));
        let found = repeats(&song);
        for beat in 4..12 {
            assert_eq!(found[beat].first().map(|repeat| (repeat.beat, repeat.certainty)), Some((beat + 28, 1.0)));
            assert_eq!(found[beat + 28].first().map(|repeat| repeat.beat), Some(beat));
        }
        assert!(found[18..26].iter().flatten().all(|repeat| repeat.certainty < 0.5), "{:?}", &found[18..26]);
    }
}
