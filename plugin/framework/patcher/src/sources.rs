//! The source files of a crate, in memory and on disk.

use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Put before the crate's first line: as for every crate from the registry, its warnings are not ours.
const QUIET: &str = "#![allow(warnings, clippy::all)]\n";

/// A crate's source files by their path below the crate's `src`.
pub(crate) type Sources = BTreeMap<PathBuf, String>;

/// Reads all files below `folder`.
pub(crate) fn read(folder: &Path) -> Result<Sources> {
    let mut sources = Sources::new();
    for path in below(folder)? {
        let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        sources.insert(path.strip_prefix(folder)?.to_owned(), text);
    }
    Ok(sources)
}

/// Makes `folder` hold just these files. A file that does so already is left alone, so that nothing is compiled twice.
pub(crate) fn write(folder: &Path, sources: &Sources) -> Result<()> {
    for (inside, text) in sources {
        let quiet = if inside == Path::new("lib.rs") { QUIET } else { "" };
        write_file(&folder.join(inside), &format!("{quiet}{text}"))?;
    }
    for path in below(folder)? {
        if !sources.contains_key(path.strip_prefix(folder)?) {
            std::fs::remove_file(&path).with_context(|| format!("cannot remove {}", path.display()))?;
        }
    }
    Ok(())
}

/// Writes under another name first: two builds into different target folders may do this at once.
fn write_file(path: &Path, text: &str) -> Result<()> {
    if std::fs::read_to_string(path).is_ok_and(|present| present == text) {
        return Ok(());
    }
    let folder = path.parent().with_context(|| format!("{} has no folder", path.display()))?;
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    let temporary = path.with_extension(format!("{}.part", std::process::id()));
    let written = std::fs::write(&temporary, text).and_then(|()| {
        // Cargo would take a file younger than the build script's start for a change, and compile everything again.
        std::fs::File::options().append(true).open(&temporary)?.set_modified(SystemTime::UNIX_EPOCH)?;
        std::fs::rename(&temporary, path)
    });
    written.with_context(|| format!("cannot write {}", path.display()))
}

/// All files below `folder`.
fn below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read the folder {}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() { found.extend(below(&entry.path())?) } else { found.push(entry.path()) }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_folder_holds_just_the_files_written_last() {
        let folder = std::env::temp_dir().join(format!("songweave-patcher-{}", std::process::id()));
        let file = |name: &str, text: &str| (PathBuf::from(name), text.to_owned());
        write(&folder, &Sources::from([file("lib.rs", "mod old;\n"), file("sub/old.rs", "\n")])).unwrap();
        write(&folder, &Sources::from([file("lib.rs", "mod new;\n"), file("sub/new.rs", "//\n")])).unwrap();
        let expected = Sources::from([file("lib.rs", &format!("{QUIET}mod new;\n")), file("sub/new.rs", "//\n")]);
        let found = read(&folder).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(found, expected);
    }
}
