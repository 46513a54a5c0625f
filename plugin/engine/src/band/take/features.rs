//! What the network of whole songs hears at a beat.

use songweave_dsp::analysis::chroma::PITCH_CLASSES;
use songweave_models::chords::song::{SONG_CLASS_FEATURES, SONG_SHARED_FEATURES, SongFeatures};

use super::{
    repeats::{Repeat, repeats},
    song::Song,
};
use crate::band::{harmony::memory::Sung, place::Place};

/// Distances in bars at which harmony likes to come round, whatever is sung over it.
const ROUNDS: [i64; 4] = [1, 2, 4, 8];
/// Bars on either side over which the histograms of the surroundings fade.
const SURROUNDINGS: [i64; 2] = [4, 16];
/// Histograms with less in them than this many sung steps are not scaled up.
const LITTLE: f32 = 1.0;
/// Distances in beats are told up to this.
const FAR: f32 = 16.0;

/// A song with what is the same for all its beats.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// The song.
    pub song: Song,
    /// The repetitions of every beat, `[beat]`.
    pub repeats: Vec<Vec<Repeat>>,
    /// Sums of what was sung before each step, `[step]`.
    sums: Vec<Sung>,
    /// What is sung on the first steps of half bars in the whole song.
    strong: Sung,
    last_note: Option<u8>,
}

impl Surroundings {
    /// Looks at a song.
    #[must_use]
    pub fn new(song: Song) -> Self {
        let repeats = repeats(&song);
        Self { repeats, ..Self::without_repeats(song) }
    }

    /// Looks at a song whose repetitions are not known yet.
    #[must_use]
    pub fn without_repeats(song: Song) -> Self {
        let mut sums = vec![[0.0; PITCH_CLASSES]];
        let mut sum = [0.0; PITCH_CLASSES];
        let mut strong = [0.0; PITCH_CLASSES];
        for (place, heard) in song.places().iter().zip(song.heard()) {
            sum = add(&sum, &heard.pitch);
            sums.push(sum);
            if place.step.is_multiple_of(place.steps_per_bar.div_ceil(2).max(1)) {
                strong = add(&strong, &heard.pitch);
            }
        }
        let last_note = (0..song.heard().len()).rev().find_map(|step| song.note(step));
        Self { repeats: Vec::new(), song, sums, strong, last_note }
    }

    /// Sum of what was sung from a step to before another; both may lie beyond the song.
    fn between(&self, first: i64, end: i64) -> Sung {
        let at = |step: i64| self.sums[step.clamp(0, self.song.heard().len() as i64) as usize];
        let (first, end) = (at(first), at(end));
        std::array::from_fn(|class| end[class] - first[class])
    }

    /// Mean of what was sung from a step to before another.
    fn mean(&self, first: i64, end: i64) -> Sung {
        self.between(first, end).map(|share| share / (end - first).max(1) as f32)
    }

    /// What the network hears at a beat.
    #[must_use]
    pub fn features(&self, beat: usize) -> SongFeatures {
        let mut features = SongFeatures::default();
        let mut column = 0;
        let mut put = |values: Sung| {
            features.classes.iter_mut().zip(values).for_each(|(class, value)| class[column] = value);
            column += 1;
        };
        self.near(beat, &mut put);
        self.whole(beat, &mut put);
        self.notes(beat, &mut put);
        self.elsewhere(beat, &mut put);
        debug_assert_eq!(column, SONG_CLASS_FEATURES);
        self.share(beat, &mut features.shared);
        features
    }

    /// First step of a beat, its length, place in the bar and the bar's length, in steps.
    fn spans(&self, beat: usize) -> (i64, i64, i64, i64) {
        let (first, end) = (self.song.beats()[beat], self.song.end_of(beat));
        let place = self.song.places()[first];
        (first as i64, (end - first) as i64, place.step.into(), place.steps_per_bar.max(1).into())
    }

