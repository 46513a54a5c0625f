//! Where on the grid of 16th notes the band is.

/// 16th notes in a quarter.
pub const STEPS_PER_QUARTER: u32 = 4;

/// A step (16th note) and its place in the bar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Number of the bar, 0 = the host's first; counted in `bars.rs`.
    pub bar: i64,
    /// Step in the bar, 0 = the downbeat.
    pub step: u32,
    /// Steps of the bar: 16 in 4/4, 12 in 3/4 and 6/8.
    pub steps_per_bar: u32,
    /// Steps of a beat: 4, or 6 where three eighths are felt as one beat (6/8, 9/8, 12/8).
    pub steps_per_beat: u32,
}

impl Place {
    /// Whether a beat begins here.
    #[must_use]
    pub const fn is_beat(&self) -> bool {
        self.step.is_multiple_of(self.steps_per_beat)
    }

    /// Whether another place is the same step; its bar may have got another length meanwhile.
    #[must_use]
    pub const fn is_same_step(&self, other: &Self) -> bool {
        self.bar == other.bar && self.step == other.step
    }

    /// Whether a place is the one right after this one. A bar may end early, where the metre changes.
    #[must_use]
    pub const fn is_followed_by(&self, next: &Self) -> bool {
        let within = next.bar == self.bar && next.step == self.step.wrapping_add(1);
        within || (next.step == 0 && next.bar == self.bar.wrapping_add(1))
    }
}
