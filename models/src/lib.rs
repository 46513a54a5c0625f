//! Songweave's networks: their layers on candle tensors, their weight files, their digests.
//!
//! What lives here: tensors and what is computed from them. What may not: anything that knows audio samples, a host, a
//! thread or a file system. Weight files come in as bytes, features as numbers, answers leave as numbers.
//!
//! Every layer exists twice: `step` for one hop at a time, which is what the plugin runs, and `forward` over
//! `[batch][time][in]` on candle's own operations, which is what `step` is tested against and what a GPU computes. `step` starts no thread and
//! gives the same bits every time.

#![deny(unsafe_code)] // allowed in layers/matrix/half.rs and layers/convolution/product.rs alone
#![cfg_attr(test, allow(clippy::disallowed_methods))] // what tests play and measure may differ between systems

pub mod device;
pub mod format;
pub mod layers;
pub mod networks;

pub use format::{Architecture, Forward, Metadata, Network, Sequence, WeightError};
pub use networks::{
    chords::{self, ChordBelief, ChordFeatures, ChordNetwork, song::SongChordNetwork},
    groove,
    instruments::{self, InstrumentNetwork, NoteQuery, NoteTone},
    listener::{self, ListenerNetwork},
    mash::{self, MashNetwork, MashOutput, StepError},
    melody, studio,
};
