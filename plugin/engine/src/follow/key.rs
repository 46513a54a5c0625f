//! The key of a song, from what was heard of its pitch classes.
//!
//! The chroma of about the last half minute is held against a profile of each of the 24 keys (Krumhansl, "Cognitive
//! Foundations of Musical Pitch", 1990, ch. 4). Scores are not normalised by how strongly the chroma varies, so drums and
//! noise, whose chroma is flat, score alike in all keys and stay "not sure".

use songweave_dsp::analysis::chroma::PITCH_CLASSES;

/// Names of the tonics as they are usually spelled, major and minor; in letters that every font has.
const NAMES: [[&str; PITCH_CLASSES]; 2] = [
    ["C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B"],
    ["C", "C#", "D", "Eb", "E", "F", "F#", "G", "G#", "A", "Bb", "B"],
];

/// A major or minor key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Pitch class of the tonic, 0 = C … 11 = B.
    pub tonic: u8,
    /// Minor rather than major.
    pub minor: bool,
}

impl Key {
    /// Its name, e.g. `Eb minor`.
    #[must_use]
    pub fn name(self) -> String {
        let tonic = NAMES[usize::from(self.minor)][usize::from(self.tonic) % PITCH_CLASSES];
        format!("{tonic} {}", if self.minor { "minor" } else { "major" })
    }

    /// Tonic of the major key with the same notes.
    #[must_use]
    pub const fn major_tonic(self) -> u8 {
        if self.minor { (self.tonic + 3) % 12 } else { self.tonic % 12 }
    }

    /// Steps on the circle of fifths between the notes of two keys, 0…6; relative keys are 0 apart.
    #[must_use]
    pub const fn fifths_from(self, other: Self) -> u8 {
        let steps = (7 * (12 + self.major_tonic() - other.major_tonic())) % 12;
        if steps > 6 { 12 - steps } else { steps }
    }

    /// The key that many semitones up.
    #[must_use]
    pub const fn transposed(self, semitones: i8) -> Self {
        Self { tonic: (self.tonic as i8 + semitones).rem_euclid(12) as u8, minor: self.minor }
    }
}

/// A key with how sure it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KeyEstimate {
    /// The key.
    pub key: Key,
    /// Probability that it is this one of the 24, 0…1.
    pub confidence: f32,
}

/// Weights of the pitch classes for the major and the minor key on C, `[mode][pitch class]`: the softmax of the 24 weighed
/// sums is the keys' probability. Fitted to 95 songs of POP909 by logistic regression from Albrecht and Shanahan's profiles
/// ("The use of large corpora to train a new type of key-finding algorithm", 2013), with a chroma from 100 to 2,000 Hz. For the
/// present one, which is flatter, all of them were multiplied by 1.6, the likeliest factor over 84 training songs in twelve transpositions
/// each; a new fit was no better on songs left out of it. `cargo xtask evaluate key` measures it on others.
const PROFILES: [[f32; PITCH_CLASSES]; 2] = [
    [41.4, -28.6, -2.6, -22.4, 36.8, 5.9, -24.3, 46.2, -20.3, -10.7, -46.6, 23.8],
    [52.8, -45.1, 5.1, 21.9, -17.6, -5.3, -6.9, 43.5, -22.4, -37.1, 11.5, 0.5],
];
/// Keys, majors first.
const KEYS: usize = 2 * PITCH_CLASSES;
/// Time in seconds after which a third of what was heard still counts.
const MEMORY: f32 = 25.0;
/// Seconds of music before there is an answer.
const FIRST_ANSWER: f32 = 6.0;
/// An answer less probable than this is "not sure".
const SURE: f32 = 0.4;
/// An answer that was sure stays so down to this probability.
const STAYS_SURE: f32 = 0.25;
/// Seconds for which another key has to be the more probable one before the answer changes.
const CHANGE_AFTER: f32 = 3.0;

/// Follows the key of one song.
#[derive(Debug, Clone)]
pub struct KeyTracker {
    chroma: [f32; PITCH_CLASSES],
    keep: f32,
    hop_seconds: f32,
    /// Seconds in which something had a pitch.
    heard: f32,
    present: Option<usize>,
    sure: bool,
    /// Another key that is the more probable one, and for how many seconds.
    rival: Option<(usize, f32)>,
    probabilities: [f32; KEYS],
}

