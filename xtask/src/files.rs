//! Copying and writing files so that nobody ever sees half of one.

use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// Copies `from` to `to` under a temporary name beside `to`, then renames it. Makes the folders on the way.
pub(crate) fn copy_by_rename(from: &Path, to: &Path) -> Result<()> {
    let folder = to.parent().with_context(|| format!("{} has no folder", to.display()))?;
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let temporary = to.with_added_extension("part");
    std::fs::copy(from, &temporary)
        .and_then(|_| std::fs::rename(&temporary, to))
        .with_context(|| format!("cannot copy {} to {}", from.display(), to.display()))
}

/// Writes `content` unless the file holds just that, so that its date of change stays true. Makes folders.
pub(crate) fn write_if_changed(path: &Path, content: &[u8]) -> Result<()> {
    if std::fs::read(path).is_ok_and(|present| present == content) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    std::fs::write(path, content).with_context(|| format!("cannot write {}", path.display()))
}

/// All files below `folder` for which `wanted(path)` holds; folders for which it does not are not entered.
pub(crate) fn below(folder: &Path, wanted: &impl Fn(&Path) -> bool) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read the folder {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let path = entry.path();
        if !wanted(&path) {
            continue;
        }
        if entry.file_type()?.is_dir() { found.extend(below(&path, wanted)?) } else { found.push(path) }
    }
    found.sort();
    Ok(found)
}
