//! A bare window for an editor and a picture of what is in it, by the means of each system. All have the same methods.

#[cfg(target_os = "linux")]
mod x11;
#[cfg(target_os = "linux")]
pub use x11::{HostWindow, pictures};

#[cfg(windows)]
mod win32;
#[cfg(windows)]
pub use win32::HostWindow;

#[cfg(not(any(target_os = "linux", windows)))]
mod absent;
#[cfg(not(any(target_os = "linux", windows)))]
pub use absent::HostWindow;
