//! What studios do to sounds and to whole mixtures.

pub mod codec;
pub mod dynamics;
pub mod equaliser;
pub mod filter;
pub mod layer_effects;
pub mod mastering;
pub mod mdct;
pub mod production;
pub mod room;
pub mod state_variable;
pub mod stereo;
pub mod voice_effects;
