//! `cargo xtask install`: copies the bundles to where hosts look for plugins.

use crate::build::bundle;
use crate::files;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// Installs both bundles for this user and says where.
pub(crate) fn run() -> Result<()> {
    let bundles = bundle::current()?;
    let (clap, vst3) = folders()?;
    for (bundle, folder) in [(&bundles.clap, clap), (&bundles.vst3, vst3)] {
        println!("{}", install(bundle, &folder)?.display());
    }
    Ok(())
}

/// Where this system's hosts look for a user's CLAP and VST3 plugins.
fn folders() -> Result<(PathBuf, PathBuf)> {
    let variable = |name: &str| std::env::var_os(name).map(PathBuf::from).with_context(|| format!("{name} is not set"));
    Ok(match std::env::consts::OS {
        "macos" => {
            let plugins = variable("HOME")?.join("Library/Audio/Plug-Ins");
            (plugins.join("CLAP"), plugins.join("VST3"))
        }
        "windows" => {
            let common = variable("LOCALAPPDATA")?.join("Programs/Common");
            (common.join("CLAP"), common.join("VST3"))
        }
        _ => (variable("HOME")?.join(".clap"), variable("HOME")?.join(".vst3")),
    })
}

fn install(bundle: &Path, folder: &Path) -> Result<PathBuf> {
    let target = folder.join(bundle.file_name().context("a bundle without a name")?);
    if bundle.is_file() {
        files::copy_by_rename(bundle, &target)?;
        return Ok(target);
    }
    for file in files::below(bundle, &|_| true)? {
        files::copy_by_rename(&file, &target.join(file.strip_prefix(bundle)?))?;
    }
    Ok(target)
}
