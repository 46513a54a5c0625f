//! A copy of the workspace's sources in which the plugin is built against patched crates.

use crate::{files, project};
use anyhow::{Context, Result, ensure};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// The plugin's library in the copy. Another name than in the checkout, whose library lies in the same target folder.
pub(super) const LIBRARY: &str = "songweave_bundle";

/// Folders and files of the workspace that a build needs.
const TOP: [&str; 7] = ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "plugin", "models", "tests", "xtask"];

/// The line of the plugin's manifest under which the library's name is written.
const LIBRARY_SECTION: &str = "[lib]\n";

/// All sources of the workspace.
pub(super) fn sources() -> Result<Vec<PathBuf>> {
    let mut sources = Vec::new();
    for top in TOP {
        let path = project::root().join(top);
        if path.is_dir() { sources.extend(files::below(&path, &is_source)?) } else { sources.push(path) }
    }
    Ok(sources)
}

/// The sources on which the plugin depends, and the edits to others' crates.
pub(super) fn plugin_sources() -> Result<Vec<PathBuf>> {
    let own = |path: &PathBuf| {
        let inside = path.strip_prefix(project::root()).unwrap_or(path);
        !inside.starts_with("tests") && (!inside.starts_with("xtask") || inside.starts_with("xtask/src/bundle"))
    };
    Ok(sources()?.into_iter().filter(own).collect())
}

/// Neither hidden nor Python nor pictures: nothing of these is compiled.
fn is_source(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    !name.starts_with('.') && !matches!(&*name, "target" | "training" | "python" | "fixtures" | "__pycache__")
}

/// Brings the copy at `workspace` up to date, with `crates` (name, folder) in place of the registry's.
pub(super) fn update(workspace: &Path, crates: &[(&str, PathBuf)]) -> Result<()> {
    let mut kept = HashSet::new();
    for source in sources()? {
        let inside = source.strip_prefix(project::root())?;
        let copy = workspace.join(inside);
        let mut content = std::fs::read(&source).with_context(|| format!("cannot read {}", source.display()))?;
        if inside == Path::new("Cargo.toml") {
            content.extend(patch_section(crates)?.into_bytes());
        } else if inside == Path::new("plugin/Cargo.toml") {
            content = rename_library(&String::from_utf8(content)?)?.into_bytes();
        }
        files::write_if_changed(&copy, &content)?;
        kept.insert(copy);
    }
    for copy in files::below(workspace, &|_| true)? {
        if !kept.contains(&copy) {
            std::fs::remove_file(&copy).with_context(|| format!("cannot remove {}", copy.display()))?;
        }
    }
    Ok(())
}

fn patch_section(crates: &[(&str, PathBuf)]) -> Result<String> {
    let mut section = "\n[patch.crates-io]\n".to_owned();
    for (name, folder) in crates {
        section += &format!("{name} = {{ path = {} }}\n", serde_json::to_string(folder)?);
    }
    Ok(section)
}

fn rename_library(manifest: &str) -> Result<String> {
    ensure!(manifest.matches(LIBRARY_SECTION).count() == 1, "plugin/Cargo.toml has not exactly one [lib] section");
    Ok(manifest.replace(LIBRARY_SECTION, &format!("{LIBRARY_SECTION}name = \"{LIBRARY}\"\n")))
}
