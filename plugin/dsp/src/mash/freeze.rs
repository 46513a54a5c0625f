//! How the path holds a mask, and what becomes of it when the stream begins anew.

use std::sync::Arc;

use crate::{
    exchange::decision::MashDecision,
    mash::frozen::{FrozenMask, HeldMask},
};

/// Follows the parameter `freeze`, hop by hop.
///
/// A mask is held from the hop on with which the parameter is switched on. A stream that begins frozen holds the mask that
/// was held last, which the state saves; so a bounce is what was heard.
#[derive(Default)]
pub(crate) struct Freeze {
    mask: Arc<FrozenMask>,
    /// Whether the hop before was frozen; `None` before the stream's first.
    before: Option<bool>,
}

impl Freeze {
    /// Shares the mask with the saved state.
    pub(crate) const fn new(mask: Arc<FrozenMask>) -> Self {
        Self { mask, before: None }
    }

    /// The stream begins anew.
    pub(crate) const fn reset(&mut self) {
        self.before = None;
    }

    /// The next hop is frozen or not; puts what is to be held into the decision of the hop before.
    pub(crate) fn follow(&mut self, frozen: bool, decision: &mut MashDecision) {
        let done = match (self.before, frozen) {
            (None, true) => self.hold_saved(decision),
            (Some(_), true) if self.mask.is_loaded() => self.hold_saved(decision),
            (Some(false), true) => self.mask.write(Some(&HeldMask::of(decision))).is_ok(),
            (Some(true), true) | (Some(false), false) => true,
            // A mask from a state that comes before its parameters stays until they are there.
            (Some(true), false) if self.mask.is_loaded() => true,
            (None | Some(true), false) => self.mask.write(None).is_ok(),
        };
        // Where the state was at it at this very moment, the next hop tries again.
        if done {
            self.before = Some(frozen);
        }
    }

    fn hold_saved(&self, decision: &mut MashDecision) -> bool {
        let Ok(saved) = self.mask.read() else { return false };
        if let Some(HeldMask { shares, lead }) = saved {
            (decision.shares, decision.lead) = (shares, lead);
        }
        self.mask.take_up();
        true
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::stream::layout::{BANDS, PARTS, SONGS};

    fn decision(value: f32) -> MashDecision {
        MashDecision { shares: [[[value; BANDS]; PARTS]; SONGS], lead: [value; PARTS], ..MashDecision::UNDECIDED }
    }

    /// What a follower makes of a decision.
    fn after(freeze: &mut Freeze, frozen: bool, value: f32) -> f32 {
        let mut decision = decision(value);
        freeze.follow(frozen, &mut decision);
        decision.lead[0]
    }

    #[test]
    fn a_stream_that_begins_frozen_holds_what_was_held_last() {
        let mut freeze = Freeze::default();
        assert_eq!(
            [after(&mut freeze, false, 0.1), after(&mut freeze, true, 0.2), after(&mut freeze, true, 0.2)],
            [0.1, 0.2, 0.2]
        );
        freeze.reset();
        assert_eq!(after(&mut freeze, true, 0.5), 0.2);
        assert_eq!(freeze.mask.read().unwrap(), Some(HeldMask::of(&decision(0.2))));
    }

    #[test]
    fn a_mask_that_was_let_go_is_forgotten() {
        let mut freeze = Freeze::default();
        after(&mut freeze, false, 0.1);
        after(&mut freeze, true, 0.2);
        after(&mut freeze, false, 0.3);
        assert_eq!(freeze.mask.read(), Ok(None));
        freeze.mask.write(Some(&HeldMask::of(&decision(0.9)))).unwrap();
        freeze.reset();
        assert_eq!(after(&mut freeze, false, 0.4), 0.4);
        assert_eq!(after(&mut freeze, true, 0.4), 0.4, "what is switched on in the stream holds what is heard in it");
    }

    #[test]
    fn a_state_that_is_loaded_while_the_stream_runs_is_taken_up() {
        let mut freeze = Freeze::default();
        after(&mut freeze, false, 0.1);
        freeze.mask.load(Some(&HeldMask::of(&decision(0.7)))).unwrap();
        assert_eq!(after(&mut freeze, false, 0.1), 0.1, "its parameters are not there yet");
        assert_eq!(after(&mut freeze, true, 0.1), 0.7);
        freeze.mask.load(Some(&HeldMask::of(&decision(0.8)))).unwrap();
        assert_eq!(after(&mut freeze, true, 0.7), 0.8);
        assert_eq!(after(&mut freeze, true, 0.8), 0.8);
    }
}
