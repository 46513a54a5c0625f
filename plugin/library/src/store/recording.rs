//! When two tracks are one recording in two codecs.

use songweave_dsp::analysis::chroma::PITCH_CLASSES;

use crate::{
    hearing::same_recording,
    track::{Track, Vector},
};

/// Seconds by which the lengths of one recording may differ in two codecs.
pub(super) const SAME_LENGTH: f64 = 1.0;
/// Cosine of the song vectors of one recording in two codecs, at least.
const SAME_VECTOR: f32 = 0.9;
/// Cosine of their pitch classes: sounds that do not change have the same fingerprint in all keys.
const SAME_CHROMA: f32 = 0.97;

/// What is known of a track of about the same length.
pub(super) struct Other {
    pub(super) vector: Option<Vector>,
    pub(super) chroma: Option<[f32; PITCH_CLASSES]>,
}

/// Whether a track with its song vector is the recording that another one is, whose fingerprints are read only where all else agrees.
pub(super) fn is_same(track: &Track, vector: &Vector, other: &Other, prints: impl FnOnce() -> Vec<Vec<u32>>) -> bool {
    let near = other.vector.is_some_and(|other| cosine(&other, vector) >= SAME_VECTOR)
        && other.chroma.is_some_and(|other| cosine(&other, &track.sound.chroma) >= SAME_CHROMA);
    near && same_recording(&track.sound.prints, &prints())
}

/// Cosine of the angle between two lists of numbers; 1 where both are all 0, as without any pitch.
fn cosine(one: &[f32], other: &[f32]) -> f32 {
    let dot = |one: &[f32], other: &[f32]| one.iter().zip(other).map(|(one, other)| one * other).sum::<f32>();
    let lengths = (dot(one, one) * dot(other, other)).sqrt();
    if lengths > 0.0 { dot(one, other) / lengths } else { f32::from(u8::from(dot(one, one) == dot(other, other))) }
}
