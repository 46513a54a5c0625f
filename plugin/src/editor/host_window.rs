//! The editor as hosts hold it: nice-plug-egui's, with a window that is really gone once the host has closed it.
//!
//! baseview 0.4.2 draws on a thread of its own on Linux, and on closing usually does not wait for it: its last request
//! to that thread fails when the thread is quick, and then it does not join. The thread would go on tearing down OpenGL
//! while the host ends or unloads the plugin.

use std::{
    cell::RefCell,
    error::Error,
    sync::{Arc, Condvar, Mutex, atomic::Ordering::Relaxed},
    time::Duration,
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

use super::{view::View, window::App};
use crate::shared::{Shared, locked};

/// Longest wait for the drawing thread.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// What a window and its host share.
#[derive(Default)]
pub struct Opened {
    /// What the open window remembers, `None` while closed.
    pub view: Mutex<Option<View>>,
    drawing: Mutex<bool>,
    ended: Condvar,
}

/// Lives as long as the drawing thread.
struct Drawing(Arc<Opened>);

thread_local! {
    static DRAWING: RefCell<Option<Drawing>> = const { RefCell::new(None) };
}

impl Drop for Drawing {
    fn drop(&mut self) {
        *locked(&self.0.drawing) = false;
        self.0.ended.notify_all();
    }
}

impl Opened {
    /// Called by the thread that draws before its first picture.
    pub fn begin(self: &Arc<Self>) {
        *locked(&self.view) = Some(View::default());
        // Elsewhere the host's own thread draws.
        if cfg!(target_os = "linux") {
            *locked(&self.drawing) = true;
            DRAWING.set(Some(Drawing(self.clone())));
        }
    }

    /// Called by the host's thread after it closed the window.
    fn end(&self) {
        let drawing = locked(&self.drawing);
        drop(self.ended.wait_timeout_while(drawing, LONGEST_WAIT, |drawing| *drawing));
        // A thread that hangs in a picture holds the view; the host must not hang with it.
        if let Ok(mut view) = self.view.try_lock() {
            *view = None;
        }
    }
}

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

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn the_end_of_a_window_waits_for_the_thread_that_draws() {
        let opened = Arc::new(Opened::default());
        let drawing = {
            let opened = opened.clone();
            let (begun, wait) = std::sync::mpsc::channel();
            let thread = std::thread::spawn(move || {
                opened.begin();
                begun.send(()).ok();
                std::thread::sleep(Duration::from_millis(100));
            });
            assert_eq!(wait.recv(), Ok(()));
            thread
        };
        assert!(locked(&opened.view).is_some());
        opened.end();
        assert!(!*locked(&opened.drawing) && locked(&opened.view).is_none());
        assert!(drawing.join().is_ok());
        let again = Instant::now();
        opened.end();
        assert!(again.elapsed() < LONGEST_WAIT / 2, "nothing to wait for");
    }
}
