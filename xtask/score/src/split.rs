//! What songs are for: to train on, to choose by or to test with.

use crate::random::hash;

/// What a song is for, by a hash of its name. Nothing that is measured on test songs was trained on them or chosen by them, with one exception:
/// Mash is tested on real multitracks, so it validates by songs that others test with.
///
/// ```
/// use songweave_score::split::Split;
///
/// assert_eq!(Split::of("007"), Split::Test);
/// assert_eq!(Split::of("006"), Split::Validation);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// To train on.
    Train,
    /// To choose by: networks, settings, when to stop. One in ten of those that are not tested with.
    Validation,
    /// To measure with, never to train on or to choose by: one in ten.
    Test,
}

impl Split {
    /// The split of a song by its name.
    #[must_use]
    pub fn of(name: &str) -> Self {
        Self::drawn(name, &format!("choose {name}"))
    }

    /// The split of a song by its name, where the validation songs are drawn by the hash of `draw`.
    pub(crate) fn drawn(name: &str, draw: &str) -> Self {
        let one_in_ten = |text: &str| hash(text).is_multiple_of(10);
        if one_in_ten(name) {
            Self::Test
        } else if one_in_ten(draw) {
            Self::Validation
        } else {
            Self::Train
        }
    }

    /// Lower-case name, as in file names.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first of POP909.
    const TEST: [&str; 5] = ["007", "014", "027", "030", "049"];
    const VALIDATION: [&str; 5] = ["006", "011", "035", "044", "051"];

    #[test]
    fn one_name_in_ten_tests_and_one_in_ten_of_the_others_validates() {
        let of = |split| (0..1_000).filter(|number| Split::of(&format!("{number:03}")) == split).count();
        let (testing, validating) = (of(Split::Test), of(Split::Validation));
        assert!((60..140).contains(&testing) && (50..130).contains(&validating), "{testing} {validating}");
    }

    #[test]
    fn the_songs_that_networks_were_trained_without_stay_the_same() {
        let names = |split| {
            (1..=909).map(|song| format!("{song:03}")).filter(|name| Split::of(name) == split).collect::<Vec<_>>()
        };
        assert_eq!(names(Split::Test)[..5], TEST);
        assert_eq!(names(Split::Validation)[..5], VALIDATION);
    }
}
