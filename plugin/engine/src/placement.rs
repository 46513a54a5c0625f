//! Where the network of Studio runs: on the CPU, or on another device that was asked.

use std::sync::{Mutex, PoisonError};

use songweave_device::DeviceError;

/// What a device is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceUse {
    /// A stream that is played: all instances of the process are answered together, in time.
    Played,
    /// A bounce: answered alone, so that the same question has the same bits.
    Bounced,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Placed {
    /// Whether a device was asked.
    pub asked: bool,
    /// The name of the device that the network runs on; `None` for the CPU.
    pub device: Option<String>,
    /// Why it runs on the CPU although a device was asked, in one sentence.
    pub problem: Option<String>,
}

/// [`Placed`], shared between whoever runs the network and whoever shows where.
#[derive(Debug, Default)]
pub struct Placement(Mutex<Placed>);

impl Placement {
    /// Where the network runs now, or ran last.
    #[must_use]
    pub fn placed(&self) -> Placed {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// No device was asked.
    pub fn on_the_cpu(&self) {
        self.set(Placed::default());
    }

    /// A device of this name took the network.
    pub fn on_device(&self, name: &str) {
        self.set(Placed { asked: true, device: Some(name.to_owned()), problem: None });
    }

    /// A device was asked, and the network runs on the CPU.
    pub fn failed(&self, reason: &DeviceError) {
        self.set(Placed { asked: true, device: None, problem: Some(reason.to_string()) });
    }

    fn set(&self, placed: Placed) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = placed;
    }
}
