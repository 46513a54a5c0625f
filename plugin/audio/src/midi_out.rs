//! Music to Standard MIDI Files.

use midly::{
    Format, Header, MetaMessage, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind,
    num::{u4, u7, u14, u15, u24, u28},
};

use crate::midi::Message;

/// Ticks of a quarter note in files that are written here.
pub const TICKS: u16 = 960;

/// What stands in a file.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Item<'a> {
    /// A text at a place.
    Marker(&'a str),
    /// A message to one of 16 channels.
    Channel(u8, Message),
}

/// The bytes of a file with one track, given its items with their ticks, in order; `tempo` in quarter notes per minute, the time
/// signature as beats and the note value of one, a power of two.
///
/// ```
/// use songweave_audio::{midi::Message, midi_out::{Item, write}};
///
/// let note = [(0, Item::Channel(9, Message::NoteOn(36, 100))), (480, Item::Channel(9, Message::NoteOff(36)))];
/// assert_eq!(&write(120.0, (4, 4), &note)[..4], b"MThd");
/// ```
#[must_use]
pub fn write(tempo: f64, time_signature: (u16, u16), items: &[(u32, Item<'_>)]) -> Vec<u8> {
    let (beats, unit) = time_signature;
    let tempo = (60e6 / tempo.max(4.0)).round() as u32;
    let mut track = vec![
        at(0, TrackEventKind::Meta(MetaMessage::Tempo(u24::new(tempo)))),
        at(
            0,
            TrackEventKind::Meta(MetaMessage::TimeSignature(beats.min(255) as u8, unit.trailing_zeros() as u8, 24, 8)),
        ),
    ];
    let mut written = 0;
    for (tick, item) in items {
        track.push(at(tick.saturating_sub(written), kind(*item)));
        written = written.max(*tick);
    }
    track.push(at(0, TrackEventKind::Meta(MetaMessage::EndOfTrack)));
    let mut file = Smf::new(Header::new(Format::SingleTrack, Timing::Metrical(u15::new(TICKS))));
    file.tracks.push(track);
    let mut bytes = Vec::new();
    // Writing into memory does not fail.
    _ = file.write_std(&mut bytes);
    bytes
}

const fn at(delta: u32, kind: TrackEventKind<'_>) -> TrackEvent<'_> {
    TrackEvent { delta: u28::new(delta), kind }
}

fn kind(item: Item<'_>) -> TrackEventKind<'_> {
    let (channel, message) = match item {
        Item::Marker(text) => return TrackEventKind::Meta(MetaMessage::Marker(text.as_bytes())),
        Item::Channel(channel, message) => (channel, message),
    };
    let seven = |value: u8| u7::new(value & 127);
    let message = match message {
        // Velocity 0 would mean the end of the note.
        Message::NoteOn(key, velocity) => MidiMessage::NoteOn { key: seven(key), vel: seven(velocity.max(1)) },
        Message::NoteOff(key) => MidiMessage::NoteOff { key: seven(key), vel: u7::new(0) },
        Message::Control(controller, value) => {
            MidiMessage::Controller { controller: seven(controller), value: seven(value) }
        }
        Message::Program(program) => MidiMessage::ProgramChange { program: seven(program) },
        Message::Bend(bend) => MidiMessage::PitchBend { bend: midly::PitchBend(u14::new(bend & 0x3FFF)) },
    };
    TrackEventKind::Midi { channel: u4::new(channel & 15), message }
}
