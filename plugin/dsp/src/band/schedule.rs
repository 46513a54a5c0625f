//! When the band's notes begin and end: keeps those that are to come and those that sound. Both threads run one on the same
//! decisions, the audio thread to play the notes, the inference thread to know which of them need a tone.
//!
//! Times are samples of the stream since its last reset. Every note has an end from the beginning on, so none is ever
//! left hanging, whatever becomes of the inference thread.

use crate::band::{BandStep, Chord, INSTRUMENTS, Instrument, MOST_NOTES, instruments::NoteId};

/// Notes that may wait or sound at the same time; more are lost.
const CAPACITY: usize = 96;
/// Events of one hop at most: every note begins and ends once.
const EVENTS: usize = 2 * CAPACITY + MOST_NOTES;

/// The beginning or the end of a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoteEvent {
    /// Sample in the hop.
    pub at: usize,
    /// Who plays.
    pub instrument: Instrument,
    /// MIDI key.
    pub key: u8,
    /// MIDI velocity, 1…127; 0 = the note ends.
    pub velocity: u8,
    /// Sample of the stream at which the note began to sound.
    pub begin: i64,
}

impl NoteEvent {
    /// The note that it is about.
    #[must_use]
    pub const fn note(&self) -> NoteId {
        NoteId { instrument: self.instrument, key: self.key, begin: self.begin }
    }
}

/// A note that waits or sounds.
#[derive(Debug, Clone, Copy)]
struct Note {
    instrument: Instrument,
    key: u8,
    velocity: u8,
    begin: i64,
    end: i64,
    sounds: bool,
}

impl Note {
    const fn event(&self, at: usize, velocity: u8) -> NoteEvent {
        NoteEvent { at, instrument: self.instrument, key: self.key, velocity, begin: self.begin }
    }
}

/// Keys that sound, `[instrument]`, one bit each.
pub type Sounding = [u128; INSTRUMENTS];

/// The notes of the band in time.
pub struct Schedule {
    notes: [Option<Note>; CAPACITY],
    events: [NoteEvent; EVENTS],
    count: usize,
    chord: (Option<Chord>, i64),
    /// The chord that takes over, and when.
    next_chord: Option<(Option<Chord>, i64)>,
}

impl Default for Schedule {
    /// Without notes.
    fn default() -> Self {
        let none = NoteEvent { at: 0, instrument: Instrument::Drums, key: 0, velocity: 0, begin: 0 };
        Self { notes: [None; CAPACITY], events: [none; EVENTS], count: 0, chord: (None, 0), next_chord: None }
    }
}

impl Schedule {
    /// Forgets what was to come and cuts what sounds. The ends of sounding notes are the events of the next hop.
    pub fn reset(&mut self) {
        self.count = 0;
        for place in 0..CAPACITY {
            if let Some(note) = self.notes[place].take().filter(|note| note.sounds) {
                self.tell(note.event(0, 0));
            }
        }
        (self.chord, self.next_chord) = ((None, 0), None);
    }

    /// Takes what was decided about the frame that ends at sample `now`.
    pub fn take(&mut self, step: &BandStep, now: i64) {
        if let Some(offset) = step.silence {
            self.silence(now + i64::from(offset));
        }
        if let Some((chord, offset)) = step.chord {
            self.next_chord = Some((chord, now + i64::from(offset)));
        }
        for note in step.notes() {
            let begin = now + i64::from(note.offset);
            let mut end = begin + i64::from(note.length.max(1));
            let same = |other: &&mut Note| (other.instrument, other.key) == (note.instrument, note.key);
            if note.velocity == 0 {
                // The one that began last is the one that is meant.
                let latest = self.notes.iter_mut().flatten().filter(same).max_by_key(|other| other.begin);
                if let Some(sounding) = latest {
                    sounding.end = sounding.end.max(end);
                }
                continue;
            }
            // A key that is struck again ends first.
            for other in self.notes.iter_mut().flatten().filter(same) {
                if other.begin <= begin {
                    other.end = other.end.min(begin);
                } else {
                    end = end.min(other.begin);
                }
            }
            if let Some(place) = self.notes.iter_mut().find(|place| place.is_none()) {
                let (instrument, key, velocity) = (note.instrument, note.key & 127, note.velocity.min(127));
                *place = Some(Note { instrument, key, velocity, begin, end, sounds: false });
            }
        }
    }

    /// Ends everything at a sample, and drops what would begin after it.
    pub fn silence(&mut self, at: i64) {
        for place in &mut self.notes {
            if let Some(note) = place {
                note.end = note.end.min(at);
                if !note.sounds && note.begin >= at {
                    *place = None;
                }
            }
        }
    }

    /// Finds the events of the hop of `length` samples that begins at sample `begin`.
    ///
    /// # Real-time safety
    /// Neither allocates nor blocks.
    pub fn pass(&mut self, begin: i64, length: usize) {
        let length = length as i64;
        for place in 0..CAPACITY {
            let Some(mut note) = self.notes[place] else { continue };
            let ends = note.end < begin + length;
            if !note.sounds && note.begin < begin + length {
                if note.end <= note.begin.max(begin) {
                    self.notes[place] = None;
                    continue;
                }
                note.begin = note.begin.max(begin);
                note.sounds = true;
                self.tell(note.event((note.begin - begin) as usize, note.velocity));
            }
            if note.sounds && ends {
                self.tell(note.event((note.end - begin).max(0) as usize, 0));
            }
            self.notes[place] = if note.sounds && ends { None } else { Some(note) };
        }
        // Ends come before beginnings of the same sample.
        self.events[..self.count]
            .sort_unstable_by_key(|event| (event.at, event.velocity > 0, event.instrument as u8, event.key));
        if let Some((chord, since)) = self.next_chord.filter(|(_, since)| *since < begin + length) {
            (self.chord, self.next_chord) = ((chord, since), None);
        }
    }

    /// Whether no note sounds or is to come.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0 && self.notes.iter().all(Option::is_none)
    }

    /// Beginnings and ends in the hop last passed, in order.
    #[must_use]
    pub fn events(&self) -> &[NoteEvent] {
        &self.events[..self.count]
    }

    /// Ends the hop last passed.
    pub fn finish(&mut self) {
        self.count = 0;
    }

    /// Keys that sound.
    #[must_use]
    pub fn sounding(&self) -> Sounding {
        let mut keys = [0; INSTRUMENTS];
        for note in self.notes.iter().flatten().filter(|note| note.sounds) {
            keys[note.instrument as usize] |= 1 << note.key;
        }
        keys
    }

    /// The chord that sounds, and since which sample.
    #[must_use]
    pub const fn chord(&self) -> (Option<Chord>, i64) {
        self.chord
    }

    fn tell(&mut self, event: NoteEvent) {
        if let Some(place) = self.events.get_mut(self.count) {
            *place = event;
            self.count += 1;
        }
    }
}

#[cfg(test)]
mod tests;
