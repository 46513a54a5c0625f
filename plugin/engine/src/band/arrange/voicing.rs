//! Where the notes of a chord lie.
//!
//! Each pitch class has one key in a window of an octave. So a voicing depends on its chord alone, common tones stay where
//! they are, and every other tone moves to a near one: the nearest inversion without a memory that a seek could break.

use songweave_dsp::band::{Chord, Style};

use super::form::SectionKey;

/// Lowest key of the keys' window, G3, and of the same in choruses.
const KEYS: [u8; 2] = [55, 58];
/// Lowest key of the pad's window, C#3.
const PAD: u8 = 49;
/// Lowest key of the bass, E1, and highest, Bb2.
pub(super) const BASS: [u8; 2] = [28, 46];

/// Keys of the keys, ascending, three or four; the bass has the root of a seventh chord where a band plays jazz or funk.
pub(super) fn keys(chord: Chord, key: &SectionKey) -> Vec<u8> {
    let lowest = KEYS[usize::from(key.is_chorus())];
    let intervals = chord.quality.intervals();
    let rootless = intervals.len() > 3 && matches!(key.style, Style::Funk | Style::Latin | Style::Swing);
    window(chord, &intervals[usize::from(rootless)..], lowest)
}

/// Keys of the pad, ascending: the chord, without the fifth of a seventh chord.
pub(super) fn pad(chord: Chord) -> Vec<u8> {
    let intervals = chord.quality.intervals();
    if let [root, third, _, seventh] = intervals {
        return window(chord, &[*root, *third, *seventh], PAD);
    }
    window(chord, intervals, PAD)
}

/// The tones in the octave from a key on, ascending.
fn window(chord: Chord, intervals: &[u8], lowest: u8) -> Vec<u8> {
    let mut keys: Vec<u8> = intervals.iter().map(|interval| above(chord.root % 12 + interval, lowest)).collect();
    keys.sort_unstable();
    keys
}

/// The first key from `lowest` on that has a pitch class.
pub(super) const fn above(class: u8, lowest: u8) -> u8 {
    lowest + (class % 12 + 12 - lowest % 12) % 12
}
