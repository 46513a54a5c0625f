//! What the chord network hears at a step: per pitch class the recent past, histograms and a forecast; and what is the
//! same for all classes.

use songweave_dsp::analysis::chroma::PITCH_CLASSES;

use songweave_models::{ChordFeatures, chords::SHARED_FEATURES};

use super::memory::{FORETOLD, Memory, Sung};
use crate::band::{heard::StepHeard, place::Place};

/// Steps over which the histograms fade.
const FADES: [f32; 5] = [6.0, 24.0, 96.0, 384.0, 4096.0];
/// Steps over which the histogram of strong beats fades.
const STRONG_FADE: f32 = 384.0;
/// Steps of the forecast that are heard as one each: first and end.
const SPANS: [(usize, usize); 5] = [(0, 1), (1, 4), (4, 8), (8, 12), (12, 16)];
/// Periods in bars after which harmony likes to come round, whatever is sung over it.
const ROUNDS: [usize; 4] = [1, 2, 4, 8];
/// Rounds that are averaged.
const ROUNDS_BACK: usize = 4;
/// Share of a step from which on its class counts as a note.
const NOTE: f32 = 0.3;
/// Histograms with less in them than this many sung steps are not scaled up.
const LITTLE: f32 = 1.0;

/// Follows the singing step by step.
#[derive(Debug, Clone)]
pub struct Listening {
    memory: Memory,
    histograms: [Sung; FADES.len()],
    strong: Sung,
    onsets: [Sung; 4],
    /// The class that was sung last, and the one before it.
    notes: [Option<usize>; 2],
    steps: u32,
}

impl Default for Listening {
    fn default() -> Self {
        Self {
            memory: Memory::default(),
            histograms: [[0.0; PITCH_CLASSES]; FADES.len()],
            strong: [0.0; PITCH_CLASSES],
            onsets: [[0.0; PITCH_CLASSES]; 4],
            notes: [None; 2],
            steps: 0,
        }
    }
}

impl Listening {
    /// What is remembered.
    #[must_use]
    pub const fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Hears the complete step before `place`.
    pub fn hear(&mut self, place: &Place, last: &StepHeard) {
        let sung = last.pitch;
        self.memory.hear(sung, place.steps_per_beat as usize);
        for (histogram, fade) in self.histograms.iter_mut().zip(FADES) {
            fade_in(histogram, &sung, 1.0 - 1.0 / fade);
        }
        // The step before this place was the first of a half bar.
        let half = place.steps_per_bar.div_ceil(2).max(1);
        if place.step % half == 1 % half {
            fade_in(&mut self.strong, &sung, 1.0 - half as f32 / STRONG_FADE);
        }
        self.onsets.rotate_right(1);
        self.onsets[0] = last.onset;
        if let Some(class) = note(&sung).filter(|class| self.notes[0] != Some(*class)) {
            self.notes = [Some(class), self.notes[0]];
        }
        self.steps = self.steps.saturating_add(1);
    }

    /// What the network hears at `place`, of which `ahead` has been heard.
    #[must_use]
    pub fn features(&self, place: &Place, ahead: &[StepHeard]) -> ChordFeatures {
        let mut features = ChordFeatures::default();
        let (future, known, confidence) = self.future(ahead);
        let mut column = 0;
        let mut put = |values: &Sung, scale: f32| {
            features.classes.iter_mut().zip(values).for_each(|(class, value)| class[column] = value * scale);
            column += 1;
        };
        for ago in 0..4 {
            put(self.memory.before(ago), 1.0);
        }
        for (first, end) in [(4, 8), (8, 12), (12, 16), (28, 32), (16, 32)] {
            put(&self.mean(first, end), 2.0);
        }
        put(&self.onsets[0], 1.0);
        put(&self.onsets.iter().fold([0.0; PITCH_CLASSES], |sum, onset| add(&sum, onset, 1.0)), 1.0);
        let now = ahead.first().map_or([0.0; PITCH_CLASSES], |now| now.pitch.map(|share| share / now.heard.max(0.02)));
        put(&now, 1.0);
        for histogram in self.histograms.iter().chain([&self.strong]) {
            put(histogram, 2.0 / histogram.iter().sum::<f32>().max(LITTLE));
        }
        for (first, end) in SPANS {
            let sum = future[first..end].iter().fold([0.0; PITCH_CLASSES], |sum, sung| add(&sum, sung, 1.0));
            put(&sum, 2.0 / (end - first) as f32);
        }
        for note in self.notes {
            put(&std::array::from_fn(|class| f32::from(u8::from(note == Some(class)))), 1.0);
        }
        for bars in ROUNDS {
            for first in [0, 8] {
                put(&self.round(bars * place.steps_per_bar as usize, first), 2.0);
            }
        }
        // The whole of what is coming.
        put(&future.iter().fold([0.0; PITCH_CLASSES], |sum, sung| add(&sum, sung, 1.0)), 2.0 / FORETOLD as f32);
        self.share(place, ahead, known, confidence, &mut features.shared);
        features
    }

    /// What is sung from `place` on: heard as far as it has been heard, else from memory; how many steps are heard, and how
    /// sure the memory is.
    pub fn future(&self, ahead: &[StepHeard]) -> ([Sung; FORETOLD], usize, f32) {
        let forecast = self.memory.forecast();
        let mut future = forecast.sung;
        let known = ahead.iter().take(FORETOLD).take_while(|step| step.heard > 0.99).count();
        for (future, heard) in future.iter_mut().zip(&ahead[..known]) {
            *future = heard.pitch;
        }
        (future, known, forecast.confidence)
    }

