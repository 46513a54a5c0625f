//! A CLAP host: the plugin's main thread here, its audio thread in [`ClapProcessor`].

mod editor;
mod events;
mod handlers;
mod ports;
mod processor;

use crate::{HostError, ParameterInfo};
use clack_extensions::latency::PluginLatency;
use clack_extensions::params::{ParamInfo, ParamInfoBuffer, ParamInfoFlags, PluginParams};
use clack_extensions::render::{PluginRender, RenderMode};
use clack_extensions::state::PluginState;
use clack_host::entry::EntryDescriptor;
use clack_host::events::event_types::ParamValueEvent;
use clack_host::prelude::*;
use handlers::{Handlers, MainThread, Shared};
use std::ffi::CString;
use std::path::Path;

pub use ports::Port;
pub use processor::ClapProcessor;

/// A CLAP plugin instance, to be kept on the thread that made it.
///
/// ```no_run
/// use std::path::Path;
/// use songweave_host::ClapPlugin;
///
/// # fn main() -> Result<(), songweave_host::HostError> {
/// let bundle = Path::new("target/bundled/Songweave.clap");
/// let plugins = ClapPlugin::list(bundle)?;
/// let mut plugin = ClapPlugin::load(bundle, &plugins[0].0)?;
/// let processor = plugin.activate(48_000.0, 512)?;
/// println!("{} samples late", plugin.latency());
/// plugin.deactivate(processor);
/// # Ok(())
/// # }
/// ```
pub struct ClapPlugin {
    instance: PluginInstance<Handlers>,
}

impl ClapPlugin {
    /// Loads the bundle at `path` and makes an instance of its plugin `id`.
    ///
    /// # Errors
    /// When the bundle cannot be opened, has no plugin `id`, or the plugin fails to start.
    pub fn load(path: &Path, id: &str) -> Result<Self, HostError> {
        // SAFETY: loading a plugin runs its code; the caller names a file to be trusted as any host's user does.
        Self::from_entry(&unsafe { open(path) }?, path, id, false)
    }

    /// Makes an instance of plugin `id` of an entry that is linked into this process.
    ///
    /// # Errors
    /// When the entry has no plugin `id`, or the plugin fails to start.
    ///
    /// # Safety
    /// `entry` must be a CLAP entry that keeps to the standard.
    pub unsafe fn in_process(entry: &'static EntryDescriptor, id: &str) -> Result<Self, HostError> {
        // SAFETY: promised by the caller.
        unsafe { Self::in_this_process(entry, id, false) }
    }

    /// The same in a host that has no extension to offer: no windows, no state, no latency.
    ///
    /// # Errors
    /// As for [`Self::in_process`].
    ///
    /// # Safety
    /// As for [`Self::in_process`].
    pub unsafe fn in_plain_host(entry: &'static EntryDescriptor, id: &str) -> Result<Self, HostError> {
        // SAFETY: promised by the caller.
        unsafe { Self::in_this_process(entry, id, true) }
    }

    unsafe fn in_this_process(entry: &'static EntryDescriptor, id: &str, plain: bool) -> Result<Self, HostError> {
        let path = Path::new("/in-process.clap");
        // SAFETY: promised by the caller.
        let entry = unsafe { PluginEntry::load_from_raw(entry, c"/in-process.clap") };
        Self::from_entry(&entry.map_err(|error| load_error(path, error))?, path, id, plain)
    }

    /// Ids and names of the plugins in the bundle at `path`.
    ///
    /// # Errors
    /// When the bundle cannot be opened.
    pub fn list(path: &Path) -> Result<Vec<(String, String)>, HostError> {
        // SAFETY: as in `load`.
        Ok(plugins(&unsafe { open(path) }?))
    }

