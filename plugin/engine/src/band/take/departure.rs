//! Whether the singer still sings what was learned.

use std::collections::VecDeque;

use super::song::Song;
use crate::band::heard::StepHeard;

/// Steps that are looked at: two beats.
const STEPS: usize = 8;
/// Steps of singing among them, in all, below which nothing can be told.
const ENOUGH: f32 = 3.0;
/// Share of the singing that is as learned, below which the singer has left the song, and above which he is back.
const LEFT: f32 = 0.35;
const BACK: f32 = 0.65;

/// Follows whether what is sung is what was learned.
#[derive(Debug, Clone, Default)]
pub struct Departure {
    /// Singing of the last steps where something was learned, and how much of it was as learned.
    steps: VecDeque<(f32, f32)>,
    left: bool,
}

impl Departure {
    /// Hears a complete step that is the song's `step`; `over` says that the song is over there, or has not begun, so that whoever
    /// sings sings something else.
    pub fn hear(&mut self, song: &Song, step: usize, heard: &StepHeard, over: bool) {
        // A little early or late is the same note.
        let around = || (step.saturating_sub(1)..=step + 1).map(|step| song.sung(step as i64));
        let learned = around().map(|sung| sung.iter().sum::<f32>()).fold(0.0, f32::max);
        let both = if over { heard.voiced() } else { heard.voiced().min(learned) };
        let most = |class: usize| around().map(|sung| sung[class]).fold(0.0, f32::max);
        let same: f32 = heard.pitch.iter().enumerate().map(|(class, share)| share.min(most(class))).sum();
        self.steps.push_back((both, same.min(both)));
        if self.steps.len() > STEPS {
            self.steps.pop_front();
        }
        let (sung, same) = self.steps.iter().fold((0.0, 0.0), |sum, step| (sum.0 + step.0, sum.1 + step.1));
        if sung >= ENOUGH {
            let share = same / sung;
            self.left = if self.left { share < BACK } else { share < LEFT };
        }
    }

    /// Whether the singer sings something else.
    #[must_use]
    pub const fn has_left(&self) -> bool {
        self.left
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::band::place::Place;

    fn step(class: usize) -> StepHeard {
        let mut heard = StepHeard { heard: 1.0, ..StepHeard::default() };
        heard.pitch[class] = 1.0;
        heard
    }

    #[test]
    fn another_tune_is_noticed_within_two_beats_and_so_is_the_return() {
        let class = |step: usize| [0, 2, 4, 7][step / 2 % 4];
        let song = Song::new((0..96).map(|at| {
            (
                Place { bar: at / 16, step: (at % 16) as u32, steps_per_bar: 16, steps_per_beat: 4 },
                step(class(at as usize)),
            )
        }));
        let mut departure = Departure::default();
        let mut left = Vec::new();
        for at in 0..96 {
            // A step late throughout, something else from 32 to 63.
            let sung = if (32..64).contains(&at) { class(at) + 1 } else { class(usize::max(at, 1) - 1) };
            departure.hear(&song, at, &step(sung), false);
            left.push(departure.has_left());
        }
        assert!(left[..32].iter().all(|left| !left));
        assert!(left[39] && left[40..64].iter().all(|left| *left), "{left:?}");
        assert!(!left[71] && left[72..].iter().all(|left| !left), "{left:?}");
    }

    #[test]
    fn who_sings_on_after_the_end_has_left() {
        let silent = StepHeard { heard: 1.0, ..StepHeard::default() };
        let place =
            |step: u32| Place { bar: (step / 16).into(), step: step % 16, steps_per_bar: 16, steps_per_beat: 4 };
        let song = Song::new((0..64).map(|at| (place(at), if at < 32 { step(5) } else { silent })));
        let mut departure = Departure::default();
        let mut hear = |range: std::ops::Range<usize>| {
            range.for_each(|at| departure.hear(&song, at, &step(5), at >= 32));
            departure.has_left()
        };
        // The last note may last a little longer.
        assert!(!hear(0..34) && hear(34..40));
    }

    #[test]
    fn silence_on_either_side_is_no_departure() {
        let silent = StepHeard { heard: 1.0, ..StepHeard::default() };
        let song = Song::new((0..64).map(|at| {
            let heard = if at < 32 { step(5) } else { silent };
            (Place { bar: at / 16, step: (at % 16) as u32, steps_per_bar: 16, steps_per_beat: 4 }, heard)
        }));
        let mut departure = Departure::default();
        for at in 0..64 {
            departure.hear(&song, at, &if at < 32 { silent } else { step(9) }, false);
            assert!(!departure.has_left(), "{at}");
        }
    }
}
