//! A growing buffer in memory as VST3's stream.

use std::ffi::c_void;
use std::sync::{Mutex, MutexGuard, PoisonError};
use vst3::Class;
use vst3::Steinberg::IBStream_::IStreamSeekMode_;
use vst3::Steinberg::{IBStream, IBStreamTrait, kInvalidArgument, kResultOk, tresult};

// Their type is another one on every system.
const SET: i32 = IStreamSeekMode_::kIBSeekSet as i32;
const CURRENT: i32 = IStreamSeekMode_::kIBSeekCur as i32;
const END: i32 = IStreamSeekMode_::kIBSeekEnd as i32;

/// State travels through this.
#[derive(Default)]
pub(super) struct MemoryStream(Mutex<Content>);

#[derive(Default)]
struct Content {
    bytes: Vec<u8>,
    position: usize,
}

impl MemoryStream {
    /// A stream to read `bytes` from.
    pub(super) fn new(bytes: &[u8]) -> Self {
        Self(Mutex::new(Content { bytes: bytes.to_vec(), position: 0 }))
    }

    /// All that was written.
    pub(super) fn bytes(&self) -> Vec<u8> {
        self.content().bytes.clone()
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Class for MemoryStream {
    type Interfaces = (IBStream,);
}

impl IBStreamTrait for MemoryStream {
    unsafe fn read(&self, buffer: *mut c_void, count: i32, read: *mut i32) -> tresult {
        let mut content = self.content();
        let available = content.bytes.len().saturating_sub(content.position);
        let count = usize::try_from(count).unwrap_or(0).min(available);
        // SAFETY: the plugin gives room for `count` bytes, and `count` is no more than there is.
        unsafe {
            std::ptr::copy_nonoverlapping(content.bytes.as_ptr().add(content.position), buffer.cast::<u8>(), count);
            if let Some(read) = read.as_mut() {
                *read = count as i32;
            }
        }
        content.position += count;
        kResultOk
    }

    unsafe fn write(&self, buffer: *mut c_void, count: i32, written: *mut i32) -> tresult {
        let mut content = self.content();
        let count = usize::try_from(count).unwrap_or(0);
        let (start, end) = (content.position, content.position + count);
        if content.bytes.len() < end {
            content.bytes.resize(end, 0);
        }
        // SAFETY: the plugin gives `count` bytes.
        unsafe {
            std::ptr::copy_nonoverlapping(buffer.cast::<u8>(), content.bytes[start..end].as_mut_ptr(), count);
            if let Some(written) = written.as_mut() {
                *written = count as i32;
            }
        }
        content.position = end;
        kResultOk
    }

    unsafe fn seek(&self, offset: i64, mode: i32, result: *mut i64) -> tresult {
        let mut content = self.content();
        let from = match mode {
            SET => 0,
            CURRENT => content.position as i64,
            END => content.bytes.len() as i64,
            _ => return kInvalidArgument,
        };
        let Ok(position) = usize::try_from(from + offset) else { return kInvalidArgument };
        content.position = position;
        // SAFETY: null or a valid place, by the standard.
        if let Some(result) = unsafe { result.as_mut() } {
            *result = position as i64;
        }
        kResultOk
    }

    unsafe fn tell(&self, position: *mut i64) -> tresult {
        // SAFETY: null or a valid place, by the standard.
        match unsafe { position.as_mut() } {
            Some(position) => *position = self.content().position as i64,
            None => return kInvalidArgument,
        }
        kResultOk
    }
}
