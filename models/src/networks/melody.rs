//! Melody: which note follows, and for how long, given what was sung before, the place in the bar and the chord.
//!
//! An LSTM hears event after event (a note or a rest). It tells the chances of every pitch, the caller chooses one; then the
//! chances of every length of that pitch.

mod input;
mod layers;
mod register;

use input::{DURATION_SIZE, PITCH_SIZE};
use layers::INTERVALS;

pub use layers::Melody;
pub use register::Register;

use crate::{
    format::{Network, Sequence},
    layers::LstmState,
};

/// Semitones below and above the [`Register::anchor`] that pitches reach.
const REACH: i32 = 24;
/// Pitches that a note may have: 0 = a rest, then from 24 semitones below the anchor upwards.
pub const PITCHES: usize = 2 + 2 * REACH as usize;
/// Steps (16th notes) of the classes of length.
pub const DURATIONS: [usize; 20] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 20, 24, 28, 32];
/// The longest class in steps.
pub const LONGEST_STEPS: usize = DURATIONS[DURATIONS.len() - 1];
/// Bars of a phrase that the network tells apart.
pub const PHRASE: usize = 4;
/// Bars ago that the network is reminded of.
pub const LAGS: [usize; 4] = [1, 2, 4, 8];
/// Kinds of songs that it was taught: pop songs, art songs, lead sheets.
pub const CORPORA: usize = 3;
/// Semitones of the widest range.
pub const WIDEST: u8 = 35;
/// The weights in the binary.
pub const EMBEDDED: &[u8] = include_bytes!("../../weights/melody.safetensors");

/// Steps of a bar that are told apart.
const STEPS: usize = 16;
/// Kinds of bars: of 8 steps, of 12 in three beats, of 16, of 12 in two beats.
const METERS: usize = 4;
/// Pitch classes.
const CLASSES: usize = 12;
/// Numbers that are heard as such: two chords, minor, range, voice.
const NUMBERS: usize = 2 * (2 * CLASSES + 1) + 1 + 2 + 3;
/// Numbers that the recurrent layer hears.
const INPUTS: usize = (2 + LAGS.len()) * PITCH_SIZE
    + (1 + LAGS.len()) * DURATION_SIZE
    + LAGS.len()
    + STEPS
    + METERS
    + PHRASE
    + CORPORA
    + NUMBERS;

/// The longest class of at most so many steps (at least 1).
#[must_use]
pub fn duration_class(steps: usize) -> usize {
    DURATIONS.iter().rposition(|length| *length <= steps).unwrap_or(0)
}

/// Steps of a class; classes that do not exist are the longest.
#[must_use]
pub fn duration_steps(class: usize) -> usize {
    DURATIONS.get(class).copied().unwrap_or(LONGEST_STEPS)
}

/// A chord as it stands in the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MelodyChord {
    /// Semitones of the root above the tonic, 0…11.
    pub root: u8,
    /// Its notes: bit n is n semitones above the tonic.
    pub classes: u16,
}

/// What sounded some bars ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remembered {
    /// Pitch, 0 = a rest.
    pub pitch: usize,
    /// Class of the length of the event that began in that very step; `None` where none began.
    pub began: Option<usize>,
}

/// What is heard of somebody who sings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MelodyVoice {
    /// Octaves above the voice's mean pitch.
    pub height: f32,
    /// Share of the time in which there was a voice, 0…1.
    pub sung: f32,
}

/// What is known where an event begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MelodyHeard {
    /// Key and range.
    pub register: Register,
    /// Pitch and class of length of the event before; `None` at the beginning.
    pub before: Option<(usize, usize)>,
    /// Pitch of the last note; `None` before the first.
    pub last_note: Option<usize>,
    /// What sounded [`LAGS`] bars ago; `None` before the beginning.
    pub remembered: [Option<Remembered>; LAGS.len()],
    /// Step of the bar.
    pub step: usize,
    /// Steps of a bar.
    pub steps_per_bar: u32,
    /// Steps of a beat.
    pub steps_per_beat: u32,
    /// Bar of the phrase, 0…3.
    pub phrase: usize,
    /// Kind of song, see [`CORPORA`].
    pub corpus: usize,
    /// The chord.
    pub chord: Option<MelodyChord>,
    /// The chord at the next beat.
    pub next_chord: Option<MelodyChord>,
    /// The voice; `None` where nobody listens.
    pub voice: Option<MelodyVoice>,
}

/// Why there was no answer. The network's state is as before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MelodyError {
    /// A pitch, a length or a kind of song that does not exist.
    #[error("a note was asked for after a pitch or a length that does not exist; it was left out")]
    NoSuchPlace,
    /// A voice that is NaN or infinite.
    #[error("what is heard of the voice is not a finite number; it was left out")]
    NotFinite,
}

/// What the network remembers of a melody.
#[derive(Debug, Clone)]
pub struct MelodyState(LstmState<1>);

/// The melody network with its weights and its state.
pub type MelodyNetwork = Network<Melody>;

impl MelodyNetwork {
    /// Hears where an event begins. The answer are the logarithms of the chances (not normalised) of every pitch, `[pitch]`;
    /// pitches out of range have none (−∞).
    ///
    /// # Errors
    /// When something does not exist or is not finite; the state stays as it is.
    pub fn pitch(&mut self, heard: &MelodyHeard) -> Result<[f32; PITCHES], MelodyError> {
        let Melody { pitches, durations, recurrent, input, .. } = &mut self.layers;
        heard.write(pitches, durations, input)?;
        let logits = recurrent.step(input);
        let (alone, rest) = logits.split_at(PITCHES);
        let (steps, above) = rest.split_at(INTERVALS);
        Ok(std::array::from_fn(|pitch| {
            if !heard.register.allows(pitch) {
                return f32::NEG_INFINITY;
            }
            let (last, root) = (heard.last_note.filter(|_| pitch > 0), heard.chord.filter(|_| pitch > 0));
            let by = |last: usize| ((pitch as i32 - last as i32).clamp(-REACH, REACH) + REACH) as usize;
            let class = |root: u8| (pitch as i32 - 1 - REACH - i32::from(root)).rem_euclid(CLASSES as i32) as usize;
            alone[pitch] + last.map_or(0.0, |last| steps[by(last)]) + root.map_or(0.0, |chord| above[class(chord.root)])
        }))
    }

    /// The logarithms of the chances (not normalised) of every class of length of the event that was asked for last, when it has
    /// this pitch, `[class]`.
    ///
    /// # Errors
    /// When there is no such pitch.
    pub fn length(&mut self, pitch: usize) -> Result<[f32; DURATIONS.len()], MelodyError> {
        let Melody { pitches, recurrent, lengths, input, .. } = &mut self.layers;
        let row = pitches.get(pitch * PITCH_SIZE..(pitch + 1) * PITCH_SIZE).filter(|_| pitch < PITCHES);
        let row = row.ok_or(MelodyError::NoSuchPlace)?;
        input.clear();
        input.extend_from_slice(recurrent.lstm.output(0));
        input.extend_from_slice(row);
        let logits = lengths.step(input);
        Ok(std::array::from_fn(|class| logits[class]))
    }

    /// What it remembers now.
    #[must_use]
    pub fn state(&self) -> MelodyState {
        MelodyState(self.layers.recurrent.lstm.state().clone())
    }

    /// Goes back to what it once remembered.
    pub fn restore(&mut self, state: &MelodyState) {
        self.layers.recurrent.lstm.restore(&state.0);
    }
}

#[cfg(test)]
mod tests;
