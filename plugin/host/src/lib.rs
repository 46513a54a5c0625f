//! Headless hosts for CLAP and VST3 plugins, as small as a host can be that still does what a DAW does.
//!
//! What lives here: loading a bundle (or an entry linked into this process), buses, parameters, sample-accurate events,
//! transport, notes, state, latency, render mode and an editor inside a bare window. Both hosts share the [`Block`] that
//! is processed and the [`Event`]s in it; [`ClapPlugin`] and [`Vst3Plugin`] are the main thread's side, [`ClapProcessor`]
//! and [`Vst3Processor`] the audio thread's.
//!
//! What may not live here: anything that knows Songweave. The hosts see a plugin as any DAW would.

mod block;
mod clap_host;
mod error;
mod parameter;
mod vst3_host;
mod window;

pub use block::{Block, Bus, Event, EventKind, Transport, silent_bus};
pub use clack_host::entry::EntryDescriptor;
pub use clap_host::{ClapPlugin, ClapProcessor, Port};
pub use error::HostError;
pub use parameter::ParameterInfo;
pub use vst3_host::{Vst3Class, Vst3Editor, Vst3Plugin, Vst3Processor, Vst3Setup};
pub use window::HostWindow;
#[cfg(target_os = "linux")]
pub use window::pictures;
