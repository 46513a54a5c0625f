//! Rhythms of electronic music and hip hop as notes of General MIDI drums, with fills and build-ups.

use crate::{notation::note::Note, random::Random};

/// Styles with a beat of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// Kick on every beat, claps on 2 and 4, open hats between.
    House,
    /// Kick on every beat, little else but hats and percussion.
    Techno,
    /// Half-time snare, fast hats with rolls, syncopated kicks.
    Trap,
    /// Broken kicks and ghost snares.
    Breakbeat,
    /// The same, fast.
    DrumAndBass,
    /// Slow, swung.
    HipHop,
    /// Snare on 3 only.
    HalfTime,
    /// Broken, swung kicks against claps on 2 and 4.
    Garage,
    /// Kick on every beat, snare three against four.
    Dembow,
    /// Straight rock and pop machine.
    Pop,
}

/// All styles.
pub const STYLES: [Style; 10] = [
    Style::House,
    Style::Techno,
    Style::Trap,
    Style::Breakbeat,
    Style::DrumAndBass,
    Style::HipHop,
    Style::HalfTime,
    Style::Garage,
    Style::Dembow,
    Style::Pop,
];

/// How much the drums play in a stretch of a song.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// Nothing.
    None,
    /// Hats and percussion, or the kick alone.
    Light,
    /// Everything.
    Full,
    /// A snare roll that gets faster towards the end.
    Build,
}

/// A bar of sixteenths: chance of each drum at each place.
struct Bar {
    kick: [f32; 16],
    snare: [f32; 16],
    hat: [f32; 16],
    open: [f32; 16],
}

/// A drummer with a style, a swing and habits of its own.
#[derive(Debug, Clone)]
pub struct Pattern {
    style: Style,
    bars: [Vec<(usize, u8, f32)>; 2],
    swing: f64,
    light: bool,
    backbeat: u8,
}

impl Style {
    /// A tempo that suits, beats per minute.
    #[must_use]
    pub fn tempo(self, random: &mut Random) -> f32 {
        let (low, high) = match self {
            Self::House => (115.0, 130.0),
            Self::Techno => (122.0, 145.0),
            Self::Trap => (125.0, 165.0),
            Self::Breakbeat => (100.0, 140.0),
            Self::DrumAndBass => (160.0, 178.0),
            Self::HipHop => (75.0, 100.0),
            Self::HalfTime => (130.0, 150.0),
            Self::Garage => (125.0, 136.0),
            Self::Dembow => (88.0, 112.0),
            Self::Pop => (85.0, 130.0),
        };
        random.between(low, high)
    }

    fn bar(self) -> Bar {
        let places = |text: &str| -> [f32; 16] {
            let mut chances = [0.0; 16];
            for (chance, letter) in chances.iter_mut().zip(text.bytes()) {
                *chance = match letter {
                    b'x' => 1.0,
                    b'o' => 0.5,
                    b'.' => 0.15,
                    _ => 0.0,
                };
            }
            chances
        };
        let [kick, snare, hat, open] = match self {
            Self::House => ["x---x---x---x-.-", "----x--.----x--.", "o.o.o.o.o.o.o.o.", "--x---x---x---x-"],
            Self::Techno => ["x---x---x---x---", "----o-------o--.", "o.xoo.xoo.xoo.xo", "--o---o---o---o-"],
            Self::Trap => ["x--.--o-.-oo--.-", "--------x-------", "xoxoxoxoxoxoxoxo", "-------.------o-"],
            Self::Breakbeat => ["x-x---.-.-xo-.--", "----x--o.o--x--o", "x.x.x.x.x.x.x.x.", "----------.---o-"],
            Self::DrumAndBass => ["x---.-.---x---.-", "----x--.-.--x--.", "x.xox.xox.xox.xo", "--.-------.---.-"],
            Self::HipHop => ["x--o--.-.ox---.-", "----x--.----x-.-", "x.x.x.x.x.x.x.xo", "------.-------o-"],
            Self::HalfTime => ["x--.---o-.-o---.", "--------x------.", "o-x-o-x-o-x-o-xo", "--.---.---.---.-"],
            Self::Garage => ["x----.-.--x--o-.", "----x--.----x--.", "--xo--xo--xo--xo", "--o-------o-----"],
            Self::Dembow => ["x---x---x---x---", "---x--x----x--x-", "o-o-o-o-o-o-o-o-", "--.---.---.---.-"],
            Self::Pop => ["x--.--o-x-o---.-", "----x-------x--.", "x-x-x-x-x-x-x-x-", "------.-------o-"],
        }
        .map(places);
        Bar { kick, snare, hat, open }
    }
}

impl Pattern {
    /// A random pattern of a style.
    #[must_use]
    pub fn random(style: Style, random: &mut Random) -> Self {
        let swings = matches!(style, Style::HipHop | Style::Garage | Style::Breakbeat);
        let backbeat = [38, 39, 40, 38, 37][random.index(5)];
        let layered = random.chance(0.3);
        Self {
            style,
            bars: std::array::from_fn(|_| bar(style, backbeat, layered, random)),
            swing: if swings && random.chance(0.6) { f64::from(random.between(0.1, 0.33)) } else { 0.0 },
            light: random.chance(0.5),
            backbeat,
        }
    }

