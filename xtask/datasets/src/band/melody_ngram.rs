//! What the melody network has to beat: counts of short runs of notes, under the same conditions.
//!
//! Each probability is that of the most special context, smoothed by the next more general one (Witten and Bell, "The
//! zero-frequency problem", 1991, method C, whose weight of the general one is [`LEAN`] times as large here), down to all
//! pitches being alike.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
};

use songweave_models::melody::{DURATIONS, PITCHES, Register};

use songweave_score::{
    notation::step_chord::StepChord,
    songs::melody_songs::{Corpus, MelodySong},
};

/// How many times as much as by Witten and Bell the more general context counts; from 1 to 5 tried on the validation songs.
const LEAN: f64 = 3.0;

/// An event as the counts know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Token {
    pitch: usize,
    duration: usize,
    /// Step of the bar, and the bar's length.
    place: (u32, u32),
    /// Root above the tonic and third, 36 where no chord sounds; whether the key is minor.
    chord: (u8, bool),
}

/// What followed a context, and how often.
#[derive(Debug, Clone, Default)]
struct Followers {
    total: f64,
    counts: HashMap<usize, f64>,
}

/// Counts of runs of at most `order` events.
#[derive(Debug, Clone)]
pub struct NGram {
    order: usize,
    followers: HashMap<u64, Followers>,
}

/// Nats that a model needs for a melody.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cost {
    /// For the pitches and rests.
    pub pitch: f64,
    /// For their lengths.
    pub duration: f64,
    /// Notes, rests not counted.
    pub notes: f64,
}

impl Cost {
    /// Nats per note, rests included in what they cost.
    #[must_use]
    pub fn per_note(&self) -> f64 {
        (self.pitch + self.duration) / self.notes.max(1.0)
    }
}

impl std::ops::AddAssign for Cost {
    fn add_assign(&mut self, other: Self) {
        self.pitch += other.pitch;
        self.duration += other.duration;
        self.notes += other.notes;
    }
}

/// The register that a melody needs.
#[must_use]
pub fn register(song: &MelodySong) -> Register {
    let keys = || song.events.iter().filter_map(|event| event.key);
    let (low, high) = (keys().min().unwrap_or(60), keys().max().unwrap_or(60));
    Register::new(song.tonic, song.minor, (low, high))
}

