//! What the tuner is told with every frame: key, chord and melody at the middle of the frame's window.

use songweave_dsp::{
    band::{Chord, Style},
    exchange::{
        controls::{TuneControls, TuneScale, TuneTarget},
        frame::{AnalysisFrame, Heard},
    },
    tune::{TuneGuide, TuneKey},
};
use songweave_models::melody::Register;

use super::{MelodyPlan, MelodyWriter, Setting};
use crate::{
    band::{
        harmony::{Harmonised, scale},
        heard::StepHeard,
        place::Place,
        view::BandView,
    },
    follow::key::Key,
    runtime::fault::NetworkFault,
};

/// Semitones of the scales above the tonic.
const MAJOR: u16 = 0b1010_1011_0101;
const MINOR: u16 = 0b0101_1010_1101;
const ALL: u16 = 0xFFF;
/// Semitones within which a sung key means a learned note.
const MEANT: f32 = 1.5;
/// Kinds of songs that the network knows: pop songs, and lead sheets of older standards.
const POP: usize = 0;
const STANDARDS: usize = 2;

/// Keeps the melody and what the tuner is told.
pub struct Guide {
    writer: MelodyWriter,
    now: Option<Place>,
    told: TuneGuide,
}

impl Guide {
    /// A guide that has heard nothing.
    #[must_use]
    pub fn new(writer: MelodyWriter) -> Self {
        Self { writer, now: None, told: TuneGuide::default() }
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        self.writer.reset();
        (self.now, self.told) = (None, TuneGuide::default());
    }

    /// A step of the voice is over.
    pub fn hear(&mut self, step: &StepHeard) {
        self.writer.contour().hear(step);
    }

    /// The middle of the frame's window lies in the step `now`; `view` is what the band decided last. `song` are the MIDI keys that
    /// were learned of that step, of the one before and of the one after.
    ///
    /// # Errors
    /// When the network fails; nothing is told then but what is known without it.
    pub fn follow(
        &mut self,
        now: Option<Place>,
        view: &BandView,
        frame: &AnalysisFrame,
        song: [Option<u8>; 3],
    ) -> Result<(), NetworkFault> {
        let Some(place) = now else {
            (self.now, self.told) = (None, TuneGuide::default());
            self.writer.forget();
            return Ok(());
        };
        let harmony = &view.harmony;
        let key = harmony.key.map(|estimate| estimate.key);
        // Steps by which the band is late: its chord is of then.
        let late =
            if frame.layout.look_ahead > 0 { view.place.map_or(0, |decided| distance(decided, place)) } else { 0 };
        let from = view.place.filter(|_| late > 0).unwrap_or(place);
        self.told = TuneGuide {
            key: key.map(|key| TuneKey { tonic: key.tonic, minor: key.minor }),
            chord: chord(harmony, from, late),
            melody: None,
            song: None,
        };
        if frame.controls.tune.song {
            self.told.song = song_note(song, frame, key, self.told.chord);
        }
        let entered = self.now.replace(place) != Some(place);
        match setting(frame, key).filter(|_| frame.controls.tune.target == TuneTarget::Melody) {
            None => self.writer.forget(),
            Some(setting) => {
                if entered || self.writer.place.is_none() {
                    let expected = |steps: u32| chord(harmony, from, late.saturating_add(steps));
                    let written = self.writer.enter(place, &setting, &expected);
                    written.map_err(|error| NetworkFault(error.to_string()))?;
                }
                self.told.melody = self.writer.key();
            }
        }
        Ok(())
    }

    /// What the tuner may aim at now.
    #[must_use]
    pub const fn told(&self) -> TuneGuide {
        self.told
    }

    /// The melody from now on.
    #[must_use]
    pub fn plan(&self) -> MelodyPlan {
        self.writer.plan()
    }
}

/// The learned note that is meant now, rounded to key and harmony: singers come a little early or late, so of the notes around
/// the one that is nearest to what is sung.
fn song_note(song: [Option<u8>; 3], frame: &AnalysisFrame, key: Option<Key>, chord: Option<Chord>) -> Option<u8> {
    let Heard::Accompany(singer) = &frame.heard else { return None };
    let sung = (singer.voice.voicing >= 0.5).then_some(singer.voice.key);
    let [now, ..] = song;
    // In whatever octave it is sung.
    let distance = |note: u8| sung.map_or(0.0, |sung| ((sung - f32::from(note) + 6.0).rem_euclid(12.0) - 6.0).abs());
    let close = |note: &u8| sung.is_some() && distance(*note) < MEANT;
    let around = song.into_iter().flatten().filter(close);
    let meant = around.min_by(|one, other| distance(*one).total_cmp(&distance(*other))).or(now)?;
    Some(rounded(meant, key, chord))
}

