//! A bounce by a CLAP host with the plugin linked into the test.

use songweave_host::{
    Block, ClapPlugin, ClapProcessor, Event, EventKind, HostError, Transport, Vst3Plugin, silent_bus,
};

use crate::signal::noise;

/// The CLAP id of "Songweave".
pub const SONGWEAVE: &str = "org.songweave.songweave";
/// The CLAP id of "Songweave Multi-Out".
pub const MULTI_OUT: &str = "org.songweave.songweave-multi-out";

/// How a bounce is made.
#[derive(Debug, Clone)]
pub struct Bounce {
    /// Sample rate in Hz.
    pub sample_rate: f64,
    /// Tells the plugin that it is offline.
    pub offline: bool,
    /// Samples that the transport jumps back to and from, `(from, to)`.
    pub looped: Option<(u64, u64)>,
    /// `(sample, parameter name, value)` in the order of time.
    pub automation: Vec<(usize, &'static str, f64)>,
}

impl Default for Bounce {
    fn default() -> Self {
        Self { sample_rate: 48_000.0, offline: true, looped: None, automation: vec![] }
    }
}

/// An instance of a plugin that is linked into this test.
///
/// # Errors
/// When the plugin does not start.
pub fn instance(id: &str) -> Result<ClapPlugin, HostError> {
    // SAFETY: the entry is this project's own, exported by nice-plug.
    unsafe { ClapPlugin::in_process(&*std::ptr::from_ref(&songweave::clap_entry).cast(), id) }
}

/// The same in a host that has no extension to offer.
///
/// # Errors
/// When the plugin does not start.
pub fn plain_instance(id: &str) -> Result<ClapPlugin, HostError> {
    // SAFETY: as for `instance`.
    unsafe { ClapPlugin::in_plain_host(&*std::ptr::from_ref(&songweave::clap_entry).cast(), id) }
}

/// A VST3 instance of a plugin that is linked into this test.
///
/// # Errors
/// When the plugin does not start.
pub fn vst3_instance(name: &str) -> Result<Vst3Plugin, HostError> {
    // SAFETY: the factory is this project's own, exported by nice-plug.
    unsafe { Vst3Plugin::in_process(songweave::GetPluginFactory, name) }
}

/// Number of a parameter by its name.
///
/// # Panics
/// When there is none.
#[must_use]
pub fn parameter(plugin: &mut ClapPlugin, name: &str) -> u32 {
    plugin.parameters().iter().find(|info| info.name == name).unwrap_or_else(|| panic!("no parameter {name}")).id
}

/// Two songs of noise, `[song][channel][sample]`.
#[must_use]
pub fn songs(seed: u64, samples: usize) -> [Vec<Vec<f32>>; 2] {
    let song = |seed| vec![noise(seed, samples), noise(seed + 1, samples)];
    [song(seed), song(seed + 2)]
}

impl Bounce {
    /// Bounces the songs with a fresh instance; returns the output, latency included, and the plugin.
    ///
    /// # Errors
    /// When the plugin fails.
    pub fn run(
        &self,
        id: &str,
        songs: &[Vec<Vec<f32>>; 2],
        sizes: impl Iterator<Item = usize>,
    ) -> Result<(Vec<Vec<f32>>, ClapPlugin), HostError> {
        let mut plugin = instance(id)?;
        plugin.set_offline(self.offline)?;
        let automation = self.events(&mut plugin);
        let mut processor = plugin.activate(self.sample_rate, 8192)?;
        let out = self.process(&mut processor, songs, sizes, &automation)?;
        plugin.deactivate(processor);
        Ok((out, plugin))
    }

    fn events(&self, plugin: &mut ClapPlugin) -> Vec<(usize, u32, f64)> {
        self.automation.iter().map(|(at, name, value)| (*at, parameter(plugin, name), *value)).collect()
    }

    /// Processes the songs with an active plugin, with automation by parameter number.
    ///
    /// # Errors
    /// When the plugin fails.
    pub fn process(
        &self,
        processor: &mut ClapProcessor,
        songs: &[Vec<Vec<f32>>; 2],
        mut sizes: impl Iterator<Item = usize>,
        automation: &[(usize, u32, f64)],
    ) -> Result<Vec<Vec<f32>>, HostError> {
        let length = songs[0][0].len();
        let mut out = vec![vec![]; 2];
        let (mut start, mut position) = (0, 0_u64);
        while start < length {
            let mut frames = sizes.next().unwrap_or(length).min(length - start);
            if let Some((from, to)) = self.looped {
                if position == to {
                    position = from;
                }
                // A host ends the block where the loop does.
                frames = frames.min((to - position) as usize);
            }
            let range = start..start + frames;
            let mut inputs =
                songs.clone().map(|song| song.iter().map(|c| c[range.clone()].to_vec()).collect::<Vec<_>>());
            let mut outputs = [silent_bus(2, frames)];
            let due = automation.iter().filter(|(at, ..)| range.contains(at));
            let events: Vec<_> = due.map(|(at, id, value)| parameter_event(at - start, *id, *value)).collect();
            let transport = Some(Transport { position, ..Transport::default() });
            let (inputs, outputs_mut) = (&mut inputs[..], &mut outputs[..]);
            let block = &mut Block {
                frames,
                inputs,
                outputs: outputs_mut,
                events: &events,
                transport,
                events_out: &mut vec![],
            };
            processor.process(block)?;
            for (out, channel) in out.iter_mut().zip(&outputs[0]) {
                out.extend_from_slice(channel);
            }
            start += frames;
            position += frames as u64;
        }
        Ok(out)
    }
}

/// A parameter change at a frame of a block.
#[must_use]
pub const fn parameter_event(frame: usize, id: u32, value: f64) -> Event {
    Event { time: frame as u32, kind: EventKind::Parameter { id, value } }
}
