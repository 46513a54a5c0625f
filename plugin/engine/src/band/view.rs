//! The band as it is shown.

use super::{arrange::BarPlan, harmony::Harmonised, melody::MelodyPlan, place::Place, take::known::GoesBy};

/// What is known of the music, for whoever shows it.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct BandView {
    /// Where the band is.
    pub place: Option<Place>,
    /// Length of a step in seconds.
    pub step_seconds: f32,
    /// The harmony that sounds and what is expected next.
    pub harmony: Harmonised,
    /// What the drums and the bass will play in the next bar.
    pub plan: BarPlan,
    /// What the band goes by.
    pub goes_by: GoesBy,
    /// Whether something was sung in the last step.
    pub sings: bool,
    /// The melody that the voice is tuned to.
    pub melody: MelodyPlan,
}
