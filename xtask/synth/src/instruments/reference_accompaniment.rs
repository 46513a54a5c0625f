//! The true accompaniment of a song whose chords are annotated: the plugin's own arranger plays them, a sound font sounds.
//!
//! What the band, and what a network from voice to accompaniment, should sound like if they knew the chords.

use songweave_dsp::band::{Chord, Instrument, Quality, Style};
use songweave_engine::band::{
    arrange::{self, Arranger, Singing, StyleSettings},
    grid::GridTime,
    place::Place,
};
use songweave_models::groove::GrooveNetwork;

use crate::{instruments::soundfont::Instruments, song::Stereo};
use songweave_score::{
    error::Result,
    files::midi::{Event, Message},
    notation::step_chord::StepChord,
    songs::structure_song::{STEPS_PER_BAR, STEPS_PER_BEAT, StructureSong},
};

/// As the plugin is set before anybody moves a parameter.
pub const SETTINGS: StyleSettings = StyleSettings { style: Style::Pop, density: 0.5, adventure: 0.3, seed: 1 };
/// Levels in dB that the arranger is told of sung and silent steps.
const SUNG: f32 = -20.0;
const SILENCE: f32 = -120.0;
/// Controller 7 of General MIDI.
const VOLUME: u8 = 7;

/// A note of the band in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BandNote {
    /// Who plays.
    pub instrument: Instrument,
    /// MIDI key.
    pub key: u8,
    /// MIDI velocity, 1…127.
    pub velocity: u8,
    /// Its beginning.
    pub start: f64,
    /// Its length.
    pub length: f64,
}

/// What the band plays to a song if it knows the annotated chords, in order of time.
///
/// # Errors
/// The network of the arranger is damaged.
pub fn arranged(song: &StructureSong, settings: &StyleSettings) -> Result<Vec<BandNote>> {
    let mut arranger = Arranger::new(GrooveNetwork::embedded()?);
    let (classes, seconds) = (song.classes(), song.step_seconds());
    let (mut notes, mut step_notes, mut silent_steps) = (Vec::new(), Vec::new(), 0);
    for step in 0..song.steps() {
        let sung = step.checked_sub(1).is_some_and(|last| classes[last as usize].is_some());
        silent_steps = if sung { 0 } else { silent_steps + 1 };
        let singing = Singing {
            voiced: f32::from(u8::from(sung)),
            level: if sung { SUNG } else { SILENCE },
            silent_steps,
            known: None,
        };
        let next = step - step % STEPS_PER_BEAT + STEPS_PER_BEAT;
        let [chord, next] = [step, next].map(|step| song.chord(step).map(|chord| nearest(&chord)));
        step_notes.clear();
        let time = GridTime::at_beginning(place(step), seconds);
        arranger.step(&time, chord, next, &singing, settings, &mut step_notes)?;
        step_notes.iter().for_each(|note| add(note, step, seconds, &mut notes));
    }
    Ok(notes)
}

fn place(step: u32) -> Place {
    Place {
        bar: (step / STEPS_PER_BAR).into(),
        step: step % STEPS_PER_BAR,
        steps_per_bar: STEPS_PER_BAR,
        steps_per_beat: STEPS_PER_BEAT,
    }
}

/// Adds a note of a step, or prolongs the one that sounds.
fn add(note: &arrange::StepNote, step: u32, seconds: f64, notes: &mut Vec<BandNote>) {
    let start = (f64::from(step) + f64::from(note.delay)) * seconds;
    let length = f64::from(note.length) * seconds;
    if note.velocity > 0 {
        let (instrument, key, velocity) = (note.instrument, note.key, note.velocity);
        notes.push(BandNote { instrument, key, velocity, start, length });
        return;
    }
    let same = |sounding: &&mut BandNote| (sounding.instrument, sounding.key) == (note.instrument, note.key);
    if let Some(sounding) =
        notes.iter_mut().rev().find(same).filter(|sounding| sounding.start + sounding.length >= start)
    {
        sounding.length = start + length - sounding.start;
    }
}

