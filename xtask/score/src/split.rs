//! What songs are for: to train on, to choose by or to test with.

use crate::random::hash;

/// What a song is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Split {
    /// To train on.
    Train,
    /// To choose by: one song in ten, by a hash of its name.
    Validation,
}

impl Split {
    /// The split of a song by its name.
    #[must_use]
    pub fn of(name: &str) -> Self {
        if hash(name).is_multiple_of(10) { Self::Validation } else { Self::Train }
    }

    /// Lower-case name, as in file names.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_in_ten_validates() {
        let validating = (0..1_000).filter(|number| Split::of(&format!("{number:03}")) == Split::Validation).count();
        assert!((60..140).contains(&validating), "{validating}");
    }
}
