//! The key that the user locked, and the chords that it allows.

use songweave_dsp::{
    analysis::chroma::PITCH_CLASSES,
    band::{Chord, Quality},
};
use songweave_models::ChordBelief;

use crate::follow::key::{Key, KeyEstimate};

/// Semitones of the scales above the tonic: major, natural minor.
const SCALES: [[u8; 7]; 2] = [[0, 2, 4, 5, 7, 9, 11], [0, 2, 3, 5, 7, 8, 10]];

/// The key as the network believes it, in which a locked tonic and a locked scale count as known for certain.
#[must_use]
pub fn key_of(belief: &ChordBelief, tonic: Option<u8>, minor: Option<bool>) -> KeyEstimate {
    let mut best =
        KeyEstimate { key: Key { tonic: tonic.unwrap_or(0) % 12, minor: minor == Some(true) }, confidence: -1.0 };
    let mut allowed = 0.0;
    for (mode, keys) in belief.keys.iter().enumerate() {
        for (class, &probability) in keys.iter().enumerate() {
            let key = Key { tonic: class as u8, minor: mode == 1 };
            if tonic.is_some_and(|tonic| tonic % 12 != key.tonic) || minor.is_some_and(|minor| minor != key.minor) {
                continue;
            }
            allowed += probability;
            if probability > best.confidence {
                best = KeyEstimate { key, confidence: probability };
            }
        }
    }
    best.confidence = if allowed > 0.0 { (best.confidence / allowed).clamp(0.0, 1.0) } else { 0.0 };
    best
}

/// Whether a pitch class is in a key's scale; minor has the leading note as well.
#[must_use]
pub fn contains(key: Key, class: usize) -> bool {
    let degree = ((class + PITCH_CLASSES - usize::from(key.tonic) % PITCH_CLASSES) % PITCH_CLASSES) as u8;
    SCALES[usize::from(key.minor)].contains(&degree) || (key.minor && degree == 11)
}

/// Whether all notes of a chord are in a key. The dominant of a minor key may have its leading note.
#[must_use]
pub fn fits(key: Key, chord: Chord) -> bool {
    let degree = |class: u8| (PITCH_CLASSES as u8 + class % 12 - key.tonic % 12) % 12;
    let dominant = key.minor && degree(chord.root) == 7 && matches!(chord.quality, Quality::Major | Quality::Dominant7);
    let scale = SCALES[usize::from(key.minor)];
    chord
        .quality
        .intervals()
        .iter()
        .map(|interval| degree((chord.root + interval) % 12))
        .all(|degree| scale.contains(&degree) || (dominant && degree == 11))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chord(root: u8, quality: Quality) -> Chord {
        Chord { root, quality, bass: root }
    }

    #[test]
    fn a_key_allows_its_own_triads_and_the_dominant_of_minor() {
        let (major, minor) = (Key { tonic: 7, minor: false }, Key { tonic: 9, minor: true });
        for (root, quality) in
            [(7, Quality::Major), (9, Quality::Minor7), (2, Quality::Dominant7), (6, Quality::Diminished)]
        {
            assert!(fits(major, chord(root, quality)), "{root} {quality:?}");
        }
        for (root, quality) in [(7, Quality::Minor), (7, Quality::Dominant7), (5, Quality::Major), (9, Quality::Major)]
        {
            assert!(!fits(major, chord(root, quality)), "{root} {quality:?}");
        }
        assert!(fits(minor, chord(4, Quality::Major)) && fits(minor, chord(4, Quality::Minor)));
        assert!(!fits(minor, chord(11, Quality::Major)) && !fits(minor, chord(9, Quality::Major)));
    }

    #[test]
    fn what_is_locked_is_certain() {
        let mut belief = ChordBelief::default();
        belief.keys[0][4] = 0.5;
        belief.keys[1][1] = 0.2;
        assert_eq!(key_of(&belief, None, None).key, Key { tonic: 4, minor: false });
        assert_eq!(key_of(&belief, Some(1), None).key, Key { tonic: 1, minor: true });
        let locked = key_of(&belief, Some(14), Some(false));
        assert_eq!((locked.key, locked.confidence), (Key { tonic: 2, minor: false }, 1.0));
    }
}
