//! What is measured of the sound: bands, pitch classes, the spectral envelope, the voice, whether song B is there.

pub mod bands;
pub mod chroma;
pub(crate) mod envelope;
pub mod presence;
pub mod voice;
