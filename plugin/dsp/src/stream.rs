//! The stream of samples: cut into windows, taken to spectra and back, overlapped, blended with the dry signal.

pub mod framer;
pub mod layout;
pub(crate) mod mode;
pub mod output;
pub(crate) mod overlap;
pub(crate) mod part_output;
pub mod path;
pub mod ring;
pub mod stft;
