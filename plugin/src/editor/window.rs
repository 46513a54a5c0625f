//! The picture in a window of the host's.

pub mod app;
pub mod host_window;
pub mod opened;
