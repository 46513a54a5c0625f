//! One writer at a time, by a lock that the system takes back when its owner ends, however that comes about.

use std::{
    fs::{File, OpenOptions, TryLockError},
    path::Path,
};

use crate::error::{LibraryError, Result};

/// Held by whoever indexes.
#[derive(Debug)]
pub struct WriterLock {
    _file: File,
}

impl WriterLock {
    /// Takes the lock of the library at `path`.
    ///
    /// # Errors
    /// Somebody else has it.
    pub fn take(path: &Path) -> Result<Self> {
        let mut name = path.as_os_str().to_owned();
        name.push(".lock");
        let lock = Path::new(&name);
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(lock);
        let file = file.map_err(|reason| LibraryError::io(lock, reason))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(LibraryError::Busy(path.to_owned())),
            Err(TryLockError::Error(reason)) => Err(LibraryError::io(lock, reason)),
        }
    }
}
