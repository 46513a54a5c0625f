//! A library that doubles numbers, for the tests.

use std::{
    ffi::{CStr, c_char},
    ptr, slice,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    thread::sleep,
    time::Duration,
};

use songweave_abi::{NetworkId, Shape, Status, Table, Text, VERSION, Values};

/// A number that makes it sleep for as many milliseconds.
pub(crate) const SLEEP: f32 = 1e6;
/// Networks that it has loaded and not freed.
pub(crate) static LOADED: AtomicUsize = AtomicUsize::new(0);
/// The most streams that it was given at once.
pub(crate) static LARGEST: AtomicUsize = AtomicUsize::new(0);

pub(crate) static TABLE: Table =
    Table { version: VERSION, device, load, maps, shape, forward, step: forward, reset, free, loaded, close };

pub(crate) unsafe extern "C" fn open(_version: u32, _reason: Text) -> *const Table {
    &raw const TABLE
}

fn write(text: Text, sentence: &CStr) {
    let bytes = sentence.to_bytes_with_nul();
    assert!(bytes.len() <= text.room);
    // SAFETY: it fits.
    unsafe { ptr::copy_nonoverlapping(bytes.as_ptr().cast(), text.place, bytes.len()) };
}

unsafe extern "C" fn device(name: Text) -> Status {
    write(name, c"a doubler");
    Status::DONE
}

unsafe extern "C" fn load(
    kind: *const c_char,
    _weights: *const u8,
    length: usize,
    network: *mut NetworkId,
    reason: Text,
) -> Status {
    // SAFETY: the caller's promises.
    unsafe {
        if CStr::from_ptr(kind) != c"doubler" {
            write(reason, c"it knows no clarinets");
            return Status::REFUSED;
        }
        *network = length as NetworkId;
    }
    LOADED.fetch_add(1, SeqCst);
    Status::DONE
}

unsafe extern "C" fn maps(_network: NetworkId, count: *mut usize) -> Status {
    // SAFETY: the caller's promises.
    unsafe { *count = 1 };
    Status::DONE
}

unsafe extern "C" fn shape(_network: NetworkId, _map: usize, shape: *mut Shape) -> Status {
    // SAFETY: the caller's promises.
    unsafe { *shape = Shape { inputs: 2, outputs: 2 } };
    Status::DONE
}

unsafe extern "C" fn forward(_network: NetworkId, _map: usize, values: *const Values, reason: Text) -> Status {
    // SAFETY: the caller's promises.
    let (input, output) = unsafe {
        let Values { input, input_length, output, output_length, .. } = *values;
        (slice::from_raw_parts(input, input_length), slice::from_raw_parts_mut(output, output_length))
    };
    LARGEST.fetch_max(input.len() / 2, SeqCst);
    if let Some(pause) = input.iter().find(|number| (SLEEP..2.0 * SLEEP).contains(*number)) {
        sleep(Duration::from_millis((pause - SLEEP) as u64));
    }
    if input.contains(&-1.0) {
        write(reason, c"minus one is beyond it");
        return Status::DEVICE;
    }
    output.iter_mut().zip(input).for_each(|(output, input)| *output = 2.0 * input);
    Status::DONE
}

unsafe extern "C" fn reset(_network: NetworkId) -> Status {
    Status::DONE
}

unsafe extern "C" fn free(_network: NetworkId) -> Status {
    LOADED.fetch_sub(1, SeqCst);
    Status::DONE
}

unsafe extern "C" fn loaded(count: *mut usize) -> Status {
    // SAFETY: the caller's promises.
    unsafe { *count = LOADED.load(SeqCst) };
    Status::DONE
}

unsafe extern "C" fn close() -> Status {
    Status::DONE
}
