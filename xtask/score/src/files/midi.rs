//! The notes that stand in Standard MIDI Files.

use std::collections::HashMap;

pub use songweave_audio::midi::{Event, Message, Midi};

use crate::notation::note::Note;

/// The notes of one track; overlapping notes of one key end where the next begins.
#[must_use]
pub fn notes(midi: &Midi, track: usize) -> Vec<Note> {
    let mut sounding: HashMap<u8, usize> = HashMap::new();
    let mut notes: Vec<Note> = Vec::new();
    for event in midi.events.iter().filter(|event| event.track == track) {
        let (Message::NoteOn(key, _) | Message::NoteOff(key)) = event.message else { continue };
        if let Some(note) = sounding.remove(&key).and_then(|index| notes.get_mut(index)) {
            note.length = event.seconds - note.start;
        }
        if let Message::NoteOn(key, velocity) = event.message {
            sounding.insert(key, notes.len());
            let velocity = f32::from(velocity) / 127.0;
            notes.push(Note { start: event.seconds, length: 0.0, key: f32::from(key), velocity });
        }
    }
    notes.retain(|note| note.length > 0.0);
    notes
}

/// A key that is down or held by the pedal.
struct Down {
    channel: u8,
    key: u8,
    /// Index of its note.
    note: usize,
    /// Let go, but held by the pedal.
    pedal: bool,
}

/// The notes that events begin from `from` on, in seconds from there; a note held by the pedal ends with the pedal.
#[must_use]
pub fn notes_of(events: &[Event], from: f64, seconds: f64) -> Vec<Note> {
    let mut notes: Vec<Note> = Vec::new();
    let mut down: Vec<Down> = Vec::new();
    let mut pedals = [false; 16];
    for event in events.iter().filter(|event| event.seconds < from + seconds) {
        let (now, held) = (event.seconds - from, pedals[usize::from(event.channel & 15)]);
        let ends = |one: &Down| match event.message {
            Message::NoteOn(key, _) => one.key == key,
            Message::NoteOff(key) => one.key == key && !held,
            Message::Control(64, value) => one.pedal && value < 64,
            _ => false,
        };
        down.retain(|one| {
            let ending = one.channel == event.channel && ends(one);
            if ending {
                notes[one.note].length = (now - notes[one.note].start).max(0.01);
            }
            !ending
        });
        match event.message {
            Message::NoteOn(key, velocity) if now >= 0.0 => {
                down.push(Down { channel: event.channel, key, note: notes.len(), pedal: false });
                let velocity = f32::from(velocity) / 127.0;
                notes.push(Note { start: now, length: seconds - now, key: f32::from(key), velocity });
            }
            Message::NoteOff(key) => {
                let released = |one: &&mut Down| one.channel == event.channel && one.key == key;
                down.iter_mut().filter(released).for_each(|one| one.pedal = true);
            }
            Message::Control(64, value) => pedals[usize::from(event.channel & 15)] = value >= 64,
            _ => {}
        }
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_struck_again_ends_the_note_before() {
        let at = |seconds, message| Event { seconds, track: 0, channel: 0, message };
        let events =
            vec![at(0.0, Message::NoteOn(60, 127)), at(1.0, Message::NoteOn(60, 127)), at(1.5, Message::NoteOff(60))];
        let note = |start, length| Note { start, length, key: 60.0, velocity: 1.0 };
        assert_eq!(notes(&Midi { events, tracks: vec![] }, 0), [note(0.0, 1.0), note(1.0, 0.5)]);
    }

    #[test]
    fn notes_end_with_the_key_or_with_the_pedal() {
        let at = |seconds, message| Event { seconds, track: 0, channel: 0, message };
        let events = [
            at(0.5, Message::NoteOn(50, 127)),
            at(1.0, Message::NoteOn(60, 127)),
            at(2.0, Message::NoteOff(60)),
            at(3.0, Message::Control(64, 127)),
            at(3.0, Message::NoteOn(62, 127)),
            at(4.0, Message::NoteOff(62)),
            at(5.0, Message::Control(64, 0)),
        ];
        let note = |start, length, key| Note { start, length, key, velocity: 1.0 };
        assert_eq!(notes_of(&events, 1.0, 9.0), [note(0.0, 1.0, 60.0), note(2.0, 2.0, 62.0)]);
    }
}
