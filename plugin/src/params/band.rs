//! The parameters of Accompany.

use std::sync::Arc;

use nice_plug::prelude::*;
use songweave_dsp::{
    band::{CLASS_NAMES, INSTRUMENTS, Instrument, QUALITIES, Quality, Style},
    exchange::controls::{BandControls, Intro},
};

use super::{decibels, in_range, percent, switch, within, within_steps};
use crate::units;

/// Other names of the same ones, as they are read.
const OTHER_CLASSES: [(&str, &str); 5] = [("C#", "Db"), ("D#", "Eb"), ("Gb", "F#"), ("G#", "Ab"), ("A#", "Bb")];
/// Names of the chord qualities in index order.
const QUALITY_NAMES: [&str; QUALITIES] = [
    "Major",
    "Minor",
    "Major 7",
    "Minor 7",
    "Dominant 7",
    "Sus 4",
    "Sus 2",
    "Diminished",
    "Half-diminished 7",
    "Augmented",
];
const SCALES: [&str; 3] = ["Auto", "Major", "Minor"];
/// Look-aheads that can be chosen, in seconds.
const LOOK_AHEADS: [(&str, f32); 5] = [("Off", 0.0), ("100 ms", 0.1), ("250 ms", 0.25), ("500 ms", 0.5), ("1 s", 1.0)];
const INTROS: [&str; Intro::ALL.len()] = ["None", "Count-in", "2 bars", "4 bars", "8 bars"];
const AUTO: &str = "Auto";
/// Seeds from 0 to this one.
const LARGEST_SEED: i32 = 9_999;

/// The parameters of Accompany.
#[derive(Params)]
pub struct BandParams {
    /// How the band plays.
    #[id = "style"]
    pub style: IntParam,
    /// How much it plays, 0…1.
    #[id = "density"]
    pub density: FloatParam,
    /// From the most likely to the surprising, 0…1.
    #[id = "adventure"]
    pub adventure: FloatParam,
    /// Another seed, another accompaniment.
    #[id = "seed"]
    pub seed: IntParam,
    /// The tonic, 0 = heard, 1 = C … 12 = B.
    #[id = "key"]
    pub key: IntParam,
    /// 0 = heard, 1 = major, 2 = minor.
    #[id = "scale"]
    pub scale: IntParam,
    /// Root of the chord, 0 = the band's choice, 1 = C … 12 = B.
    #[id = "chord_root"]
    pub chord_root: IntParam,
    /// Kind of that chord, 0 = as the key has it.
    #[id = "chord_quality"]
    pub chord_quality: IntParam,
    /// By how much the output waits to hear more of the voice. Taken at activation.
    #[id = "lookahead"]
    pub look_ahead: IntParam,
    /// Whether what is sung is learned.
    #[id = "learn"]
    pub learn: BoolParam,
    /// What the band plays before the singer, where it knows the song: 0 = nothing, 1 = a bar of beats, 2, 4, 8 bars.
    #[id = "intro"]
    pub intro: IntParam,
    /// Tempo in BPM, used where the host has no transport.
    #[id = "tempo"]
    pub tempo: FloatParam,
    /// What the drums are played with, 0 = as the style has it.
    #[id = "drums_sound"]
    pub drums_sound: IntParam,
    /// What the bass is played with, 0 = as the style has it.
    #[id = "bass_sound"]
    pub bass_sound: IntParam,
    /// What the keys are played with, 0 = as the style has it.
    #[id = "keys_sound"]
    pub keys_sound: IntParam,
    /// What the pad is played with, 0 = as the style has it.
    #[id = "pad_sound"]
    pub pad_sound: IntParam,
    /// How far the band steps back while somebody sings, 0…1.
    #[id = "duck"]
    pub duck: FloatParam,
    /// Level of the whole band in dB.
    #[id = "band_level"]
    pub band_level: FloatParam,
    /// Level of the drums in dB.
    #[id = "drums_level"]
    pub drums_level: FloatParam,
    /// Level of the bass in dB.
    #[id = "bass_level"]
    pub bass_level: FloatParam,
    /// Level of the keys in dB.
    #[id = "keys_level"]
    pub keys_level: FloatParam,
    /// Level of the pad in dB.
    #[id = "pad_level"]
    pub pad_level: FloatParam,
    /// Level of the voice in dB.
    #[id = "voice_level"]
    pub voice_level: FloatParam,
}

