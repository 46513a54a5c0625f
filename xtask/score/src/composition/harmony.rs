//! Made-up music: chord progressions, voicings, bass lines, arpeggios and melodies in a key.

use crate::notation::chord::Chord;
use crate::{notation::note::Note, random::Random};

/// Steps of the major scale in semitones.
const MAJOR: [u8; 7] = [0, 2, 4, 5, 7, 9, 11];
/// Steps of the natural minor scale in semitones.
const MINOR: [u8; 7] = [0, 2, 3, 5, 7, 8, 10];
/// Progressions of songs, as degrees of the scale: four chords each, in major and in minor.
const ROUNDS: [[[usize; 4]; 10]; 2] = [
    [
        [0, 4, 5, 3],
        [5, 3, 0, 4],
        [0, 5, 3, 4],
        [3, 4, 2, 5],
        [1, 4, 0, 5],
        [0, 3, 5, 4],
        [3, 0, 4, 5],
        [0, 2, 3, 4],
        [0, 3, 0, 4],
        [5, 4, 3, 4],
    ],
    [
        [0, 5, 2, 6],
        [0, 3, 5, 4],
        [0, 6, 5, 6],
        [0, 0, 5, 6],
        [5, 6, 0, 0],
        [0, 3, 6, 2],
        [0, 5, 3, 4],
        [0, 2, 6, 3],
        [3, 5, 0, 6],
        [0, 0, 3, 5],
    ],
];

/// A root and a scale.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Pitch class, 0 = C.
    pub root: u8,
    /// Natural minor instead of major.
    pub minor: bool,
}

impl Key {
    /// A random key, minor more often than not.
    #[must_use]
    pub fn random(random: &mut Random) -> Self {
        Self { root: random.index(12) as u8, minor: random.chance(0.6) }
    }

    const fn scale(self) -> [u8; 7] {
        if self.minor { MINOR } else { MAJOR }
    }

    /// The key of a degree of the scale (0 = root; negative and above 6 in other octaves) above `base`.
    #[must_use]
    pub fn degree(self, base: f32, degree: i32) -> f32 {
        let scale = self.scale();
        let octave = degree.div_euclid(7) as f32;
        base + f32::from(self.root) + f32::from(scale[degree.rem_euclid(7) as usize]) + 12.0 * octave
    }

    /// The chord on a degree: every second tone of the scale, `tones` of them.
    fn chord(self, degree: usize, tones: usize, start: f64, end: f64) -> Chord {
        let scale = self.scale();
        let at = |step: usize| scale[step % 7] + 12 * (step / 7) as u8;
        let root = at(degree);
        let tones = (0..tones).map(|tone| at(degree + 2 * tone) - root).collect();
        let root = (self.root + root) % 12;
        Chord { start, end, root, bass: root, tones }
    }

    /// Four or eight chords over and over until `seconds`, `bar` seconds each or half or twice that.
    #[must_use]
    pub fn progression(self, bar: f64, seconds: f64, random: &mut Random) -> Vec<Chord> {
        let rounds = &ROUNDS[usize::from(self.minor)];
        let mut round: Vec<usize> = rounds[random.index(10)].to_vec();
        match random.index(6) {
            0 => round.extend(rounds[random.index(10)]),
            1 => round = (0..4).map(|_| random.index(6)).collect(),
            2 => round.truncate(2),
            _ => {}
        }
        let length = bar * [1.0, 1.0, 1.0, 2.0, 0.5][random.index(5)];
        let tones = [3, 3, 3, 4, 4, 5][random.index(6)];
        (0..(seconds / length).ceil() as usize)
            .map(|index| {
                let start = index as f64 * length;
                let mut chord = self.chord(round[index % round.len()], tones, start, start + length);
                if random.chance(0.1) {
                    chord.bass = (chord.root + chord.tones[1 + random.index(2)]) % 12;
                }
                chord
            })
            .collect()
    }