impl NGram {
    /// Counts of songs; an order of 2 looks one event back.
    #[must_use]
    pub fn of<'a>(order: usize, songs: impl Iterator<Item = &'a MelodySong>) -> Self {
        let mut counted = Self { order, followers: HashMap::new() };
        for song in songs {
            let tokens = tokens(song);
            for index in 0..tokens.len() {
                for context in counted.pitch_contexts(&tokens, index, song.corpus) {
                    counted.count(context, tokens[index].pitch);
                }
                for context in counted.duration_contexts(&tokens, index, song.corpus) {
                    counted.count(context, tokens[index].duration);
                }
            }
        }
        counted
    }

    /// What a song costs.
    #[must_use]
    pub fn cost(&self, song: &MelodySong) -> Cost {
        let (tokens, register) = (tokens(song), register(song));
        let allowed: Vec<usize> = (0..PITCHES).filter(|pitch| register.allows(*pitch)).collect();
        let durations: Vec<usize> = (0..DURATIONS.len()).collect();
        let mut cost = Cost::default();
        for (index, token) in tokens.iter().enumerate() {
            let contexts = self.pitch_contexts(&tokens, index, song.corpus);
            cost.pitch -= self.chance(&contexts, &allowed, token.pitch).ln();
            let contexts = self.duration_contexts(&tokens, index, song.corpus);
            cost.duration -= self.chance(&contexts, &durations, token.duration).ln();
            cost.notes += f64::from(u8::from(token.pitch > 0));
        }
        cost
    }

    fn count(&mut self, context: u64, follower: usize) {
        let followers = self.followers.entry(context).or_default();
        followers.total += 1.0;
        *followers.counts.entry(follower).or_default() += 1.0;
    }

    /// The chance of `wanted` among the allowed ones; `contexts` from the most general on.
    fn chance(&self, contexts: &[u64], allowed: &[usize], wanted: usize) -> f64 {
        let mut chances = vec![1.0 / allowed.len().max(1) as f64; allowed.len()];
        for followers in contexts.iter().filter_map(|context| self.followers.get(context)) {
            let kinds = LEAN * followers.counts.len() as f64;
            for (chance, item) in chances.iter_mut().zip(allowed) {
                let count = followers.counts.get(item).copied().unwrap_or(0.0);
                *chance = (count + kinds * *chance) / (followers.total + kinds);
            }
        }
        let all: f64 = chances.iter().sum();
        allowed.iter().position(|item| *item == wanted).map_or(1e-9, |index| chances[index] / all)
    }

    /// The latest events before `index`, at most `order` − 1 of them.
    fn past<'a>(&self, tokens: &'a [Token], index: usize, back: usize) -> Option<&'a [Token]> {
        (back < self.order).then(|| &tokens[index.saturating_sub(back)..index])
    }

    fn pitch_contexts(&self, tokens: &[Token], index: usize, corpus: Corpus) -> Vec<u64> {
        let now = tokens[index];
        let mut contexts =
            vec![key(&"pitch"), key(&("pitch", now.chord)), key(&("pitch", now.chord, now.place, corpus as u8))];
        for back in 1..4 {
            let Some(past) = self.past(tokens, index, back) else { break };
            let pitches: Vec<usize> = past.iter().map(|token| token.pitch).collect();
            contexts.push(key(&("pitch", &pitches)));
            contexts.push(key(&("pitch", &pitches, now.chord)));
        }
        contexts
    }

    fn duration_contexts(&self, tokens: &[Token], index: usize, corpus: Corpus) -> Vec<u64> {
        let now = tokens[index];
        let sounds = now.pitch > 0;
        let mut contexts = vec![
            key(&("duration", sounds)),
            key(&("duration", sounds, corpus as u8)),
            key(&("duration", sounds, now.place, corpus as u8)),
        ];
        for back in 1..4 {
            let Some(past) = self.past(tokens, index, back) else { break };
            let lengths: Vec<(bool, usize)> = past.iter().map(|token| (token.pitch > 0, token.duration)).collect();
            contexts.push(key(&("duration", sounds, &lengths)));
            contexts.push(key(&("duration", sounds, &lengths, now.place)));
        }
        contexts
    }
}

fn key(context: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    context.hash(&mut hasher);
    hasher.finish()
}

fn tokens(song: &MelodySong) -> Vec<Token> {
    let register = register(song);
    let chord = |step: u32| {
        let chord = song.chords.get(step as usize).copied().flatten().map(StepChord::from);
        chord.map_or(36, |chord| chord.transposed(12 - song.tonic as i8).symbol())
    };
    let token = |event: &songweave_score::songs::melody_songs::Event| Token {
        pitch: event.key.and_then(|key| register.pitch(key)).unwrap_or(0),
        duration: event.duration.into(),
        place: (event.start % song.steps_per_bar, song.steps_per_bar),
        chord: (chord(event.start), song.minor),
    };
    song.events.iter().map(token).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use songweave_score::songs::melody_songs::Event;

    fn song(keys: &[u8], steps: u32) -> MelodySong {
        let event = |(index, key): (usize, &u8)| Event { start: index as u32 * steps, key: Some(*key), duration: 3 };
        MelodySong {
            name: String::new(),
            corpus: Corpus::Pop,
            events: keys.iter().enumerate().map(event).collect(),
            chords: Vec::new(),
            phrase: Vec::new(),
            steps_per_bar: 16,
            steps_per_beat: 4,
            tonic: 0,
            minor: false,
        }
    }

    #[test]
    fn four_events_tell_what_two_cannot() {
        let round: Vec<u8> = [60, 62, 60, 64, 60, 67].repeat(40);
        let known = song(&round, 16);
        let costs = [2, 4].map(|order| NGram::of(order, std::iter::once(&known)).cost(&known).per_note());
        assert!(costs[1] < 0.25 && costs[0] > costs[1] + 0.3, "{costs:?}");
        let other = song(&[60, 61, 66, 61, 60, 66], 16);
        assert!(NGram::of(4, std::iter::once(&known)).cost(&other).per_note() > 1.0);
        let moved: Vec<u8> = round.iter().map(|key| key + 5).collect();
        let moved = MelodySong { tonic: 5, ..song(&moved, 16) };
        let cost = NGram::of(4, std::iter::once(&known)).cost(&moved).per_note();
        assert!((cost - costs[1]).abs() < 1e-9, "the key does not matter");
    }
}
