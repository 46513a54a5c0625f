//! The C table. Pointers become references here, panics become statuses, and one caller is let in at a time.

use std::{
    ffi::{CStr, c_char},
    panic::{AssertUnwindSafe, catch_unwind},
    slice,
    sync::{Mutex, PoisonError},
};

use songweave_abi::{NetworkId, Shape, Status, Table, Text, VERSION, Values};

use crate::networks::{Failure, Networks, Past};

/// `None` until somebody opens the library.
static NETWORKS: Mutex<Option<Networks>> = Mutex::new(None);

static TABLE: Table = Table { version: VERSION, device, load, maps, shape, forward, step, reset, free, loaded, close };

/// Opens the device; see [`songweave_abi::Open`].
///
/// # Safety
/// `reason` is null or has the room that it says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn songweave_device_open(version: u32, reason: Text) -> *const Table {
    let opened = catch_unwind(|| {
        if version != VERSION {
            return Err(format!("It speaks version {VERSION} of the interface, Songweave version {version}."));
        }
        let mut networks = NETWORKS.lock().unwrap_or_else(PoisonError::into_inner);
        if networks.is_none() {
            *networks = Some(Networks::open()?);
        }
        networks.iter_mut().for_each(Networks::enter);
        Ok(())
    });
    match opened.unwrap_or_else(|_| Err("It failed while it looked for a device.".to_owned())) {
        Ok(()) => &raw const TABLE,
        Err(sentence) => {
            // SAFETY: as above.
            unsafe { write(reason, &sentence) };
            std::ptr::null()
        }
    }
}

/// Writes a sentence where there is room, cut between two characters.
///
/// # Safety
/// `text` is null or has the room that it says.
unsafe fn write(text: Text, sentence: &str) {
    if text.place.is_null() || text.room == 0 {
        return;
    }
    let length = sentence.floor_char_boundary(text.room - 1);
    // SAFETY: `length` and the zero fit in the room.
    unsafe {
        std::ptr::copy_nonoverlapping(sentence.as_ptr().cast::<c_char>(), text.place, length);
        *text.place.add(length) = 0;
    }
}

/// Runs a call with everything it may need caught.
///
/// # Safety
/// `reason` is null or has the room that it says.
unsafe fn call(reason: Text, run: impl FnOnce(&mut Networks) -> Result<(), Failure>) -> Status {
    let caught = catch_unwind(AssertUnwindSafe(|| {
        let mut networks = NETWORKS.lock().unwrap_or_else(PoisonError::into_inner);
        networks.as_mut().map_or(Err(Status::NO_SUCH_NETWORK.into()), run)
    }));
    let panicked = || Err(Failure(Status::PANIC, "The library failed; what it was asked is in its log.".to_owned()));
    match caught.unwrap_or_else(|_| panicked()) {
        Ok(()) => Status::DONE,
        Err(Failure(status, sentence)) => {
            // SAFETY: as above.
            unsafe { write(reason, &sentence) };
            status
        }
    }
}

/// No room for a sentence.
const UNTOLD: Text = Text { place: std::ptr::null_mut(), room: 0 };

/// A place to write to, unless it is null.
///
/// # Safety
/// `place` is null or can be written to.
unsafe fn place<'a, T>(place: *mut T) -> Result<&'a mut T, Status> {
    // SAFETY: as above.
    unsafe { place.as_mut() }.ok_or(Status::MISFIT)
}

unsafe extern "C" fn device(name: Text) -> Status {
    // SAFETY: the caller's promise about `name`.
    unsafe {
        call(UNTOLD, |networks| {
            write(name, networks.device());
            Ok(())
        })
    }
}

unsafe extern "C" fn load(
    kind: *const c_char,
    weights: *const u8,
    length: usize,
    network: *mut NetworkId,
    reason: Text,
) -> Status {
    // SAFETY: the caller's promises about every pointer that is not null.
    unsafe {
        call(reason, |networks| {
            let network = place(network)?;
            if kind.is_null() || weights.is_null() {
                return Err(Status::MISFIT.into());
            }
            *network =
                networks.load(&CStr::from_ptr(kind).to_string_lossy(), slice::from_raw_parts(weights, length))?;
            Ok(())
        })
    }
}

unsafe extern "C" fn maps(network: NetworkId, count: *mut usize) -> Status {
    // SAFETY: the caller's promise about `count`.
    unsafe {
        call(UNTOLD, |networks| {
            *place(count)? = networks.maps(network)?;
            Ok(())
        })
    }
}

unsafe extern "C" fn shape(network: NetworkId, map: usize, shape: *mut Shape) -> Status {
    // SAFETY: the caller's promise about `shape`.
    unsafe {
        call(UNTOLD, |networks| {
            *place(shape)? = networks.shape(network, map)?;
            Ok(())
        })
    }
}

unsafe extern "C" fn forward(network: NetworkId, map: usize, values: *const Values, reason: Text) -> Status {
    // SAFETY: the caller's promises.
    unsafe { run(network, map, values, reason, Past::None) }
}

unsafe extern "C" fn step(network: NetworkId, map: usize, values: *const Values, reason: Text) -> Status {
    // SAFETY: the caller's promises.
    unsafe { run(network, map, values, reason, Past::Remembered) }
}

/// # Safety
/// Pointers are null or have the numbers behind them that the lengths say.
unsafe fn run(network: NetworkId, map: usize, values: *const Values, reason: Text, past: Past) -> Status {
    // SAFETY: as above.
    unsafe {
        call(reason, |networks| {
            let values = values.as_ref().ok_or(Status::MISFIT)?;
            let Shape { inputs, outputs } = networks.shape(network, map)?;
            let count = values.batch.checked_mul(values.time).filter(|count| *count > 0);
            let wanted = |numbers: usize| count.and_then(|count| count.checked_mul(numbers));
            let fits = wanted(inputs) == Some(values.input_length) && wanted(outputs) == Some(values.output_length);
            if !fits || values.input.is_null() || values.output.is_null() {
                return Err(Status::MISFIT.into());
            }
            let input = slice::from_raw_parts(values.input, values.input_length);
            if !input.iter().all(|value| value.is_finite()) {
                return Err(Status::NOT_FINITE.into());
            }
            let answer = networks.run(network, map, [values.batch, values.time], input, past)?;
            slice::from_raw_parts_mut(values.output, values.output_length).copy_from_slice(&answer);
            Ok(())
        })
    }
}

unsafe extern "C" fn reset(network: NetworkId) -> Status {
    // SAFETY: nothing is written.
    unsafe { call(UNTOLD, |networks| Ok(networks.reset(network)?)) }
}

unsafe extern "C" fn free(network: NetworkId) -> Status {
    // SAFETY: nothing is written.
    unsafe { call(UNTOLD, |networks| Ok(networks.free(network)?)) }
}

unsafe extern "C" fn close() -> Status {
    let closed = catch_unwind(|| {
        let mut networks = NETWORKS.lock().unwrap_or_else(PoisonError::into_inner);
        if networks.as_mut().is_some_and(Networks::leave) {
            *networks = None;
        }
    });
    if closed.is_ok() { Status::DONE } else { Status::PANIC }
}

unsafe extern "C" fn loaded(count: *mut usize) -> Status {
    // SAFETY: the caller's promise about `count`.
    unsafe {
        call(UNTOLD, |networks| {
            *place(count)? = networks.count();
            Ok(())
        })
    }
}
