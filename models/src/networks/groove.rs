//! Groove: what drums and a pianist's two hands play in the next 16th, given what they played before.
//!
//! Two small recurrent lines, both autoregressive: a step tells the chances of every level of each voice, the caller
//! chooses one, and the choice is what the next voice and the next step hear.

mod line;
mod reading;

use line::Line;

use crate::format::Network;

/// Classes of drums.
pub const DRUMS: usize = 9;
/// Names of the classes in index order.
pub const DRUM_NAMES: [&str; DRUMS] =
    ["kick", "snare", "closed hat", "open hat", "low tom", "mid tom", "high tom", "crash", "ride"];
/// General MIDI keys of the classes.
pub const DRUM_KEYS: [u8; DRUMS] = [36, 38, 42, 46, 45, 47, 50, 49, 51];
/// Levels of a drum: 0 = no hit, 1 soft, 2 medium, 3 loud.
pub const DRUM_LEVELS: usize = 4;
/// The least MIDI velocity of levels 2 and 3.
const LOUDER: [u8; 2] = [50, 95];

/// Voices of the hands: 0 = bass (the lowest note of the left hand), 1 = keys (everything above).
pub const HANDS: usize = 2;
/// Levels of a hand. Bass: 0 nothing, 1 root, 2 root an octave up, 3 fifth, 4 third, 5 another note. Keys: 0 nothing, 1 one
/// low note, 2 one high note, 3 two notes, 4 three, 5 more.
pub const HAND_LEVELS: usize = 6;
/// Tempi that the hands know: 0 slow (ballads), 1 faster.
pub const TEMPI: usize = 2;

/// Steps of a bar of the data; the networks know no other bars.
pub const BAR: usize = 16;
/// Bars of a phrase that the networks tell apart.
pub const PHRASE: usize = 4;
/// Styles of the drums: ballad, pop, rock, funk, latin, swing.
pub const STYLES: usize = 6;
/// Points of the density tables: quantiles 0.05, 0.25, 0.5, 0.75, 0.95 of the training data.
pub const QUANTILES: usize = 5;
/// The weights in the binary.
pub const EMBEDDED: &[u8] = include_bytes!("../../weights/groove.safetensors");

/// Level of a MIDI velocity; 0 for none.
#[must_use]
pub fn drum_level(velocity: u8) -> u8 {
    if velocity == 0 { 0 } else { 1 + LOUDER.iter().filter(|least| velocity >= **least).count() as u8 }
}

/// What the drums know of a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DrumPlace {
    /// Step of the bar, 0…15.
    pub step: usize,
    /// Bar of the phrase, 0…3.
    pub bar: usize,
    /// Index of the style, 0…5.
    pub style: usize,
    /// Hits per bar, of all drums together, divided by 32.
    pub density: f32,
    /// Whether this bar is a fill.
    pub fill: bool,
}

/// What the hands know of a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HandPlace {
    /// Step of the bar, 0…15.
    pub step: usize,
    /// Bar of the phrase, 0…3.
    pub bar: usize,
    /// Index of the tempo, 0 slow, 1 faster.
    pub tempo: usize,
    /// Onsets of each hand per bar, divided by 16, `[hand]`.
    pub density: [f32; HANDS],
    /// Whether the chord changes in this step.
    pub change: bool,
    /// Whether the chord changes at the next beat.
    pub change_ahead: bool,
}

/// Why a step gave no answer. The network's state is as before the step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GrooveError {
    /// A place outside the bar, the phrase, the styles or the tempi.
    #[error("a step was asked for outside the bar, the phrase or the styles; it was left out")]
    NoSuchPlace,
    /// A density that is NaN or infinite.
    #[error("the density of a step is not a finite number; it was left out")]
    NotFinite,
}

/// Chooses a level of a voice from the logarithms of the chances (not normalised), `(voice, [level])`. A level that does not
/// exist counts as the highest.
pub type Choose<'a> = dyn FnMut(usize, &[f32]) -> usize + 'a;

/// The two lines with their state, and what was measured of the data that they learned from.
#[derive(Debug, Clone)]
pub struct Groove {
    pub(in crate::networks) drums: Line<DRUMS, DRUM_LEVELS>,
    pub(in crate::networks) hands: Line<HANDS, HAND_LEVELS>,
    velocity: [[f32; DRUM_LEVELS - 1]; DRUMS],
    drum_density: [[f32; QUANTILES]; STYLES],
    hand_density: [[[f32; QUANTILES]; HANDS]; TEMPI],
}

/// The groove network with its weights and its state.
pub type GrooveNetwork = Network<Groove>;

