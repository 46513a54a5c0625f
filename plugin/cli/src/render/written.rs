//! What a render writes: the sound, and whatever else was asked for.

pub(super) mod mask_out;
pub(super) mod output;
mod receipt;
mod roll_out;
pub(super) mod stems;
