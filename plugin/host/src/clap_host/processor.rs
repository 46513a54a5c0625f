//! The audio thread's side of a CLAP plugin.

use super::events;
use super::handlers::Handlers;
use super::ports::Port;
use crate::{Block, Bus, HostError};
use clack_extensions::tail::{PluginTail, TailLength};
use clack_host::prelude::*;

/// Events a block can carry in either direction before the host allocates.
const EVENT_CAPACITY: usize = 4096;

/// An active CLAP plugin's audio processor; give it back with [`ClapPlugin::deactivate`].
pub struct ClapProcessor {
    inner: PluginAudioProcessor<Handlers>,
    inputs: AudioPorts,
    outputs: AudioPorts,
    events_in: EventBuffer,
    events_out: EventBuffer,
    sample_rate: f64,
    steady_time: u64,
}

impl ClapProcessor {
    pub(super) fn new(
        inner: StoppedPluginAudioProcessor<Handlers>,
        inputs: &[Port],
        outputs: &[Port],
        sample_rate: f64,
    ) -> Self {
        let room =
            |ports: &[Port]| AudioPorts::with_capacity(ports.iter().map(|port| port.channels).sum(), ports.len());
        Self {
            inner: inner.into(),
            inputs: room(inputs),
            outputs: room(outputs),
            events_in: EventBuffer::with_capacity(EVENT_CAPACITY),
            events_out: EventBuffer::with_capacity(EVENT_CAPACITY),
            sample_rate,
            steady_time: 0,
        }
    }

    /// Processes one block. Allocates nothing as long as the ports are the plugin's own.
    ///
    /// # Errors
    /// When the plugin does not start processing or reports a failure.
    ///
    /// # Panics
    /// When a buffer of the block is shorter than its `frames`.
    pub fn process(&mut self, block: &mut Block) -> Result<(), HostError> {
        let frames = block.frames;
        self.events_in.clear();
        block.events.iter().for_each(|event| events::push(&mut self.events_in, event));
        self.events_out.clear();
        let transport = block.transport.map(|transport| events::transport(&transport, self.sample_rate));
        let inputs = self.inputs.with_input_buffers(block.inputs.iter_mut().map(|bus| AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_input_only(channels(bus, frames).map(InputChannel::variable)),
        }));
        let mut outputs = self.outputs.with_output_buffers(block.outputs.iter_mut().map(|bus| AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_output_only(channels(bus, frames)),
        }));
        let processor =
            self.inner.ensure_processing_started().map_err(|error| HostError::refused("to start", error))?;
        processor
            .process(
                &inputs,
                &mut outputs,
                &self.events_in.as_input(),
                &mut self.events_out.as_output(),
                Some(self.steady_time),
                transport.as_ref(),
            )
            .map_err(|error| HostError::refused("to process a block", error))?;
        self.steady_time += frames as u64;
        block.events_out.extend(self.events_out.iter().filter_map(events::read));
        Ok(())
    }

    /// Tells the plugin to forget all it heard.
    pub fn reset(&mut self) {
        self.inner.reset();
    }

    /// Samples that sound on after the input fell silent; `None`: for ever.
    pub fn tail(&mut self) -> Option<u64> {
        let handle = self.inner.plugin_handle();
        match handle.get_extension::<PluginTail>().map(|tail| tail.get(&handle)) {
            Some(TailLength::Infinite) => None,
            Some(TailLength::Finite(samples)) => Some(u64::from(samples)),
            None => Some(0),
        }
    }

    pub(super) fn into_stopped(self) -> StoppedPluginAudioProcessor<Handlers> {
        self.inner.into_stopped()
    }
}

fn channels(bus: &mut Bus, frames: usize) -> impl Iterator<Item = &mut [f32]> {
    bus.iter_mut().map(move |channel| &mut channel[..frames])
}

#[cfg(test)]
mod tests {
    fn is_send<T: Send>() {}

    #[test]
    fn the_processor_can_move_to_the_audio_thread() {
        is_send::<super::ClapProcessor>();
    }
}
