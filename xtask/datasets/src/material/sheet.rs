//! Scores from paper: art songs for voice and piano, and lead sheets with melody and chord symbols.

use songweave_dsp::stream::layout::Part;

use super::{
    Material, Split,
    band::{Bus, Player},
    choose, name_of,
    pop::{BANDS, finish},
};
use songweave_score::{
    composition::comping::{Beats, bass},
    error::Result,
    files::musicxml::{Score, ScoreNote, ScorePart},
    notation::{chord::Chord, note::Note},
    random::Random,
};
use songweave_synth::{effects::layer_effects::Effects, song::Song};

/// Programs that play what was written for a piano: pianos, harpsichord, organs, accordion, guitars, harp, strings, winds.
const KEYBOARDS: [u8; 22] = [0, 0, 0, 1, 2, 3, 4, 6, 11, 16, 19, 20, 21, 24, 25, 26, 45, 46, 48, 49, 60, 71];

/// A stretch of a score in seconds.
struct Stretch {
    from: f64,
    until: f64,
    /// Seconds of a quarter note.
    quarter: f64,
    keys: i32,
}

impl Stretch {
    /// From a random bar on, at a random tempo and in a random key.
    fn random(score: &Score, seconds: f64, tempo: f32, random: &mut Random) -> Self {
        let quarter = 60.0 / f64::from(tempo);
        let end = score.bars.last().copied().unwrap_or(0.0) - seconds / quarter;
        let bars: Vec<f64> = score.bars.iter().copied().filter(|&bar| bar < end).collect();
        let from = random.pick(&bars).copied().unwrap_or(0.0);
        Self { from, until: from + seconds / quarter, quarter, keys: random.index(12) as i32 - 6 }
    }

    fn seconds(&self, quarters: f64) -> f64 {
        (quarters - self.from) * self.quarter
    }

    fn note(&self, note: &ScoreNote, velocity: f32) -> Note {
        let (start, length) = (self.seconds(note.start), note.length * self.quarter);
        Note { start, length, key: note.key + self.keys as f32, velocity }
    }

    fn holds(&self, note: &ScoreNote) -> bool {
        note.start >= self.from && note.start < self.until && note.length > 0.0
    }

    /// The upper line of a part.
    fn melody(&self, part: &ScorePart, random: &mut Random) -> Vec<Note> {
        let mut melody: Vec<Note> = Vec::new();
        let mut before = f64::NEG_INFINITY;
        for note in part.notes.iter().filter(|note| self.holds(note)) {
            let sung = self.note(note, random.between(0.6, 0.95));
            if note.start > before {
                melody.push(sung);
            } else if let Some(last) = melody.last_mut().filter(|last| last.key < sung.key) {
                *last = sung;
            }
            before = note.start;
        }
        melody
    }

    /// What a player makes of a part: chords a little apart, louder and softer in waves.
    fn played(&self, part: &ScorePart, random: &mut Random) -> Vec<Note> {
        let (wave, loose) = (f64::from(random.between(4.0, 16.0)), random.between(0.0, 0.012));
        let human = |note: &ScoreNote| {
            let swell = (std::f64::consts::TAU * note.start / wave).sin() as f32;
            let mut played = self.note(note, (0.6 + 0.15 * swell + 0.06 * random.normal()).clamp(0.15, 1.0));
            played.start = (played.start + f64::from(loose * random.normal())).max(0.0);
            played
        };
        part.notes.iter().filter(|note| self.holds(note)).map(human).collect()
    }

    /// The chord symbols in seconds, in the new key.
    fn chords(&self, chords: &[Chord]) -> Vec<Chord> {
        let sounding = chords.iter().filter(|chord| chord.end > self.from && chord.start < self.until);
        sounding
            .map(|chord| {
                let (start, end) = (self.seconds(chord.start).max(0.0), self.seconds(chord.end));
                Chord { start, end, ..chord.moved(self.keys) }
            })
            .collect()
    }

    /// The beats from the first bar on, in seconds; a bar that is shorter than its meter has fewer.
    fn beats(&self, score: &Score) -> Vec<f64> {
        let mut beats = Vec::new();
        for pair in score.bars.windows(2).filter(|pair| pair[0] >= self.from && pair[0] < self.until) {
            let count = ((pair[1] - pair[0]) / score.meter.1).ceil() as usize;
            beats.extend((0..count).map(|beat| self.seconds(pair[0] + beat as f64 * score.meter.1)));
        }
        beats
    }
}

