//! Notes from and to Standard MIDI Files.

use anyhow::{Context, Result};
use midly::num::{u4, u7, u15, u24, u28};
use midly::{Format, Header, MetaMessage, MidiMessage, Smf, Timing, TrackEvent, TrackEventKind};
use songweave_host::EventKind;
use songweave_studio::midi::{Message, Midi};
use songweave_studio::write::write_bytes;
use std::path::Path;

/// Ticks of a quarter note in files we write.
const TICKS: u16 = 960;

/// An event on the timeline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Timed {
    /// In samples.
    pub(crate) sample: u64,
    /// What happens.
    pub(crate) kind: EventKind,
}

/// The notes, controllers and bends of a file, in order of time.
pub(super) fn read(path: &Path, sample_rate: f64) -> Result<Vec<Timed>> {
    let midi = Midi::read(path)?;
    Ok(midi
        .events
        .iter()
        .map(|event| Timed {
            sample: (event.seconds * sample_rate).round() as u64,
            kind: kind(event.channel, event.message),
        })
        .collect())
}

fn kind(channel: u8, message: Message) -> EventKind {
    match message {
        Message::NoteOn(key, velocity) => EventKind::NoteOn { channel, key, velocity: f64::from(velocity) / 127.0 },
        Message::NoteOff(key) => EventKind::NoteOff { channel, key, velocity: 0.0 },
        Message::Control(number, value) => EventKind::Midi([0xB0 | channel, number, value]),
        Message::Program(program) => EventKind::Midi([0xC0 | channel, program, 0]),
        Message::Bend(bend) => EventKind::Midi([0xE0 | channel, (bend & 0x7F) as u8, (bend >> 7) as u8]),
    }
}

/// Writes what the plugin played, in order of time.
pub(super) fn write(
    path: &Path,
    events: &[Timed],
    sample_rate: f64,
    tempo: f64,
    time_signature: (u16, u16),
) -> Result<()> {
    let mut track = vec![
        meta(MetaMessage::Tempo(u24::new((60e6 / tempo).round() as u32))),
        meta(MetaMessage::TimeSignature(
            time_signature.0.min(255) as u8,
            time_signature.1.trailing_zeros() as u8,
            24,
            8,
        )),
    ];
    let ticks_per_sample = tempo / 60.0 * f64::from(TICKS) / sample_rate;
    let mut written = 0;
    for event in events {
        let Some((channel, message)) = midi_message(event.kind) else { continue };
        let tick = (event.sample as f64 * ticks_per_sample).round() as u32;
        let delta = u28::new(tick.saturating_sub(written));
        written = written.max(tick);
        track.push(TrackEvent { delta, kind: TrackEventKind::Midi { channel: u4::new(channel), message } });
    }
    track.push(meta(MetaMessage::EndOfTrack));
    let mut file = Smf::new(Header::new(Format::SingleTrack, Timing::Metrical(u15::new(TICKS))));
    file.tracks.push(track);
    let mut bytes = Vec::new();
    file.write_std(&mut bytes).with_context(|| format!("cannot make a MIDI file of {}", path.display()))?;
    Ok(write_bytes(path, &bytes)?)
}

fn meta(message: MetaMessage<'_>) -> TrackEvent<'_> {
    TrackEvent { delta: u28::new(0), kind: TrackEventKind::Meta(message) }
}

fn midi_message(kind: EventKind) -> Option<(u8, MidiMessage)> {
    let seven = |value: f64| u7::new((value * 127.0).round().clamp(0.0, 127.0) as u8);
    match kind {
        EventKind::NoteOn { channel, key, velocity } => {
            // Velocity 0 would mean the end of the note.
            let vel = seven(velocity).max(u7::new(1));
            Some((channel & 15, MidiMessage::NoteOn { key: u7::new(key & 127), vel }))
        }
        EventKind::NoteOff { channel, key, velocity } => {
            Some((channel & 15, MidiMessage::NoteOff { key: u7::new(key & 127), vel: seven(velocity) }))
        }
        EventKind::Midi([status, first, second]) if status & 0xF0 == 0xB0 => {
            let (controller, value) = (u7::new(first & 127), u7::new(second & 127));
            Some((status & 15, MidiMessage::Controller { controller, value }))
        }
        EventKind::Midi(_) | EventKind::Parameter { .. } => None,
    }
}