    /// A melody in phrases of two or four bars whose rhythm and shape come again; strong beats take tones of the chord.
    #[must_use]
    pub fn melody(self, chords: &[Chord], beat: f64, seconds: f64, middle: f32, random: &mut Random) -> Vec<Note> {
        let base = 12.0 * ((middle - f32::from(self.root)) / 12.0).round();
        let bars = [2.0, 4.0, 2.0][random.index(3)];
        let motifs = [motif(bars, random), motif(bars, random)];
        let order = [[0, 0, 0, 1], [0, 1, 0, 1], [0, 0, 1, 1]][random.index(3)];
        let phrase = 4.0 * bars * beat;
        let mut notes = Vec::new();
        for index in 0..(seconds / phrase).ceil() as usize {
            for &(at, length, step, velocity) in &motifs[order[index % 4]] {
                let start = index as f64 * phrase + at * beat;
                let mut key = self.degree(base, step);
                if at.fract() == 0.0 {
                    key = nearest_tone(chords, start, key);
                }
                notes.push(Note { start, length: length * beat, key, velocity });
            }
        }
        notes
    }
}

/// Begin and length in beats, degree and velocity of the notes of a phrase.
fn motif(bars: f64, random: &mut Random) -> Vec<(f64, f64, i32, f32)> {
    let busy = random.between(0.1, 0.6);
    let end = 4.0 * bars - f64::from(random.between(0.0, 2.5));
    let mut at = [0.0, 0.0, 0.5, 1.0][random.index(4)];
    let mut step = random.index(7) as i32 - 2;
    let mut notes = Vec::new();
    while at < end {
        let length = if random.chance(busy) {
            [0.25, 0.5][random.index(2)]
        } else {
            [0.5, 1.0, 1.5, 2.0, 0.75][random.index(5)]
        };
        if !random.chance(0.1) {
            let held = length * f64::from(random.between(0.75, 1.0));
            notes.push((at, held, step, random.between(0.55, 1.0)));
        }
        at += length;
        step = (step + [-2, -1, -1, 0, 0, 1, 1, 2, 3, -4][random.index(10)]).clamp(-4, 8);
    }
    notes
}

fn nearest_tone(chords: &[Chord], at: f64, key: f32) -> f32 {
    let Some(chord) = chord_at(chords, at) else { return key };
    let keys = chord.voiced(key);
    keys.into_iter().min_by(|one, other| (one - key).abs().total_cmp(&(other - key).abs())).unwrap_or(key)
}

/// The chord that sounds at a time.
#[must_use]
pub fn chord_at(chords: &[Chord], at: f64) -> Option<&Chord> {
    chords.iter().find(|chord| chord.start <= at + 0.02 && at + 0.02 < chord.end)
}

/// Bass in a rhythm of sixteenths that repeats with every bar: roots, now and then octaves and fifths; the patterns of
/// styles (off beats, rolling, held, syncopated) are among the random ones.
#[must_use]
pub fn bass_line(chords: &[Chord], beat: f64, lowest: f32, random: &mut Random) -> Vec<Note> {
    let rhythm: Vec<bool> = match random.index(7) {
        0 => (0..16).map(|place| place == 0).collect(),
        1 => (0..16).map(|place| place % 4 == 2).collect(),
        2 => (0..16).map(|place| place % 4 != 0).collect(),
        3 => (0..16).map(|place| place % 2 == 0).collect(),
        4 => (0..16).map(|place| matches!(place, 0 | 3 | 6 | 8 | 11 | 14)).collect(),
        _ => (0..16).map(|place| place == 0 || random.chance(if place % 2 == 0 { 0.4 } else { 0.2 })).collect(),
    };
    let leaps: Vec<f32> = (0..16)
        .map(|place| if place > 0 && random.chance(0.2) { [12.0, 7.0, 12.0, -5.0][random.index(4)] } else { 0.0 })
        .collect();
    let held = f64::from(random.between(0.4, 1.0));
    let mut notes = Vec::new();
    for chord in chords {
        let places = (chord.length() / beat * 4.0).round() as usize;
        let struck: Vec<usize> = (0..places).filter(|place| rhythm[place % 16]).collect();
        for (index, &place) in struck.iter().enumerate() {
            let next = struck.get(index + 1).copied().unwrap_or(places);
            let start = chord.start + place as f64 * beat / 4.0;
            let length = (next - place) as f64 * beat / 4.0 * held;
            let key = chord.bass_key(lowest) + leaps[place % 16];
            notes.push(Note { start, length, key, velocity: random.between(0.75, 1.0) });
        }
    }
    notes
}