    /// The notes of `count` bars of four beats from the time `start` on, with fills before every fifth bar and at the end.
    #[must_use]
    pub fn notes(&self, start: f64, beat: f64, count: usize, amount: Amount, random: &mut Random) -> Vec<Note> {
        let mut notes = Vec::new();
        for index in 0..count {
            let from = start + index as f64 * 4.0 * beat;
            let ends = index + 1 == count || index % 4 == 3;
            match amount {
                Amount::None => {}
                Amount::Build => self.roll(from, beat, index as f32 / count as f32, count, &mut notes),
                Amount::Light | Amount::Full => {
                    if index == 0 && amount == Amount::Full && random.chance(0.6) {
                        notes.push(Note { start: from, length: beat, key: 49.0, velocity: 0.9 });
                    }
                    let filled = if ends && amount == Amount::Full && random.chance(0.6) { 12 } else { 16 };
                    let hits: Vec<_> = self.bars[index % 2].iter().copied().filter(|hit| hit.0 < filled).collect();
                    notes.extend(self.bar(from, beat, amount == Amount::Full, &hits, random));
                    fill(from, beat, filled, random, &mut notes);
                }
            }
        }
        notes.sort_by(|one, other| one.start.total_cmp(&other.start));
        notes
    }

    /// The hits of a bar; without `full` the kick alone or all but kick and snare.
    fn bar(&self, from: f64, beat: f64, full: bool, hits: &[(usize, u8, f32)], random: &mut Random) -> Vec<Note> {
        let mut notes = Vec::new();
        for &(place, key, velocity) in hits {
            let plays = full || (matches!(key, 35 | 36) == self.light && !matches!(key, 38..=40));
            if !plays || random.chance(0.02) {
                continue;
            }
            let late = if place % 2 == 1 { self.swing } else { 0.0 };
            let start = from + (place as f64 + late) * beat / 4.0;
            let velocity = (velocity + 0.05 * random.normal()).clamp(0.1, 1.0);
            notes.push(Note { start, length: 0.1, key: f32::from(key), velocity });
            // Hats of trap roll in thirty-seconds and triplets.
            if self.style == Style::Trap && key == 42 && random.chance(0.08) {
                let parts = [2, 3, 4][random.index(3)];
                for part in 1..parts {
                    let start = start + f64::from(part) / f64::from(parts) * beat / 2.0;
                    notes.push(Note { start, length: 0.05, key: 42.0, velocity: 0.7 * velocity });
                }
            }
        }
        notes
    }

    /// Snares in quarters, then eighths, then sixteenths, louder and louder.
    fn roll(&self, from: f64, beat: f64, way: f32, count: usize, notes: &mut Vec<Note>) {
        let pace = if way < 0.34 {
            1
        } else if way < 0.67 {
            2
        } else {
            4
        };
        for place in 0..4 * pace {
            let start = from + f64::from(place) * beat / f64::from(pace);
            let velocity = 0.35 + 0.6 * (way + place as f32 / (4 * pace) as f32 / count as f32);
            notes.push(Note { start, length: 0.1, key: f32::from(self.backbeat), velocity: velocity.min(1.0) });
        }
    }
}

/// What is left of a bar: snares, toms or nothing.
fn fill(from: f64, beat: f64, places: usize, random: &mut Random, notes: &mut Vec<Note>) {
    let keys: &[f32] = [&[38.0, 40.0][..], &[50.0, 47.0, 43.0], &[36.0, 38.0], &[]][random.index(4)];
    for place in places..16 {
        if let Some(&key) = keys.get((place - places) * keys.len().max(1) / 4).filter(|_| random.chance(0.85)) {
            let start = from + place as f64 * beat / 4.0;
            notes.push(Note { start, length: 0.1, key, velocity: random.between(0.6, 1.0) });
        }
    }
}

/// Place, key and velocity of a bar's hits, drawn once; so a pattern repeats.
fn bar(style: Style, backbeat: u8, layered: bool, random: &mut Random) -> Vec<(usize, u8, f32)> {
    let chances = style.bar();
    let (percussion, density) = ([70, 54, 56, 37, 75, 64][random.index(6)], random.between(0.0, 0.25));
    let hat = if random.chance(0.85) { 42 } else { 51 };
    let mut hits = Vec::new();
    for place in 0..16 {
        let accent = if place % 4 == 0 { 0.15 } else { 0.0 };
        if random.chance(chances.kick[place]) {
            hits.push((place, 36, 0.8 + accent));
        }
        if random.chance(chances.snare[place]) {
            let ghost = chances.snare[place] < 1.0;
            hits.push((place, backbeat, if ghost { 0.4 } else { 0.9 }));
            if layered && !ghost {
                hits.push((place, if backbeat == 39 { 38 } else { 39 }, 0.7));
            }
        }
        if random.chance(chances.open[place]) {
            hits.push((place, 46, 0.6 + accent));
        } else if random.chance(chances.hat[place]) {
            hits.push((place, hat, random.between(0.4, 0.7) + accent));
        }
        if random.chance(density) {
            hits.push((place, percussion, random.between(0.4, 0.7)));
        }
    }
    hits
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn patterns_keep_time_and_builds_get_faster() {
        for (seed, style) in STYLES.into_iter().enumerate() {
            let random = &mut Random::new(seed as u64);
            let pattern = Pattern::random(style, random);
            let notes = pattern.notes(2.0, 0.5, 8, Amount::Full, random);
            assert!(notes.len() > 40 && notes.iter().all(|note| note.start >= 2.0 && note.start < 18.0), "{style:?}");
            assert!(notes.windows(2).all(|pair| pair[0].start <= pair[1].start));
            assert!(notes.iter().any(|note| note.key == 36.0));
            assert!(pattern.notes(2.0, 0.5, 8, Amount::None, random).is_empty());
            let light = pattern.notes(2.0, 0.5, 8, Amount::Light, random);
            assert!(light.len() < notes.len());
            let build = pattern.notes(0.0, 0.5, 4, Amount::Build, random);
            let early = build.iter().filter(|note| note.start < 2.0).count();
            let late = build.iter().filter(|note| note.start >= 6.0).count();
            assert!(late >= 3 * early && build.last().unwrap().velocity > build[0].velocity);
        }
    }
}
