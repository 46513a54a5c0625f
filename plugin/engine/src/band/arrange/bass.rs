//! The bass player: from levels to keys.

use songweave_dsp::band::{Chord, Style};

use super::voicing::{BASS, above};

/// The key of a level (1 root, 2 octave, 3 fifth, 4 third, 5 another chord note) over a chord. The root is the chord's bass
/// note.
pub(super) fn key_of(level: u8, chord: Chord) -> u8 {
    let root = above(chord.bass, BASS[0]);
    let intervals = chord.quality.intervals();
    match level {
        2 if root + 12 <= BASS[1] => root + 12,
        3 => near(chord.root % 12 + intervals.get(2).copied().unwrap_or(7), root),
        4 => near(chord.root % 12 + intervals.get(1).copied().unwrap_or(4), root),
        5 => near(chord.root % 12 + intervals.last().copied().unwrap_or(7), root),
        _ => root,
    }
}

/// How often the last note before a change leads to the new bass note.
pub(super) const fn leads(style: Style) -> f32 {
    match style {
        Style::Swing => 0.8,
        Style::Funk => 0.5,
        Style::Latin => 0.3,
        Style::Rock | Style::Pop => 0.25,
        Style::Ballad => 0.15,
    }
}

/// A note that leads from one chord to the bass note of the next: a step away, of one of the chords if there is such a one.
pub(super) fn approach(from: Chord, to: Chord, chance: f32) -> u8 {
    let target = above(to.bass, BASS[0]);
    let candidates = [target + 2, target + 1, target.saturating_sub(2), target.saturating_sub(1)];
    let fits = |key: &&u8| **key >= BASS[0] && (from.contains(**key % 12) || to.contains(**key % 12));
    let fitting: Vec<&u8> = candidates.iter().filter(fits).collect();
    match fitting.get((chance * fitting.len() as f32) as usize) {
        Some(key) => **key,
        // The fifth of what comes always leads there.
        None => near(to.bass % 12 + 7, target),
    }
}

/// The key of a pitch class that is nearest to another key, inside the range of the bass.
fn near(class: u8, key: u8) -> u8 {
    let higher = above(class, key);
    let lower = higher.saturating_sub(12);
    if lower >= BASS[0] && (higher > BASS[1] || key - lower < higher - key) { lower } else { higher }
}
