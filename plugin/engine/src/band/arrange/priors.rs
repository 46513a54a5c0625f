//! Rhythms of bass and keys where there is no data: own tables, one bar each, from sparse to dense.
//!
//! Digits are the groove network's levels. Bass: 1 root, 2 octave, 3 fifth, 4 third, 5 another note. Keys: 3 two notes, 4 the
//! chord.

use songweave_dsp::band::Style;
use songweave_models::groove::BAR;

use super::dice::roll;

type Table = &'static [&'static [u8; BAR]];

const ROCK_BASS: Table = &[b"1.......1.......", b"1.....1.1.......", b"1...1...1...1...", b"1.1.1.1.1.1.1.1."];
const FUNK_BASS: Table = &[b"1.........1.....", b"1..1......1.2...", b"1.....1.2..1..2.", b"1..1.2....1.12.3"];
const LATIN_BASS: Table = &[b"1.......3.......", b"1.....3.3.....1.", b"1.....3.....2...", b"1..13..33..31..1"];
const SWING_BASS: Table = &[b"1.......3.......", b"1...3...2...3...", b"1...4...3...5...", b"1...5...4...3..."];
const FUNK_KEYS: Table = &[b"......4.........", b"....4.......4...", b"..4...4..4....3.", b"4..4..4...4..4.3"];
const LATIN_KEYS: Table = &[b"4.....4.........", b"4..4..4.........", b"4..4..4...4..4..", b"4..4..4.3..4.34."];
const SWING_KEYS: Table = &[b"4...............", b"4.....4.........", b"......4.......4.", b"4.....4...4...3."];

/// Bass levels of a bar of a style that has a table, around a density (0…1).
pub(super) fn bass(style: Style, density: f32, question: &[u64]) -> Option<[u8; BAR]> {
    let table = match style {
        Style::Rock => ROCK_BASS,
        Style::Funk => FUNK_BASS,
        Style::Latin => LATIN_BASS,
        Style::Swing => SWING_BASS,
        Style::Ballad | Style::Pop => return None,
    };
    Some(chosen(table, density, question))
}

/// Keys levels of a bar of a style that has a table, around a density (0…1).
pub(super) fn keys(style: Style, density: f32, question: &[u64]) -> Option<[u8; BAR]> {
    let table = match style {
        Style::Funk => FUNK_KEYS,
        Style::Latin => LATIN_KEYS,
        Style::Swing => SWING_KEYS,
        Style::Ballad | Style::Pop | Style::Rock => return None,
    };
    Some(chosen(table, density, question))
}

/// One of the two rhythms that are nearest to a density.
fn chosen(table: Table, density: f32, question: &[u64]) -> [u8; BAR] {
    let place = density * (table.len() - 1) as f32 + roll(question) - 0.5;
    let rhythm = table[(place.round().max(0.0) as usize).min(table.len() - 1)];
    rhythm.map(|level| if level == b'.' { 0 } else { level - b'0' })
}
