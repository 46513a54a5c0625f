//! Accompaniment from chord symbols: what pianists, guitarists and bassists play when they read a lead sheet.

use crate::{
    composition::harmony::chord_at,
    notation::{chord::Chord, note::Note},
    random::Random,
};

/// The beats of a song.
#[derive(Debug, Clone, Copy)]
pub struct Beats<'a> {
    /// Their times in seconds.
    pub times: &'a [f64],
    /// Index of the first one of a bar.
    pub downbeat: usize,
    /// Beats of a bar.
    pub meter: usize,
}

impl Beats<'_> {
    /// Place in the bar, begin and length of every beat.
    fn iter(&self) -> impl Iterator<Item = (usize, f64, f64)> {
        let meter = self.meter.max(1);
        let shift = meter - self.downbeat % meter;
        self.times
            .windows(2)
            .enumerate()
            .map(move |(index, pair)| ((index + shift) % meter, pair[0], pair[1] - pair[0]))
    }
}

/// A way to accompany.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comping {
    /// Chords held.
    Held,
    /// A chord on each beat.
    Beats,
    /// Chords on the second half of each beat, as in reggae and ska.
    Offbeats,
    /// Up and down strokes of a guitar, string by string.
    Strummed,
    /// One tone after the other, eight to the bar or sixteen.
    Broken,
    /// Low tone, chord, low tone, chord: stride, march, waltz.
    Stride,
    /// Root and fifth in steady eighths: power chords.
    Power,
    /// A syncopated rhythm drawn once.
    Syncopated,
}

/// All ways to accompany.
pub const COMPINGS: [Comping; 8] = [
    Comping::Held,
    Comping::Beats,
    Comping::Offbeats,
    Comping::Strummed,
    Comping::Broken,
    Comping::Stride,
    Comping::Power,
    Comping::Syncopated,
];

impl Comping {
    /// The notes of an accompaniment around the key `middle`.
    #[must_use]
    pub fn play(self, chords: &[Chord], beats: Beats, middle: f32, random: &mut Random) -> Vec<Note> {
        if self == Self::Held {
            return crate::composition::harmony::held(chords, middle, random.between(0.5, 0.8));
        }
        let habits = Habits::random(random);
        let mut notes = Vec::new();
        for (place, begin, beat) in beats.iter() {
            let Some(chord) = chord_at(chords, begin) else { continue };
            for part in 0..2 {
                let start = begin + part as f64 * beat / 2.0;
                let velocity = random.between(0.55, 0.8) + if place + part == 0 { 0.15 } else { 0.0 };
                let half = Half { place, part, start, beat, velocity };
                notes.extend(self.half(&half, chord, middle, &habits));
            }
        }
        notes
    }

    /// What is played in half a beat.
    fn half(self, half: &Half, chord: &Chord, middle: f32, habits: &Habits) -> Vec<Note> {
        let (keys, low) = (chord.voiced(middle), chord.bass_key(middle - 22.0));
        let (place, first, beat) = (half.place, half.part == 0, half.beat);
        let index = 2 * place + half.part;
        let bass = matches!(place, 0 | 4) || place == 2 && habits.held < 0.7;
        match self {
            Self::Beats if first => half.chord(&keys, beat * habits.held, 0.0),
            Self::Offbeats if !first => half.chord(&keys, beat * 0.4 * habits.held, 0.0),
            Self::Strummed if first || habits.strokes[index % 8] => {
                let mut strings: Vec<f32> = [low + 12.0].into_iter().chain(keys).collect();
                strings.push(strings[1] + 12.0);
                if !first {
                    strings.reverse();
                }
                half.chord(&strings, beat * 0.55, habits.spread)
            }
            Self::Broken => half.broken(&keys, index, habits),
            Self::Stride if first && bass => half.chord(&[low], beat * 0.9, 0.0),
            Self::Stride if first => half.chord(&keys, beat * habits.held, 0.0),
            Self::Power => half.chord(&[low + 12.0, low + 19.0, low + 24.0], beat * 0.5 * habits.held, 0.0),
            Self::Syncopated if habits.strokes[index % 8] => half.chord(&keys, beat * 0.5 * habits.held, 0.0),
            _ => Vec::new(),
        }
    }
}

/// Half a beat of a bar.
struct Half {
    /// The beat's number in the bar.
    place: usize,
    /// First or second half.
    part: usize,
    start: f64,
    /// Length of the whole beat in seconds.
    beat: f64,
    velocity: f32,
}

