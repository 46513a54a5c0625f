//! What can go wrong while hosting a plugin.

use std::path::PathBuf;

/// Why a plugin could not be loaded or did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum HostError {
    /// The bundle is missing, not a plugin or of the wrong architecture.
    #[error("cannot load the plugin {path}: {reason}", path = path.display())]
    Load {
        /// Path that was given.
        path: PathBuf,
        /// The loader's own words.
        reason: String,
    },
    /// The bundle holds no plugin of that id or name.
    #[error("{path} holds no plugin \"{wanted}\", only {present}", path = path.display())]
    UnknownPlugin {
        /// Path that was given.
        path: PathBuf,
        /// Id or name that was asked for.
        wanted: String,
        /// Ids or names that are there, comma-separated.
        present: String,
    },
    /// The plugin answered a call with an error.
    #[error("the plugin refused {call}: {reason}")]
    Refused {
        /// What was asked of it.
        call: &'static str,
        /// Its answer.
        reason: String,
    },
    /// The plugin does not have an extension that the call needs.
    #[error("the plugin has no {0}")]
    Missing(&'static str),
    /// No X server, or it refused.
    #[error("no X11 window: {0}")]
    Display(String),
}

impl HostError {
    /// A refusal with its reason in words.
    pub(crate) fn refused(call: &'static str, reason: impl ToString) -> Self {
        Self::Refused { call, reason: reason.to_string() }
    }
}
