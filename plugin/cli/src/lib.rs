//! What the program `songweave` and `cargo xtask` have in common: the host that `render` is, pictures, and the choice of a device.
#![allow(clippy::doc_markdown)] // doc comments of options are help texts, in which backticks would stand

pub mod device;
pub mod drawing;
pub mod harte;
pub mod render;
