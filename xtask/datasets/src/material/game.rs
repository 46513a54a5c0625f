//! Pieces of Freedoom and of an arranger, played by sound fonts, with a voice.

use songweave_dsp::stream::layout::Part;
use std::path::Path;

use super::{Material, choose, name_of, within};
use crate::listener::arranger;
use songweave_score::{
    error::{MaterialError, Result},
    files::midi::{Event, Message, Midi, notes_of},
    random::Random,
};
use songweave_synth::{instruments::soundfont::DRUM_CHANNEL, song::Song, voices::singing::phrases};

use super::Split;

/// Styles that are tried for a piece.
const ATTEMPTS: usize = 8;

impl Material {
    /// A stretch of a piece at another tempo and in another key.
    pub(super) fn game(&self, split: Split, seconds: f64, rate: u32, random: &mut Random) -> Result<Song> {
        let path = choose(&self.games, split, random)?;
        let mut midi = Midi::read(path)?;
        let speed = f64::from(random.between(0.85, 1.18));
        let keys = random.index(12) as i16 - 6;
        midi.events.iter_mut().for_each(|event| change(event, speed, keys));
        let from = f64::from(random.unit()) * (midi.seconds() - seconds).max(0.0);
        self.played(&name_of(path), &midi.events, from, seconds, rate, random)
    }

    /// A piece in a style of the arranger's; those of the test split are left for tests.
    pub(super) fn styled(&self, split: Split, seconds: f64, rate: u32, random: &mut Random) -> Result<Song> {
        let fitting: Vec<&String> = self.styles.iter().filter(|style| Split::of(style) == split).collect();
        let none = || MaterialError::data(Path::new("mma"), format!("no style of the {} split", split.name()));
        let folder =
            std::env::temp_dir().join(format!("songweave-style-{}-{}", std::process::id(), random.index(1 << 30)));
        let fail = |source| MaterialError::io(&folder, source);
        std::fs::create_dir_all(&folder).map_err(fail)?;
        let mut piece = Err(none());
        let mut style = String::new();
        // The arranger refuses some grooves of its own library.
        for _ in 0..ATTEMPTS {
            style = (*random.pick(&fitting).ok_or_else(none)?).clone();
            piece = arranger::piece(&style, style.contains("blues"), seconds + 1.0, &folder, random);
            if piece.is_ok() {
                break;
            }
        }
        std::fs::remove_dir_all(&folder).map_err(fail)?;
        self.played(&style, &piece?, 0.5, seconds, rate, random)
    }

    /// Events from a second on as a sound font plays them, mostly with a voice.
    fn played(
        &self,
        name: &str,
        events: &[Event],
        from: f64,
        seconds: f64,
        rate: u32,
        random: &mut Random,
    ) -> Result<Song> {
        let mut song = Song::silent(name, rate, (seconds * f64::from(rate)) as usize);
        let font = self.font(random);
        for part in [Part::Drums, Part::Bass, Part::Other] {
            let events = only(events, part);
            song.parts[part as usize] = font.play(&events, from, seconds, rate)?;
            song.notes[part as usize] = Some(within(notes_of(&events, from, seconds), seconds));
        }
        match random.index(4) {
            0 => song.notes[Part::Vocals as usize] = Some(Vec::new()),
            1 => self.add_clip(&mut song, random)?,
            _ => {
                let melody = phrases(0.5, seconds, random.between(45.0, 57.0).round(), random);
                self.sing(&mut song, &melody, random);
            }
        }
        Ok(song)
    }
}

/// Another tempo and key; drums keep their keys.
fn change(event: &mut Event, speed: f64, keys: i16) {
    event.seconds /= speed;
    if event.channel != DRUM_CHANNEL
        && let Message::NoteOn(key, _) | Message::NoteOff(key) = &mut event.message
    {
        *key = (i16::from(*key) + keys).clamp(0, 127) as u8;
    }
}

/// The events of a piece that one part plays: notes by the program of their channel, everything else for all.
fn only(events: &[Event], part: Part) -> Vec<Event> {
    let mut programs = [0u8; 16];
    let mut kept = Vec::with_capacity(events.len());
    for event in events {
        let channel = usize::from(event.channel);
        if let Message::Program(program) = event.message {
            programs[channel] = program;
        }
        let plays = match event.channel {
            DRUM_CHANNEL => Part::Drums,
            // Percussive programs are drums too: timpani, taiko, toms, synth drum, reverse cymbal, effects.
            _ if matches!(programs[channel], 47 | 112..=119) => Part::Drums,
            _ if (32..40).contains(&programs[channel]) => Part::Bass,
            _ => Part::Other,
        };
        if plays == part || !matches!(event.message, Message::NoteOn(..)) {
            kept.push(*event);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_go_to_the_part_of_their_program() {
        let event = |channel, message| Event { seconds: 0.0, track: 0, channel, message };
        let events = [
            event(0, Message::Program(33)),
            event(0, Message::NoteOn(40, 100)),
            event(1, Message::NoteOn(60, 100)),
            event(DRUM_CHANNEL, Message::NoteOn(36, 100)),
            event(0, Message::Program(0)),
            event(0, Message::NoteOn(72, 100)),
        ];
        let keys = |part| -> Vec<u8> {
            let key = |event: &Event| if let Message::NoteOn(key, _) = event.message { Some(key) } else { None };
            only(&events, part).iter().filter_map(key).collect()
        };
        assert_eq!((keys(Part::Bass), keys(Part::Drums), keys(Part::Other)), (vec![40], vec![36], vec![60, 72]));
    }
}
