//! Piano rolls: what the band plays as coloured bars over time, the sung pitch as a line, chords by name.

use crate::drawing::lettering;
use crate::drawing::picture::{Colour, Picture};
use songweave_dsp::band::{INSTRUMENTS, Instrument};

/// A note in the picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RollNote {
    /// Who plays.
    pub instrument: Instrument,
    /// Beginning in quarter notes.
    pub start: f64,
    /// End in quarter notes.
    pub end: f64,
    /// MIDI key.
    pub key: u8,
    /// 0…1.
    pub velocity: f64,
}

/// All that a picture shows, in quarter notes from the first bar line.
#[derive(Debug, Clone, Default)]
pub struct Roll {
    /// What is played.
    pub notes: Vec<RollNote>,
    /// Names of chords from where they begin.
    pub chords: Vec<(f64, String)>,
    /// The sung pitch as MIDI key with fractions, in order of time; 0 where there is none.
    pub sung: Vec<(f64, f32)>,
    /// Quarter notes of a bar.
    pub bar: f64,
    /// End of the music.
    pub end: f64,
}

/// Width of a quarter note in pixels.
const QUARTER: f64 = 36.0;
/// Widest line of music in pixels, without the labels.
const WIDEST: f64 = 1200.0;
/// Left margin for labels.
const MARGIN: u32 = 42;
/// Height of a key.
const KEY: u32 = 5;
/// Height of a drum.
const DRUM: u32 = 9;
/// Height of the line of chord names.
const NAMES: u32 = lettering::HEIGHT + 5;
/// Space below a line of music.
const GAP: u32 = 14;
const GROUND: Colour = [24, 24, 26];
const BLACK_KEY: Colour = [33, 33, 36];
const BEAT: Colour = [46, 46, 50];
const BAR: Colour = [92, 92, 98];
const TEXT: Colour = [225, 225, 225];
const SUNG: Colour = [255, 255, 255];
/// Colours of drums, bass, keys and pad.
const COLOURS: [Colour; INSTRUMENTS] = [[240, 190, 70], [80, 200, 120], [90, 150, 255], [190, 110, 220]];
/// Keys that are shown at least.
const KEYS: (u8, u8) = (36, 72);
/// General MIDI drums that have a name of their own.
const DRUMS: [(u8, &str); 11] = [
    (36, "kick"),
    (35, "kick"),
    (37, "stick"),
    (38, "snare"),
    (40, "snare"),
    (42, "hat"),
    (44, "pedal"),
    (46, "open"),
    (49, "crash"),
    (51, "ride"),
    (54, "tamb"),
];

/// Where things are on the canvas.
struct Layout {
    lowest: u8,
    highest: u8,
    /// Keys of the drums that are played, low to high.
    drums: Vec<u8>,
    bars_per_line: f64,
    lines: u32,
}

impl Layout {
    fn of(roll: &Roll) -> Self {
        let pitched = roll.notes.iter().filter(|note| note.instrument != Instrument::Drums).map(|note| note.key);
        let sung = roll.sung.iter().filter(|(_, key)| *key > 0.0).map(|(_, key)| key.clamp(0.0, 127.0) as u8);
        let (lowest, highest) = pitched.chain(sung).fold(KEYS, |(low, high), key| (low.min(key), high.max(key)));
        let hit = roll.notes.iter().filter(|note| note.instrument == Instrument::Drums);
        let mut drums: Vec<u8> = hit.map(|note| note.key).collect();
        drums.sort_unstable();
        drums.dedup();
        let bars_per_line = (WIDEST / (QUARTER * roll.bar)).floor().max(1.0);
        let lines = (roll.end / (roll.bar * bars_per_line)).ceil().clamp(1.0, 200.0) as u32;
        Self { lowest, highest: highest.saturating_add(1), drums, bars_per_line, lines }
    }

    fn keys_height(&self) -> u32 {
        u32::from(self.highest - self.lowest + 1) * KEY
    }

    fn line_height(&self) -> u32 {
        NAMES + self.keys_height() + 4 + self.drums.len() as u32 * DRUM + GAP
    }

    fn key_top(&self, key: f32) -> f32 {
        NAMES as f32 + (f32::from(self.highest) - key) * KEY as f32
    }

    fn drum_top(&self, place: usize) -> u32 {
        NAMES + self.keys_height() + 4 + (self.drums.len() - 1 - place) as u32 * DRUM
    }
}

/// Draws the picture: as many lines of some bars as it takes.
pub fn draw(roll: &Roll) -> Picture {
    let layout = Layout::of(roll);
    let line_quarters = layout.bars_per_line * roll.bar;
    let width = MARGIN + (line_quarters * QUARTER) as u32 + 2;
    let mut picture = Picture::new(width, layout.lines * layout.line_height() + NAMES, GROUND);
    legend(&mut picture);
    for line in 0..layout.lines {
        let canvas = &mut Line {
            picture: &mut picture,
            layout: &layout,
            top: NAMES + line * layout.line_height(),
            from: f64::from(line) * line_quarters,
            to: f64::from(line + 1) * line_quarters,
        };
        canvas.grid(roll);
        canvas.notes(roll);
        canvas.voice(roll);
        canvas.names(roll);
    }
    picture
}

fn legend(picture: &mut Picture) {
    let mut x = MARGIN;
    let entries = Instrument::ALL.map(|instrument| (instrument.name(), COLOURS[instrument as usize]));
    for (name, colour) in entries.into_iter().chain([("voice", SUNG)]) {
        lettering::write(picture, x, 2, name, colour);
        x += lettering::width(name) + 2 * lettering::ADVANCE;
    }
}

