//! Networks on another device than the CPU, such as a GPU: opens a library of that device, and shares it among everybody in
//! a process.
//!
//! What lives here: the library behind safe calls, and the one thread that calls it. What may not: audio, and networks that
//! run on the CPU. Nothing here is for the audio thread.
//!
//! ```no_run
//! use songweave_device::{Device, Urgency};
//!
//! # fn weights() -> &'static [u8] { &[] }
//! # fn main() -> Result<(), songweave_device::DeviceError> {
//! let device = Device::shared(&songweave_device::places(None))?;
//! let network = device.load("listener", weights().into())?;
//! // Two slices at once.
//! let shape = network.shape(0)?;
//! let hidden = network.forward(0, vec![0.0; 2 * shape.inputs], Urgency::Alone)?;
//! assert_eq!(hidden.len(), 2 * shape.outputs);
//! # Ok(())
//! # }
//! ```

mod error;
mod library;
mod places;
mod service;

pub use error::DeviceError;
pub use library::Library;
pub use places::{FILE_VARIABLE, file_name, own_file, places};
pub use service::{Device, DeviceNetwork, Urgency};
pub use songweave_abi::Shape;

#[cfg(test)]
mod tests;
