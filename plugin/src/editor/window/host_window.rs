//! The editor as hosts hold it: nice-plug-egui's, which notices by itself when its window is closed.

use std::{
    error::Error,
    sync::{Arc, atomic::Ordering::Relaxed},
};

use nice_plug::{
    context::gui::GuiContext,
    editor::{
        Editor, EditorHandle, HostMethods, Modifiers, ParentWindowHandle, ResizeHint, SpawnedEditor, VirtualKeyCode,
        dpi::NativeSize,
    },
    plugin::TrackInfo,
};
use nice_plug_egui::{EguiEditor, EguiEditorHandle, baseview};

use super::{app::App, opened::Opened};
use crate::shared::Shared;

/// The editor of one instance.
pub struct SongweaveEditor {
    /// The editor proper.
    pub inner: EguiEditor<App>,
    /// Shared with its app.
    pub opened: Arc<Opened>,
    /// Shared with the shell.
    pub shared: Arc<Shared>,
}

/// The window; closed when dropped, in the order of its fields.
pub struct HostWindow {
    window: baseview::Window,
    _closing: Closing,
}

/// What remains to be done when the window is closed.
struct Closing {
    opened: Arc<Opened>,
    shared: Arc<Shared>,
}

impl Drop for Closing {
    fn drop(&mut self) {
        self.shared.telemetry.watched.store(false, Relaxed);
        self.opened.end();
    }
}

/// The host's handle to an open editor.
pub struct Handle(EguiEditorHandle);

impl Editor for SongweaveEditor {
    type Handle = Handle;

    fn spawn(
        &self,
        parent: Option<ParentWindowHandle>,
        wait_for_parent: bool,
        fallback_scale_factor: Option<f64>,
        gui_context: GuiContext,
        host: Option<HostMethods>,
    ) -> Result<SpawnedEditor<Handle>, Box<dyn Error>> {
        let closing = Closing { opened: self.opened.clone(), shared: self.shared.clone() };
        let spawned = self.inner.spawn(parent, wait_for_parent, fallback_scale_factor, gui_context, host)?;
        let window = HostWindow { window: spawned.window, _closing: closing };
        Ok(SpawnedEditor { handle: Handle(spawned.handle), window })
    }

    fn size(&self) -> NativeSize<u32> {
        self.inner.size()
    }

    fn resize_hint(&self) -> ResizeHint {
        self.inner.resize_hint()
    }

    fn track_info_updated(&self, info: TrackInfo) {
        self.inner.track_info_updated(info);
    }
}

impl EditorHandle for Handle {
    type Window = HostWindow;
    type Error = baseview::Error;

    fn run_until_closed(window: HostWindow) -> Result<(), baseview::Error> {
        let HostWindow { window, _closing } = window;
        EguiEditorHandle::run_until_closed(window)
    }

    fn set_parent(&self, parent: ParentWindowHandle, window: &HostWindow) -> Result<(), baseview::Error> {
        self.0.set_parent(parent, &window.window)
    }

    fn show(&self, window: &HostWindow) -> Result<(), baseview::Error> {
        self.0.show(&window.window)
    }

    fn hide(&self, window: &HostWindow) -> Result<(), baseview::Error> {
        self.0.hide(&window.window)
    }

    fn set_size(&self, new_size: NativeSize<u32>, window: &HostWindow) -> Result<(), baseview::Error> {
        self.0.set_size(new_size, &window.window)
    }

    fn host_main_thread_callback(&self, window: &HostWindow) {
        self.0.host_main_thread_callback(&window.window);
    }

    fn adjust_size(&self, new_size: NativeSize<u32>, window: &HostWindow) -> Option<NativeSize<u32>> {
        self.0.adjust_size(new_size, &window.window)
    }

    fn set_fallback_scale_factor(&self, scale_factor: f64, window: &HostWindow) -> Result<(), baseview::Error> {
        self.0.set_fallback_scale_factor(scale_factor, &window.window)
    }

    fn on_virtual_key_from_host(&self, key_code: VirtualKeyCode, is_down: bool, modifiers: Modifiers) -> bool {
        self.0.on_virtual_key_from_host(key_code, is_down, modifiers)
    }

    fn state_changed(&self) {
        self.0.state_changed();
    }

    fn param_value_changed(&self, id: &str, normalized_value: f32) {
        self.0.param_value_changed(id, normalized_value);
    }

    fn param_modulation_changed(&self, id: &str, modulation_offset: f32) {
        self.0.param_modulation_changed(id, modulation_offset);
    }
}
