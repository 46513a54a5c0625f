//! Songweave's inference side: the pipeline from analysis frames to decisions, the thread that runs it, the clock that
//! says how long the audio thread may wait for it, and the slot that holds its network. May block and allocate.
//!
//! What may not be here: the plugin framework, and anything that the audio thread calls except [`runtime::clock::WallClock`],
//! which reads the clock once per block and sleeps only while the stream is ahead of it.

#![cfg_attr(test, allow(clippy::disallowed_methods))] // what tests play and measure may differ between systems

pub mod band;
pub mod follow;
pub mod listener;
pub mod mash;
pub mod placement;
pub mod runtime;
mod scheduling;
