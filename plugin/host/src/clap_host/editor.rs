//! The plugin's editor inside a window of the host (X11).

use super::ClapPlugin;
use crate::HostError;
use clack_extensions::gui::{GuiApiType, GuiConfiguration, PluginGui, Window};

impl ClapPlugin {
    /// Opens the editor inside the X11 window `parent`, drawn at `scale` (1.0 = 100 %), and returns its size in pixels.
    ///
    /// # Errors
    /// When the plugin has no editor for X11 or cannot open it.
    pub fn open_editor(&mut self, parent: u32, scale: f64) -> Result<(u32, u32), HostError> {
        let refused = |error| HostError::refused("to open its editor", error);
        let handle = self.instance.plugin_handle();
        let gui = handle.get_extension::<PluginGui>().ok_or(HostError::Missing("editor"))?;
        let configuration = GuiConfiguration { api_type: GuiApiType::X11, is_floating: false };
        if !gui.is_api_supported(&handle, configuration) {
            return Err(HostError::Missing("editor for X11"));
        }
        gui.create(&handle, configuration).map_err(refused)?;
        // A plugin may prefer its own idea of the scale.
        let _ = gui.set_scale(&handle, scale);
        let size = gui.get_size(&handle).ok_or(HostError::Missing("editor size"))?;
        // SAFETY: the caller keeps the window until `close_editor`.
        unsafe { gui.set_parent(&handle, Window::from_x11_handle(parent.into())) }.map_err(refused)?;
        gui.show(&handle).map_err(refused)?;
        Ok((size.width, size.height))
    }

    /// Closes the editor; the window stays the caller's.
    pub fn close_editor(&mut self) {
        let handle = self.instance.plugin_handle();
        if let Some(gui) = handle.get_extension::<PluginGui>() {
            gui.destroy(&handle);
        }
    }
}