impl Default for BandParams {
    /// A pop band that hears everything for itself.
    fn default() -> Self {
        Self {
            style: choice("Style", &Style::ALL.map(Style::name), Style::default() as i32),
            density: percent("Density", 0.5),
            adventure: percent("Adventure", 0.3),
            seed: seed(),
            key: choice("Key", &with_auto(&CLASS_NAMES), 0),
            scale: choice("Scale", &SCALES, 0),
            chord_root: choice("Chord root", &with_auto(&CLASS_NAMES), 0),
            chord_quality: choice("Chord quality", &with_auto(&QUALITY_NAMES), 0),
            look_ahead: choice("Look-ahead", &LOOK_AHEADS.map(|(name, _)| name), 0),
            learn: switch("Learn"),
            intro: choice("Intro", &INTROS, 0),
            tempo: tempo(),
            drums_sound: sound("Drums sound", Instrument::Drums),
            bass_sound: sound("Bass sound", Instrument::Bass),
            keys_sound: sound("Keys sound", Instrument::Keys),
            pad_sound: sound("Pad sound", Instrument::Pad),
            duck: percent("Duck", 0.3),
            band_level: decibels("Band level"),
            drums_level: decibels("Drums level"),
            bass_level: decibels("Bass level"),
            keys_level: decibels("Keys level"),
            pad_level: decibels("Pad level"),
            voice_level: decibels("Voice level"),
        }
    }
}

impl BandParams {
    /// The parameters as the signal path reads them, every value within its range.
    ///
    /// # Real-time safety
    /// Neither allocates nor blocks.
    #[must_use]
    pub fn controls(&self) -> BandControls {
        let level = |param: &FloatParam| units::gain(in_range(param));
        let band = level(&self.band_level);
        let levels = [&self.drums_level, &self.bass_level, &self.keys_level, &self.pad_level];
        BandControls {
            style: Style::ALL[chosen(&self.style).min(Style::ALL.len() - 1)],
            density: in_range(&self.density),
            adventure: in_range(&self.adventure),
            seed: self.seed.value().clamp(0, LARGEST_SEED) as u32,
            key: class(&self.key),
            minor: match chosen(&self.scale) {
                0 => None,
                scale => Some(scale == 2),
            },
            chord_root: class(&self.chord_root),
            chord_quality: chosen(&self.chord_quality)
                .checked_sub(1)
                .and_then(|index| Quality::ALL.get(index).copied()),
            learn: self.learn.value(),
            intro: Intro::ALL[chosen(&self.intro).min(Intro::ALL.len() - 1)],
            tempo: in_range(&self.tempo),
            sounds: self.sounds().map(|param| chosen(param).checked_sub(1).map(|sound| sound as u8)),
            levels: levels.map(|param| band * level(param)),
            duck: in_range(&self.duck),
            voice: level(&self.voice_level),
        }
    }

    /// The look-ahead chosen, in seconds.
    #[must_use]
    pub fn look_ahead_seconds(&self) -> f32 {
        LOOK_AHEADS[chosen(&self.look_ahead).min(LOOK_AHEADS.len() - 1)].1
    }

    /// What each instrument is played with.
    #[must_use]
    pub const fn sounds(&self) -> [&IntParam; INSTRUMENTS] {
        [&self.drums_sound, &self.bass_sound, &self.keys_sound, &self.pad_sound]
    }

    /// The level of each instrument.
    #[must_use]
    pub const fn levels(&self) -> [&FloatParam; INSTRUMENTS] {
        [&self.drums_level, &self.bass_level, &self.keys_level, &self.pad_level]
    }
}

pub(super) fn chosen(param: &IntParam) -> usize {
    usize::try_from(param.value()).unwrap_or(0)
}

/// A pitch class of a parameter whose first value is "Auto".
pub(super) fn class(param: &IntParam) -> Option<u8> {
    chosen(param).checked_sub(1).map(|class| class.min(CLASS_NAMES.len() - 1) as u8)
}

pub(super) fn with_auto(names: &[&'static str]) -> Vec<&'static str> {
    [AUTO].into_iter().chain(names.iter().copied()).collect()
}

/// A parameter whose values have names.
pub(super) fn choice(name: &str, names: &[&'static str], default: i32) -> IntParam {
    let shown: Arc<[&'static str]> = names.into();
    let read = shown.clone();
    IntParam::new(name, default, IntRange::Linear { min: 0, max: names.len() as i32 - 1 })
        .with_value_to_string(Arc::new(move |value| {
            let name = usize::try_from(value).ok().and_then(|index| shown.get(index));
            name.copied().unwrap_or_default().to_owned()
        }))
        .with_string_to_value(Arc::new(move |text| {
            let text = text.trim();
            let same = |name: &&str| name.eq_ignore_ascii_case(text);
            let other = OTHER_CLASSES.iter().find(|(other, _)| same(other)).map(|(_, name)| *name);
            let found = read.iter().position(|name| same(name) || Some(*name) == other)?;
            i32::try_from(found).ok()
        }))
}

fn sound(name: &str, instrument: Instrument) -> IntParam {
    choice(name, &with_auto(instrument.sounds()), 0)
}

fn seed() -> IntParam {
    let range = IntRange::Linear { min: 0, max: LARGEST_SEED };
    IntParam::new("Seed", 1, range).with_string_to_value(within_steps(range, |text| text.trim().parse().ok()))
}

fn tempo() -> FloatParam {
    let range = FloatRange::Linear { min: 20.0, max: 300.0 };
    FloatParam::new("Tempo", 100.0, range)
        .with_step_size(0.1)
        .with_value_to_string(Arc::new(units::bpm))
        .with_string_to_value(within(range, units::parse_bpm))
}