    /// The beat, the beats and the bars around it.
    fn near(&self, beat: usize, put: &mut impl FnMut(Sung)) {
        let (first, length, step, bar) = self.spans(beat);
        for quarter in 0..4 {
            put(*self.song.sung(first + quarter * length / 4));
        }
        let onsets = self.song.heard()[first as usize..(first + length) as usize].iter().map(|heard| heard.onset);
        put(onsets.fold([0.0; PITCH_CLASSES], |most, onset| std::array::from_fn(|class| most[class].max(onset[class]))));
        for (from, to) in [(-1, 0), (-3, -1), (1, 2), (2, 4)] {
            put(self.mean(first + from * length, first + to * length));
        }
        let half = (bar + 1) / 2;
        let half_bar = first - step % half.max(1);
        put(self.mean(half_bar, half_bar + half).map(|share| 2.0 * share));
        for bars in [0, -1, 1, 2] {
            let begins = first - step + bars * bar;
            put(self.mean(begins, begins + bar).map(|share| 2.0 * share));
        }
    }

    /// Histograms of the song and of the surroundings.
    fn whole(&self, beat: usize, put: &mut impl FnMut(Sung)) {
        let (first, _, _, bar) = self.spans(beat);
        put(scaled(self.between(0, i64::MAX)));
        put(scaled(self.strong));
        for bars in SURROUNDINGS {
            put(scaled(self.between(first - bars * bar, first + bars * bar)));
        }
    }

    /// The notes that open and close the phrase and the song, and those around the beat.
    fn notes(&self, beat: usize, put: &mut impl FnMut(Sung)) {
        let (first, end) = (self.song.beats()[beat], self.song.end_of(beat));
        let phrase = self.song.phrase(first);
        let before = (0..first).rev().take(16).find_map(|step| self.song.note(step));
        let after = (end..self.song.heard().len()).take(16).find_map(|step| self.song.note(step));
        for note in [phrase.closes, phrase.opens, self.last_note, before, after] {
            put(std::array::from_fn(|class| f32::from(u8::from(note == Some(class as u8)))));
        }
    }

    /// What is sung at the same place of other bars, and where the passage returns.
    fn elsewhere(&self, beat: usize, put: &mut impl FnMut(Sung)) {
        let (first, length, _, bar) = self.spans(beat);
        for away in ROUNDS.into_iter().flat_map(|bars| [-bars * bar, bars * bar]) {
            put(self.mean(first + away, first + away + length));
        }
        let mut sum = [0.0; PITCH_CLASSES];
        let mut total = 1e-3;
        for repeat in &self.repeats[beat] {
            let (then, end) = (self.song.beats()[repeat.beat] as i64, self.song.end_of(repeat.beat) as i64);
            sum = add(&sum, &self.mean(then, end).map(|share| repeat.certainty * share));
            total += repeat.certainty;
        }
        put(sum.map(|share| share / total));
    }

    fn share(&self, beat: usize, shared: &mut [f32; SONG_SHARED_FEATURES]) {
        let (first, length, step, bar) = self.spans(beat);
        let place = self.song.places()[first as usize];
        place_in_bar(&place, &mut shared[..28]);
        shared[28 + place.bar.rem_euclid(4) as usize] = 1.0;
        let sung = |from: i64, to: i64| self.mean(from, to).iter().sum::<f32>();
        let begins = first - step;
        let phrase = self.song.phrase(first as usize);
        let (end, all) = (first + length, self.song.heard().len() as i64);
        let beats = |steps: i64| (steps as f32 / length as f32).clamp(0.0, FAR) / FAR;
        let within = |at: usize| (first..end).contains(&(at as i64));
        let flag = |is: bool| f32::from(u8::from(is));
        let opens = (first..end).any(|step| within(self.song.phrase(step as usize).first));
        let repeats = self.repeats[beat].first().map_or(0.0, |repeat| repeat.certainty);
        let rest = [
            sung(first, end),
            sung(first - length, first),
            sung(end, end + length),
            sung(begins, begins + bar),
            sung(begins - bar, begins),
            sung(begins + bar, begins + 2 * bar),
            flag(opens && phrase.opens.is_some()),
            flag(phrase.end > 0 && within(phrase.end - 1)),
            beats(phrase.end as i64 - first),
            beats(first - phrase.first as i64),
            (first as f32 / (FAR * bar as f32)).min(1.0),
            ((all - end) as f32 / (FAR * bar as f32)).min(1.0),
            repeats,
            flag(place.steps_per_beat == 6),
        ];
        shared[32..].copy_from_slice(&rest);
    }
}

