//! The editor: what the mask does, every parameter, and how the plugin is, in one window.
//!
//! [`view`] is the picture and knows no window; [`window`] puts it into one of the host's. Nothing runs while the window
//! is closed, the audio thread makes mask columns only while it is open, and nobody listens or looks into the user's library but for the
//! Listen page.

pub mod band_view;
pub mod controls;
pub mod footer;
pub mod library_view;
pub mod listen_view;
pub mod pictures;
pub mod scale;
pub mod scene;
pub mod sentences;
pub mod theme;
pub mod tune_view;
pub mod view;
pub mod window;

use std::sync::Arc;

use nice_plug::editor::{ResizeHint, dpi::LogicalSize};
use nice_plug_egui::{EguiEditorState, EguiNiceSettings, RepaintNotifier, create_egui_editor};

use crate::{params::SongweaveParams, shared::Shared};

pub use window::host_window::SongweaveEditor;

/// The editor of one instance.
#[must_use]
pub fn create(title: &'static str, params: Arc<SongweaveParams>, shared: Arc<Shared>) -> Option<SongweaveEditor> {
    let smallest = LogicalSize::new(scene::SMALLEST.0, scene::SMALLEST.1);
    let settings = EguiNiceSettings::new()
        .with_tile(title)
        .with_resize_hint(ResizeHint::resizable().with_min_logical_size(smallest));
    let state = EguiEditorState::from_size(LogicalSize::new(scene::SIZE.0, scene::SIZE.1), 1.0);
    let opened = Arc::<window::opened::Opened>::default();
    let app = window::app::App { title, params, shared: shared.clone(), opened: opened.clone(), host: None };
    let inner = create_egui_editor(state, RepaintNotifier::new(), settings, app)?;
    Some(SongweaveEditor { inner, opened, shared })
}
