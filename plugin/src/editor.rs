//! The editor: what the mask does, every parameter, and how the plugin is, in one window.
//!
//! [`view`] is the picture and knows no window; [`window`] puts it into one of the host's. Nothing runs while the window
//! is closed, the audio thread makes mask columns only while it is open, and nobody listens or looks into the user's library but for the
//! Listen page.

pub mod accompany;
pub mod controls;
pub mod file_dialog;
pub mod footer;
pub mod hand;
pub mod listen;
pub mod pictures;
pub mod preset_bar;
pub mod scale;
pub mod scene;
pub mod sentences;
pub mod side_chain;
pub mod theme;
pub mod view;
pub mod window;

use std::sync::Arc;

use crate::{params::SongweaveParams, shared::Shared};

pub use window::host_window::SongweaveEditor;

/// The editor of one instance.
#[must_use]
pub fn create(title: &'static str, params: Arc<SongweaveParams>, shared: Arc<Shared>) -> Option<SongweaveEditor> {
    SongweaveEditor::new(title, params, shared)
}
