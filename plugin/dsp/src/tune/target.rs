//! Which note the voice is pulled to.

use super::{TuneGuide, TuneKey};
use crate::exchange::controls::{TuneControls, TuneScale, TuneTarget};

const MAJOR: [u8; 7] = [0, 2, 4, 5, 7, 9, 11];
const NATURAL_MINOR: [u8; 7] = [0, 2, 3, 5, 7, 8, 10];
/// Largest correction in semitones: an octave, and what a voice sways around it.
pub(super) const FARTHEST: f32 = 12.5;
/// A note is kept until another one is nearer by this share of the distance between the two.
const LOYALTY: f32 = 0.15;

/// MIDI keys that may be sung, one bit each; 0 = the voice is left alone.
pub(super) fn allowed(controls: &TuneControls, guide: &TuneGuide, held: u128, sung: f32) -> u128 {
    if let (true, Some(note)) = (controls.song, guide.song) {
        return every_octave([note].into_iter());
    }
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

/// Pitch classes that may be sung while no key is held over MIDI, one bit each from C on.
///
/// ```
/// use songweave_dsp::{exchange::controls::{TuneControls, TuneScale}, tune::{TuneGuide, pitch_classes}};
///
/// let controls = TuneControls { key: Some(0), scale: TuneScale::Major, ..TuneControls::OFF };
/// assert_eq!(pitch_classes(&controls, &TuneGuide::default()), 0b1010_1011_0101);
/// ```
#[must_use]
pub fn pitch_classes(controls: &TuneControls, guide: &TuneGuide) -> u16 {
    (allowed(controls, guide, 0, 60.0) & 0xFFF) as u16
}

fn scale(controls: &TuneControls, guide: &TuneGuide) -> u128 {
    if controls.notes != 0 {
        return every_octave((0..12).filter(|class| controls.notes >> class & 1 == 1));
    }
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
    let reach = FARTHEST.ceil() as i32;
    let keys = (middle - reach).max(0)..=(middle + reach).min(127);
    let reachable = keys.filter(|key| allowed >> key & 1 == 1 && (*key as f32 - sung).abs() <= FARTHEST);
    let nearest = reachable.min_by(|a, b| (*a as f32 - sung).abs().total_cmp(&(*b as f32 - sung).abs()));
    nearest.map(|key| key as u8)
}

/// The key that a pitch is pulled to, after having been pulled to `last`.
pub(super) fn choose(allowed: u128, sung: f32, last: Option<u8>) -> Option<u8> {
    let nearest = nearest(allowed, sung)?;
    let Some(last) = last.filter(|last| allowed >> last & 1 == 1) else { return Some(nearest) };
    let distance = |key: u8| (f32::from(key) - sung).abs();
    let gap = f32::from(last.abs_diff(nearest));
    let stays = distance(last) <= distance(nearest) + LOYALTY * gap && distance(last) <= FARTHEST;
    Some(if stays { last } else { nearest })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::band::{Chord, Quality};

    const C_MAJOR: Option<TuneKey> = Some(TuneKey { tonic: 0, minor: false });

    fn asked(target: TuneTarget, scale: TuneScale, key: Option<u8>) -> TuneControls {
        TuneControls { target, scale, key, amount: 1.0, ..TuneControls::OFF }
    }

    fn classes(keys: u128) -> Vec<u8> {
        (0..12).filter(|class| keys >> (60 + class) & 1 == 1).collect()
    }

    #[test]
    fn scales_follow_what_is_chosen_and_what_is_heard() {
        let notes = |scale, key, heard| {
            let guide = TuneGuide { key: heard, ..TuneGuide::default() };
            classes(allowed(&asked(TuneTarget::Scale, scale, key), &guide, 0, 60.0))
        };
        let (white, all) = (vec![0, 2, 4, 5, 7, 9, 11], (0..12).collect::<Vec<u8>>());
        assert_eq!(notes(TuneScale::Auto, None, C_MAJOR), white);
        assert_eq!(notes(TuneScale::Auto, None, None), all);
        assert_eq!(notes(TuneScale::Chromatic, Some(3), C_MAJOR), all);
        assert_eq!(notes(TuneScale::Major, Some(0), None), white);
        assert_eq!(notes(TuneScale::Minor, None, C_MAJOR), white, "the parallel key has the same notes");
        assert_eq!(notes(TuneScale::Minor, Some(0), C_MAJOR), [0, 2, 3, 5, 7, 8, 10]);
    }

    #[test]
    fn notes_of_the_user_s_take_the_place_of_the_scale() {
        let notes = |target, notes| {
            let controls = TuneControls { notes, ..asked(target, TuneScale::Minor, Some(0)) };
            classes(allowed(&controls, &TuneGuide::default(), 0, 60.0))
        };
        assert_eq!(notes(TuneTarget::Scale, 0b1000_0001_0010), [1, 4, 11]);
        assert_eq!(notes(TuneTarget::Chord, 0b1), [0], "where there is no chord");
        assert_eq!(notes(TuneTarget::Scale, 0), [0, 2, 3, 5, 7, 8, 10]);
    }

    #[test]
    fn chords_and_melodies_are_taken_and_missing_ones_are_not() {
        let chord = Chord { root: 7, quality: Quality::Dominant7, bass: 7 };
        let guide = TuneGuide { key: C_MAJOR, chord: Some(chord), melody: Some(64), song: None };
        let notes = |target, guide| classes(allowed(&asked(target, TuneScale::Auto, None), guide, 0, 60.0));
        assert_eq!(notes(TuneTarget::Chord, &guide), [2, 5, 7, 11]);
        assert_eq!(notes(TuneTarget::Melody, &guide), [4]);
        let song = TuneControls { song: true, ..TuneControls::OFF };
        let learned = allowed(&song, &TuneGuide { song: Some(61), ..guide }, 0, 60.0);
        assert_eq!(learned, every_octave([1].into_iter()), "what was learned goes before the target");
        assert_eq!(allowed(&song, &guide, 0, 60.0), allowed(&TuneControls::OFF, &guide, 0, 60.0), "in a rest");
        let without = TuneGuide { key: C_MAJOR, ..TuneGuide::default() };
        assert_eq!(notes(TuneTarget::Chord, &without).len(), 7, "the scale instead");
        assert_eq!(notes(TuneTarget::Melody, &without), []);
    }

    #[test]
    fn held_keys_count_as_they_are_within_an_octave_and_in_any_octave_beyond() {
        let near = |held, sung| {
            let keys = allowed(&asked(TuneTarget::Midi, TuneScale::Auto, None), &TuneGuide::default(), held, sung);
            nearest(keys, sung)
        };
        assert_eq!(near(1 << 64 | 1 << 55, 60.0), Some(64));
        assert_eq!(near(1 << 84, 60.4), Some(60));
        assert_eq!(near(0, 60.0), None);
    }

    #[test]
    fn a_note_is_kept_until_another_one_is_clearly_nearer() {
        let choose = |sung, last| choose(u128::MAX, sung, last);
        assert_eq!(choose(60.4, None), Some(60));
        assert_eq!(choose(60.55, Some(60)), Some(60));
        assert_eq!(choose(60.65, Some(60)), Some(61));
        assert_eq!(choose(60.45, Some(61)), Some(61));
        assert_eq!(choose(90.0, Some(61)), Some(90));
    }
}
