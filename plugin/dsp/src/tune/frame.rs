//! What the tuner hears at every hop.

use crate::exchange::controls::TuneControls;

/// What one frame says of the voice, and what is asked of the tuner meanwhile.
#[derive(Debug, Clone, Copy)]
pub struct TuneFrame {
    /// Whether anybody wants to know what is sung; where not there is no pitch, and nothing is asked.
    pub listens: bool,
    /// The pitch that the frame may have, as a MIDI key with fractions, A4 = 440 Hz.
    pub pitch: Option<f32>,
    /// Level in dB as [`crate::band::VoiceHeard::level`] tells it.
    pub level: f32,
    /// What is asked of the tuner.
    pub controls: TuneControls,
    /// MIDI keys that are held, one bit each.
    pub held: u128,
    /// Whether notes are told over MIDI.
    pub tells: bool,
}
