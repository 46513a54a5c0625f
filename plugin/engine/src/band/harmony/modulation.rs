//! Whether the singer has moved to another key: what was sung last lies mostly outside the key, and the song so far,
//! moved along, would explain it.

use std::collections::VecDeque;

use songweave_dsp::chroma::PITCH_CLASSES;

use super::{memory::Sung, scale};
use crate::listen::key::Key;

/// Steps that are looked at, and how much of them has to be sung.
const RECENT: usize = 8;
const LEAST: f32 = 2.5;
/// Share of it that has to lie outside the key.
const OUTSIDE: f32 = 0.6;
/// Share of the song before that may: else the key was not the right one.
const STRAY: f32 = 0.05;
/// Steps that have to be known of the song, and over which it fades.
const KNOWN: f32 = 24.0;
const FADE: f32 = 384.0;
/// How much better the other key has to explain what was sung (natural logarithm).
const LEAD: f32 = 3.0;
/// Steps between two modulations.
const REST: u32 = 16;
/// Probability that a note lies outside its key's scale.
const OFF_SCALE: f32 = 0.1;

/// Follows the singing step by step.
#[derive(Debug, Clone, Default)]
pub struct Modulation {
    /// The newest steps, the newest last.
    recent: VecDeque<Sung>,
    /// What was sung before these.
    song: Sung,
    since: u32,
}

/// A move to another key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Move {
    /// By so many semitones up, 1…11.
    pub semitones: usize,
    /// The newest so many steps are in the new key already.
    pub steps: usize,
}

impl Modulation {
    /// Hears a step. `key` is what the harmony believes in; `None` where it does not, or where the user locked it.
    pub fn hear(&mut self, sung: &Sung, key: Option<Key>) -> Option<Move> {
        self.recent.push_back(*sung);
        if self.recent.len() > RECENT
            && let Some(old) = self.recent.pop_front()
        {
            self.song.iter_mut().zip(old).for_each(|(song, old)| *song = *song * (1.0 - 1.0 / FADE) + old);
        }
        self.since = self.since.saturating_add(1);
        let key = key.filter(|_| self.since > REST && self.song.iter().sum::<f32>() >= KNOWN)?;
        if outside(&self.song, key) > STRAY * self.song.iter().sum::<f32>() {
            return None;
        }
        // What was sung from the first step on that is mostly outside.
        let first = self.recent.iter().position(|sung| outside(sung, key) > 0.5 * sung.iter().sum::<f32>())?;
        let recent = self.recent.iter().skip(first).fold([0.0; PITCH_CLASSES], |sum, sung| added(&sum, sung));
        let (all, outside) = (recent.iter().sum::<f32>(), outside(&recent, key));
        if all < LEAST || outside < OUTSIDE * all {
            return None;
        }
        let worth = |semitones: usize| self.likelihood(&recent, key, semitones);
        let best = (1..PITCH_CLASSES).max_by(|one, other| worth(*one).total_cmp(&worth(*other)))?;
        if worth(best) < worth(0) + LEAD {
            return None;
        }
        self.since = 0;
        self.song.rotate_right(best);
        Some(Move { semitones: best, steps: self.recent.len() - first })
    }

    /// How well the song moved by so many semitones explains what was sung (natural logarithm).
    fn likelihood(&self, recent: &Sung, key: Key, semitones: usize) -> f32 {
        let whole = self.song.iter().sum::<f32>();
        let probability = |class: usize| {
            let before = (class + PITCH_CLASSES - semitones) % PITCH_CLASSES;
            let scale = if scale::contains(key, before) { (1.0 - OFF_SCALE) / 7.0 } else { OFF_SCALE / 5.0 };
            0.5 * self.song[before] / whole + 0.5 * scale
        };
        recent.iter().enumerate().map(|(class, share)| share * probability(class).ln()).sum()
    }
}

fn outside(sung: &Sung, key: Key) -> f32 {
    sung.iter().enumerate().filter(|(class, _)| !scale::contains(key, *class)).map(|(_, share)| share).sum()
}

fn added(one: &Sung, other: &Sung) -> Sung {
    std::array::from_fn(|class| one[class] + other[class])
}

#[cfg(test)]
mod tests {
    use super::*;

    const C: Key = Key { tonic: 0, minor: false };

    /// What it makes of a tune of a step per note.
    fn moves(tune: impl Iterator<Item = usize>) -> Vec<(usize, Move)> {
        let mut modulation = Modulation::default();
        let step = |class: usize| std::array::from_fn(|other| f32::from(u8::from(other == class % 12)));
        tune.enumerate().filter_map(|(at, class)| Some((at, modulation.hear(&step(class), Some(C))?))).collect()
    }

    fn tune() -> impl Iterator<Item = usize> {
        [0, 4, 7, 4, 5, 9, 0, 9, 7, 11, 2, 11, 0, 7, 4, 0].into_iter().cycle()
    }

    #[test]
    fn a_jump_by_a_tritone_is_noticed_within_two_beats() {
        let found = moves(tune().take(48).chain(tune().map(|class| class + 6).take(8)));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!((50..56).contains(&found[0].0) && found[0].1.semitones == 6, "{found:?}");
    }

    #[test]
    fn a_chromatic_note_here_and_there_is_no_modulation() {
        let found = moves(tune().take(200).enumerate().map(|(at, class)| if at % 5 == 0 { class + 1 } else { class }));
        assert_eq!(found, []);
    }
}
