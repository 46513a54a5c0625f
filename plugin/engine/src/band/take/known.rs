//! What the band does at a step of a song that it knows.

use songweave_dsp::band::Style;

use crate::band::harmony::Harmonised;

/// What the band does at a step of a known song.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cue {
    /// It plays.
    Play,
    /// It counts the singer in.
    CountIn,
    /// It holds its last chord, which is struck at the first step of its first bar.
    LastChord {
        /// Whether it is struck now.
        strikes: bool,
    },
    /// It is silent.
    Rest,
}

/// What the band goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GoesBy {
    /// What it hears.
    #[default]
    Ear,
    /// What it hears, which it learns.
    Learning,
    /// The song that it knows.
    Song,
    /// What it hears, since something else is sung than what it learned.
    Departure,
}

/// A section as the arranger sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Number of its first bar.
    pub first: i64,
    /// How many bars it has.
    pub bars: i64,
    /// Which material it has: equal ones sound alike; 1 is that of choruses.
    pub material: u8,
    /// The style that the user has put down for it.
    pub style: Option<Style>,
}

/// A step of a known song.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Known {
    /// The harmony.
    pub harmony: Harmonised,
    /// What the band does.
    pub cue: Cue,
    /// How loud the singer is in this section, -1…1.
    pub energy: f32,
    /// The section of this bar, and that of the next.
    pub spans: [Span; 2],
}
