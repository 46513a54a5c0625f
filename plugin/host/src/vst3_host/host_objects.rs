//! What the plugin may ask of this host.

use std::ffi::c_void;
use std::sync::atomic::{AtomicUsize, Ordering};
use vst3::Class;
use vst3::Steinberg::Vst::{
    IComponentHandler, IComponentHandlerTrait, IHostApplication, IHostApplicationTrait, ParamID, ParamValue, String128,
};
use vst3::Steinberg::{TUID, kNoInterface, kResultOk, tresult};

/// Text of the standard's fixed arrays.
pub(super) fn from_utf16<T: Copy + Into<i64>>(units: &[T]) -> String {
    let units: Vec<u16> = units.iter().map(|unit| (*unit).into() as u16).take_while(|unit| *unit != 0).collect();
    String::from_utf16_lossy(&units)
}

/// The host's name, and nothing else: this host hands out no objects.
pub(super) struct HostApplication;

impl Class for HostApplication {
    type Interfaces = (IHostApplication,);
}

impl IHostApplicationTrait for HostApplication {
    unsafe fn getName(&self, name: *mut String128) -> tresult {
        // SAFETY: a valid array by the standard.
        let name = unsafe { &mut *name };
        for (unit, letter) in name.iter_mut().zip("Songweave host\0".encode_utf16()) {
            *unit = letter as _;
        }
        kResultOk
    }

    unsafe fn createInstance(&self, _class: *mut TUID, _interface: *mut TUID, _object: *mut *mut c_void) -> tresult {
        kNoInterface
    }
}

/// Hears what the plugin's editor does; keeps count of restart requests.
#[derive(Default)]
pub(super) struct ComponentHandler {
    restarts: AtomicUsize,
}

impl ComponentHandler {
    pub(super) fn restarts(&self) -> usize {
        self.restarts.load(Ordering::Acquire)
    }
}

impl Class for ComponentHandler {
    type Interfaces = (IComponentHandler,);
}

impl IComponentHandlerTrait for ComponentHandler {
    unsafe fn beginEdit(&self, _id: ParamID) -> tresult {
        kResultOk
    }

    unsafe fn performEdit(&self, _id: ParamID, _value: ParamValue) -> tresult {
        kResultOk
    }

    unsafe fn endEdit(&self, _id: ParamID) -> tresult {
        kResultOk
    }

    unsafe fn restartComponent(&self, _flags: i32) -> tresult {
        self.restarts.fetch_add(1, Ordering::AcqRel);
        kResultOk
    }
}
