//! Songweave's networks on a GPU, as a dynamic library that is opened at run time.
//!
//! What lives here: candle's devices behind the C table of `songweave-abi`. What may not: anything that knows audio, a host
//! or a file. With the feature `cuda` it runs on the first NVIDIA card, on macOS on the first Metal device, else on the CPU,
//! which is slower than the plugin's own layers and there for the tests.

mod choice;
mod networks;
mod table;

pub use table::songweave_device_open;

#[cfg(test)]
mod tests;
