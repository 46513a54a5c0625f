//! The C table between Songweave and a library that runs its networks on another device, such as a GPU.
//!
//! What lives here: types that both sides agree on. What may not: code that runs, and dependencies.
//!
//! The library is a separate file since one that is linked against a graphics driver does not load on a machine without it.
//! It exports one function, [`ENTRY_POINT`], of the type [`Open`]. All functions may be called from any thread; the library
//! lets one in at a time. No panic and no C++ exception leaves it. Networks are numbers, not addresses, so that one that was
//! freed is told from one that lives. A library is never unloaded: threads of its driver may run in it.

#![no_std]
#![forbid(unsafe_code)]

use core::ffi::{CStr, c_char};

/// The version of everything here. A library of another version is refused by [`Open`] itself and by whoever opens it.
pub const VERSION: u32 = 1;

/// Name of the function that a library exports.
pub const ENTRY_POINT: &CStr = c"songweave_device_open";

/// Asks a library for its table: `version` is [`VERSION`] of the caller. Null when the library has another version, or there
/// is no device that it can use; then one sentence stands in `reason`.
pub type Open = unsafe extern "C" fn(version: u32, reason: Text) -> *const Table;

/// Room for a sentence of the library's: UTF-8, ended by a zero, cut to `room` bytes. A null place or a room of 0 will do.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Text {
    /// Where it goes.
    pub place: *mut c_char,
    /// Bytes there, the zero included.
    pub room: usize,
}

/// What a call came to. Anything but [`Status::DONE`] leaves outputs and memories as they were.
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Status(pub i32);

impl Status {
    /// All went well.
    pub const DONE: Self = Self(0);
    /// There is no such network, or it has no such map.
    pub const NO_SUCH_NETWORK: Self = Self(1);
    /// A pointer is null, or a number of values does not fit.
    pub const MISFIT: Self = Self(2);
    /// A number that was given is NaN or infinite.
    pub const NOT_FINITE: Self = Self(3);
    /// The weight file was refused.
    pub const REFUSED: Self = Self(4);
    /// The device failed, for example for want of memory, or its answer is not finite.
    pub const DEVICE: Self = Self(5);
    /// The library's own code failed.
    pub const PANIC: Self = Self(6);
}

/// A number that stands for a loaded network; never 0.
pub type NetworkId = u64;

/// The sizes of one map of a network.
#[repr(C)]
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Shape {
    /// Numbers that a step hears.
    pub inputs: usize,
    /// Numbers that a step answers.
    pub outputs: usize,
}

/// Values of a call, `[batch][time][in]` before and `[batch][time][out]` after it.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Values {
    /// Streams.
    pub batch: usize,
    /// Steps of each.
    pub time: usize,
    /// What is heard.
    pub input: *const f32,
    /// Numbers there: `batch * time * inputs`.
    pub input_length: usize,
    /// Where the answer goes.
    pub output: *mut f32,
    /// Numbers there: `batch * time * outputs`.
    pub output_length: usize,
}

/// Runs a map of a network.
pub type Forward = unsafe extern "C" fn(network: NetworkId, map: usize, values: *const Values, reason: Text) -> Status;

/// What a library offers. It lives as long as the process.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// [`VERSION`] of the library.
    pub version: u32,
    /// Writes the name of the device, for example `NVIDIA H200`.
    pub device: unsafe extern "C" fn(name: Text) -> Status,
    /// Reads the weight file (`length` bytes at `weights`) of a network of a `kind` (ended by a zero: `mash`, `chords`, `groove`,
    /// `melody`, `instruments`, `listener`, `studio`).
    pub load: unsafe extern "C" fn(
        kind: *const c_char,
        weights: *const u8,
        length: usize,
        network: *mut NetworkId,
        reason: Text,
    ) -> Status,
    /// Writes how many maps a network has.
    pub maps: unsafe extern "C" fn(network: NetworkId, count: *mut usize) -> Status,
    /// Writes the sizes of one of them.
    pub shape: unsafe extern "C" fn(network: NetworkId, map: usize, shape: *mut Shape) -> Status,
    /// Runs a map from an empty memory, which it leaves no trace in.
    pub forward: Forward,
    /// Runs a map from what it remembers, and remembers this too. The number of streams stays the same until a reset.
    pub step: Forward,
    /// Makes all maps of a network forget.
    pub reset: unsafe extern "C" fn(network: NetworkId) -> Status,
    /// Frees a network and its memory on the device.
    pub free: unsafe extern "C" fn(network: NetworkId) -> Status,
    /// Writes how many networks are loaded.
    pub loaded: unsafe extern "C" fn(count: *mut usize) -> Status,
    /// Undoes one [`Open`], after the calls that are running. The last one frees everything and lets go of the device.
    pub close: unsafe extern "C" fn() -> Status,
}
