//! The arranger: from the chord of each 16th to the notes of drums, bass, keys and pad that begin in it.
//!
//! What a bar's rhythm is depends on seed, section, style, density and adventure alone, so a seek, a loop and a bounce play the
//! same. What the voice does only takes away or adds weight. The chord places the notes when it is there.

mod bass;
mod dice;
mod form;
mod held;
mod meter;
mod pattern;
mod players;
mod priors;
mod voicing;

use songweave_dsp::band::{Chord, Instrument, Style};
use songweave_models::groove::{BAR, GrooveError, GrooveNetwork};

use super::{
    grid::GridTime,
    place::Place,
    take::known::{Cue, Known},
};
use crate::runtime::fault::NetworkFault;
use form::SectionKey;
use pattern::Section;
use players::{Moment, Players};

/// Bars without a sung note after which the band plays less.
const LIGHTER_AFTER: u64 = 2;
/// Bars without a sung note after which it strikes its last chord, at the next bar line.
const ENDS_AFTER: u64 = 4;
/// Bars for which the last chord is held.
const LAST_CHORD: u64 = 2;
/// What counts the singer in: a stick on the rim of the snare.
const COUNT: StepNote = StepNote { instrument: Instrument::Drums, key: 37, velocity: 90, delay: 0.0, length: 1.0 };
/// Bars for which the band plays on at most after the last sung note: the last chord waits for a bar line.
pub const LONGEST_PLAYING_ON: u32 = (ENDS_AFTER + LAST_CHORD) as u32 + 1;

/// What the user wants of the arrangement.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StyleSettings {
    /// How the band plays.
    pub style: Style,
    /// From kick and hat (0) to everything (1).
    pub density: f32,
    /// From the expected (0) to the daring (1): chances, fills, length of sections.
    pub adventure: f32,
    /// Another seed is another arrangement.
    pub seed: u32,
}

/// What the singer does.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Singing {
    /// Share of the last step in which there was a pitch, 0…1.
    pub voiced: f32,
    /// Level in the last step in dB.
    pub level: f32,
    /// Steps since anything was sung.
    pub silent_steps: u32,
    /// What is known of the song at this step, where it was learned.
    pub known: Option<Known>,
}

/// A note that begins in the step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepNote {
    /// Who plays.
    pub instrument: Instrument,
    /// MIDI key, 0…127; General MIDI drums for [`Instrument::Drums`].
    pub key: u8,
    /// MIDI velocity, 1…127; 0 prolongs the sounding note of this instrument and key.
    pub velocity: u8,
    /// Steps after the step's beginning: 0 but for swung off-beats.
    pub delay: f32,
    /// Length in steps, from the note's own beginning (of a prolonged note: from now on), above 0.
    pub length: f32,
}

/// What drums and bass will play in the next bar, as far as it is known before: the chords may add bass notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BarPlan {
    /// Number of the bar.
    pub bar: i64,
    /// Steps that the bar has; those after the 16th are not shown.
    pub steps: u32,
    /// Drums of each step, `[step]`, bit n = class n of [`songweave_models::groove::DRUM_NAMES`].
    pub drums: [u16; BAR],
    /// Whether the bass begins a note, `[step]`.
    pub bass: [bool; BAR],
}

/// What a pause of the singer makes the band do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pause {
    No,
    Lighter,
    /// The last chord is held; it is struck at the first step of its first bar.
    LastChord {
        strikes: bool,
    },
    Over,
    /// The singer is counted in.
    CountIn,
}

/// Arranges the harmony for the four instruments.
pub struct Arranger {
    network: GrooveNetwork,
    now: Option<Section>,
    coming: Option<Section>,
    plan: BarPlan,
    players: Players,
    last: Option<Place>,
    /// The chord that is played, `None` while nobody plays.
    chord: Option<Chord>,
    /// Loudness of the singer over the last bars, -1…1; 0 after a jump.
    energy: f32,
}

impl Arranger {
    /// An arranger around a network.
    #[must_use]
    pub fn new(network: GrooveNetwork) -> Self {
        let (plan, players) = (BarPlan::default(), Players::new());
        Self { network, now: None, coming: None, plan, players, last: None, chord: None, energy: 0.0 }
    }

    /// Forgets what sounds and what was sung. Patterns do not depend on it.
    pub fn reset(&mut self) {
        self.stop();
        self.last = None;
        self.energy = 0.0;
    }

