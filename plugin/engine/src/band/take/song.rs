//! A song that is known from beginning to end: its steps in order, without gaps.

use songweave_dsp::analysis::chroma::PITCH_CLASSES;

use crate::band::{harmony::memory::Sung, heard::StepHeard, place::Place};

/// Share of a step from which on a class counts as a note.
const NOTE: f32 = 0.3;
/// Steps with less voice than this are a pause.
const SUNG: f32 = 0.25;
/// Strength of an onset within a note that begins it anew.
const ONSET: f32 = 0.5;
/// Steps of a pause that ends a phrase.
const PHRASE_PAUSE: usize = 3;

/// A song that is known.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Song {
    places: Vec<Place>,
    heard: Vec<StepHeard>,
    beats: Vec<usize>,
    /// `[step]`, the phrase that it is in.
    phrases: Vec<Phrase>,
}

/// A bar of a known song.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownBar {
    /// Where it begins on the host's timeline (see [`super::learned::bar_ticks`]); `None` when it was never heard.
    pub ticks: Option<i64>,
    /// Its first step in the song.
    pub first: usize,
}

/// A phrase: from its first sung step to its last, and the classes that are sung there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Phrase {
    /// Its first step.
    pub first: usize,
    /// The step after its last.
    pub end: usize,
    /// The class of its first note.
    pub opens: Option<u8>,
    /// The class of its last note.
    pub closes: Option<u8>,
}

impl Song {
    /// A song of steps, in order.
    #[must_use]
    pub fn new(steps: impl IntoIterator<Item = (Place, StepHeard)>) -> Self {
        let (places, heard): (Vec<Place>, Vec<StepHeard>) = steps.into_iter().unzip();
        let beats = places.iter().enumerate().filter(|(_, place)| place.is_beat()).map(|(step, _)| step).collect();
        let phrases = phrases(&heard);
        Self { places, heard, beats, phrases }
    }

    /// Where each step is, `[step]`.
    #[must_use]
    pub fn places(&self) -> &[Place] {
        &self.places
    }

    /// What was heard in each step, `[step]`.
    #[must_use]
    pub fn heard(&self) -> &[StepHeard] {
        &self.heard
    }

    /// The first step of each beat, `[beat]`.
    #[must_use]
    pub fn beats(&self) -> &[usize] {
        &self.beats
    }

    /// The step after the last of a beat.
    #[must_use]
    pub fn end_of(&self, beat: usize) -> usize {
        self.beats.get(beat + 1).copied().unwrap_or(self.heard.len())
    }

    /// What was sung in a step; silence before the song and after it.
    #[must_use]
    pub fn sung(&self, step: i64) -> &Sung {
        const NOTHING: &Sung = &[0.0; PITCH_CLASSES];
        usize::try_from(step).ok().and_then(|step| self.heard.get(step)).map_or(NOTHING, |heard| &heard.pitch)
    }

    /// Mean of what was sung in the steps from `first` to before `end`.
    #[must_use]
    pub fn mean(&self, first: i64, end: i64) -> Sung {
        let mut sum = [0.0; PITCH_CLASSES];
        for step in first..end {
            sum.iter_mut().zip(self.sung(step)).for_each(|(sum, share)| *sum += share);
        }
        sum.map(|share| share / (end - first).max(1) as f32)
    }

    /// The phrase that a step is in or, in a pause, the one that is over.
    #[must_use]
    pub fn phrase(&self, step: usize) -> Phrase {
        self.phrases.get(step).copied().unwrap_or_default()
    }

    /// The MIDI key that is sung for most of a step, if one is.
    #[must_use]
    pub fn key(&self, step: usize) -> Option<u8> {
        let class = self.note(step)?;
        let mean = self.heard.get(step)?.key;
        let octave = ((mean - f32::from(class)) / 12.0).round();
        Some((f32::from(class) + 12.0 * octave).clamp(0.0, 127.0) as u8)
    }

    /// Whether a note begins in a step.
    #[must_use]
    pub fn begins(&self, step: usize) -> bool {
        let Some(class) = self.note(step) else { return false };
        let before = step.checked_sub(1).and_then(|before| self.note(before));
        before != Some(class) || self.heard[step].onset[usize::from(class)] > ONSET
    }

    /// The class that is sung for most of a step, if one is.
    #[must_use]
    pub fn note(&self, step: usize) -> Option<u8> {
        note(self.sung(step as i64))
    }
}

fn note(sung: &Sung) -> Option<u8> {
    let (class, share) = sung.iter().copied().enumerate().max_by(|one, other| one.1.total_cmp(&other.1))?;
    (share > NOTE).then_some(class as u8)
}

/// The phrase of each step.
fn phrases(heard: &[StepHeard]) -> Vec<Phrase> {
    let mut phrases = vec![Phrase::default(); heard.len()];
    let sings = |step: &StepHeard| step.voiced() > SUNG;
    let mut next = heard.iter().position(sings);
    while let Some(first) = next {
        let mut end = first;
        let mut pause = 0;
        for (step, heard) in heard.iter().enumerate().skip(first) {
            if sings(heard) {
                (end, pause) = (step + 1, 0);
            } else {
                pause += 1;
            }
            if pause >= PHRASE_PAUSE {
                break;
            }
        }
        next = heard.iter().skip(end).position(sings).map(|ahead| end + ahead);
        let notes = || heard[first..end].iter().filter_map(|step| note(&step.pitch));
        let phrase = Phrase { first, end, opens: notes().next(), closes: notes().next_back() };
        phrases[first..next.unwrap_or(heard.len())].fill(phrase);
    }
    phrases
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A song in 4/4 of the classes of its steps.
    pub(crate) fn of(classes: &[Option<u8>]) -> Song {
        Song::new(classes.iter().enumerate().map(|(step, class)| {
            let place =
                Place { bar: (step / 16) as i64, step: (step % 16) as u32, steps_per_bar: 16, steps_per_beat: 4 };
            let mut heard = StepHeard { heard: 1.0, ..StepHeard::default() };
            class.iter().for_each(|class| heard.pitch[usize::from(*class)] = 1.0);
            (place, heard)
        }))
    }

    #[test]
    fn phrases_end_where_nobody_sings_for_three_steps() {
        let classes =
            [None, Some(0), Some(4), None, None, Some(7), None, None, None, None, Some(2), None].map(|class| class);
        let song = of(&classes);
        let first = Phrase { first: 1, end: 6, opens: Some(0), closes: Some(7) };
        let second = Phrase { first: 10, end: 11, opens: Some(2), closes: Some(2) };
        assert_eq!(
            [0, 1, 5, 9, 10, 11].map(|step| song.phrase(step)),
            [Phrase::default(), first, first, first, second, second]
        );
        assert_eq!((song.beats(), song.end_of(2), song.note(5), song.note(3)), (&[0, 4, 8][..], 12, Some(7), None));
    }

    #[test]
    fn there_is_silence_around_a_song() {
        let song = of(&[Some(0), Some(0)]);
        assert_eq!((song.mean(-2, 2)[0], song.mean(0, 2)[0], song.mean(5, 9)[0]), (0.5, 1.0, 0.0));
        assert_eq!(Song::default().phrase(3), Phrase::default());
    }
}
