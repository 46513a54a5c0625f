//! What is heard of the voice in a 16th note.

use songweave_dsp::analysis::chroma::PITCH_CLASSES;

/// What was heard of the voice in one step, pooled from its hops.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct StepHeard {
    /// Share of the step's time in which the voice was on each pitch class, `[pitch class]`, 0 = C; adds up to at most 1.
    pub pitch: [f32; PITCH_CLASSES],
    /// Strength of notes that began in the step, `[pitch class]`, 0…1.
    pub onset: [f32; PITCH_CLASSES],
    /// Mean MIDI key of the voiced time, 0 when there was none.
    pub key: f32,
    /// Mean level in dB, -120 in silence.
    pub level: f32,
    /// How much of the step has been heard, 0…1; less than 1 only for a step that still goes on.
    pub heard: f32,
}

impl StepHeard {
    /// Share of the step in which the voice had a pitch, 0…1.
    #[must_use]
    pub fn voiced(&self) -> f32 {
        self.pitch.iter().sum()
    }
}
