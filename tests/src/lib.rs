//! What the integration tests share: signals, and the plugin's path driven block by block without a host.
//!
//! The tests themselves are in `tests/`: `stream` (reconstruction, latency, identical bits), `real_time` (allocations),
//! `host` (the plugin in CLAP and VST3 hosts), `accompany` (the band under good and bad input), `tune` (the tuner), `fuzz` (damaged input), and
//! the Python hosts in `python`.

pub mod accompany;
pub mod bounce;
pub mod drive;
pub mod signal;