/// One line of music.
struct Line<'a> {
    picture: &'a mut Picture,
    layout: &'a Layout,
    top: u32,
    from: f64,
    to: f64,
}

impl Line<'_> {
    fn x(&self, quarter: f64) -> u32 {
        MARGIN + ((quarter.clamp(self.from, self.to) - self.from) * QUARTER) as u32
    }

    fn fill(&mut self, (left, right): (u32, u32), top: u32, height: u32, colour: Colour) {
        for y in self.top + top..self.top + top + height {
            (left..right).for_each(|x| self.picture.set(x, y, colour));
        }
    }

    fn grid(&mut self, roll: &Roll) {
        let across = (self.x(self.from), self.x(self.to));
        for key in self.layout.lowest..=self.layout.highest {
            let top = self.layout.key_top(f32::from(key)) as u32;
            if matches!(key % 12, 1 | 3 | 6 | 8 | 10) {
                self.fill(across, top, KEY, BLACK_KEY);
            }
            if key % 12 == 0 {
                let name = format!("C{}", i32::from(key) / 12 - 1);
                lettering::write(self.picture, 2, self.top + top - 1, &name, TEXT);
            }
        }
        for place in 0..self.layout.drums.len() {
            let key = self.layout.drums[place];
            let name = DRUMS.iter().find(|(known, _)| *known == key).map_or("drum", |(_, name)| name);
            lettering::write(self.picture, 2, self.top + self.layout.drum_top(place) + 1, name, TEXT);
        }
        let height = self.layout.line_height() - NAMES - GAP;
        for quarter in 0..=(self.to - self.from) as u32 {
            let x = self.x(self.from + f64::from(quarter));
            let is_bar = (self.from + f64::from(quarter)).rem_euclid(roll.bar) < 0.01;
            self.fill((x, x + 1), NAMES, height, if is_bar { BAR } else { BEAT });
        }
        let bar = (self.from / roll.bar).round() as u32 + 1;
        lettering::write(self.picture, 2, self.top, &bar.to_string(), BAR);
    }

    fn notes(&mut self, roll: &Roll) {
        let (from, to) = (self.from, self.to);
        for note in roll.notes.iter().filter(|note| note.start < to && note.end > from) {
            let light = 0.45 + 0.55 * note.velocity.clamp(0.0, 1.0);
            let colour = COLOURS[note.instrument as usize].map(|value| (f64::from(value) * light) as u8);
            let left = self.x(note.start);
            if let Some(place) = self.layout.drums.iter().position(|key| *key == note.key)
                && note.instrument == Instrument::Drums
            {
                if note.start >= self.from {
                    self.fill((left, left + 5), self.layout.drum_top(place) + 1, DRUM - 2, colour);
                }
                continue;
            }
            // A gap between repeated notes.
            let right = self.x(note.end).saturating_sub(1).max(left + 2);
            self.fill((left, right), self.layout.key_top(f32::from(note.key)) as u32, KEY - 1, colour);
        }
    }

    fn voice(&mut self, roll: &Roll) {
        let within = |(quarter, key): &&(f64, f32)| (self.from..self.to).contains(quarter) && *key > 0.0;
        let places: Vec<(u32, u32)> = roll
            .sung
            .iter()
            .filter(within)
            .map(|&(quarter, key)| (self.x(quarter), (self.layout.key_top(key).max(0.0) + KEY as f32 / 2.0) as u32))
            .collect();
        for (x, y) in places {
            self.fill((x, x + 2), y, 2, SUNG);
        }
    }

    fn names(&mut self, roll: &Roll) {
        let mut free = 0;
        for (quarter, name) in roll.chords.iter().filter(|(quarter, _)| (self.from..self.to).contains(quarter)) {
            let x = self.x(*quarter) + 1;
            // Names do not lie on each other; a chord that short still shows in the notes.
            if x >= free {
                lettering::write(self.picture, x, self.top, name, TEXT);
                free = x + lettering::width(name);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_shows_in_its_colour_and_long_music_takes_more_lines() {
        let note = |instrument, start, key| RollNote { instrument, start, end: start + 0.5, key, velocity: 0.5 };
        let chords = vec![(0.0, "C:maj".to_owned()), (0.05, "D:min".to_owned())];
        let mut roll = Roll { bar: 4.0, end: 8.0, chords, ..Roll::default() };
        roll.notes =
            vec![note(Instrument::Bass, 0.0, 36), note(Instrument::Keys, 1.0, 60), note(Instrument::Drums, 2.0, 38)];
        roll.sung = vec![(1.5, 64.0)];
        let picture = draw(&roll);
        let mut places = (0..1_000).flat_map(|y| (0..1_000).map(move |x| (x, y)));
        for note in &roll.notes {
            // Notes that are not as loud as the names of the instruments are bright.
            let shade = COLOURS[note.instrument as usize].map(|value| (f64::from(value) * 0.725) as u8);
            assert!(places.clone().any(|(x, y)| picture.at(x, y) == Some(shade)), "{:?}", note.instrument);
        }
        assert!(places.any(|(x, y)| picture.at(x, y) == Some(SUNG)));
        let height = |end| Layout::of(&Roll { end, ..roll.clone() }).lines;
        assert_eq!((height(8.0), height(64.0)), (1, 2));
        assert_eq!(Layout::of(&roll).drums, [38]);
        // Nothing of this may leave the canvas or panic.
        roll.notes.push(note(Instrument::Pad, 7.9, 127));
        roll.sung.push((3.0, 500.0));
        roll.sung.push((3.0, -5.0));
        draw(&Roll { end: 0.0, ..roll });
    }
}
