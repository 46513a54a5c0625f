//! Provisional harmony: the tonic triad of the key that is heard.

use songweave_dsp::band::{Chord, Quality};

use super::{heard::StepHeard, place::Place};
use crate::{
    listen::key::{Key, KeyEstimate, KeyTracker},
    pipeline::NetworkFault,
};

/// Beats that are planned.
pub const PLAN: usize = 4;

/// What the user asks of the harmony.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Wishes {
    /// Pitch class of the locked tonic.
    pub key: Option<u8>,
    /// Minor or major, where locked.
    pub minor: Option<bool>,
    /// The chord that has to sound.
    pub chord: Option<Chord>,
    /// From the most likely to the surprising, 0…1.
    pub adventure: f32,
    /// Another seed, other chords.
    pub seed: u32,
}

/// What was decided for a step.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Harmonised {
    /// The chord, `None` before there is one.
    pub chord: Option<Chord>,
    /// The key.
    pub key: Option<KeyEstimate>,
    /// Chords expected at the next beats.
    pub plan: [Option<Chord>; PLAN],
}

/// Decides the harmony.
pub struct Harmony {
    keys: KeyTracker,
}

impl Default for Harmony {
    fn default() -> Self {
        Self { keys: KeyTracker::new(0.125) }
    }
}

impl Harmony {
    /// Forgets everything heard.
    pub fn reset(&mut self) {
        self.keys.reset();
    }

    /// The harmony of a step.
    ///
    /// # Errors
    /// When the network fails.
    pub fn step(
        &mut self,
        _place: &Place,
        last: &StepHeard,
        _ahead: &[StepHeard],
        wishes: &Wishes,
    ) -> Result<Harmonised, NetworkFault> {
        self.keys.hear(&last.pitch);
        let key = self.keys.estimate();
        let tonic = key.map(|KeyEstimate { key: Key { tonic, minor }, .. }| Chord {
            root: tonic,
            quality: if minor { Quality::Minor } else { Quality::Major },
            bass: tonic,
        });
        let chord = wishes.chord.or(tonic);
        Ok(Harmonised { chord, key, plan: [chord; PLAN] })
    }
}
