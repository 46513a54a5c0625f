//! Commands that measure, and that write what was measured into cards.

pub(crate) mod bench;
pub(crate) mod card;
pub(crate) mod evaluate;
