//! Everything that Songweave's audio thread may reach: framing, STFT, bands, masks, overlap-add, the rings to the
//! inference thread and the meters to the editor.
//!
//! What may not be here: anything that allocates, locks, makes a system call, logs, blocks or panics after
//! construction; networks; the plugin framework. Constructors may allocate. `clippy.toml` beside this crate bans the
//! calls, the tests in `tests/` count allocations.

#![forbid(unsafe_code)]

pub mod band;
pub mod bands;
pub mod chroma;
pub mod controls;
pub mod duck;
mod envelope;
pub mod frame;
pub mod framer;
pub mod frozen;
pub mod instruments;
pub mod layout;
pub mod link;
pub mod mask;
pub mod output;
pub mod path;
pub mod player;
pub mod presence;
mod ring;
pub mod schedule;
pub mod stft;
pub mod telemetry;
pub mod tone;
pub mod transpose;
pub mod tune;
pub mod voice;
