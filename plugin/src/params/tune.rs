//! The parameters of Tune.

use std::sync::Arc;

use nice_plug::prelude::*;
use songweave_dsp::{
    band::CLASS_NAMES,
    exchange::controls::{TuneControls, TuneScale, TuneTarget},
};

use super::{
    band::{choice, chosen, class, with_auto},
    frequency, in_range, percent, switch, within, within_steps,
};
use crate::units;

const TARGETS: [(&str, TuneTarget); 4] = [
    ("Scale", TuneTarget::Scale),
    ("MIDI", TuneTarget::Midi),
    ("Chord", TuneTarget::Chord),
    ("Melody", TuneTarget::Melody),
];
const SCALES: [(&str, TuneScale); 4] = [
    ("Chromatic", TuneScale::Chromatic),
    ("Major", TuneScale::Major),
    ("Minor", TuneScale::Minor),
    ("Auto", TuneScale::Auto),
];
/// Slowest correction in ms.
const SLOWEST: f32 = 400.0;
/// Largest shift of the formants in semitones.
const MOST_FORMANT: f32 = 12.0;
/// Lowest and highest A4 in Hz.
const REFERENCE: FloatRange = FloatRange::Linear { min: 400.0, max: 480.0 };
/// All twelve notes.
const MOST_NOTES: i32 = 0xFFF;
/// Lowest and highest MIDI key of a melody.
const MELODY: (i32, i32) = (36, 84);

/// The parameters of Tune.
#[derive(Params)]
pub struct TuneParams {
    /// From the voice as it is (0, off) to the target (1).
    #[id = "tune_amount"]
    pub amount: FloatParam,
    /// Time constant in ms with which the pitch goes to a target.
    #[id = "tune_speed"]
    pub speed: FloatParam,
    /// What the voice is tuned to: 0 = scale, 1 = MIDI, 2 = chord, 3 = melody.
    #[id = "tune_target"]
    pub target: IntParam,
    /// The tonic, 0 = heard, 1 = C … 12 = B.
    #[id = "tune_key"]
    pub key: IntParam,
    /// 0 = chromatic, 1 = major, 2 = minor, 3 = heard.
    #[id = "tune_scale"]
    pub scale: IntParam,
    /// Notes in place of the scale's, one bit each from C on; 0 = the scale's.
    #[id = "tune_notes"]
    pub notes: IntParam,
    /// Shift of the formants in semitones.
    #[id = "formant"]
    pub formant: FloatParam,
    /// How much of the voice's own vibrato and glides stays, 0…1.
    #[id = "humanise"]
    pub humanise: FloatParam,
    /// Frequency of A4 in Hz.
    #[id = "tune_reference"]
    pub reference: FloatParam,
    /// Lowest MIDI key of the melody that the plugin writes.
    #[id = "melody_low"]
    pub melody_low: IntParam,
    /// Highest MIDI key of the melody that the plugin writes.
    #[id = "melody_high"]
    pub melody_high: IntParam,
    /// The melody, from the most likely to the surprising, 0…1.
    #[id = "melody_adventure"]
    pub melody_adventure: FloatParam,
    /// Whether the notes that were learned of the song go before the target.
    #[id = "tune_song"]
    pub song: BoolParam,
}

impl Default for TuneParams {
    /// [`TuneControls::OFF`].
    fn default() -> Self {
        let off = TuneControls::OFF;
        let (low, high) = off.melody_range;
        Self {
            amount: percent("Tune amount", off.amount),
            speed: speed(1000.0 * off.speed),
            target: choice("Tune target", &TARGETS.map(|(name, _)| name), 0),
            key: choice("Tune key", &with_auto(&CLASS_NAMES), 0),
            scale: choice("Tune scale", &SCALES.map(|(name, _)| name), 3),
            notes: notes(),
            formant: formant(),
            humanise: percent("Humanise", off.humanise),
            reference: frequency("Tune reference", off.reference, REFERENCE),
            melody_low: note("Melody lowest", low),
            melody_high: note("Melody highest", high),
            melody_adventure: percent("Melody adventure", off.melody_adventure),
            song: switch("Learned notes"),
        }
    }
}

impl TuneParams {
    /// The parameters as the signal path reads them, every value within its range.
    ///
    /// # Real-time safety
    /// Neither allocates nor blocks.
    #[must_use]
    pub fn controls(&self) -> TuneControls {
        let note = |param: &IntParam| param.value().clamp(MELODY.0, MELODY.1) as u8;
        let (one, other) = (note(&self.melody_low), note(&self.melody_high));
        TuneControls {
            amount: in_range(&self.amount),
            speed: in_range(&self.speed) / 1000.0,
            target: TARGETS[chosen(&self.target).min(TARGETS.len() - 1)].1,
            key: class(&self.key),
            scale: SCALES[chosen(&self.scale).min(SCALES.len() - 1)].1,
            formant: in_range(&self.formant),
            humanise: in_range(&self.humanise),
            reference: in_range(&self.reference),
            melody_range: (one.min(other), one.max(other)),
            melody_adventure: in_range(&self.melody_adventure),
            notes: self.notes.value().clamp(0, MOST_NOTES) as u16,
            song: self.song.value(),
        }
    }
}

fn speed(default: f32) -> FloatParam {
    let range = FloatRange::Skewed { min: 0.0, max: SLOWEST, factor: 0.5 };
    FloatParam::new("Tune speed", default, range)
        .with_step_size(0.1)
        .with_value_to_string(Arc::new(units::milliseconds))
        .with_string_to_value(within(range, units::parse_milliseconds))
}

fn formant() -> FloatParam {
    let range = FloatRange::Linear { min: -MOST_FORMANT, max: MOST_FORMANT };
    FloatParam::new("Formant", 0.0, range)
        .with_step_size(0.1)
        .with_value_to_string(Arc::new(units::shift))
        .with_string_to_value(within(range, units::parse_shift))
}

fn notes() -> IntParam {
    IntParam::new("Tune notes", 0, IntRange::Linear { min: 0, max: MOST_NOTES })
        .with_value_to_string(Arc::new(units::notes))
        .with_string_to_value(Arc::new(units::parse_notes))
}

fn note(name: &str, default: u8) -> IntParam {
    let range = IntRange::Linear { min: MELODY.0, max: MELODY.1 };
    IntParam::new(name, i32::from(default), range)
        .with_value_to_string(Arc::new(units::note))
        .with_string_to_value(within_steps(range, units::parse_note))
}
