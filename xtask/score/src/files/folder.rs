//! What is in a folder, always in the same order.

use std::path::{Path, PathBuf};

use crate::error::{MaterialError, Result};

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).map_err(|source| MaterialError::io(folder, source))?;
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<std::io::Result<_>>()
        .map_err(|source| MaterialError::io(folder, source))?;
    paths.sort();
    Ok(paths)
}

/// The folders in a folder, in order of their paths.
///
/// # Errors
/// The folder cannot be read.
pub fn folders(folder: &Path) -> Result<Vec<PathBuf>> {
    Ok(entries(folder)?.into_iter().filter(|path| path.is_dir()).collect())
}

/// The files in a folder with an extension, in order of their paths.
///
/// # Errors
/// The folder cannot be read.
pub fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    Ok(entries(folder)?.into_iter().filter(|path| path.extension().is_some_and(|found| found == extension)).collect())
}

/// The files with an extension in a folder and in all folders below it, those of the folder itself first.
///
/// # Errors
/// A folder cannot be read.
pub fn files_below(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut found = files(folder, extension)?;
    for folder in folders(folder)? {
        found.extend(files_below(&folder, extension)?);
    }
    Ok(found)
}
