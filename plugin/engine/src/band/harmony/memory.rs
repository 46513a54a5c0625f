//! The song's own memory: which earlier passage is being sung again, and how it went on then.
//!
//! A streaming self-similarity. Every lag of whole beats has a score that grows with each step that is like the one that
//! long ago, falls with each that is not, and fades: local alignment along the diagonals of the song's similarity matrix.

use songweave_dsp::analysis::chroma::PITCH_CLASSES;

/// Steps that are remembered: over ten minutes at 100 beats per minute.
pub const REMEMBERED: usize = 4096;
/// Steps that are foretold, the one that begins included.
pub const FORETOLD: usize = 16;
/// Share of a score that is left after a step.
const FADE: f32 = 0.95;
/// What a step that is not like the one a lag ago costs, per share of both that differs.
const MISMATCH: f32 = 1.2;
/// What singing against silence costs.
const SILENCE: f32 = 0.3;
/// What shared silence gives.
const PAUSE: f32 = 0.05;
/// Score at which a passage is as likely a coincidence as a repetition.
const COINCIDENCE: f32 = 5.0;
/// Score that makes a passage e times as likely.
const SHARPNESS: f32 = 1.2;
/// Shortest lag in beats.
const SHORTEST: usize = 2;

/// What was sung in a step, `[pitch class]`, shares of its time.
pub type Sung = [f32; PITCH_CLASSES];

/// How the passage that is sung now went on when it was sung before.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Forecast {
    /// What was sung in the next steps, `[step from the one that begins][pitch class]`, mean over the passages found.
    pub sung: [Sung; FORETOLD],
    /// Probability that this is a repetition, 0…1.
    pub confidence: f32,
    /// Lag in steps of the likeliest passage, 0 if there is none.
    pub lag: usize,
}

/// Everything that was sung, and how like the present it is.
#[derive(Debug, Clone)]
pub struct Memory {
    /// A ring of [`REMEMBERED`] steps; the newest is at `(count - 1) % REMEMBERED`.
    steps: Vec<Sung>,
    count: usize,
    /// Steps of a beat of which the lags are multiples.
    beat: usize,
    /// `[lag in beats]`.
    scores: Vec<f32>,
}

impl Default for Memory {
    fn default() -> Self {
        Self { steps: vec![[0.0; PITCH_CLASSES]; REMEMBERED], count: 0, beat: 0, scores: Vec::new() }
    }
}

impl Memory {
    /// Steps that are remembered now.
    fn length(&self) -> usize {
        self.count.min(REMEMBERED)
    }

    /// The step that was sung `ago` steps before the newest one; silence where nothing is remembered.
    #[must_use]
    pub fn before(&self, ago: usize) -> &Sung {
        const NOTHING: &Sung = &[0.0; PITCH_CLASSES];
        if ago < self.length() { &self.steps[(self.count - 1 - ago) % REMEMBERED] } else { NOTHING }
    }

    /// Remembers a step, in a bar whose beats have so many steps.
    pub fn hear(&mut self, sung: Sung, steps_per_beat: usize) {
        if self.beat != steps_per_beat.max(1) {
            self.beat = steps_per_beat.max(1);
            self.scores = vec![0.0; REMEMBERED / self.beat];
        }
        self.steps[self.count % REMEMBERED] = sung;
        self.count += 1;
        for beats in SHORTEST..self.scores.len() {
            let lag = beats * self.beat;
            if lag >= self.length() {
                break;
            }
            let gain = similarity(&sung, self.before(lag));
            self.scores[beats] = (FADE * self.scores[beats] + gain).max(0.0);
        }
    }

    /// How it went on; all zeros if no passage is known.
    #[must_use]
    pub fn forecast(&self) -> Forecast {
        let mut forecast = Forecast { sung: [[0.0; PITCH_CLASSES]; FORETOLD], confidence: 0.0, lag: 0 };
        let best = self.scores.iter().copied().fold(COINCIDENCE, f32::max);
        let weight = |score: f32| libm::expf((score - best) / SHARPNESS);
        let (mut sum, mut likeliest) = (weight(COINCIDENCE), 0.0);
        for (beats, &score) in self.scores.iter().enumerate().filter(|(_, score)| **score > best - 8.0 * SHARPNESS) {
            if score <= 0.0 {
                continue;
            }
            let (lag, weight) = (beats * self.beat, weight(score));
            sum += weight;
            forecast.confidence += weight;
            if score > likeliest {
                (likeliest, forecast.lag) = (score, lag);
            }
            for (step, sung) in forecast.sung.iter_mut().enumerate() {
                // A passage shorter than the forecast goes round.
                let then = self.before(lag - 1 - step % lag);
                sung.iter_mut().zip(then).for_each(|(sung, then)| *sung += weight * then);
            }
        }
        forecast.confidence /= sum;
        forecast.sung.iter_mut().flatten().for_each(|share| *share /= sum);
        forecast
    }
}

/// How alike two steps are: up to 1, below 0 where they differ.
#[must_use]
pub fn similarity(one: &Sung, other: &Sung) -> f32 {
    let (sung, sung_then) = (one.iter().sum::<f32>(), other.iter().sum::<f32>());
    let same: f32 = one.iter().zip(other).map(|(one, other)| one * other).sum();
    let pause = (1.0 - sung) * (1.0 - sung_then);
    same - MISMATCH * (sung * sung_then - same) - SILENCE * (sung - sung_then).abs() + PAUSE * pause
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A melody of eighths that never comes round, different for each seed.
    fn melody(seed: usize, steps: usize) -> Vec<Sung> {
        let class = |step: usize| {
            let eighth = (step / 2 + 1000 * seed) as u32;
            (eighth.wrapping_mul(2_654_435_761) >> 16) as usize % PITCH_CLASSES
        };
        (0..steps).map(|step| std::array::from_fn(|index| f32::from(u8::from(index == class(step))))).collect()
    }

    fn hear(memory: &mut Memory, melody: &[Sung]) {
        melody.iter().for_each(|sung| memory.hear(*sung, 4));
    }

    #[test]
    fn a_passage_that_returns_is_found_and_foretold() {
        let (verse, chorus) = (melody(1, 96), melody(2, 64));
        let mut memory = Memory::default();
        hear(&mut memory, &verse);
        hear(&mut memory, &chorus);
        assert!(memory.forecast().confidence < 0.75, "{}", memory.forecast().confidence);
        hear(&mut memory, &verse[..48]);
        let forecast = memory.forecast();
        assert_eq!(forecast.lag, 160);
        assert!(forecast.confidence > 0.95, "{}", forecast.confidence);
        for (foretold, sung) in forecast.sung.iter().zip(&verse[48..]) {
            assert!(foretold.iter().zip(sung).all(|(foretold, sung)| (foretold - sung).abs() < 0.1));
        }
    }

    #[test]
    fn nothing_is_foretold_in_silence_and_the_ring_goes_round() {
        let mut memory = Memory::default();
        assert_eq!(memory.forecast().confidence, 0.0);
        for _ in 0..3 * REMEMBERED {
            memory.hear([0.0; PITCH_CLASSES], 6);
        }
        let forecast = memory.forecast();
        assert!(forecast.sung.iter().flatten().all(|share| *share == 0.0) && forecast.confidence.is_finite());
        let song = melody(3, REMEMBERED + 100);
        hear(&mut memory, &song);
        assert_eq!(memory.before(0), &song[song.len() - 1]);
        assert_eq!(memory.before(REMEMBERED - 1), &song[100]);
        assert_eq!(memory.before(REMEMBERED), &[0.0; PITCH_CLASSES]);
    }
}