impl KeyTracker {
    /// A tracker that has heard nothing, for hops of so many seconds.
    #[must_use]
    pub fn new(hop_seconds: f32) -> Self {
        Self {
            chroma: [0.0; PITCH_CLASSES],
            keep: libm::expf(-hop_seconds / MEMORY),
            hop_seconds,
            heard: 0.0,
            present: None,
            sure: false,
            rival: None,
            probabilities: [0.0; KEYS],
        }
    }

    /// Forgets everything heard.
    pub fn reset(&mut self) {
        *self = Self::new(self.hop_seconds);
    }

    /// Hears the pitch classes of the next hop. Hops without any do not count.
    pub fn hear(&mut self, chroma: &[f32; PITCH_CLASSES]) {
        if !chroma.iter().all(|weight| weight.is_finite()) || chroma.iter().all(|weight| *weight <= 0.0) {
            return;
        }
        for (sum, weight) in self.chroma.iter_mut().zip(chroma) {
            *sum = *sum * self.keep + weight;
        }
        self.heard += self.hop_seconds;
        self.probabilities = probabilities(&self.chroma());
        self.follow();
    }

    /// What was heard lately, adding up to 1; all 0 when nothing was.
    #[must_use]
    pub fn chroma(&self) -> [f32; PITCH_CLASSES] {
        let sum: f32 = self.chroma.iter().sum();
        self.chroma.map(|weight| if sum > 0.0 { weight / sum } else { 0.0 })
    }

    /// The key, `None` while it is not sure.
    #[must_use]
    pub fn estimate(&self) -> Option<KeyEstimate> {
        let key = self.present?;
        self.sure.then(|| KeyEstimate { key: key_of(key), confidence: self.probabilities[key] })
    }

    /// Probability of each set of seven notes, by the tonic of its major key: relative keys share their notes. `None` before there is
    /// an answer.
    #[must_use]
    pub fn scales(&self) -> Option<[f32; PITCH_CLASSES]> {
        let mut scales = [0.0; PITCH_CLASSES];
        for (key, probability) in self.probabilities.iter().enumerate() {
            scales[usize::from(key_of(key).major_tonic())] += probability;
        }
        (self.heard >= FIRST_ANSWER).then_some(scales)
    }

    /// Lets the answer change where another key has been the more probable one for long enough.
    fn follow(&mut self) {
        let best =
            (0..KEYS).fold(0, |best, key| if self.probability(key) > self.probability(best) { key } else { best });
        let waited = match self.rival {
            _ if self.present == Some(best) => None,
            Some((rival, waited)) if rival == best => Some(waited + self.hop_seconds),
            _ => Some(0.0),
        };
        self.rival = waited.map(|waited| (best, waited));
        if self.heard < FIRST_ANSWER || waited.is_some_and(|waited| waited >= CHANGE_AFTER) || self.present.is_none() {
            self.present = Some(best);
            self.rival = None;
        }
        let enough = if self.sure { STAYS_SURE } else { SURE };
        let confidence = self.present.map_or(0.0, |key| self.probability(key));
        self.sure = self.heard >= FIRST_ANSWER && confidence >= enough;
    }

    fn probability(&self, key: usize) -> f32 {
        self.probabilities[key]
    }
}

/// Probability of each key, from a chroma that adds up to 1.
fn probabilities(chroma: &[f32; PITCH_CLASSES]) -> [f32; KEYS] {
    let scores: [f32; KEYS] = std::array::from_fn(|index| {
        let Key { tonic, minor } = key_of(index);
        let profile = &PROFILES[usize::from(minor)];
        let weighed = chroma
            .iter()
            .enumerate()
            .map(|(class, weight)| weight * profile[(PITCH_CLASSES + class - usize::from(tonic)) % PITCH_CLASSES]);
        weighed.sum()
    });
    let highest = scores.iter().copied().fold(f32::MIN, f32::max);
    let weights = scores.map(|score| libm::expf(score - highest));
    let sum: f32 = weights.iter().sum();
    weights.map(|weight| weight / sum)
}

const fn key_of(index: usize) -> Key {
    Key { tonic: (index % PITCH_CLASSES) as u8, minor: index >= PITCH_CLASSES }
}
