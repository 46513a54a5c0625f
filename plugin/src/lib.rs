//! Songweave's host shell: two plugins in one bundle, their parameters, buses, state and editor.
//!
//! What lives here: everything a host sees. What may not be here: signal processing (`songweave-dsp`), the inference
//! thread and the networks (`songweave-engine`).
//!
//! The audio thread enters at [`shell::Shell`]'s `process`, which hands the block to the path of `songweave-dsp` and
//! neither allocates, locks nor makes a system call of its own. nice-plug's background worker, restart requests and
//! render-mode flag are not used: each has a defect there that hosts feel.

pub mod editor;
pub mod params;
pub mod played;
pub mod ports;
pub mod presets;
pub mod settings;
pub mod shared;
pub mod shell;
pub mod state;
pub mod units;

use ports::{MultiOut, Stereo};
use shell::Shell;

/// The plugin "Songweave": one stereo output.
pub type Songweave = Shell<Stereo>;
/// The plugin "Songweave Multi-Out": the same with an output per instrument or part.
pub type SongweaveMultiOut = Shell<MultiOut>;

nice_plug::nice_export_clap!(Songweave, SongweaveMultiOut);
nice_plug::nice_export_vst3!(Songweave, SongweaveMultiOut);
