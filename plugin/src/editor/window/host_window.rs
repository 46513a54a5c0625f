//! The editor as hosts hold it: nice-plug-egui's, which notices by itself when its window is closed.

use std::{
    error::Error,
    sync::{Arc, Mutex, atomic::Ordering::Relaxed},
};

use nice_plug::{
    context::gui::GuiContext,
    editor::{
        Editor, EditorHandle, HostMethods, Modifiers, ParentWindowHandle, ResizeHint, SpawnedEditor, VirtualKeyCode,
        dpi::{LogicalSize, NativeSize},
    },
    plugin::TrackInfo,
};
use nice_plug_egui::{
    EguiEditor, EguiEditorHandle, EguiEditorState, EguiNiceSettings, GlConfig, GraphicsConfig, RepaintNotifier,
    baseview, create_egui_editor,
};

use super::{app::App, opened::Opened};
use crate::{
    editor::scene,
    params::SongweaveParams,
    settings::memory::WindowSize,
    shared::{Shared, locked},
};

/// The smallest scale of the picture.
const SMALLEST_ZOOM: f32 = 0.75;

/// The editor of one instance.
pub struct SongweaveEditor {
    title: &'static str,
    params: Arc<SongweaveParams>,
    shared: Arc<Shared>,
    opened: Arc<Opened>,
    /// The editor proper, made anew for each window, and what it tells of its size.
    inner: Mutex<(EguiEditor<App>, Arc<EguiEditorState>)>,
}

impl SongweaveEditor {
    /// The editor of an instance, closed.
    pub(crate) fn new(title: &'static str, params: Arc<SongweaveParams>, shared: Arc<Shared>) -> Option<Self> {
        let opened = Arc::<Opened>::default();
        let inner = Mutex::new(make(title, &params, &shared, &opened)?);
        Some(Self { title, params, shared, opened, inner })
    }
}

/// An editor whose window will be as large as it was last.
fn make(
    title: &'static str,
    params: &Arc<SongweaveParams>,
    shared: &Arc<Shared>,
    opened: &Arc<Opened>,
) -> Option<(EguiEditor<App>, Arc<EguiEditorState>)> {
    let smallest = LogicalSize::new(scene::SMALLEST.0 * SMALLEST_ZOOM, scene::SMALLEST.1 * SMALLEST_ZOOM);
    let settings = EguiNiceSettings::new()
        .with_tile(title)
        .with_graphics_config(graphics())
        .with_resize_hint(ResizeHint::resizable().with_min_logical_size(smallest));
    let WindowSize { width, height, zoom } = remembered(params);
    let state = EguiEditorState::from_size(LogicalSize::new(width, height), zoom);
    let (params, shared, opened) = (params.clone(), shared.clone(), opened.clone());
    let app = App { title, params, shared, opened, host: None, hops: 0 };
    Some((create_egui_editor(state.clone(), RepaintNotifier::new(), settings, app)?, state))
}

/// A window without what flat pictures do not need: transparency, depth, stencil, noise against banding.
fn graphics() -> GraphicsConfig {
    let plain = GlConfig { alpha_bits: 0, depth_bits: 0, stencil_bits: 0, ..GlConfig::default() };
    GraphicsConfig { gl_config: plain, dithering: false, ..GraphicsConfig::default() }
}

/// The size that the window had last.
fn remembered(params: &SongweaveParams) -> WindowSize {
    let usual = WindowSize { width: scene::SIZE.0, height: scene::SIZE.1, zoom: 1.0 };
    locked(&params.state.memory).window.unwrap_or(usual)
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
        self.shared.audition.hold(None);
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
        let mut inner = locked(&self.inner);
        if let Some(made) = make(self.title, &self.params, &self.shared, &self.opened) {
            *inner = made;
        }
        let spawned = inner.0.spawn(parent, wait_for_parent, fallback_scale_factor, gui_context, host)?;
        let window = HostWindow { window: spawned.window, _closing: closing };
        Ok(SpawnedEditor { handle: Handle(spawned.handle), window })
    }

    fn size(&self) -> NativeSize<u32> {
        let state = locked(&self.inner).1.clone();
        let (logical, physical) = (state.logical_size(), state.physical_size());
        let system = f64::from(physical.width) / f64::from(logical.width.max(1.0));
        let WindowSize { width, height, zoom } = if state.is_open() {
            WindowSize { width: logical.width, height: logical.height, zoom: state.user_scale_factor() }
        } else {
            remembered(&self.params)
        };
        NativeSize::from_size(LogicalSize::new(width * zoom, height * zoom).into(), system)
    }

    fn resize_hint(&self) -> ResizeHint {
        locked(&self.inner).0.resize_hint()
    }

    fn track_info_updated(&self, info: TrackInfo) {
        locked(&self.inner).0.track_info_updated(info);
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
