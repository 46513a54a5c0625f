//! What songs have to be to be shown at all.

use songweave_engine::follow::key::Key;

use super::catalogue::Entry;
use crate::{
    error::{LibraryError, Result},
    track::GENRES,
};

/// Conditions; what is `None` does not matter. A song of which the matter is not known does not pass.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Filter {
    /// Its genre.
    pub genre: Option<usize>,
    /// Slowest and fastest tempo in beats per minute.
    pub tempo: Option<(f32, f32)>,
    /// Its key, or the one with the same notes.
    pub key: Option<Key>,
}

impl Filter {
    /// Whether a song passes.
    #[must_use]
    pub fn passes(&self, entry: &Entry) -> bool {
        let tempo = |(slow, fast): (f32, f32)| entry.bpm.is_some_and(|bpm| (slow..=fast).contains(&bpm));
        self.genre.is_none_or(|genre| entry.genre == Some(genre))
            && self.tempo.is_none_or(tempo)
            && self.key.is_none_or(|key| entry.key.is_some_and(|own| own.fifths_from(key) == 0))
    }
}

/// A genre by its name.
///
/// # Errors
/// There is none of that name; says which there are.
pub fn genre(name: &str) -> Result<usize> {
    let found = GENRES.iter().position(|genre| genre.eq_ignore_ascii_case(name.trim()));
    found.ok_or_else(|| LibraryError::Ask(format!("there is no genre \"{name}\"; genres are {}", GENRES.join(", "))))
}

/// A range of tempi, as in `90-110` or `120`, which allows two percent to either side.
///
/// # Errors
/// It is none.
pub fn tempo(text: &str) -> Result<(f32, f32)> {
    let number = |text: &str| text.trim().parse::<f32>().ok().filter(|bpm| (1.0..=1000.0).contains(bpm));
    let range = match text.split_once('-') {
        Some((slow, fast)) => number(slow).zip(number(fast)).filter(|(slow, fast)| slow <= fast),
        None => number(text).map(|bpm| (bpm * 0.98, bpm * 1.02)),
    };
    range.ok_or_else(|| LibraryError::Ask(format!("\"{text}\" is no range of tempi; write 90-110 or 120")))
}

/// A key by its name, as in `A minor`, `Bb` or `F#m`.
///
/// # Errors
/// It is none.
pub fn key(text: &str) -> Result<Key> {
    let none = || LibraryError::Ask(format!("\"{text}\" is no key; write it as in C, Bb major, F#m or A minor"));
    let word = text.trim().to_lowercase();
    let (minor, tonic) = match word.strip_suffix("major").or_else(|| word.strip_suffix("maj")) {
        Some(tonic) => (false, tonic),
        None => {
            match word.strip_suffix("minor").or_else(|| word.strip_suffix("min")).or_else(|| word.strip_suffix('m')) {
                Some(tonic) => (true, tonic),
                None => (false, &*word),
            }
        }
    };
    let mut letters = tonic.trim().chars();
    let natural = match letters.next().ok_or_else(none)? {
        'c' => 0,
        'd' => 2,
        'e' => 4,
        'f' => 5,
        'g' => 7,
        'a' => 9,
        'b' => 11,
        _ => return Err(none()),
    };
    let accidental = match letters.as_str() {
        "" => 0,
        "#" | "♯" => 1,
        "b" | "♭" => 11,
        _ => return Err(none()),
    };
    Ok(Key { tonic: (natural + accidental) % 12, minor })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn keys_are_read_as_people_write_them() {
        for (text, tonic, minor) in [
            ("C", 0, false),
            ("bb", 10, false),
            ("F#m", 6, true),
            ("A minor", 9, true),
            ("Eb major", 3, false),
            ("Bm", 11, true),
        ] {
            assert_eq!(key(text).unwrap(), Key { tonic, minor }, "{text}");
        }
        assert!(["", "H", "C##", "minor"].iter().all(|text| key(text).is_err()));
    }

    #[test]
    fn tempi_are_ranges_and_genres_have_names() {
        assert_eq!(tempo("90-110").unwrap(), (90.0, 110.0));
        assert!(["", "x", "110-90", "-5", "nan"].iter().all(|text| tempo(text).is_err()));
        assert_eq!(genre("Soul").unwrap(), 13);
        assert!(genre("polka").unwrap_err().to_string().contains("reggae"));
    }
}
