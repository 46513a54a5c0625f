#![allow(clippy::unwrap_used)]

use super::*;

/// A library that breaks what it promised as far as safe callers can bear it.
mod odd {
    use super::*;

    pub(super) unsafe extern "C" fn closed(_version: u32, reason: Text) -> *const Table {
        // A sentence without its zero fills the room.
        // SAFETY: there is that much room.
        unsafe { ptr::write_bytes(reason.place, b'x' as _, reason.room) };
        ptr::null()
    }

    pub(super) unsafe extern "C" fn silent(_version: u32, _reason: Text) -> *const Table {
        ptr::null()
    }

    pub(super) unsafe extern "C" fn newer(_version: u32, _reason: Text) -> *const Table {
        static TABLE: Table = Table { version: VERSION + 1, ..crate::tests::TABLE };
        &raw const TABLE
    }
}

fn open(open: Open) -> Result<Library, DeviceError> {
    // SAFETY: their tables do what is promised.
    unsafe { Library::from_entry_point(open) }
}

#[test]
fn a_library_that_cannot_be_used_is_refused_with_its_reason() {
    assert_eq!(open(odd::closed).unwrap_err(), DeviceError::NoDevice("x".repeat(ROOM)));
    assert!(matches!(open(odd::silent).unwrap_err(), DeviceError::NoDevice(reason) if !reason.is_empty()));
    assert_eq!(open(odd::newer).unwrap_err(), DeviceError::OtherVersion { found: VERSION + 1, wanted: VERSION });
}

#[test]
fn files_that_are_no_libraries_are_refused() {
    let folder = std::env::temp_dir();
    let text = folder.join(format!("songweave-{}-no-library.so", std::process::id()));
    std::fs::write(&text, "this is a letter").unwrap();
    for file in [text.as_path(), Path::new("/no/such/file.so"), folder.as_path()] {
        assert!(matches!(Library::open(file).unwrap_err(), DeviceError::Unloadable { .. }), "{}", file.display());
    }
    std::fs::remove_file(text).unwrap();
}

#[test]
fn calls_reach_the_library() {
    let library = open(crate::tests::open).unwrap();
    assert_eq!(library.device(), "a doubler");
    let network = library.load("doubler", b"weights").unwrap();
    assert_eq!(library.shape(network, 0).unwrap(), Shape { inputs: 2, outputs: 2 });
    let mut out = [0.0; 4];
    library.forward(network, 0, [2, 1], &[1.0, 2.0, 3.0, 4.0], &mut out).unwrap();
    assert_eq!(out, [2.0, 4.0, 6.0, 8.0]);
    let refused = library.load("clarinet", b"weights").unwrap_err();
    assert_eq!(refused.to_string(), "the GPU does not take the clarinet network: it knows no clarinets");
    assert!(library.load("with\0zero", b"").is_err());
}