    fn mean(&self, first: usize, end: usize) -> Sung {
        let sum = (first..end).fold([0.0; PITCH_CLASSES], |sum, ago| add(&sum, self.memory.before(ago), 1.0));
        sum.map(|share| share / (end - first) as f32)
    }

    /// What was sung at this place of the last rounds of so many steps: mean of eight steps from `first` on.
    fn round(&self, period: usize, first: usize) -> Sung {
        let mut sum = [0.0; PITCH_CLASSES];
        let mut total = 1e-3;
        for back in 1..=ROUNDS_BACK {
            let weight = 1.0 / back as f32;
            for step in first..first + 8 {
                let Some(ago) = (back * period).checked_sub(1 + step) else { continue };
                let sung = self.memory.before(ago);
                sum = add(&sum, sung, weight);
                total += weight * sung.iter().sum::<f32>();
            }
        }
        sum.map(|share| share / total)
    }

    fn share(
        &self,
        place: &Place,
        ahead: &[StepHeard],
        known: usize,
        confidence: f32,
        shared: &mut [f32; SHARED_FEATURES],
    ) {
        let (four, rest) = shared.split_at_mut(16);
        let (three, rest) = rest.split_at_mut(12);
        let (bars, rest) = rest.split_at_mut(4);
        let bar = place.steps_per_bar.max(1);
        if bar.is_multiple_of(3) && !bar.is_multiple_of(16) {
            three[(place.step % 12) as usize] = 1.0;
        } else {
            four[(place.step % 16) as usize] = 1.0;
        }
        bars[place.bar.rem_euclid(4) as usize] = 1.0;
        let sung = |values: &Sung| values.iter().sum::<f32>();
        rest[0] = sung(self.memory.before(0));
        rest[1] = sung(&self.mean(0, 4));
        rest[2] = sung(&self.mean(0, 16));
        rest[3] = sung(&self.histograms[2]) / FADES[2];
        rest[4] = ahead.first().map_or(0.0, |now| now.heard);
        rest[5] = ahead.first().map_or(0.0, |now| now.voiced() / now.heard.max(0.02));
        rest[6] = known as f32 / 8.0;
        rest[7] = confidence;
        rest[8] = (sung(&self.histograms[4]) / 16.0).min(4.0);
        rest[9] = (sung(&self.histograms[4]) / 128.0).min(4.0);
        rest[10] = (self.steps as f32 / 256.0).min(4.0);
        rest[11] = f32::from(u8::from(place.steps_per_beat == 6));
    }
}

/// `one + scale * other`.
fn add(one: &Sung, other: &Sung, scale: f32) -> Sung {
    std::array::from_fn(|class| one[class] + scale * other[class])
}

fn fade_in(histogram: &mut Sung, sung: &Sung, keep: f32) {
    histogram.iter_mut().zip(sung).for_each(|(sum, sung)| *sum = *sum * keep + sung);
}

/// The class that was sung for most of a step, if one was.
fn note(sung: &Sung) -> Option<usize> {
    let (class, share) = sung.iter().copied().enumerate().max_by(|one, other| one.1.total_cmp(&other.1))?;
    (share > NOTE).then_some(class)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(class: usize) -> StepHeard {
        let mut step = StepHeard { heard: 1.0, level: -20.0, key: 60.0, ..StepHeard::default() };
        step.pitch[class] = 1.0;
        step.onset[class] = 0.5;
        step
    }

    fn place(step: usize) -> Place {
        Place { bar: (step / 16) as i64, step: (step % 16) as u32, steps_per_bar: 16, steps_per_beat: 4 }
    }

    /// The features after a melody of so many steps, moved up.
    fn after(steps: usize, up: usize, ahead: &[StepHeard]) -> ChordFeatures {
        let mut listening = Listening::default();
        for index in 0..steps {
            listening.hear(&place(index + 1), &step((index / 3 * 7 + index / 16 + up) % 12));
        }
        listening.features(&place(steps), ahead)
    }

    #[test]
    fn a_melody_higher_up_moves_the_classes_and_nothing_else() {
        let (here, there) = (after(200, 0, &[step(1)]), after(200, 4, &[step(5)]));
        let near = |one: &[f32], other: &[f32]| one.iter().zip(other).all(|(one, other)| (one - other).abs() < 1e-5);
        assert!(near(&here.shared, &there.shared));
        assert!((0..12).all(|class| near(&here.classes[class], &there.classes[(class + 4) % 12])));
        assert!(here.classes[0] != here.classes[1]);
    }

    #[test]
    fn numbers_are_finite_and_within_the_network_s_range_and_follow_what_is_ahead() {
        let deaf = after(300, 0, &[]);
        let all = deaf.classes.iter().flatten().chain(&deaf.shared);
        assert!(all.into_iter().all(|number| number.is_finite() && (0.0..=4.0).contains(number)));
        let hearing = after(300, 0, &[step(2), step(3)]);
        assert!(deaf != hearing);
        assert!(after(0, 0, &[]).classes.iter().flatten().all(|number| *number == 0.0));
    }
}