    fn from_entry(entry: &PluginEntry, path: &Path, id: &str, plain: bool) -> Result<Self, HostError> {
        let present = plugins(entry);
        if !present.iter().any(|(present, _)| present == id) {
            let present = present.into_iter().map(|(id, _)| id).collect::<Vec<_>>().join(", ");
            return Err(HostError::UnknownPlugin { path: path.to_owned(), wanted: id.to_owned(), present });
        }
        let id = CString::new(id).map_err(|error| load_error(path, error))?;
        let host = HostInfo::new("Songweave host", "Songweave", "", env!("CARGO_PKG_VERSION"))
            .map_err(|error| load_error(path, error))?;
        let instance = PluginInstance::new(|_| Shared::new(plain), |_| MainThread, entry, &id, &host)
            .map_err(|error| load_error(path, error))?;
        Ok(Self { instance })
    }

    /// Lets the plugin do what it asked to do on the main thread. A host calls this between blocks.
    pub fn idle(&mut self) {
        if self.instance.access_shared_handler(|shared| shared.take_callback()) {
            self.instance.call_on_main_thread_callback();
        }
    }

    /// Times the plugin asked to be restarted.
    pub fn restart_requests(&self) -> usize {
        self.instance.access_shared_handler(|shared| shared.restart_requests())
    }

    /// Gets the plugin ready to process blocks of up to `max_block` frames.
    ///
    /// # Errors
    /// When the plugin refuses, or is active already.
    pub fn activate(&mut self, sample_rate: f64, max_block: u32) -> Result<ClapProcessor, HostError> {
        let config = PluginAudioConfiguration { sample_rate, min_frames_count: 1, max_frames_count: max_block.max(1) };
        let ports = (self.ports(true), self.ports(false));
        let processor =
            self.instance.activate(|_, _| (), config).map_err(|error| HostError::refused("to activate", error))?;
        Ok(ClapProcessor::new(processor, &ports.0, &ports.1, sample_rate))
    }

    /// Ends what [`activate`](Self::activate) began.
    pub fn deactivate(&mut self, processor: ClapProcessor) {
        self.instance.deactivate(processor.into_stopped());
    }

    /// Delay of the output against the input in samples; valid while active.
    pub fn latency(&mut self) -> u32 {
        let handle = self.instance.plugin_handle();
        handle.get_extension::<PluginLatency>().map_or(0, |extension| extension.get(&handle))
    }

    /// Tells the plugin whether it renders offline or plays.
    ///
    /// # Errors
    /// When the plugin has no render extension or refuses the mode.
    pub fn set_offline(&mut self, offline: bool) -> Result<(), HostError> {
        let mode = if offline { RenderMode::Offline } else { RenderMode::Realtime };
        let handle = self.instance.plugin_handle();
        let render = handle.get_extension::<PluginRender>().ok_or(HostError::Missing("render extension"))?;
        render.set(&handle, mode).map_err(|error| HostError::refused("the render mode", error))
    }

    /// The plugin's state as it writes it into a project.
    ///
    /// # Errors
    /// When the plugin has no state or fails to write it.
    pub fn save_state(&mut self) -> Result<Vec<u8>, HostError> {
        let handle = self.instance.plugin_handle();
        let state = handle.get_extension::<PluginState>().ok_or(HostError::Missing("state extension"))?;
        let mut bytes = Vec::new();
        state.save(&handle, &mut bytes).map_err(|error| HostError::refused("to save its state", error))?;
        Ok(bytes)
    }

    /// Loads a state that [`save_state`](Self::save_state) returned.
    ///
    /// # Errors
    /// When the plugin has no state or says that it cannot read this one.
    pub fn load_state(&mut self, mut bytes: &[u8]) -> Result<(), HostError> {
        let handle = self.instance.plugin_handle();
        let state = handle.get_extension::<PluginState>().ok_or(HostError::Missing("state extension"))?;
        state.load(&handle, &mut bytes).map_err(|error| HostError::refused("to load its state", error))
    }

