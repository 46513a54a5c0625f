//! Tune: the pitch that is heard and the formants that are kept.

pub mod formant_drift;
pub mod pitch_line;
pub mod tune_hearing;
pub mod voice_tracking;
