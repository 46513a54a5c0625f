//! The audio ports of a CLAP plugin and the layouts it can switch between.

use super::ClapPlugin;
use crate::{Bus, HostError, silent_bus};
use clack_extensions::audio_ports::{AudioPortFlags, AudioPortInfoBuffer, PluginAudioPorts};
use clack_extensions::audio_ports_config::{AudioPortsConfigBuffer, PluginAudioPortsConfig};
use clack_host::prelude::ClapId;

/// An audio port as the plugin describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Port {
    /// Name shown to the user.
    pub name: String,
    /// Number of channels.
    pub channels: usize,
    /// The main port, not a side-chain or an extra output.
    pub main: bool,
}

impl Port {
    /// Zeros for this port, `frames` long.
    pub fn silence(&self, frames: usize) -> Bus {
        silent_bus(self.channels, frames)
    }
}

impl ClapPlugin {
    /// The input or output ports in the current layout.
    pub fn ports(&mut self, input: bool) -> Vec<Port> {
        let handle = self.instance.plugin_handle();
        let Some(ports) = handle.get_extension::<PluginAudioPorts>() else { return Vec::new() };
        let mut buffer = AudioPortInfoBuffer::new();
        (0..ports.count(&handle, input))
            .filter_map(|index| {
                ports.get(&handle, index, input, &mut buffer).map(|port| Port {
                    name: String::from_utf8_lossy(port.name).into_owned(),
                    channels: port.channel_count as usize,
                    main: port.flags.contains(AudioPortFlags::IS_MAIN),
                })
            })
            .collect()
    }

    /// Switches an inactive plugin to its layout whose main ports have `channels` channels.
    ///
    /// # Errors
    /// When the plugin has no such layout or refuses it.
    pub fn select_layout(&mut self, channels: u32) -> Result<(), HostError> {
        let handle = self.instance.plugin_handle();
        let layouts = handle.get_extension::<PluginAudioPortsConfig>();
        let layouts = layouts.ok_or(HostError::Missing("choice of port layouts"))?;
        let mut buffer = AudioPortsConfigBuffer::new();
        let mut wanted: Option<ClapId> = None;
        for index in 0..layouts.count(&handle) {
            let Some(layout) = layouts.get(&handle, index, &mut buffer) else { continue };
            let fits =
                [layout.main_input, layout.main_output].iter().flatten().all(|port| port.channel_count == channels);
            if fits && wanted.is_none() {
                wanted = Some(layout.id);
            }
        }
        let wanted = wanted.ok_or(HostError::Missing("layout with so many channels"))?;
        layouts.select(&handle, wanted).map_err(|error| HostError::refused("the port layout", error))
    }
}
