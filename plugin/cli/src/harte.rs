//! Names of chords as files tell them.

use songweave_dsp::band::{CLASS_NAMES, Chord};

/// The chord in Harte's syntax ("Symbolic representation of musical chords", ISMIR 2005) with the bass note by name where it is
/// not the root: `C:min7/Eb`.
#[must_use]
pub fn harte(chord: Chord) -> String {
    let name = |class: u8| CLASS_NAMES[usize::from(class % 12)];
    let root = format!("{}:{}", name(chord.root), chord.quality.harte());
    if chord.bass % 12 == chord.root % 12 { root } else { format!("{root}/{}", name(chord.bass)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use songweave_dsp::band::Quality;

    #[test]
    fn names_are_written_with_the_bass_note() {
        let chord = |root, quality, bass| harte(Chord { root, quality, bass });
        assert_eq!(chord(0, Quality::Minor7, 3), "C:min7/Eb");
        assert_eq!(chord(6, Quality::Dominant7, 6), "F#:7");
    }
}