/// Which 16th of a bar of four, or of three, it is: 16 and 12 numbers.
fn place_in_bar(place: &Place, numbers: &mut [f32]) {
    let bar = place.steps_per_bar.max(1);
    let at = if bar.is_multiple_of(3) && !bar.is_multiple_of(16) { 16 + place.step % 12 } else { place.step % 16 };
    numbers[at as usize] = 1.0;
}

fn add(one: &Sung, other: &Sung) -> Sung {
    std::array::from_fn(|class| one[class] + other[class])
}

/// A histogram as shares, twice as large.
fn scaled(sum: Sung) -> Sung {
    let scale = 2.0 / sum.iter().sum::<f32>().max(LITTLE);
    sum.map(|share| share * scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::band::heard::StepHeard;

    /// A melody of so many steps in 4/4, moved up.
    fn song(steps: usize, up: usize) -> Song {
        Song::new((0..steps).map(|step| {
            let place =
                Place { bar: (step / 16) as i64, step: (step % 16) as u32, steps_per_bar: 16, steps_per_beat: 4 };
            let mut heard = StepHeard { heard: 1.0, ..StepHeard::default() };
            if step % 32 < 28 {
                heard.pitch[(step / 3 * 7 + step / 16 + up) % 12] = 1.0;
                heard.onset[(step / 3 * 7 + step / 16 + up) % 12] = 0.5;
            }
            (place, heard)
        }))
    }

    #[test]
    fn a_melody_higher_up_moves_the_classes_and_nothing_else() {
        let (here, there) = (song(400, 0), song(400, 5));
        let (here, there) = (Surroundings::new(here), Surroundings::new(there));
        for beat in 0..100 {
            let (here, there) = (here.features(beat), there.features(beat));
            let near =
                |one: &[f32], other: &[f32]| one.iter().zip(other).all(|(one, other)| (one - other).abs() < 1e-5);
            assert!(near(&here.shared, &there.shared));
            assert!((0..12).all(|class| near(&here.classes[class], &there.classes[(class + 5) % 12])), "{beat}");
            let all = here.classes.iter().flatten().chain(&here.shared);
            assert!(all.into_iter().all(|number| (0.0..=4.0).contains(number)), "{beat}");
        }
    }

    #[test]
    fn every_metre_and_every_length_has_features() {
        for (bar, beat) in [(16, 4), (12, 4), (12, 6), (14, 2), (7, 1), (1, 1), (20, 4)] {
            for steps in [1, 5, 100] {
                let song = Song::new((0..steps).map(|step: u32| {
                    let place =
                        Place { bar: (step / bar).into(), step: step % bar, steps_per_bar: bar, steps_per_beat: beat };
                    let mut heard = StepHeard { heard: 1.0, ..StepHeard::default() };
                    heard.pitch[(step * 5 % 12) as usize] = 1.0;
                    (place, heard)
                }));
                let surroundings = Surroundings::new(song);
                for beat in 0..surroundings.song.beats().len() {
                    let features = surroundings.features(beat);
                    let all = features.classes.iter().flatten().chain(&features.shared);
                    assert!(all.into_iter().all(|number| number.is_finite()));
                }
            }
        }
        assert!(Surroundings::new(Song::default()).repeats.is_empty());
    }
}