    /// What begins in a step; to be called once per 16th, in order, at its beginning. A jump is noticed: everything is struck
    /// anew at the next beat.
    ///
    /// `chord` sounds from here on; `None` means that it is not known yet, and nobody plays. `next` is the chord that is
    /// expected at the next beat. Notes are added to `notes`. A note lasts to the next beat at most and is then prolonged,
    /// while its chord stays; those that may be overlap the beat by a tenth of a step.
    ///
    /// # Errors
    /// When the network fails; then nothing was added.
    pub fn step(
        &mut self,
        time: &GridTime,
        chord: Option<Chord>,
        next: Option<Chord>,
        singing: &Singing,
        settings: &StyleSettings,
        notes: &mut Vec<StepNote>,
    ) -> Result<(), NetworkFault> {
        let place = meter::sane(&time.place);
        if !self.last.is_some_and(|last| last.is_followed_by(&place)) {
            self.reset();
        }
        self.last = Some(place);
        self.prepare(&place, settings, singing.known.as_ref()).map_err(|error| NetworkFault(error.to_string()))?;
        self.hear(singing);
        let (Some(chord), Some(section)) = (chord, &self.now) else {
            self.stop();
            return Ok(());
        };
        let pause = pause(&place, singing);
        if let Pause::CountIn = pause
            && place.is_beat()
        {
            notes.push(COUNT);
        }
        if matches!(pause, Pause::Over | Pause::CountIn) {
            self.stop();
            return Ok(());
        }
        let ends = matches!(pause, Pause::LastChord { .. });
        if self.chord.is_none() && (ends || !place.is_beat()) {
            return Ok(());
        }
        let moment = Moment {
            place,
            step_seconds: time.step_seconds,
            chord,
            next: next.unwrap_or(chord),
            enters: self.chord.is_none(),
            changed: self.chord != Some(chord),
            lighter: pause == Pause::Lighter,
            voiced: form::unit(singing.voiced),
            energy: singing.known.map_or(self.energy, |known| known.energy),
            key: section.key,
            bar: *section.bar(place.bar),
        };
        match pause {
            Pause::LastChord { strikes } => self.players.end(&moment, strikes, notes),
            _ => self.players.play(&moment, &self.network, notes),
        }
        self.chord = Some(chord);
        Ok(())
    }

    /// What drums and bass will play in the bar after that of the last step.
    #[must_use]
    pub const fn plan(&self) -> &BarPlan {
        &self.plan
    }

    fn stop(&mut self) {
        self.players.stop();
        self.chord = None;
    }

    fn hear(&mut self, singing: &Singing) {
        if singing.voiced > 0.2 && singing.level.is_finite() {
            let loud = ((singing.level + 25.0) / 15.0).clamp(-1.0, 1.0);
            self.energy += (loud - self.energy) / 32.0;
        }
    }

    /// Makes the patterns of this bar and of the next, where they are not there yet.
    fn prepare(&mut self, place: &Place, settings: &StyleSettings, known: Option<&Known>) -> Result<(), GrooveError> {
        let next = Place { bar: place.bar.saturating_add(1), step: 0, ..*place };
        let [here, after] = [0, 1].map(|bar| known.map(|known| &known.spans[bar]));
        let (now, coming) = (SectionKey::of(place.bar, settings, here), SectionKey::of(next.bar, settings, after));
        if !is(&self.now, now) {
            let known = self.coming.take().filter(|section| section.key == now);
            self.now = Some(known.map_or_else(|| Section::new(now, &mut self.network), Ok)?);
        }
        if coming != now && !is(&self.coming, coming) {
            self.coming = Some(Section::new(coming, &mut self.network)?);
        }
        let section = if coming == now { &self.now } else { &self.coming };
        if let Some(section) = section {
            self.plan = plan(section, &next);
        }
        Ok(())
    }
}

fn is(section: &Option<Section>, key: SectionKey) -> bool {
    section.as_ref().is_some_and(|section| section.key == key)
}

/// What the singer's silence means at a place. The last chord begins at the first bar line after [`ENDS_AFTER`] bars.
fn pause(place: &Place, singing: &Singing) -> Pause {
    if let Some(known) = &singing.known {
        return match known.cue {
            Cue::Play => Pause::No,
            Cue::CountIn => Pause::CountIn,
            Cue::LastChord { strikes } => Pause::LastChord { strikes },
            Cue::Rest => Pause::Over,
        };
    }
    let (bar, silent) = (u64::from(place.steps_per_bar), u64::from(singing.silent_steps));
    match silent.checked_sub(place.step.into()).map(|silent| silent / bar) {
        Some(bars) if bars >= ENDS_AFTER + LAST_CHORD => Pause::Over,
        Some(bars) if bars >= ENDS_AFTER => Pause::LastChord { strikes: bars == ENDS_AFTER && place.step == 0 },
        _ if silent >= LIGHTER_AFTER * bar => Pause::Lighter,
        _ => Pause::No,
    }
}

fn plan(section: &Section, first: &Place) -> BarPlan {
    let mut plan = BarPlan { bar: first.bar, steps: first.steps_per_bar, ..BarPlan::default() };
    let bar = section.bar(first.bar);
    for step in 0..first.steps_per_bar.min(BAR as u32) {
        let place = Place { step, ..*first };
        let levels = players::drum_levels(&place, &section.key, bar);
        let drums = levels.iter().enumerate().filter(|(_, level)| **level > 0).map(|(drum, _)| 1 << drum);
        plan.drums[step as usize] = drums.sum();
        plan.bass[step as usize] = meter::source(&place).is_some_and(|step| bar.bass[step] > 0);
    }
    plan
}

#[cfg(test)]
mod tests;
