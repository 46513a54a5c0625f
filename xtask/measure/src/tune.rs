//! Tune: the pitch that is heard, the voice that is tuned and the formants that are kept.

use anyhow::Result;
use pitch_line::PitchLine;

pub mod correction;
pub mod formant_drift;
pub mod pitch_line;
pub mod recordings;
pub mod tracker;
pub mod tune_hearing;
pub mod voice_tracking;

/// Rate in Hz at which is measured.
pub const RATE: u32 = 44_100;

/// Other pitch trackers: Praat's autocorrelation, probabilistic YIN, a small network.
pub const TRACKERS: [&str; 3] = ["praat", "pyin", "swift"];

/// What hears with trackers that are not ours.
pub trait OtherTrackers {
    /// The lines that some of [`TRACKERS`] hear in mono recordings at [`RATE`], `[tracker][recording]`.
    ///
    /// # Errors
    /// They cannot be run.
    fn hear(&self, trackers: &[&str], recordings: &[&[f32]]) -> Result<Vec<Vec<PitchLine>>>;
}
