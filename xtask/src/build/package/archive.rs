//! Folders as archives: .tar.gz and .zip, the same bytes for the same files.

use crate::files;
use anyhow::{Context, Result};
use flate2::{Compression, write::GzEncoder};
use std::fs::File;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};
use zip::{ZipWriter, write::SimpleFileOptions};

/// Rights of programs and scripts, and of everything else.
const MODES: (u32, u32) = (0o755, 0o644);

/// Writes a folder as a .tar.gz, with the folder's own name before every path.
pub(super) fn tar(folder: &Path, path: &Path) -> Result<PathBuf> {
    let top = folder.file_name().context("a folder without a name")?;
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    let entries = entries(folder)?.into_iter().map(|(file, inside)| (file, Path::new(top).join(inside)));
    write_tar(file, entries)?;
    Ok(path.to_owned())
}

/// Writes files as a gzipped tar: from where they are, under what paths.
pub(super) fn write_tar(out: impl Write, entries: impl IntoIterator<Item = (PathBuf, PathBuf)>) -> Result<()> {
    let mut tar = tar::Builder::new(GzEncoder::new(out, Compression::best()));
    for (file, inside) in entries {
        let content = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(mode(&file));
        tar.append_data(&mut header, inside, content.as_slice())?;
    }
    tar.into_inner()?.finish()?;
    Ok(())
}

/// Writes a folder as a .zip, with the folder's own name before every path.
pub(super) fn zip(folder: &Path, path: &Path) -> Result<PathBuf> {
    let top = folder.file_name().context("a folder without a name")?.to_string_lossy();
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    write_zip(file, &top, entries(folder)?)?;
    Ok(path.to_owned())
}

fn write_zip(out: impl Write + Seek, top: &str, entries: Vec<(PathBuf, PathBuf)>) -> Result<()> {
    let mut zip = ZipWriter::new(out);
    for (file, inside) in entries {
        let inside = inside.to_string_lossy().replace('\\', "/");
        zip.start_file(format!("{top}/{inside}"), SimpleFileOptions::default().unix_permissions(mode(&file)))?;
        zip.write_all(&std::fs::read(&file)?)?;
    }
    zip.finish()?;
    Ok(())
}

/// The files of a folder: where they are, and their paths within it.
fn entries(folder: &Path) -> Result<Vec<(PathBuf, PathBuf)>> {
    let files = files::below(folder, &|_| true)?;
    files.into_iter().map(|file| Ok((file.clone(), file.strip_prefix(folder)?.to_owned()))).collect()
}

/// Rights of a file in the archive: programs are known by their rights here, or by their name for Windows.
fn mode(file: &Path) -> u32 {
    let runs = file.extension().is_none_or(|kind| ["sh", "bat", "exe"].iter().any(|name| kind == *name));
    // Licences have no extension either, but are no programs.
    let text = file.file_name().is_some_and(|name| name.to_string_lossy().to_uppercase() == name.to_string_lossy());
    if runs && !text { MODES.0 } else { MODES.1 }
}

/// Makes a script one that can be started, where the system knows such a thing.
pub(super) fn allow_to_run(path: &Path) -> Result<()> {
    #[cfg(unix)]
    std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(MODES.0))?;
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}
