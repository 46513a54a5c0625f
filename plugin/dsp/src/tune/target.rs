//! Which note the voice is pulled to.

use super::{TuneGuide, TuneKey};
use crate::controls::{TuneControls, TuneScale, TuneTarget};

const MAJOR: [u8; 7] = [0, 2, 4, 5, 7, 9, 11];
const NATURAL_MINOR: [u8; 7] = [0, 2, 3, 5, 7, 8, 10];
/// Largest correction in semitones.
pub(super) const FARTHEST: i32 = 12;
/// A note is kept until another one is nearer by this share of the distance between the two.
const LOYALTY: f32 = 0.15;

/// MIDI keys that may be sung, one bit each; 0 = the voice is left alone.
pub(super) fn allowed(controls: &TuneControls, guide: &TuneGuide, held: u128, sung: f32) -> u128 {
    match controls.target {
        TuneTarget::Scale => scale(controls, guide),
        TuneTarget::Midi if nearest(held, sung).is_some() => held,
        TuneTarget::Midi => every_octave((0..128).filter(|key| held >> key & 1 == 1).map(|key| key as u8)),
        TuneTarget::Chord => match guide.chord {
            Some(chord) => every_octave(chord.quality.intervals().iter().map(|interval| chord.root + interval)),
            None => scale(controls, guide),
        },
        TuneTarget::Melody => every_octave(guide.melody.into_iter()),
    }
}

fn scale(controls: &TuneControls, guide: &TuneGuide) -> u128 {
    let minor = match controls.scale {
        TuneScale::Chromatic => return u128::MAX,
        TuneScale::Major => Some(false),
        TuneScale::Minor => Some(true),
        TuneScale::Auto => guide.key.map(|key| key.minor),
    };
    let tonic = controls.key.or_else(|| guide.key.zip(minor).map(|(key, minor)| tonic(key, minor)));
    let (Some(tonic), Some(minor)) = (tonic, minor) else { return u128::MAX };
    every_octave(if minor { NATURAL_MINOR } else { MAJOR }.iter().map(|degree| tonic + degree))
}

/// The tonic of the scale with the notes of a key: of C major as minor, A.
const fn tonic(key: TuneKey, minor: bool) -> u8 {
    match (key.minor, minor) {
        (false, true) => (key.tonic + 9) % 12,
        (true, false) => (key.tonic + 3) % 12,
        _ => key.tonic,
    }
}

fn every_octave(keys: impl Iterator<Item = u8>) -> u128 {
    let classes = keys.fold(0_u128, |classes, key| classes | 1 << (key % 12));
    (0..11).fold(0, |all, octave| all | classes << (12 * octave))
}

/// The allowed key next to a pitch, if there is one within reach.
pub(super) fn nearest(allowed: u128, sung: f32) -> Option<u8> {
    let middle = sung.round() as i32;
    let keys = (middle - FARTHEST).max(0)..=(middle + FARTHEST).min(127);
    let reachable = keys.filter(|key| allowed >> key & 1 == 1 && (*key as f32 - sung).abs() <= FARTHEST as f32);
    let nearest = reachable.min_by(|a, b| (*a as f32 - sung).abs().total_cmp(&(*b as f32 - sung).abs()));
    nearest.map(|key| key as u8)
}

/// The key that a pitch is pulled to, after having been pulled to `last`.
pub(super) fn choose(allowed: u128, sung: f32, last: Option<u8>) -> Option<u8> {
    let nearest = nearest(allowed, sung)?;
    let Some(last) = last.filter(|last| allowed >> last & 1 == 1) else { return Some(nearest) };
    let distance = |key: u8| (f32::from(key) - sung).abs();
    let gap = f32::from(last.abs_diff(nearest));
    let stays = distance(last) <= distance(nearest) + LOYALTY * gap && distance(last) <= FARTHEST as f32;
    Some(if stays { last } else { nearest })
}
