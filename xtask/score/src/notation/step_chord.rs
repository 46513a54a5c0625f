//! Chords as sets of pitch classes, so that annotations and what the band plays can be compared; their names.

use songweave_dsp::band::Chord;
use songweave_engine::{band::harmony::scale, follow::key::Key};

/// A chord of one step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StepChord {
    /// Pitch class of the root, 0 = C … 11 = B.
    pub root: u8,
    /// Pitch class of the bass note.
    pub bass: u8,
    /// Its notes, the bass note among them: bit n is pitch class n.
    pub classes: u16,
}

impl StepChord {
    /// A chord from root, notes and bass note as pitch classes; all of them are taken modulo 12.
    #[must_use]
    pub fn new(root: u8, tones: &[u8], bass: u8) -> Self {
        let classes = tones.iter().chain([&bass]).fold(0, |set, tone| set | 1 << (tone % 12));
        Self { root: root % 12, bass: bass % 12, classes }
    }

    /// A triad in root position.
    #[must_use]
    pub fn triad(root: u8, minor: bool) -> Self {
        Self::new(root, &[root, root + if minor { 3 } else { 4 }, root + 7], root)
    }

    /// Whether a pitch class is one of its notes.
    #[must_use]
    pub const fn contains(&self, class: u8) -> bool {
        self.classes >> (class % 12) & 1 == 1
    }

    /// Whether its third is minor; `None` where it has no third or both.
    #[must_use]
    pub const fn minor(&self) -> Option<bool> {
        match (self.contains(self.root + 3), self.contains(self.root + 4)) {
            (minor, major) if minor != major => Some(minor),
            _ => None,
        }
    }

    /// Whether its triad is of a key's scale, minor with the leading note as well: a seventh from outside makes no other key.
    #[must_use]
    pub fn is_in(&self, key: Key) -> bool {
        let triad = self.minor().map_or(*self, |minor| Self::triad(self.root, minor));
        (0..12).filter(|class| triad.contains(*class)).all(|class| scale::contains(key, usize::from(class)))
    }

    /// The chord some semitones higher.
    #[must_use]
    pub fn transposed(&self, semitones: i8) -> Self {
        let up = semitones.rem_euclid(12) as u8;
        let twice = u32::from(self.classes) << up;
        let classes = ((twice | twice >> 12) & 0xFFF) as u16;
        Self { root: (self.root + up) % 12, bass: (self.bass + up) % 12, classes }
    }

    /// Root and third as a number: 0…11 major, 12…23 minor, 24…35 neither. What agreement and entropy are counted over.
    #[must_use]
    pub const fn symbol(&self) -> u8 {
        self.root
            + match self.minor() {
                Some(false) => 0,
                Some(true) => 12,
                None => 24,
            }
    }
}

impl From<Chord> for StepChord {
    fn from(chord: Chord) -> Self {
        let tones: Vec<u8> = chord.quality.intervals().iter().map(|interval| chord.root + interval).collect();
        Self::new(chord.root, &tones, chord.bass)
    }
}

/// The pitch class of a note's name such as `Bb`; `None` where it is no name.
#[must_use]
pub fn pitch_class(name: &str) -> Option<u8> {
    let mut letters = name.trim().chars();
    let natural = match letters.next()? {
        'C' => 0,
        'D' => 2,
        'E' => 4,
        'F' => 5,
        'G' => 7,
        'A' => 9,
        'B' => 11,
        _ => return None,
    };
    let shift = |letter| match letter {
        '#' => Some(1),
        'b' => Some(-1),
        _ => None,
    };
    let shifts: Option<Vec<i32>> = letters.map(shift).collect();
    Some((natural + shifts?.iter().sum::<i32>()).rem_euclid(12) as u8)
}

/// Probe-tone ratings of the pitch classes in C major and C minor (Krumhansl and Kessler, "Tracing the dynamic changes in
/// perceived tonal organization in a spatial representation of musical keys", 1982).
const PROFILES: [[f64; 12]; 2] = [
    [6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88],
    [6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17],
];

/// The tonic triad of the key whose profile the pitch classes, `[class]` of any weight, follow best.
#[must_use]
pub fn tonic(heard: &[f64; 12]) -> StepChord {
    let fit = |&(root, minor): &(u8, bool)| {
        let profile = &PROFILES[usize::from(minor)];
        let mean = profile.iter().sum::<f64>() / 12.0;
        let norm = profile.iter().map(|rating| (rating - mean).powi(2)).sum::<f64>().sqrt();
        let turned = |class: usize| profile[(class + 12 - usize::from(root)) % 12] - mean;
        heard.iter().enumerate().map(|(class, weight)| weight * turned(class)).sum::<f64>() / norm
    };
    let keys = [false, true].into_iter().flat_map(|minor| (0..12).map(move |root| (root, minor)));
    let best = keys.max_by(|one, other| fit(one).total_cmp(&fit(other)));
    best.map_or_else(|| StepChord::triad(0, false), |(root, minor)| StepChord::triad(root, minor))
}

#[cfg(test)]
mod tests {
    use super::*;
    use songweave_dsp::band::Quality;

    #[test]
    fn pitch_classes_are_read_by_their_names() {
        assert_eq!(["Bb", "F#", "Cb", "C##"].map(pitch_class), [Some(10), Some(6), Some(11), Some(2)]);
        assert_eq!(["N", "", "H", "Cx"].map(pitch_class), [None; 4]);
    }

    #[test]
    fn thirds_and_notes_move_with_the_chord() {
        let chord = StepChord::from(Chord { root: 9, quality: Quality::Minor, bass: 9 });
        assert_eq!(chord, StepChord::triad(9, true));
        assert_eq!((chord.minor(), chord.symbol()), (Some(true), 21));
        let moved = chord.transposed(-6);
        assert_eq!(moved, StepChord::triad(3, true));
        assert!(moved.contains(3) && moved.contains(6) && moved.contains(10) && !moved.contains(9));
        let open = StepChord::from(Chord { root: 7, quality: Quality::Sus4, bass: 7 });
        assert_eq!((open.minor(), open.symbol()), (None, 31));
    }
}