impl Half {
    /// Keys together, or `spread` seconds after one another.
    fn chord(&self, keys: &[f32], length: f64, spread: f64) -> Vec<Note> {
        let note =
            |(index, &key)| Note { start: self.start + spread * index as f64, length, key, velocity: self.velocity };
        keys.iter().enumerate().map(note).collect()
    }

    /// One or two keys after one another.
    fn broken(&self, keys: &[f32], index: usize, habits: &Habits) -> Vec<Note> {
        let length = self.beat / 2.0 / habits.fast as f64;
        (0..habits.fast)
            .map(|part| {
                let tone = habits.order[(index * habits.fast + part) % 8];
                let key = keys[tone % keys.len()] + 12.0 * (tone / keys.len()) as f32;
                Note { start: self.start + length * part as f64, length, key, velocity: self.velocity }
            })
            .collect()
    }
}

/// What a player does again and again.
struct Habits {
    held: f64,
    spread: f64,
    strokes: [bool; 8],
    order: [usize; 8],
    fast: usize,
}

impl Habits {
    fn random(random: &mut Random) -> Self {
        let orders =
            [[0, 2, 1, 2, 0, 2, 1, 2], [0, 1, 2, 3, 4, 3, 2, 1], [0, 1, 2, 3, 0, 1, 2, 3], [2, 1, 0, 1, 2, 3, 2, 1]];
        Self {
            held: f64::from(random.between(0.4, 1.0)),
            spread: f64::from(random.between(0.004, 0.02)),
            strokes: std::array::from_fn(|index| index == 0 || random.chance(0.5)),
            order: orders[random.index(4)],
            fast: 1 + random.index(2),
        }
    }
}

/// A bass line on the beats: held roots, roots and fifths, eighths or a walk from chord to chord.
#[must_use]
pub fn bass(chords: &[Chord], beats: Beats, random: &mut Random) -> Vec<Note> {
    let (per_beat, density) = ([1, 1, 2, 2, 4][random.index(5)], random.between(0.4, 1.0));
    let lowest = [28.0, 28.0, 33.0, 24.0][random.index(4)];
    let (walks, fifths) = (per_beat == 1 && random.chance(0.35), random.between(0.0, 0.3));
    let staccato = f64::from(random.between(0.5, 1.0));
    let mut notes: Vec<Note> = Vec::new();
    for (_, begin, beat) in beats.iter() {
        let step = beat / f64::from(per_beat);
        for part in 0..per_beat {
            let start = begin + step * f64::from(part);
            let Some(chord) = chord_at(chords, start) else { continue };
            let begins = start - chord.start < step - 0.02;
            if !(begins || walks || random.chance(density)) {
                // A note that is not struck anew lasts.
                if let Some(last) = notes.last_mut().filter(|_| staccato > 0.8) {
                    last.length += step;
                }
                continue;
            }
            let tone = if begins {
                0.0
            } else if walks {
                let tones = &chord.tones;
                f32::from(tones[random.index(tones.len())]) + [0.0, 0.0, -1.0, 2.0][random.index(4)]
            } else if random.chance(fifths) {
                [7.0, 12.0, -5.0][random.index(3)]
            } else {
                0.0
            };
            let key = chord.bass_key(lowest) + tone;
            notes.push(Note { start, length: step * staccato, key, velocity: random.between(0.6, 0.95) });
        }
    }
    notes
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_way_to_accompany_plays_tones_of_the_chord_in_time() {
        let chord = |start: f64, root| Chord { start, end: start + 2.0, root, bass: root, tones: vec![0, 4, 7] };
        let chords = [chord(0.0, 0), chord(2.0, 5), chord(4.0, 7)];
        let times: Vec<f64> = (0..13).map(|beat| f64::from(beat) * 0.5).collect();
        let beats = Beats { times: &times, downbeat: 0, meter: 4 };
        for (seed, comping) in COMPINGS.into_iter().enumerate() {
            let notes = comping.play(&chords, beats, 60.0, &mut Random::new(seed as u64));
            assert!(notes.len() >= 9, "{comping:?}");
            for note in &notes {
                let chord = chord_at(&chords, note.start).unwrap();
                let class = (note.key as u8 + 12 - chord.root) % 12;
                assert!(matches!(class, 0 | 4 | 7), "{comping:?} {note:?}");
            }
        }
        for seed in 0..20 {
            let line = bass(&chords, beats, &mut Random::new(seed));
            let roots: Vec<f32> = chords
                .iter()
                .filter_map(|chord| line.iter().find(|note| (note.start - chord.start).abs() < 0.01))
                .map(|note| note.key % 12.0)
                .collect();
            assert_eq!(roots, [0.0, 5.0, 7.0], "seed {seed}");
        }
    }
}
