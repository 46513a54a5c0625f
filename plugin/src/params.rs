//! The parameters, their ranges and texts, and the [`Controls`] that they make. Their ids are permanent.

use std::{fmt, sync::Arc};

use nice_plug::{params::InternalParamMut, prelude::*};
use songweave_dsp::{
    exchange::controls::{Controls, Mode},
    mash::transpose::MOST_SEMITONES,
    stream::layout::{Part, StreamLayout},
};

use band::{BandParams, choice};
use tune::TuneParams;

use crate::{shared::Shared, state::SavedState, units};

/// The largest number that `missed_hops` shows; more are shown as this many.
pub const MOST_MISSED: i32 = 1_000_000;

/// Everything that a host saves.
#[derive(Params)]
pub struct SongweaveParams {
    /// What the plugin does: 0 = Mash, 1 = Accompany.
    #[id = "mode"]
    pub mode: IntParam,
    /// Effect against delayed input A, 0…1.
    #[id = "mix"]
    pub mix: FloatParam,
    /// Output level in dB, −60 = silence.
    #[id = "output"]
    pub output: FloatParam,
    /// Passes input A with the plugin's delay.
    #[id = "bypass"]
    pub bypass: BoolParam,
    /// Hops since activation whose decision came too late. Written by the plugin only.
    #[id = "missed_hops"]
    pub missed_hops: IntParam,
    /// The parameters of Mash.
    #[nested(group = "Mash")]
    pub mash: MashParams,
    /// The parameters of Accompany.
    #[nested(group = "Accompany")]
    pub band: BandParams,
    /// The parameters of Tune.
    #[nested(group = "Tune")]
    pub tune: TuneParams,
    /// What is saved beside the parameters.
    #[nested]
    pub state: SavedState,
}

/// The parameters of Mash.
#[derive(Params)]
pub struct MashParams {
    /// Shifts all faders, 0 = A … 1 = B, 0.5 leaves them where they are.
    #[id = "balance"]
    pub balance: FloatParam,
    /// Who sings, 0 = A … 1 = B.
    #[id = "vocals"]
    pub vocals: FloatParam,
    /// Whose drums, 0 = A … 1 = B.
    #[id = "drums"]
    pub drums: FloatParam,
    /// Whose bass, 0 = A … 1 = B.
    #[id = "bass"]
    pub bass: FloatParam,
    /// Whose everything else, 0 = A … 1 = B.
    #[id = "other"]
    pub other: FloatParam,
    /// How far the faders follow the network's lead, 0…1.
    #[id = "auto"]
    pub auto: FloatParam,
    /// From a plain crossfade (0) to full separation (1).
    #[id = "depth"]
    pub depth: FloatParam,
    /// Time constant of rising mask gains in ms.
    #[id = "attack"]
    pub attack: FloatParam,
    /// Time constant of falling mask gains in ms.
    #[id = "release"]
    pub release: FloatParam,
    /// Below this frequency in Hz the mask is not used.
    #[id = "low"]
    pub low: FloatParam,
    /// Above this frequency in Hz the mask is not used.
    #[id = "high"]
    pub high: FloatParam,
    /// Holds the mask as it is.
    #[id = "freeze"]
    pub freeze: BoolParam,
    /// Listen to what the mask takes away.
    #[id = "delta"]
    pub delta: BoolParam,
    /// Listen to one part: 0 = all, 1 = vocals, 2 = drums, 3 = bass, 4 = other.
    #[id = "solo"]
    pub solo: IntParam,
    /// Transposition of song B without its drums in semitones.
    #[id = "transpose_b"]
    pub transpose_b: IntParam,
    /// Transposes song B by itself into the key of song A.
    #[id = "match_keys"]
    pub match_keys: BoolParam,
    /// How vocals are told from the rest: 0 = Live, 1 = Studio. Taken at activation.
    #[id = "quality"]
    pub quality: IntParam,
    /// Where the network of Studio runs: 0 = Automatic, 1 = CPU, 2 = GPU. Taken at activation.
    #[id = "device"]
    pub device: IntParam,
}

impl SongweaveParams {
    /// All parameters at their defaults.
    #[must_use]
    pub fn new(shared: Arc<Shared>) -> Self {
        Self {
            mode: mode(),
            mix: percent("Mix", 1.0),
            output: decibels("Output"),
            bypass: switch("Bypass").make_bypass(),
            missed_hops: missed_hops(),
            mash: MashParams::default(),
            band: BandParams::default(),
            tune: TuneParams::default(),
            state: SavedState::new(shared),
        }
    }

