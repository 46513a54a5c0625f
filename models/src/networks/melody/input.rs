//! What the melody network hears, as numbers.

use super::{
    CLASSES, CORPORA, DURATIONS, INPUTS, LAGS, METERS, MelodyChord, MelodyError, MelodyHeard, PHRASE, PITCHES, STEPS,
};

/// Numbers that stand for a pitch and for a length.
pub(super) const PITCH_SIZE: usize = 16;
pub(super) const DURATION_SIZE: usize = 8;
/// Room that the input needs.
pub(super) const CAPACITY: usize = INPUTS;

impl MelodyHeard {
    /// Writes the input of the recurrent layer, with the learned numbers that stand for pitches and lengths.
    pub(super) fn write(&self, pitches: &[f32], durations: &[f32], input: &mut Vec<f32>) -> Result<(), MelodyError> {
        input.clear();
        let pitch = |pitch: Option<usize>| row(pitches, pitch.unwrap_or(PITCHES), PITCH_SIZE);
        let length = |class: Option<usize>| row(durations, class.unwrap_or(DURATIONS.len()), DURATION_SIZE);
        let ago = self.remembered;
        input.extend_from_slice(pitch(self.before.map(|(pitch, _)| pitch))?);
        input.extend_from_slice(pitch(self.last_note)?);
        for known in &ago {
            input.extend_from_slice(pitch(known.map(|known| known.pitch))?);
        }
        input.extend_from_slice(length(self.before.map(|(_, length)| length))?);
        for known in &ago {
            input.extend_from_slice(length(known.and_then(|known| known.began))?);
        }
        input.extend(ago.map(|known| f32::from(u8::from(known.is_some_and(|known| known.began.is_some())))));
        for (index, count) in
            [(self.step % STEPS, STEPS), (self.meter(), METERS), (self.phrase % PHRASE, PHRASE), (self.corpus, CORPORA)]
        {
            if index >= count {
                return Err(MelodyError::NoSuchPlace);
            }
            input.extend((0..count).map(|one| f32::from(u8::from(one == index))));
        }
        write_chord(self.chord, input);
        write_chord(self.next_chord, input);
        input.push(f32::from(u8::from(self.register.minor)));
        input.extend(self.register.ends());
        let voice = self.voice.map_or([0.0; 3], |voice| [1.0, voice.height, voice.sung]);
        if !voice.iter().all(|number| number.is_finite()) {
            return Err(MelodyError::NotFinite);
        }
        input.extend(voice);
        debug_assert_eq!(input.len(), INPUTS);
        Ok(())
    }

    const fn meter(&self) -> usize {
        match (self.steps_per_bar, self.steps_per_beat) {
            (8, _) => 0,
            (12, 6) => 3,
            (12, _) => 1,
            _ => 2,
        }
    }
}

fn row(table: &[f32], index: usize, size: usize) -> Result<&[f32], MelodyError> {
    table.get(index * size..(index + 1) * size).ok_or(MelodyError::NoSuchPlace)
}

fn write_chord(chord: Option<MelodyChord>, input: &mut Vec<f32>) {
    let number = |is: bool| f32::from(u8::from(is));
    let root = chord.map(|chord| usize::from(chord.root) % CLASSES);
    input.extend((0..CLASSES).map(|class| number(root == Some(class))));
    input.extend((0..CLASSES).map(|class| number(chord.is_some_and(|chord| chord.classes >> class & 1 == 1))));
    input.push(number(chord.is_some()));
}

const _: () = assert!(LAGS.len() == 4);
