//! Everything that Songweave's audio thread may reach: framing, STFT, bands, masks, overlap-add, the rings to the
//! inference thread and the meters to the editor.
//!
//! What may not be here: anything that allocates, locks, makes a system call, logs, blocks or panics after
//! construction; networks; the plugin framework. Constructors may allocate. `clippy.toml` beside this crate bans the
//! calls, the tests in `tests/` count allocations.

#![forbid(unsafe_code)]
#![cfg_attr(test, allow(clippy::disallowed_methods))] // what tests play and measure may differ between systems

pub mod analysis;
pub mod band;
pub mod exchange;
pub mod mash;
pub mod stream;
pub mod tune;