/// The chord of the arranger that has most notes in common with an annotated one, on the same root and bass.
fn nearest(chord: &StepChord) -> Chord {
    let of = |quality| Chord { root: chord.root, quality, bass: chord.bass };
    let differences = |quality: &Quality| (StepChord::from(of(*quality)).classes ^ chord.classes).count_ones();
    of(Quality::ALL.into_iter().min_by_key(differences).unwrap_or_default())
}

/// General MIDI program and channel volume of an instrument.
const fn sound(instrument: Instrument) -> (u8, u8) {
    match instrument {
        Instrument::Drums => (0, 100),
        Instrument::Bass => (33, 100),
        Instrument::Keys => (0, 90),
        Instrument::Pad => (89, 70),
    }
}

/// The notes through a sound font: standard kit, finger bass, grand piano, warm pad.
///
/// # Errors
/// The rate is not between 16 and 192 kHz.
pub fn play(notes: &[BandNote], font: &Instruments, seconds: f64, rate: u32) -> Result<Stereo> {
    let mut events = Vec::with_capacity(2 * notes.len() + 8);
    for instrument in Instrument::ALL {
        let at = |seconds, message| Event { seconds, track: 0, channel: instrument.channel(), message };
        let (program, volume) = sound(instrument);
        events.extend([at(-1.0, Message::Program(program)), at(-1.0, Message::Control(VOLUME, volume))]);
        for note in notes.iter().filter(|note| note.instrument == instrument) {
            events.push(at(note.start, Message::NoteOn(note.key, note.velocity)));
            events.push(at(note.start + note.length, Message::NoteOff(note.key)));
        }
    }
    // An end comes before the next beginning of the same key.
    let order = |event: &Event| u8::from(matches!(event.message, Message::NoteOn(..)));
    events.sort_by(|one, other| one.seconds.total_cmp(&other.seconds).then(order(one).cmp(&order(other))));
    font.play(&events, 0.0, seconds, rate)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use songweave_score::songs::structure_song::StepNote;

    fn song() -> StructureSong {
        let chords = [StepChord::triad(0, false), StepChord::new(9, &[9, 0, 4, 7], 9)];
        StructureSong {
            name: "a song".to_owned(),
            tempo: 120.0,
            key: None,
            melody: (0..16).map(|index| StepNote { start: 8 * index, length: 6, key: 60 }).collect(),
            chords: (0..126).map(|step| Some(chords[step / 32 % 2])).collect(),
        }
    }

    #[test]
    fn everybody_plays_the_annotated_chords_and_held_notes_are_prolonged() {
        let notes = arranged(&song(), &SETTINGS).unwrap();
        for instrument in Instrument::ALL {
            assert!(notes.iter().any(|note| note.instrument == instrument), "{instrument:?}");
        }
        let pad: Vec<_> = notes.iter().filter(|note| note.instrument == Instrument::Pad).collect();
        assert!(pad.iter().any(|note| note.length > 1.0), "longer than the beat that one step asks for");
        let fits =
            |note: &&&BandNote| song().chord((note.start / 0.125).round() as u32).unwrap().contains(note.key % 12);
        assert_eq!(pad.iter().filter(fits).count(), pad.len());
        assert_eq!(arranged(&song(), &SETTINGS).unwrap(), notes);
    }

    #[test]
    fn chords_are_taken_for_the_nearest_kind() {
        let quality = |root, tones: &[u8]| nearest(&StepChord::new(root, tones, root)).quality;
        assert_eq!(quality(9, &[9, 0, 4, 7]), Quality::Minor7);
        assert_eq!(quality(2, &[2, 7, 9]), Quality::Sus4);
        assert_eq!(quality(0, &[0, 4, 7, 2]), Quality::Major, "a ninth has no kind of its own");
        assert_eq!(nearest(&StepChord::new(0, &[0, 4, 7], 4)), Chord { root: 0, quality: Quality::Major, bass: 4 });
    }
}