impl Material {
    /// A stretch of an art song: the voice sung, the piano part played by a piano or by others, now and then a bass.
    pub(super) fn art_song(&self, split: Split, seconds: f64, rate: u32, random: &mut Random) -> Result<Song> {
        let path = choose(&self.art_songs, split, random)?;
        let score = Score::read(path)?;
        let stretch = Stretch::random(&score, seconds, random.between(55.0, 130.0), random);
        let mut song = Song::silent(&name_of(path), rate, (seconds * f64::from(rate)) as usize);
        let (voices, others): (Vec<&ScorePart>, Vec<&ScorePart>) = score.parts.iter().partition(|part| part.is_sung());
        let melody = voices.first().map_or_else(Vec::new, |part| stretch.melody(part, random));
        self.sing(&mut song, &melody, random);
        song.notes[Part::Drums as usize] = Some(Vec::new());
        // A choir's other voices are played where there is no piano.
        let others = if others.is_empty() { voices.into_iter().skip(1).collect() } else { others };
        let mut played: Vec<Note> = others.iter().flat_map(|part| stretch.played(part, random)).collect();
        played.sort_by(|one, other| one.start.total_cmp(&other.start));
        let low = if random.chance(0.25) { lowest(&played) } else { Vec::new() };
        self.play_bass(&mut song, &BANDS[6], &low, stretch.quarter, random)?;
        let mut bus = Bus::new(song.samples(), rate, stretch.quarter, &[]);
        let (right, left): (Vec<Note>, Vec<Note>) = played.iter().partition(|note| note.key >= 60.0);
        for notes in if random.chance(0.3) { vec![right, left] } else { vec![played] } {
            let player = Player::Program(self.font(random), KEYBOARDS[random.index(KEYBOARDS.len())]);
            let effects = Effects { send: random.between(0.0, 0.5), ..Effects::default() };
            bus.add(&player, &notes, &effects, random.between(0.6, 1.0), random)?;
        }
        finish(&mut song, Part::Other, bus, random);
        Ok(song)
    }

    /// A stretch of a lead sheet: the melody sung, the chords played by a band.
    pub(super) fn lead_sheet(&self, split: Split, seconds: f64, rate: u32, random: &mut Random) -> Result<Song> {
        let path = choose(&self.lead_sheets, split, random)?;
        let score = Score::read(path)?;
        let (meter, unit) = score.meter;
        let stretch = Stretch::random(&score, seconds, random.between(75.0, 190.0) * unit as f32, random);
        let mut song = Song::silent(&name_of(path), rate, (seconds * f64::from(rate)) as usize);
        let melody = score.parts.first().map_or_else(Vec::new, |part| stretch.melody(part, random));
        self.sing(&mut song, &melody, random);
        let (times, chords) = (stretch.beats(&score), stretch.chords(&score.chords));
        let beats = Beats { times: &times, downbeat: 0, meter };
        let beat = unit * stretch.quarter;
        let band = &BANDS[random.index(BANDS.len())];
        self.play_bass(&mut song, band, &bass(&chords, beats, random), beat, random)?;
        song.notes[Part::Drums as usize] = Some(Vec::new());
        if matches!(meter, 2 | 4) && random.chance(0.9) {
            let start = times.first().copied().unwrap_or(0.0);
            self.play_drums(&mut song, split, start, beat, band.electric, random)?;
        }
        let mut bus = Bus::new(song.samples(), rate, beat, &[]);
        for (index, programs) in [band.keys, band.chords, band.lines].into_iter().enumerate() {
            if index == 0 || random.chance(0.4) {
                let comping = band.comping[random.index(band.comping.len())];
                let notes = comping.play(&chords, beats, random.between(54.0, 66.0), random);
                self.play_line(&mut bus, band, programs, &notes, random.between(0.5, 1.0), random)?;
            }
        }
        finish(&mut song, Part::Other, bus, random);
        Ok(song)
    }
}

/// The lowest of the notes that begin together, where they are low enough for a bass, in its octave.
fn lowest(notes: &[Note]) -> Vec<Note> {
    let mut line: Vec<Note> = Vec::new();
    for note in notes.iter().filter(|note| note.key < 57.0) {
        match line.last_mut().filter(|last| note.start - last.start < 0.05) {
            Some(last) if last.key > note.key => *last = *note,
            Some(_) => {}
            None => line.push(*note),
        }
    }
    line.iter().map(|note| Note { key: 28.0 + (note.key - 28.0).rem_euclid(12.0), ..*note }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stretch_is_moved_in_time_and_key_and_the_upper_line_is_sung() {
        let note = |start, key| ScoreNote { start, length: 1.0, key, lyric: None };
        let notes = vec![note(0.0, 60.0), note(4.0, 60.0), note(4.0, 64.0), note(5.0, 62.0), note(9.0, 70.0)];
        let part = ScorePart { name: String::new(), notes };
        let bars = vec![0.0, 4.0, 8.0, 12.0];
        let score = Score { parts: vec![part], bars, meter: (4, 1.0), ..Score::default() };
        let stretch = Stretch { from: 4.0, until: 8.0, quarter: 0.5, keys: 2 };
        let melody = stretch.melody(&score.parts[0], &mut Random::new(1));
        let line: Vec<(f64, f64, f32)> = melody.iter().map(|note| (note.start, note.length, note.key)).collect();
        assert_eq!(line, [(0.0, 0.5, 66.0), (0.5, 0.5, 64.0)]);
        assert_eq!(stretch.beats(&score), [0.0, 0.5, 1.0, 1.5]);
        assert_eq!(lowest(&melody), []);
    }
}
