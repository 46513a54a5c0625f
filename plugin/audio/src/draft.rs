//! Files that appear under their names only when they are complete.

use std::{
    ffi::OsString,
    fs::{File, OpenOptions},
    io::{self, BufWriter, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use crate::error::{AudioError, Result};

/// A file on its way: it stands beside its name until [`Draft::finish`] puts it there, and vanishes when that never comes.
/// What is no file (a device, a pipe) is written straight into, and a link stays a link to the file that is replaced.
#[derive(Debug)]
pub struct Draft {
    path: PathBuf,
    file: BufWriter<File>,
    /// Where the contents stand, and where they belong. `None` for devices and pipes.
    rename: Option<(PathBuf, PathBuf)>,
}

impl Draft {
    /// Begins a file.
    ///
    /// # Errors
    /// The folder or the device cannot be written to, or `path` is a folder.
    pub fn create(path: &Path) -> Result<Self> {
        let fail = |reason| AudioError::io(path, reason);
        let rename = match std::fs::metadata(path) {
            Ok(found) if found.is_dir() => return Err(fail(io::ErrorKind::IsADirectory.into())),
            Ok(found) if !found.is_file() => None,
            Ok(_) => {
                let place = path.canonicalize().map_err(fail)?;
                Some((temporary(&place), place))
            }
            Err(_) => Some((temporary(path), path.to_owned())),
        };
        let file = match &rename {
            Some((temporary, _)) => File::create(temporary),
            None => OpenOptions::new().write(true).open(path),
        };
        let file = BufWriter::new(file.map_err(fail)?);
        Ok(Self { path: path.to_owned(), file, rename })
    }

    /// The name that was asked for.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// The disk is full, or whatever else the system says.
    pub fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.file.write_all(bytes).map_err(|reason| AudioError::io(&self.path, reason))
    }

    /// Writes the first bytes anew; devices and pipes, which cannot go back, are left as they are.
    ///
    /// # Errors
    /// As [`Draft::write`].
    pub fn rewrite_start(&mut self, bytes: &[u8]) -> Result<()> {
        if self.rename.is_none() {
            return Ok(());
        }
        let written = self.file.seek(SeekFrom::Start(0)).and_then(|_| self.file.write_all(bytes));
        written.map_err(|reason| AudioError::io(&self.path, reason))
    }

    /// Puts the file under its name.
    ///
    /// # Errors
    /// What is left cannot be written, or the file not be renamed; nothing stays behind then.
    pub fn finish(mut self) -> Result<()> {
        let done = self.file.flush().and_then(|()| match &self.rename {
            Some((temporary, place)) => std::fs::rename(temporary, place),
            None => Ok(()),
        });
        done.map_err(|reason| AudioError::io(&self.path, reason))?;
        self.rename = None;
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if let Some((temporary, _)) = &self.rename {
            // Nothing is left to be said when even that fails.
            let _ = std::fs::remove_file(temporary);
        }
    }
}

/// Writes `contents` as a [`Draft`].
///
/// # Errors
/// The folder or the device cannot be written to.
pub fn write_bytes(path: &Path, contents: &[u8]) -> Result<()> {
    let mut draft = Draft::create(path)?;
    draft.write(contents)?;
    draft.finish()
}

fn temporary(path: &Path) -> PathBuf {
    let mut name = path.file_name().map_or_else(OsString::new, OsString::from);
    name.push(format!(".{}.partial", std::process::id()));
    path.with_file_name(name)
}