impl GrooveNetwork {
    /// One step of the drums: a level for each class, as `choose` chose them.
    ///
    /// # Errors
    /// When the place does not exist or its density is not finite; the state stays as it is.
    pub fn drums(&mut self, place: &DrumPlace, choose: &mut Choose<'_>) -> Result<[u8; DRUMS], GrooveError> {
        Ok(self.layers.drums.step(&place.condition()?, choose))
    }

    /// One step of the hands: a level for each, as `choose` chose them.
    ///
    /// # Errors
    /// When the place does not exist or its density is not finite; the state stays as it is.
    pub fn hands(&mut self, place: &HandPlace, choose: &mut Choose<'_>) -> Result<[u8; HANDS], GrooveError> {
        Ok(self.layers.hands.step(&place.condition()?, choose))
    }

    /// Mean MIDI velocity of a level (1…3) of a drum in the training data, 1…127; 0 for none.
    #[must_use]
    pub fn velocity(&self, drum: usize, level: u8) -> f32 {
        let levels = self.layers.velocity.get(drum);
        levels.and_then(|levels| levels.get(usize::from(level).wrapping_sub(1))).copied().unwrap_or(0.0)
    }

    /// [`DrumPlace::density`] of the share `quantile` (0…1) of a style's training data.
    #[must_use]
    pub fn drum_density(&self, style: usize, quantile: f32) -> f32 {
        self.layers.drum_density.get(style).map_or(0.0, |table| interpolate(table, quantile))
    }

    /// [`HandPlace::density`] of the share `quantile` (0…1) of the training data of a tempo.
    #[must_use]
    pub fn hand_density(&self, tempo: usize, quantile: f32) -> [f32; HANDS] {
        self.layers
            .hand_density
            .get(tempo)
            .map_or([0.0; HANDS], |hands| hands.map(|table| interpolate(&table, quantile)))
    }
}

/// A table of [`QUANTILES`] points read at a quantile; beyond its ends the end counts.
fn interpolate(table: &[f32; QUANTILES], quantile: f32) -> f32 {
    const AT: [f32; QUANTILES] = [0.05, 0.25, 0.5, 0.75, 0.95];
    let quantile = if quantile.is_finite() { quantile.clamp(AT[0], AT[QUANTILES - 1]) } else { 0.5 };
    let upper = AT.iter().position(|at| *at >= quantile).unwrap_or(QUANTILES - 1).max(1);
    let part = (quantile - AT[upper - 1]) / (AT[upper] - AT[upper - 1]);
    table[upper - 1] + part * (table[upper] - table[upper - 1])
}

/// Numbers that say a [`DrumPlace`].
const DRUM_CONDITION: usize = BAR + PHRASE + STYLES + 2;
/// Numbers that say a [`HandPlace`].
const HAND_CONDITION: usize = BAR + PHRASE + TEMPI + HANDS + 2;

impl DrumPlace {
    fn condition(&self) -> Result<[f32; DRUM_CONDITION], GrooveError> {
        if self.step >= BAR || self.bar >= PHRASE || self.style >= STYLES {
            return Err(GrooveError::NoSuchPlace);
        }
        let mut condition = [0.0; DRUM_CONDITION];
        condition[self.step] = 1.0;
        condition[BAR + self.bar] = 1.0;
        condition[BAR + PHRASE + self.style] = 1.0;
        condition[BAR + PHRASE + STYLES] = finite(self.density)?;
        condition[BAR + PHRASE + STYLES + 1] = f32::from(u8::from(self.fill));
        Ok(condition)
    }
}

impl HandPlace {
    fn condition(&self) -> Result<[f32; HAND_CONDITION], GrooveError> {
        if self.step >= BAR || self.bar >= PHRASE || self.tempo >= TEMPI {
            return Err(GrooveError::NoSuchPlace);
        }
        let mut condition = [0.0; HAND_CONDITION];
        condition[self.step] = 1.0;
        condition[BAR + self.bar] = 1.0;
        condition[BAR + PHRASE + self.tempo] = 1.0;
        let rest = &mut condition[BAR + PHRASE + TEMPI..];
        rest[0] = finite(self.density[0])?;
        rest[1] = finite(self.density[1])?;
        rest[2] = f32::from(u8::from(self.change));
        rest[3] = f32::from(u8::from(self.change_ahead));
        Ok(condition)
    }
}

fn finite(value: f32) -> Result<f32, GrooveError> {
    if value.is_finite() { Ok(value) } else { Err(GrooveError::NotFinite) }
}

#[cfg(test)]
mod tests;