/// A note of the chord or of the key stays; another goes to the nearest of the key, down where two are as near.
fn rounded(note: u8, key: Option<Key>, chord: Option<Chord>) -> u8 {
    let Some(key) = key else { return note };
    let fits =
        |note: u8| scale::contains(key, usize::from(note % 12)) || chord.is_some_and(|chord| chord.contains(note % 12));
    [note, note.saturating_sub(1), (note + 1).min(127)].into_iter().find(|note| fits(*note)).unwrap_or(note)
}

/// Steps from a place to a later one; 0 to an earlier one.
fn distance(from: Place, to: Place) -> u32 {
    let bars = to.bar.saturating_sub(from.bar).saturating_mul(i64::from(to.steps_per_bar));
    let steps = bars.saturating_add(i64::from(to.step)).saturating_sub(i64::from(from.step));
    u32::try_from(steps).unwrap_or(0)
}

/// The chord so many steps after the one that the band decided last, as far as it is planned.
fn chord(harmony: &Harmonised, decided: Place, steps: u32) -> Option<Chord> {
    let beat = decided.steps_per_beat.max(1);
    let beats = (decided.step % beat).saturating_add(steps) / beat;
    let planned = harmony.plan.iter().take(beats as usize).rev().find_map(|chord| *chord);
    if beats == 0 { harmony.chord } else { planned.or(harmony.chord) }
}

/// What the melody is to be like; `None` before a key is known.
fn setting(frame: &AnalysisFrame, heard: Option<Key>) -> Option<Setting> {
    let (tune, band) = (&frame.controls.tune, &frame.controls.band);
    let (tonic, minor) = key(tune, heard)?;
    let scale = match tune.scale {
        TuneScale::Major => MAJOR,
        TuneScale::Minor => MINOR,
        TuneScale::Chromatic | TuneScale::Auto => ALL,
    };
    let adventure = if tune.melody_adventure.is_finite() { tune.melody_adventure } else { 0.0 };
    Some(Setting {
        register: Register::new(tonic, minor, tune.melody_range),
        scale,
        corpus: if band.style == Style::Swing { STANDARDS } else { POP },
        adventure,
        seed: band.seed,
    })
}

/// The key that was chosen, or else the one that is heard.
fn key(tune: &TuneControls, heard: Option<Key>) -> Option<(u8, bool)> {
    let tonic = tune.key.or(heard.map(|key| key.tonic))? % 12;
    let minor = match tune.scale {
        TuneScale::Major => false,
        TuneScale::Minor => true,
        TuneScale::Chromatic | TuneScale::Auto => heard.is_some_and(|key| key.tonic == tonic && key.minor),
    };
    Some((tonic, minor))
}

#[cfg(test)]
mod tests {
    use songweave_dsp::{band::Quality, band::VoiceHeard, exchange::frame::SingerHeard};

    use super::*;

    const C_MAJOR: Option<Key> = Some(Key { tonic: 0, minor: false });

    /// What is told while a key is sung, where the notes of this step, of the one before and of the one after were learned.
    fn told(sung: f32, learned: [Option<u8>; 3], chord: Option<Chord>) -> Option<u8> {
        let voice = VoiceHeard { key: sung, voicing: 1.0, ..VoiceHeard::default() };
        let heard = Heard::Accompany(SingerHeard { voice, ..SingerHeard::default() });
        song_note(learned, &AnalysisFrame { heard, ..AnalysisFrame::default() }, C_MAJOR, chord)
    }

    #[test]
    fn a_note_that_comes_early_or_late_is_the_one_that_is_meant() {
        let learned = [Some(64), Some(60), Some(67)];
        // On time, the last note held on, the next one begun, and a scoop from below into it.
        assert_eq!([63.8, 60.3, 66.9, 66.0].map(|sung| told(sung, learned, None)), [64, 60, 67, 67].map(Some));
        // Far from all of them it is this step's; an octave lower is the same note.
        assert_eq!([70.0, 52.1].map(|sung| told(sung, learned, None)), [Some(64), Some(64)]);
        assert_eq!(told(64.0, [None, None, Some(71)], None), None, "in a rest the target is another one's");
    }

    #[test]
    fn what_was_sung_wrong_is_rounded_to_the_key_unless_the_chord_has_it() {
        let learned = [Some(66), None, None];
        let dominant = Chord { root: 2, quality: Quality::Dominant7, bass: 2 };
        assert_eq!((told(66.0, learned, None), told(66.0, learned, Some(dominant))), (Some(65), Some(66)));
    }
}