    /// The parameters as the signal path reads them. Whatever a host or a state may have set, every value is finite and
    /// within its range.
    ///
    /// # Real-time safety
    /// Neither allocates nor blocks.
    #[must_use]
    pub fn controls(&self) -> Controls {
        let mash = &self.mash;
        Controls {
            mode: if self.mode.value() == 1 { Mode::Accompany } else { Mode::Mash },
            mix: in_range(&self.mix),
            output_gain: units::gain(in_range(&self.output)),
            bypass: self.bypass.value(),
            balance: in_range(&mash.balance),
            faders: Part::ALL.map(|part| in_range(mash.fader(part))),
            auto: in_range(&mash.auto),
            depth: in_range(&mash.depth),
            attack: in_range(&mash.attack) / 1000.0,
            release: in_range(&mash.release) / 1000.0,
            low: in_range(&mash.low),
            high: in_range(&mash.high),
            freeze: mash.freeze.value(),
            delta: mash.delta.value(),
            solo: mash.solo(),
            transpose_b: mash.transpose_b.value().clamp(-MOST_TRANSPOSED, MOST_TRANSPOSED) as i8,
            match_keys: mash.match_keys.value(),
            band: self.band.controls(),
            tune: self.tune.controls(),
        }
    }

    /// The stream's layout at a sample rate in Hz.
    #[must_use]
    pub fn layout(&self, shared: &Shared, sample_rate: f32) -> StreamLayout {
        shared.layout(sample_rate, self.band.look_ahead_seconds(), self.mash.wants_studio())
    }

    /// Shows a number of missed hops to the host.
    ///
    /// # Real-time safety
    /// Neither allocates nor blocks.
    pub fn show_missed(&self, missed: u64) {
        let shown = i32::try_from(missed).unwrap_or(MOST_MISSED).min(MOST_MISSED);
        // SAFETY: the setter stores atomics. It is marked unsafe since a value of the user's must not change behind the
        // host's back; this one is read-only to the host.
        unsafe { self.missed_hops._internal_set_plain_value(shown) };
    }
}

impl MashParams {
    /// Whether Studio quality is chosen.
    #[must_use]
    pub fn wants_studio(&self) -> bool {
        self.quality.value() == 1
    }

    /// Whether a GPU is to be asked. Automatic does not: on another device the last bits of a bounce may differ.
    #[must_use]
    pub fn wants_gpu(&self) -> bool {
        self.device.value() == 2
    }

    /// The part that is listened to alone.
    #[must_use]
    pub fn solo(&self) -> Option<Part> {
        usize::try_from(self.solo.value() - 1).ok().and_then(|part| Part::ALL.get(part).copied())
    }

    /// The A…B fader of a part.
    #[must_use]
    pub const fn fader(&self, part: Part) -> &FloatParam {
        match part {
            Part::Vocals => &self.vocals,
            Part::Drums => &self.drums,
            Part::Bass => &self.bass,
            Part::Other => &self.other,
        }
    }
}

impl Default for MashParams {
    /// Voice of A over the rest of B.
    fn default() -> Self {
        Self {
            balance: a_to_b("Balance", 0.5),
            vocals: a_to_b("Vocals", 0.0),
            drums: a_to_b("Drums", 1.0),
            bass: a_to_b("Bass", 1.0),
            other: a_to_b("Other", 1.0),
            auto: percent("Auto", 0.0),
            depth: percent("Depth", 1.0),
            attack: time("Attack", 0.0),
            release: time("Release", 20.0),
            low: limit("Low limit", LOWEST_HZ),
            high: limit("High limit", HIGHEST_HZ),
            freeze: switch("Freeze"),
            delta: switch("Delta listen"),
            solo: choice("Solo", &["Off", "Vocals", "Drums", "Bass", "Other"], 0),
            transpose_b: transpose_b(),
            match_keys: switch("Match keys"),
            quality: choice("Quality", &["Live", "Studio"], 0),
            device: choice("Device", &["Automatic", "CPU", "GPU"], 0).non_automatable(),
        }
    }
}

impl fmt::Debug for SongweaveParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SongweaveParams").field("controls", &self.controls()).finish_non_exhaustive()
    }
}

/// Largest transposition in semitones, up and down.
const MOST_TRANSPOSED: i32 = MOST_SEMITONES as i32;
const LOWEST_HZ: f32 = 20.0;
const HIGHEST_HZ: f32 = 20_000.0;

fn mode() -> IntParam {
    let name = |mode| if mode == 0 { "Mash" } else { "Accompany" };
    IntParam::new("Mode", 0, IntRange::Linear { min: 0, max: 1 })
        .with_value_to_string(Arc::new(move |mode| name(mode).to_owned()))
        .with_string_to_value(Arc::new(move |text| (0..=1).find(|mode| name(*mode).eq_ignore_ascii_case(text))))
}

