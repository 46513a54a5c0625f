//! Synthetic singers, speech synthesisers and recorded syllables.

pub mod clips;
pub mod envelope;
pub mod evaluation_singers;
pub mod lyrics;
pub mod pitch_track;
pub mod singer;
pub mod singing;
pub mod speech;
pub mod style;
pub mod syllable_alignment;
pub mod syllables;
pub mod utterance;
pub mod vocoder;
pub mod voice_bank;
