//! What the inference thread sends back: one decision a frame, with what the frame's mode asks for and nothing else.
//!
//! What a mode holds through a late decision or another mode's frames, it holds itself (`mash/path.rs`, `band/path.rs`).

use crate::{
    band::BandStep,
    exchange::frame::Position,
    stream::layout::{BANDS, PARTS, SONGS},
    tune::TuneGuide,
};

/// What the networks decided for one frame.
///
/// ```
/// use songweave_dsp::exchange::{
///     decision::{Decided, Decision, MashDecision},
///     frame::Position,
/// };
///
/// // Song A leads everything in hop 7.
/// let mash = MashDecision { lead: [0.0; 4], ..MashDecision::UNDECIDED };
/// let decision = Decision { position: Position { generation: 1, hop: 7 }, decided: Decided::Mash(mash) };
/// assert_eq!(decision.mash(), Some(&mash));
/// assert_eq!(decision.accompany(), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Decision {
    /// The frame that this decision is about.
    pub position: Position,
    /// What was decided, by the mode of that frame.
    pub decided: Decided,
}

impl Decision {
    /// Before anything was heard.
    pub const UNDECIDED: Self =
        Self { position: Position { generation: 0, hop: 0 }, decided: Decided::Mash(MashDecision::UNDECIDED) };

    /// What was decided about the songs; `None` of a frame of Accompany.
    #[must_use]
    pub const fn mash(&self) -> Option<&MashDecision> {
        match &self.decided {
            Decided::Mash(decision) => Some(decision),
            Decided::Accompany(_) => None,
        }
    }

    /// What was decided about the band; `None` of a frame of Mash.
    #[must_use]
    pub const fn accompany(&self) -> Option<&BandDecision> {
        match &self.decided {
            Decided::Mash(_) => None,
            Decided::Accompany(decision) => Some(decision),
        }
    }
}

/// What was decided for one frame, by its mode.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "it crosses in a ring whose memory is there from the beginning")]
pub enum Decided {
    /// How two songs are heard.
    Mash(MashDecision),
    /// What accompanies the singer.
    Accompany(BandDecision),
}

/// How two songs are heard.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MashDecision {
    /// Share of each part in each song, `[song][part][band]`, 0…1, the parts of a band add up to 1.
    pub shares: [[[f32; BANDS]; PARTS]; SONGS],
    /// Who leads each part now, `[part]`, 0 = A … 1 = B; where its fader stands before anyone does.
    pub lead: [f32; PARTS],
    /// Transposition of song B in semitones, −6…6, that brings both songs into one key.
    pub transpose_b: i8,
}

impl MashDecision {
    /// Before anything was heard: every part may be anywhere, nobody leads.
    pub const UNDECIDED: Self =
        Self { shares: [[[1.0 / PARTS as f32; BANDS]; PARTS]; SONGS], lead: [0.5; PARTS], transpose_b: 0 };
}

/// What accompanies the singer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BandDecision {
    /// What the band plays.
    pub step: BandStep,
    /// What the tuner may aim at.
    pub tune: TuneGuide,
}

impl BandDecision {
    /// Nothing begins, and the tuner has nothing to aim at.
    pub const NOTHING: Self =
        Self { step: BandStep::EMPTY, tune: TuneGuide { key: None, chord: None, melody: None, song: None } };
}
