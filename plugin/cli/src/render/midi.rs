//! Notes from and to Standard MIDI Files.

use anyhow::Result;
use songweave_audio::draft::write_bytes;
use songweave_audio::midi::{Message, Midi};
use songweave_audio::midi_out::{self, Item, TICKS};
use songweave_host::EventKind;
use std::collections::BTreeSet;
use std::path::Path;

/// An event on the timeline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timed {
    /// In samples.
    pub sample: u64,
    /// What happens.
    pub kind: EventKind,
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

/// A piece as it goes into a file.
pub(super) struct Piece<'a> {
    /// What the plugin played, in order of time.
    pub(super) events: &'a [Timed],
    /// Texts and the samples at which they stand, in order of time.
    pub(super) markers: &'a [(u64, String)],
    /// Length of the render in samples, where whatever still sounds ends.
    pub(super) end: u64,
    /// Samples per second.
    pub(super) sample_rate: f64,
    /// Quarter notes per minute.
    pub(super) tempo: f64,
    /// Beats in a bar, and the note value of a beat.
    pub(super) time_signature: (u16, u16),
}

/// Writes a piece; a marker comes before the notes of its sample. Every note has an end.
pub(super) fn write(path: &Path, piece: &Piece) -> Result<()> {
    let ticks_per_sample = piece.tempo / 60.0 * f64::from(TICKS) / piece.sample_rate;
    let tick = |sample: u64| (sample as f64 * ticks_per_sample).round() as u32;
    let markers = piece.markers.iter().map(|(sample, text)| (tick(*sample), Item::Marker(text)));
    let events = with_ends(piece.events, piece.end);
    let messages = events.iter().filter_map(|event| Some((tick(event.sample), message(event.kind)?)));
    let mut timed: Vec<_> = markers.chain(messages).collect();
    timed.sort_by_key(|(tick, _)| *tick);
    Ok(write_bytes(path, &midi_out::write(piece.tempo, piece.time_signature, &timed))?)
}

/// The events, and an end for every note that has none: where its key is struck again, at `end` at the latest.
fn with_ends(events: &[Timed], end: u64) -> Vec<Timed> {
    let mut sounding = BTreeSet::new();
    let mut all = Vec::with_capacity(events.len());
    let off = |sample, (channel, key)| Timed { sample, kind: EventKind::NoteOff { channel, key, velocity: 0.0 } };
    for event in events {
        match event.kind {
            EventKind::NoteOn { channel, key, .. } if !sounding.insert((channel, key)) => {
                all.push(off(event.sample, (channel, key)));
            }
            EventKind::NoteOff { channel, key, .. } => _ = sounding.remove(&(channel, key)),
            _ => {}
        }
        all.push(*event);
    }
    // A note of the last sample gets a sample's length, so that its end comes after its beginning.
    let end = events.last().map_or(end, |last| end.max(last.sample + 1));
    all.extend(sounding.into_iter().map(|note| off(end, note)));
    all
}

fn message(kind: EventKind) -> Option<Item<'static>> {
    let seven = |value: f64| (value * 127.0).round().clamp(0.0, 127.0) as u8;
    let (channel, message) = match kind {
        EventKind::NoteOn { channel, key, velocity } => (channel, Message::NoteOn(key, seven(velocity))),
        EventKind::NoteOff { channel, key, .. } => (channel, Message::NoteOff(key)),
        EventKind::Midi([status, first, second]) if status & 0xF0 == 0xB0 => (status, Message::Control(first, second)),
        EventKind::Midi(_) | EventKind::Parameter { .. } => return None,
    };
    Some(Item::Channel(channel & 15, message))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use midly::{MetaMessage, MidiMessage, Smf, TrackEventKind};

    use super::*;

    #[test]
    fn markers_and_notes_come_back_at_their_times() {
        let path = std::env::temp_dir().join(format!("songweave-piece-{}.mid", std::process::id()));
        let note = |sample, key| Timed { sample, kind: EventKind::NoteOn { channel: 9, key, velocity: 0.5 } };
        let events = [note(24_000, 36), note(72_000, 38)];
        let markers = [(24_000, "chord: C:min7/Eb".to_owned())];
        let piece = Piece {
            events: &events,
            markers: &markers,
            end: 96_000,
            sample_rate: 48_000.0,
            tempo: 90.0,
            time_signature: (6, 8),
        };
        write(&path, &piece).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        let file = Smf::parse(&bytes).unwrap();
        let mut tick = 0;
        let mut found = Vec::new();
        for event in &file.tracks[0] {
            tick += event.delta.as_int();
            match event.kind {
                TrackEventKind::Meta(MetaMessage::Marker(text)) => found.push((tick, String::from_utf8_lossy(text))),
                TrackEventKind::Midi { channel, message: MidiMessage::NoteOn { .. } } => {
                    found.push((tick, channel.to_string().into()));
                }
                TrackEventKind::Meta(MetaMessage::TimeSignature(beats, unit, ..)) => assert_eq!((beats, unit), (6, 3)),
                _ => {}
            }
        }
        // Half a second at 90 BPM is three quarters of a beat.
        assert_eq!(found, [(720, "chord: C:min7/Eb".into()), (720, "9".into()), (2_160, "9".into())]);
    }

    #[test]
    fn every_note_ends_whatever_happens_last() {
        let on = |sample, key| Timed { sample, kind: EventKind::NoteOn { channel: 2, key, velocity: 0.5 } };
        let off = |sample, key| Timed { sample, kind: EventKind::NoteOff { channel: 2, key, velocity: 0.0 } };
        // One note is struck twice, one ends, one never does, one begins at the very end and one after it.
        let events = [on(0, 60), on(10, 62), on(20, 60), off(30, 62), on(40, 64), on(99, 65), on(100, 67)];
        let ended = with_ends(&events, 100);
        assert!(ended.is_sorted_by_key(|event| event.sample));
        let ends: Vec<(u64, u8)> = ended
            .iter()
            .filter_map(|event| match event.kind {
                EventKind::NoteOff { key, .. } => Some((event.sample, key)),
                _ => None,
            })
            .collect();
        assert_eq!(ends, [(20, 60), (30, 62), (101, 60), (101, 64), (101, 65), (101, 67)]);
        assert_eq!(with_ends(&[], 100), []);
    }
}
