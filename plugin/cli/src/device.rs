//! The choice of what networks run on.

use std::sync::Arc;

use clap::ValueEnum;
use songweave_device::{Device, DeviceError};
use songweave_library::store::own_folder;

/// What networks run on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum DeviceChoice {
    /// The CPU, whose bits are the same everywhere
    #[default]
    Automatic,
    /// The CPU
    Cpu,
    /// A GPU, or no result at all
    Gpu,
}

impl DeviceChoice {
    /// The text of the parameter `device`.
    pub(crate) const fn text(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::Cpu => "CPU",
            Self::Gpu => "GPU",
        }
    }

    /// The device that was chosen; `None` for the CPU.
    ///
    /// # Errors
    /// A GPU was chosen, and there is none that can be used.
    pub fn open(self) -> Result<Option<Arc<Device>>, DeviceError> {
        let places = || songweave_device::places(own_folder().ok().as_deref());
        (self == Self::Gpu).then(|| Device::shared(&places())).transpose()
    }
}
