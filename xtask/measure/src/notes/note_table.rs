//! The baseline of the instrument networks: a table of analysed frames that holds as many numbers as a network, read at the
//! nearest key and age.

use std::collections::HashMap;

use songweave_dsp::band::tone::Tone;
use songweave_models::instruments::{Program, Role};

use songweave_datasets::notes::{
    note_frames::NoteAnalysis,
    note_renders::{RATE, fall_of, partials_of, release_of, render, render_held},
};
use songweave_score::error::Result;
use songweave_synth::instruments::soundfont::Instruments;

/// Semitones from key to key, and ages of each key: of pitched programs, and of drums.
const PITCHED: (u8, usize) = (6, 15);
const DRUMS: (u8, usize) = (1, 4);
/// The only velocity in the table.
const VELOCITY: u8 = 108;
/// The first age after the onset, in seconds.
const FIRST_AGE: f32 = 0.005;
/// When a note is let go to measure its release, in seconds.
const RELEASED: f32 = 0.5;

/// A table of a program, filled as it is read.
pub struct NoteTable<'a> {
    font: &'a Instruments,
    program: Program,
    rows: HashMap<u8, Row>,
}

/// A key of the table.
struct Row {
    frames: Vec<(f32, Tone)>,
    release: f32,
    fall: f32,
}

impl<'a> NoteTable<'a> {
    /// An empty table.
    #[must_use]
    pub fn new(font: &'a Instruments, program: Program) -> Self {
        Self { font, program, rows: HashMap::new() }
    }

    /// Numbers in the table of a program when it is full.
    #[must_use]
    pub fn numbers(program: &Program) -> usize {
        let (step, ages) = steps(program);
        program.count().div_ceil(usize::from(step)) * ages * (2 * (64 + 24))
    }

    /// Makes sure that the row which a key is read from is there.
    ///
    /// # Errors
    /// The sound font cannot be played.
    pub fn prepare(&mut self, key: u8) -> Result<()> {
        let near = self.nearest(key);
        if !self.rows.contains_key(&near) {
            let row = self.analyse(near)?;
            self.rows.insert(near, row);
        }
        Ok(())
    }

    /// The tone of a note at an age and after a release, in seconds; silence unless it was prepared.
    #[must_use]
    pub fn tone(&self, key: u8, velocity: u8, age: f32, released: f32) -> Tone {
        let near = self.nearest(key);
        let Some(row) = self.rows.get(&near) else { return Tone::SILENT };
        let distance = |other: &f32| (other.max(1e-3).ln() - age.max(1e-3).ln()).abs();
        let nearest = row.frames.iter().min_by(|(one, _), (other, _)| distance(one).total_cmp(&distance(other)));
        let mut tone = nearest.map_or(Tone::SILENT, |(_, tone)| *tone);
        tone.hz.iter_mut().for_each(|hz| *hz *= ((f32::from(key) - f32::from(near)) / 12.0).exp2());
        let fall = released * row.release + (age - self.program.seconds()).max(0.0) * row.fall;
        tone.fade((f32::from(velocity) / f32::from(VELOCITY)).powi(2) * 10.0_f32.powf(-fall / 20.0));
        tone
    }

    /// The key of the table that is nearest to a key of the program's range.
    fn nearest(&self, key: u8) -> u8 {
        let ((step, _), (low, high)) = (steps(&self.program), self.program.keys);
        (low + (key.saturating_sub(low) + step / 2) / step * step).min(high)
    }

    fn analyse(&self, key: u8) -> Result<Row> {
        let sound = render_held(self.font, &self.program, key, VELOCITY)?;
        let (hz, glide) = partials_of(&sound, &self.program, key);
        let analysis = NoteAnalysis::new(&sound, RATE as f32, hz, glide);
        let (_, count) = steps(&self.program);
        let growth = (self.program.seconds() / FIRST_AGE).powf(1.0 / (count - 1) as f32);
        let ages = (0..count).map(|at| FIRST_AGE * growth.powi(at as i32));
        let frames = ages.map(|age| (age, analysis.tone(age))).collect();
        let release = if self.program.role == Role::Drums {
            0.0
        } else {
            let let_go = render(self.font, &self.program, key, VELOCITY, f64::from(RELEASED), 2.0)?;
            release_of(&sound, &let_go, RELEASED)
        };
        Ok(Row { frames, release, fall: fall_of(&sound, self.program.seconds()) })
    }
}

const fn steps(program: &Program) -> (u8, usize) {
    match program.role {
        Role::Drums => DRUMS,
        _ => PITCHED,
    }
}
