//! The chord that the user asks for: by the parameters, or by keys played over MIDI.

use songweave_dsp::{
    band::{Chord, Quality},
    exchange::controls::BandControls,
};

use crate::follow::key::Key;

/// The chord asked for now; `key` is the one heard or locked.
#[must_use]
pub fn chord(controls: &BandControls, held: u128, key: Option<Key>) -> Option<Chord> {
    played(held, key).or_else(|| {
        let root = controls.chord_root? % 12;
        let quality = controls.chord_quality.unwrap_or_else(|| diatonic(root, key));
        Some(Chord { root, quality, bass: root })
    })
}

/// The triad that a key has on a root; major where the root is foreign to it.
fn diatonic(root: u8, key: Option<Key>) -> Quality {
    let Some(key) = key else { return Quality::Major };
    match (12 + root - key.major_tonic()) % 12 {
        2 | 4 | 9 => Quality::Minor,
        11 => Quality::Diminished,
        _ => Quality::Major,
    }
}

/// The chord of the keys that are held: of three to six pitch classes the one with the most of them and the fewest others, of
/// one or two the key's triad on the lowest. More than six are no chord.
fn played(held: u128, key: Option<Key>) -> Option<Chord> {
    if held == 0 {
        return None;
    }
    let bass = (held.trailing_zeros() % 12) as u8;
    let classes: u16 = (0..128).filter(|key| held >> key & 1 == 1).fold(0, |set, key| set | 1 << (key % 12));
    match classes.count_ones() {
        1 => Some(Chord { root: bass, quality: diatonic(bass, key), bass }),
        2..=6 => Some(best(classes, bass, key)),
        _ => None,
    }
}

fn best(classes: u16, bass: u8, key: Option<Key>) -> Chord {
    let mut best = (Chord { root: bass, quality: diatonic(bass, key), bass }, i32::MIN);
    for root in 0..12 {
        for quality in Quality::ALL {
            let notes = quality.intervals().iter().fold(0_u16, |set, interval| set | 1 << ((root + interval) % 12));
            let (common, missing, foreign) =
                ((notes & classes).count_ones(), (notes & !classes).count_ones(), (classes & !notes).count_ones());
            // The lowest key is most often the root; of equals the simpler one is meant.
            let likely = i32::from(root == bass) * 3 + i32::from(diatonic(root, key) == quality);
            let score = 8 * common as i32 - 6 * missing as i32 - 4 * foreign as i32 + likely;
            if score > best.1 {
                best = (Chord { root, quality, bass }, score);
            }
        }
    }
    best.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(keys: &[u8]) -> Option<(u8, Quality, u8)> {
        let held = keys.iter().fold(0, |held, key| held | 1_u128 << key);
        played(held, Some(Key { tonic: 0, minor: false })).map(|chord| (chord.root, chord.quality, chord.bass))
    }

    #[test]
    fn keys_are_read_as_a_player_means_them() {
        for (keys, wanted) in [
            (&[60, 64, 67][..], (0, Quality::Major, 0)),
            (&[57, 60, 64, 76], (9, Quality::Minor, 9)),
            (&[55, 59, 62, 65], (7, Quality::Dominant7, 7)),
            (&[52, 60, 67], (0, Quality::Major, 4)),
            (&[50, 53, 57, 60], (2, Quality::Minor7, 2)),
            (&[62], (2, Quality::Minor, 2)),
            (&[60, 67], (0, Quality::Major, 0)),
            (&[59, 62, 65], (11, Quality::Diminished, 11)),
        ] {
            assert_eq!(of(keys), Some(wanted), "{keys:?}");
        }
        assert_eq!(of(&(60..72).collect::<Vec<_>>()), None, "twelve keys");
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn a_root_alone_gets_the_chord_of_the_key() {
        let controls = BandControls { chord_root: Some(4), ..BandControls::default() };
        let of = |key| chord(&controls, 0, key).map(|chord| chord.quality);
        assert_eq!(of(Some(Key { tonic: 0, minor: false })), Some(Quality::Minor));
        assert_eq!(of(Some(Key { tonic: 9, minor: false })), Some(Quality::Major));
        let locked = BandControls { chord_quality: Some(Quality::Sus4), ..controls };
        assert_eq!(chord(&locked, 0, None).map(|chord| chord.quality), Some(Quality::Sus4));
        assert_eq!(chord(&BandControls::default(), 0, None), None);
    }
}