/// Broken chords in even notes of `step` seconds, as an arpeggiator plays them.
#[must_use]
pub fn arpeggio(chords: &[Chord], step: f64, middle: f32, random: &mut Random) -> Vec<Note> {
    let pattern: Vec<Option<usize>> = match random.index(4) {
        0 => (0..8).map(Some).collect(),
        1 => (0..4).chain([4, 3, 2, 1]).map(Some).collect(),
        _ => (0..16).map(|_| random.chance(0.8).then(|| random.index(6))).collect(),
    };
    let held = f64::from(random.between(0.3, 1.0));
    let mut notes = Vec::new();
    for chord in chords {
        let keys = chord.voiced(middle);
        for place in 0..(chord.length() / step).round() as usize {
            if let Some(tone) = pattern[place % pattern.len()] {
                let key = keys[tone % keys.len()] + 12.0 * (tone / keys.len()) as f32;
                let start = chord.start + place as f64 * step;
                notes.push(Note { start, length: held * step, key, velocity: random.between(0.6, 0.95) });
            }
        }
    }
    notes
}

/// The chords, held.
#[must_use]
pub fn held(chords: &[Chord], middle: f32, velocity: f32) -> Vec<Note> {
    let note = |chord: &Chord, key| Note { start: chord.start, length: chord.length(), key, velocity };
    chords.iter().flat_map(|chord| chord.voiced(middle).into_iter().map(|key| note(chord, key))).collect()
}

/// The chords in a rhythm of sixteenths that repeats with every bar.
#[must_use]
pub fn stabs(chords: &[Chord], beat: f64, middle: f32, random: &mut Random) -> Vec<Note> {
    let rhythm: Vec<bool> = match random.index(4) {
        0 => (0..16).map(|place| place % 4 == 2).collect(),
        1 => (0..16).map(|place| matches!(place, 0 | 3 | 6 | 10 | 12)).collect(),
        _ => (0..16).map(|place| place == 0 || random.chance(if place % 2 == 0 { 0.4 } else { 0.2 })).collect(),
    };
    let length = beat / 4.0 * f64::from(random.between(0.5, 2.0));
    let mut notes = Vec::new();
    for chord in chords {
        for place in (0..(chord.length() / beat * 4.0).round() as usize).filter(|place| rhythm[place % 16]) {
            let start = chord.start + place as f64 * beat / 4.0;
            let velocity = random.between(0.6, 1.0);
            notes.extend(chord.voiced(middle).into_iter().map(|key| Note { start, length, key, velocity }));
        }
    }
    notes
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn degrees_and_chords_follow_the_scale() {
        let key = Key { root: 9, minor: true };
        assert_eq!((key.degree(48.0, 0), key.degree(48.0, 2), key.degree(48.0, 7)), (57.0, 60.0, 69.0));
        let chord = key.chord(5, 4, 0.0, 1.0);
        assert_eq!((chord.root, chord.tones.clone()), (5, vec![0, 4, 7, 11]));
        assert_eq!(chord.voiced(60.0), [57.0, 60.0, 64.0, 65.0]);
        assert_eq!((chord.moved(-6).root, chord.bass_key(28.0)), (11, 29.0));
    }

    #[test]
    fn everything_stays_in_time_and_in_key() {
        for seed in 0..30 {
            let random = &mut Random::new(seed);
            let key = Key::random(random);
            let chords = key.progression(2.0, 17.0, random);
            assert!(chords.windows(2).all(|pair| pair[0].end == pair[1].start) && chords.last().unwrap().end >= 17.0);
            let scale: Vec<u8> = key.scale().iter().map(|step| (step + key.root) % 12).collect();
            let lines = [
                arpeggio(&chords, 0.125, 60.0, random),
                held(&chords, 60.0, 0.5),
                stabs(&chords, 0.5, 60.0, random),
                key.melody(&chords, 0.5, 17.0, 66.0, random),
            ];
            for note in lines.iter().flatten() {
                assert!(scale.contains(&(note.key as u8 % 12)), "seed {seed}: {note:?} in {key:?}");
                assert!(note.start >= 0.0 && note.length > 0.0 && (36.0..100.0).contains(&note.key), "{note:?}");
            }
            let bass = bass_line(&chords, 0.5, 28.0, random);
            assert!(bass.len() > 3 && bass.iter().all(|note| (20.0..56.0).contains(&note.key)));
        }
    }
}