    /// All parameters in the plugin's order.
    pub fn parameters(&mut self) -> Vec<ParameterInfo> {
        let handle = self.instance.plugin_handle();
        let Some(params) = handle.get_extension::<PluginParams>() else { return Vec::new() };
        let mut buffer = ParamInfoBuffer::new();
        (0..params.count(&handle))
            .filter_map(|index| params.get_info(&handle, index, &mut buffer).map(|info| describe(&info)))
            .collect()
    }

    /// Value of parameter `id`.
    pub fn value(&mut self, id: u32) -> Option<f64> {
        let handle = self.instance.plugin_handle();
        handle.get_extension::<PluginParams>()?.get_value(&handle, ClapId::from_raw(id)?)
    }

    /// How the plugin shows `value` of parameter `id`.
    pub fn text(&mut self, id: u32, value: f64) -> Option<String> {
        let handle = self.instance.plugin_handle();
        let params = handle.get_extension::<PluginParams>()?;
        let mut buffer = [0; 256];
        let text = params.value_to_text(&handle, ClapId::from_raw(id)?, value, &mut buffer).ok()?;
        Some(String::from_utf8_lossy(text).into_owned())
    }

    /// The value that the plugin reads in `text` for parameter `id`.
    pub fn parse(&mut self, id: u32, text: &str) -> Option<f64> {
        let handle = self.instance.plugin_handle();
        let text = CString::new(text).ok()?;
        handle.get_extension::<PluginParams>()?.text_to_value(&handle, ClapId::from_raw(id)?, &text)
    }

    /// Sets parameter `id` of an inactive plugin. While it is active, send an event instead.
    ///
    /// # Errors
    /// When the plugin is active, has no parameters, or `id` cannot be one.
    pub fn set_value(&mut self, id: u32, value: f64) -> Result<(), HostError> {
        let id = ClapId::from_raw(id).ok_or(HostError::Missing("parameter of that number"))?;
        let params = self.instance.plugin_handle().get_extension::<PluginParams>();
        let params = params.ok_or(HostError::Missing("parameters"))?;
        let mut handle = self
            .instance
            .inactive_plugin_handle()
            .ok_or_else(|| HostError::refused("a parameter outside of processing", "it is active"))?;
        let event = [ParamValueEvent::new(0, id, Pckn::match_all(), value)];
        params.flush(&mut handle, &InputEvents::from_buffer(&event), &mut OutputEvents::void());
        Ok(())
    }
}

unsafe fn open(path: &Path) -> Result<PluginEntry, HostError> {
    if !path.exists() {
        return Err(load_error(path, "there is no such file"));
    }
    // SAFETY: promised by the caller.
    unsafe { PluginEntry::load(path) }.map_err(|error| load_error(path, error))
}

fn load_error(path: &Path, reason: impl ToString) -> HostError {
    HostError::Load { path: path.to_owned(), reason: reason.to_string() }
}

fn plugins(entry: &PluginEntry) -> Vec<(String, String)> {
    let text = |text: Option<&std::ffi::CStr>| text.map(|text| text.to_string_lossy().into_owned()).unwrap_or_default();
    let Some(factory) = entry.get_plugin_factory() else { return Vec::new() };
    factory.plugin_descriptors().map(|plugin| (text(plugin.id()), text(plugin.name()))).collect()
}

fn describe(info: &ParamInfo) -> ParameterInfo {
    ParameterInfo {
        id: info.id.get(),
        name: String::from_utf8_lossy(info.name).into_owned(),
        minimum: info.min_value,
        maximum: info.max_value,
        default: info.default_value,
        stepped: info.flags.contains(ParamInfoFlags::IS_STEPPED),
        automatable: info.flags.contains(ParamInfoFlags::IS_AUTOMATABLE),
        read_only: info.flags.contains(ParamInfoFlags::IS_READONLY),
        hidden: info.flags.contains(ParamInfoFlags::IS_HIDDEN),
        bypass: info.flags.contains(ParamInfoFlags::IS_BYPASS),
    }
}
