//! Standard MIDI Files to events in seconds.

use std::path::Path;

use midly::{MetaMessage, MidiMessage, Smf, Timing, TrackEventKind};

use crate::error::{AudioError, Result};

/// One message to one of 16 channels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Event {
    /// When, in seconds.
    pub seconds: f64,
    /// Track of the file.
    pub track: usize,
    /// Channel 0…15.
    pub channel: u8,
    /// What.
    pub message: Message,
}

/// What a channel is told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Message {
    /// Note on with velocity 1…127.
    NoteOn(u8, u8),
    /// Note off.
    NoteOff(u8),
    /// Controller number and value.
    Control(u8, u8),
    /// General MIDI program, 0…127.
    Program(u8),
    /// Pitch bend, 0…16383, 8192 = none.
    Bend(u16),
}

/// A file's events in order of time, and the names of its tracks.
#[derive(Debug, Clone, Default)]
pub struct Midi {
    /// In order of time.
    pub events: Vec<Event>,
    /// Track names; empty where a track has none.
    pub tracks: Vec<String>,
}

impl Midi {
    /// Reads a Standard MIDI File.
    ///
    /// # Errors
    /// The file is missing or no MIDI file.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).map_err(|source| AudioError::io(path, source))?;
        let broken = |error: midly::Error| AudioError::Midi { path: path.to_owned(), reason: error.to_string() };
        Ok(Self::from_smf(&Smf::parse(&bytes).map_err(broken)?))
    }

    fn from_smf(file: &Smf) -> Self {
        let clock = Clock::of(file);
        let mut midi = Self { events: Vec::new(), tracks: vec![String::new(); file.tracks.len()] };
        for (track, events) in file.tracks.iter().enumerate() {
            let mut ticks = 0u64;
            for event in events {
                ticks += u64::from(event.delta.as_int());
                match event.kind {
                    TrackEventKind::Meta(MetaMessage::TrackName(name)) => {
                        midi.tracks[track] = String::from_utf8_lossy(name).trim().to_owned();
                    }
                    TrackEventKind::Midi { channel, message } => {
                        if let Some(message) = convert(message) {
                            let seconds = clock.seconds(ticks);
                            midi.events.push(Event { seconds, track, channel: channel.as_int(), message });
                        }
                    }
                    _ => {}
                }
            }
        }
        midi.events.sort_by(|one, other| one.seconds.total_cmp(&other.seconds));
        midi
    }

    /// End of the last event in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.events.last().map_or(0.0, |event| event.seconds)
    }
}

fn convert(message: MidiMessage) -> Option<Message> {
    match message {
        MidiMessage::NoteOn { key, vel } if vel.as_int() > 0 => Some(Message::NoteOn(key.as_int(), vel.as_int())),
        MidiMessage::NoteOn { key, .. } | MidiMessage::NoteOff { key, .. } => Some(Message::NoteOff(key.as_int())),
        MidiMessage::Controller { controller, value } => Some(Message::Control(controller.as_int(), value.as_int())),
        MidiMessage::ProgramChange { program } => Some(Message::Program(program.as_int())),
        MidiMessage::PitchBend { bend } => Some(Message::Bend(bend.0.as_int())),
        _ => None,
    }
}

/// Ticks to seconds: `(ticks, seconds, seconds per tick)` from each change of tempo on.
struct Clock(Vec<(u64, f64, f64)>);

impl Clock {
    fn of(file: &Smf) -> Self {
        let per_beat = match file.header.timing {
            Timing::Metrical(ticks) => f64::from(ticks.as_int().max(1)),
            Timing::Timecode(rate, subframe) => {
                return Self(vec![(0, 0.0, 1.0 / (f64::from(rate.as_f32()) * f64::from(subframe.max(1))))]);
            }
        };
        let mut changes: Vec<(u64, u32)> = Vec::new();
        for track in &file.tracks {
            let mut ticks = 0;
            for event in track {
                ticks += u64::from(event.delta.as_int());
                if let TrackEventKind::Meta(MetaMessage::Tempo(tempo)) = event.kind {
                    changes.push((ticks, tempo.as_int()));
                }
            }
        }
        changes.sort_by_key(|change| change.0);
        let mut clock = Self(vec![(0, 0.0, 0.5 / per_beat)]);
        for (ticks, tempo) in changes {
            let seconds = clock.seconds(ticks);
            clock.0.push((ticks, seconds, f64::from(tempo) * 1e-6 / per_beat));
        }
        clock
    }

    fn seconds(&self, ticks: u64) -> f64 {
        let change = self.0.iter().rev().find(|change| change.0 <= ticks);
        change.map_or(0.0, |&(from, seconds, per_tick)| seconds + (ticks - from) as f64 * per_tick)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// Division 96; tempo 120, at beat 1 tempo 60; note 60 from beat 0 to beat 2.
    const FILE: &[u8] = &[
        b'M', b'T', b'h', b'd', 0, 0, 0, 6, 0, 0, 0, 1, 0, 96, b'M', b'T', b'r', b'k', 0, 0, 0, 27, 0, 0xFF, 3, 3,
        b'a', b'b', b'c', 0, 0x90, 60, 127, 96, 0xFF, 0x51, 3, 0x0F, 0x42, 0x40, 96, 0x90, 60, 0, 0, 0xFF, 0x2F, 0,
    ];

    #[test]
    fn time_follows_the_tempo() {
        let midi = Midi::from_smf(&Smf::parse(FILE).unwrap());
        assert_eq!(midi.tracks, ["abc"]);
        let at = |seconds, message| Event { seconds, track: 0, channel: 0, message };
        assert_eq!(midi.events, [at(0.0, Message::NoteOn(60, 127)), at(1.5, Message::NoteOff(60))]);
        assert_eq!(midi.seconds(), 1.5);
    }

    #[test]
    fn a_file_that_is_no_midi_says_so() {
        let folder = std::env::temp_dir().join(format!("songweave-midi-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("x.mid"), b"no midi").unwrap();
        assert!(Midi::read(&folder.join("x.mid")).unwrap_err().to_string().contains("not a MIDI file"));
        assert!(Midi::read(&folder.join("y.mid")).unwrap_err().to_string().contains("no such file"));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
