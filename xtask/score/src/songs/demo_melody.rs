//! The melody of the demo, made up for this project: sixteen bars in D major, in four phrases of which three begin alike.

use crate::songs::structure_song::{StepNote, StructureSong};

/// Beats per minute.
const TEMPO: f64 = 96.0;

/// Keys and lengths in 16th notes; key 0 is a rest.
type Phrase = &'static [(u8, u32)];

const OPENING: Phrase =
    &[(62, 4), (66, 4), (69, 6), (67, 2), (66, 4), (64, 4), (62, 6), (0, 2), (64, 4), (67, 4), (71, 4), (69, 4)];
const HALF_CLOSE: Phrase = &[(66, 8), (64, 4), (0, 4)];
const FULL_CLOSE: Phrase = &[(64, 4), (66, 2), (64, 2), (62, 6), (0, 2)];
const BRIDGE: Phrase = &[
    (71, 6),
    (71, 2),
    (69, 4),
    (67, 4),
    (66, 4),
    (67, 4),
    (69, 6),
    (0, 2),
    (71, 4),
    (74, 4),
    (73, 4),
    (71, 4),
    (69, 12),
    (0, 4),
];

/// The melody as a song without chords.
#[must_use]
pub fn song() -> StructureSong {
    let phrases = [OPENING, HALF_CLOSE, OPENING, FULL_CLOSE, BRIDGE, OPENING, FULL_CLOSE];
    let mut start = 0;
    let mut melody = Vec::new();
    for &(key, length) in phrases.into_iter().flatten() {
        if key > 0 {
            melody.push(StepNote { start, length, key });
        }
        start += length;
    }
    StructureSong { name: "demo".to_owned(), tempo: TEMPO, key: None, melody, chords: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::songs::structure_song::STEPS_PER_BAR;

    #[test]
    fn sixteen_bars_end_on_the_tonic() {
        let song = song();
        assert_eq!(song.steps().div_ceil(STEPS_PER_BAR), 16);
        assert_eq!(song.melody.last().map(|note| note.key % 12), Some(2));
    }
}
