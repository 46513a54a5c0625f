//! A lead sheet as text: a line of four bars, a heading for every section.

use super::{Sheet, name};

/// Bars of a line, and letters of a bar.
const BARS: usize = 4;
const WIDTH: usize = 16;

/// The sheet as text.
pub(super) fn of(sheet: &Sheet<'_>) -> String {
    let mut text = format!("{}\n{}\n", sheet.title, sheet.heading());
    let mut in_line = 0;
    for (order, (index, bar)) in sheet.bars().enumerate() {
        if let Some(letter) = sheet.section(index, order == 0) {
            text += &format!("{}\n{letter}\n", if in_line > 0 { "|\n" } else { "" });
            in_line = 0;
        }
        let chords: Vec<String> = bar.chords.iter().map(|chord| name(chord.chord)).collect();
        text += &format!("| {:WIDTH$}", chords.join("  "));
        in_line += 1;
        if in_line == BARS {
            text += "|\n";
            in_line = 0;
        }
    }
    if in_line > 0 {
        text += "|\n";
    }
    text
}
