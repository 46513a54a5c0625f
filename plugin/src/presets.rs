//! Presets: sounds with a name. Factory ones are built in, the user's own are files in a folder of theirs.

use nice_plug::prelude::*;

use crate::settings::{self, Known, Values};

pub mod factory;
pub mod file;
pub mod folder;

/// What a preset changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All that Mash is made of.
    Mash,
    /// The band.
    Band,
    /// The tuning of the voice.
    Tune,
    /// The band, the tuning, and what both modes have.
    Accompany,
    /// All that Mash is made of, and what both modes have.
    WholeMash,
}

impl Scope {
    /// What a preset of the user's keeps in a mode.
    #[must_use]
    pub const fn of_mode(accompanies: bool) -> Self {
        if accompanies { Self::Accompany } else { Self::WholeMash }
    }

    /// Whether a parameter is changed. The mode always is.
    #[must_use]
    pub fn covers(self, known: &Known) -> bool {
        let listens_in = matches!(known.id.as_str(), "freeze" | "delta" | "solo");
        let inside = match self {
            Self::Mash => known.group == "Mash",
            Self::Band => known.group == "Accompany",
            Self::Tune => known.group == "Tune",
            Self::Accompany => known.group != "Mash",
            Self::WholeMash => matches!(known.group.as_str(), "Mash" | ""),
        };
        known.id == "mode" || inside && !listens_in
    }

    /// The present values of all that is changed.
    #[must_use]
    pub fn present(self, params: &impl Params) -> Values {
        settings::present(params, |known| self.covers(known))
    }
}

#[cfg(test)]
mod tests;
