//! The plugin's editor inside a window of the host.

use super::ClapPlugin;
use crate::HostError;
use std::ffi::c_void;

use clack_extensions::gui::{GuiApiType, GuiConfiguration, GuiSize, PluginGui, Window};

impl ClapPlugin {
    /// Opens the editor inside a [`crate::HostWindow`] by its id, drawn at `scale` (1.0 = 100 %), and returns its size in pixels.
    ///
    /// # Errors
    /// When the plugin has no editor for this system's windows or cannot open it.
    pub fn open_editor(&mut self, parent: usize, scale: f64) -> Result<(u32, u32), HostError> {
        let size = self.attach_editor(parent, scale)?;
        self.show_editor()?;
        Ok(size)
    }

    /// The same without showing it, as hosts do that are busy in between; see [`Self::show_editor`].
    ///
    /// # Errors
    /// When the plugin has no editor for this system's windows or cannot open it.
    pub fn attach_editor(&mut self, parent: usize, scale: f64) -> Result<(u32, u32), HostError> {
        let refused = |error| HostError::refused("to open its editor", error);
        let handle = self.instance.plugin_handle();
        let gui = handle.get_extension::<PluginGui>().ok_or(HostError::Missing("editor"))?;
        let api_type = GuiApiType::default_for_current_platform().ok_or(HostError::Missing("window system"))?;
        let configuration = GuiConfiguration { api_type, is_floating: false };
        if !gui.is_api_supported(&handle, configuration) {
            return Err(HostError::Missing("editor for this system's windows"));
        }
        gui.create(&handle, configuration).map_err(refused)?;
        // A plugin may prefer its own idea of the scale.
        let _ = gui.set_scale(&handle, scale);
        let size = gui.get_size(&handle).ok_or(HostError::Missing("editor size"))?;
        let window = Window::from_generic_ptr(api_type, parent as *mut c_void);
        // SAFETY: the caller keeps the window until `close_editor`.
        unsafe { gui.set_parent(&handle, window) }.map_err(refused)?;
        Ok((size.width, size.height))
    }

    /// Shows the editor that was attached.
    ///
    /// # Errors
    /// When the plugin cannot show it.
    pub fn show_editor(&mut self) -> Result<(), HostError> {
        let handle = self.instance.plugin_handle();
        let gui = handle.get_extension::<PluginGui>().ok_or(HostError::Missing("editor"))?;
        gui.show(&handle).map_err(|error| HostError::refused("to show its editor", error))
    }

    /// Drags the open editor to a size in pixels; returns the one that it takes.
    ///
    /// # Errors
    /// When the editor has a size of its own.
    pub fn resize_editor(&mut self, width: u32, height: u32) -> Result<(u32, u32), HostError> {
        let handle = self.instance.plugin_handle();
        let gui = handle.get_extension::<PluginGui>().ok_or(HostError::Missing("editor"))?;
        if !gui.can_resize(&handle) {
            return Err(HostError::Missing("editor that can be resized"));
        }
        let size = gui.adjust_size(&handle, GuiSize { width, height }).unwrap_or(GuiSize { width, height });
        gui.set_size(&handle, size).map_err(|error| HostError::refused("the size of its editor", error))?;
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