fn missed_hops() -> IntParam {
    let shown = |missed: i32| if missed >= MOST_MISSED { format!("{MOST_MISSED} or more") } else { missed.to_string() };
    IntParam::new("Missed hops", 0, IntRange::Linear { min: 0, max: MOST_MISSED })
        .with_value_to_string(Arc::new(shown))
        .with_string_to_value(Arc::new(|text| text.trim_end_matches(" or more").parse().ok()))
        .hide()
}

fn percent(name: &str, default: f32) -> FloatParam {
    let range = FloatRange::Linear { min: 0.0, max: 1.0 };
    FloatParam::new(name, default, range)
        .with_value_to_string(Arc::new(units::percent))
        .with_string_to_value(within(range, units::parse_percent))
}

fn a_to_b(name: &str, default: f32) -> FloatParam {
    let range = FloatRange::Linear { min: 0.0, max: 1.0 };
    FloatParam::new(name, default, range)
        .with_value_to_string(Arc::new(units::a_to_b))
        .with_string_to_value(within(range, units::parse_a_to_b))
}

fn decibels(name: &str) -> FloatParam {
    // The step makes 0 dB exact when it comes back from the host's normalised value.
    let range = FloatRange::Linear { min: units::SILENCE_DB, max: 12.0 };
    FloatParam::new(name, 0.0, range)
        .with_step_size(0.01)
        .with_value_to_string(Arc::new(units::decibels))
        .with_string_to_value(within(range, units::parse_decibels))
}

fn time(name: &str, default: f32) -> FloatParam {
    let range = FloatRange::Skewed { min: 0.0, max: 500.0, factor: 0.5 };
    FloatParam::new(name, default, range)
        .with_step_size(0.1)
        .with_value_to_string(Arc::new(units::milliseconds))
        .with_string_to_value(within(range, units::parse_milliseconds))
}

fn limit(name: &str, default: f32) -> FloatParam {
    // With this factor the middle of the range is its geometric mean, 632 Hz.
    frequency(name, default, FloatRange::Skewed { min: LOWEST_HZ, max: HIGHEST_HZ, factor: 0.199 })
}

fn frequency(name: &str, default: f32, range: FloatRange) -> FloatParam {
    FloatParam::new(name, default, range)
        .with_step_size(1.0)
        .with_value_to_string(Arc::new(units::hertz))
        .with_string_to_value(within(range, units::parse_hertz))
}

fn transpose_b() -> IntParam {
    let range = IntRange::Linear { min: -MOST_TRANSPOSED, max: MOST_TRANSPOSED };
    IntParam::new("Transpose B", 0, range)
        .with_value_to_string(Arc::new(units::semitones))
        .with_string_to_value(within_steps(range, units::parse_semitones))
}

pub(super) fn switch(name: &str) -> BoolParam {
    BoolParam::new(name, false)
        .with_value_to_string(Arc::new(units::on_off))
        .with_string_to_value(Arc::new(units::parse_on_off))
}

/// What reads the text of a value.
type Reading<T> = Arc<dyn Fn(&str) -> Option<T> + Send + Sync>;

/// `read`, but texts of values beyond the range are refused: nobody is to get another value than the one asked for.
fn within(range: FloatRange, read: fn(&str) -> Option<f32>) -> Reading<f32> {
    let (low, high) = (range.unnormalize(0.0), range.unnormalize(1.0));
    Arc::new(move |text| read(text).filter(|value| (low..=high).contains(value)))
}

/// As [`within`], for whole numbers.
fn within_steps(range: IntRange, read: fn(&str) -> Option<i32>) -> Reading<i32> {
    let (low, high) = (range.unnormalize(0.0), range.unnormalize(1.0));
    Arc::new(move |text| read(text).filter(|value| (low..=high).contains(value)))
}

/// The value, within the range of the parameter; the default where it is no number.
fn in_range(param: &FloatParam) -> f32 {
    let value = param.value();
    let (FloatRange::Linear { min, max }
    | FloatRange::Skewed { min, max, .. }
    | FloatRange::SymmetricalSkewed { min, max, .. }) = param.range()
    else {
        return value;
    };
    if value.is_finite() { value.clamp(min, max) } else { param.default_plain_value() }
}

/// The value that the parameter shows as text; of a value that is no number, the default.
#[must_use]
pub fn text(param: &impl Param) -> String {
    let value = param.modulated_normalized_value();
    let shown = if value.is_finite() { value.clamp(0.0, 1.0) } else { param.default_normalized_value() };
    param.normalized_value_to_string(shown, true)
}

pub mod band;
#[cfg(test)]
mod tests;
pub mod tune;
