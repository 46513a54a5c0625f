//! Provisional arrangement.

use songweave_dsp::band::{Chord, Instrument, Style};

use super::place::Place;
use crate::pipeline::NetworkFault;

/// How the user wants it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Taste {
    /// How it is played.
    pub style: Style,
    /// How much is played, 0…1.
    pub density: f32,
    /// 0…1.
    pub adventure: f32,
    /// Another seed, another arrangement.
    pub seed: u32,
}

/// What the singer does.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Singing {
    /// Share of the last step with a pitch.
    pub voiced: f32,
    /// Level in dB.
    pub level: f32,
    /// Steps since something was sung.
    pub silent_steps: u32,
}

/// A note that begins in a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepNote {
    /// Who plays.
    pub instrument: Instrument,
    /// MIDI key.
    pub key: u8,
    /// MIDI velocity; 0 prolongs the note that sounds.
    pub velocity: u8,
    /// Steps after the step's beginning.
    pub delay: f32,
    /// Length in steps.
    pub length: f32,
}

/// What drums and bass play in the next bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BarPlan {
    /// Drums, one bit per class, `[step]`.
    pub drums: [u16; 16],
    /// Whether the bass begins a note, `[step]`.
    pub bass: [bool; 16],
}

/// Writes the parts.
#[derive(Default)]
pub struct Arranger {
    plan: BarPlan,
    chord: Option<Chord>,
}

impl Arranger {
    /// Forgets everything.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    /// Writes a step.
    ///
    /// # Errors
    /// When the network fails.
    pub fn step(
        &mut self,
        place: &Place,
        chord: Option<Chord>,
        _next: Option<Chord>,
        _singing: &Singing,
        _taste: &Taste,
        notes: &mut Vec<StepNote>,
    ) -> Result<(), NetworkFault> {
        let Some(chord) = chord else { return Ok(()) };
        if place.is_beat() {
            let strike = self.chord.replace(chord) != Some(chord);
            let velocity = if strike { 70 } else { 0 };
            let length = place.steps_per_beat as f32;
            notes.push(StepNote {
                instrument: Instrument::Bass,
                key: 36 + chord.bass,
                velocity: 80,
                delay: 0.0,
                length: 3.5,
            });
            notes.push(StepNote { instrument: Instrument::Drums, key: 36, velocity: 90, delay: 0.0, length: 1.0 });
            for interval in chord.quality.intervals() {
                let key = 60 + (chord.root + interval) % 12;
                notes.push(StepNote { instrument: Instrument::Pad, key, velocity, delay: 0.0, length });
            }
        }
        Ok(())
    }

    /// What is planned.
    #[must_use]
    pub const fn plan(&self) -> &BarPlan {
        &self.plan
    }
}
