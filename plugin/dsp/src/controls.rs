//! The parameter values that travel with the audio.

use crate::layout::PARTS;

/// What the plugin does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Two songs through a mask.
    #[default]
    Mash,
}

/// A snapshot of the parameters at one sample, in plain units. A…B values are 0 = only A … 1 = only B.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Controls {
    /// What the plugin does.
    pub mode: Mode,
    /// Effect against delayed input A, 0…1.
    pub mix: f32,
    /// Output gain, linear.
    pub output_gain: f32,
    /// Passes input A, delayed by the latency.
    pub bypass: bool,
    /// Shifts all faders towards A or B; 0.5 leaves them where they are.
    pub balance: f32,
    /// A…B fader of each part, `[part]`.
    pub faders: [f32; PARTS],
    /// How far the faders follow the network's lead, 0…1.
    pub auto: f32,
    /// From a plain crossfade (0) to full separation (1).
    pub depth: f32,
    /// Time constant of rising mask gains in seconds, 0 = at once.
    pub attack: f32,
    /// Time constant of falling mask gains in seconds, 0 = at once.
    pub release: f32,
    /// Below this frequency in Hz the mask is not used.
    pub low: f32,
    /// Above this frequency in Hz the mask is not used.
    pub high: f32,
    /// Holds the shares as they are.
    pub freeze: bool,
    /// Listen to what the mask takes away.
    pub delta: bool,
    /// Transposition of song B without its drums in semitones, −6…6; not used with `match_keys`.
    pub transpose_b: i8,
    /// Transposes song B by [`crate::frame::Decision::transpose_b`] instead.
    pub match_keys: bool,
}

impl Default for Controls {
    /// Voice of A over the rest of B.
    fn default() -> Self {
        Self {
            mode: Mode::Mash,
            mix: 1.0,
            output_gain: 1.0,
            bypass: false,
            balance: 0.5,
            faders: [0.0, 1.0, 1.0, 1.0],
            auto: 0.0,
            depth: 1.0,
            attack: 0.0,
            release: 0.0,
            low: 20.0,
            high: 20_000.0,
            freeze: false,
            delta: false,
            transpose_b: 0,
            match_keys: false,
        }
    }
}
