//! Patches the crates that Songweave is built on (`plugin/framework`), as part of the ordinary build.
//!
//! A patched crate is a package of the workspace's `[patch.crates-io]` whose sources do not exist until its build script has
//! called [`run`]: the published crate is downloaded by cargo (`plugin/framework/upstream`, which pins and checks it),
//! the patches of `plugin/framework/patches` are applied, and the result is written to `target/patched`. So the tests, the
//! programs and the bundles all link the same crates, and no command has to come first.
//!
//! What may not live here: what is wrong with the crates. Each patch opens with that.

mod manifest;
mod patch;
mod sources;
mod upstream;

use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The body of a patched crate's build script; prints what went wrong.
#[must_use]
pub fn run() -> ExitCode {
    match prepare() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Writes the sources of the package whose build script this is.
fn prepare() -> Result<()> {
    let package = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    let (name, version) = (variable("CARGO_PKG_NAME")?, variable("CARGO_PKG_VERSION")?);
    let framework = package.parent().context("the patched crate has no folder above it")?;
    let root = framework.ancestors().nth(2).context("the patched crate lies outside the workspace")?;
    let original = upstream::locate(&framework.join("upstream/Cargo.toml"), &name, &version)?;
    manifest::require_equal(&package.join("Cargo.toml"), &original.join("Cargo.toml"))?;
    let mut files = sources::read(&original.join("src"))?;
    let patches = framework.join("patches").join(&name);
    for patch in patches_in(&patches)? {
        patch::apply(&patch, &mut files, &format!("{name} {version}"))?;
    }
    let copy = root.join("target/patched").join(&name);
    sources::write(&copy.join("src"), &files)?;
    let library = copy.join("src/lib.rs");
    for path in [&patches, &framework.join("upstream"), &package.join("Cargo.toml"), &library] {
        println!("cargo:rerun-if-changed={}", path.display());
    }
    Ok(())
}

fn variable(name: &str) -> Result<String> {
    std::env::var(name).with_context(|| format!("{name} is not set: this runs as a build script only"))
}

/// The patches in a folder, in the order of their names.
fn patches_in(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read the folder {}", folder.display()))?;
    let paths: std::io::Result<Vec<PathBuf>> = entries.map(|entry| entry.map(|entry| entry.path())).collect();
    let mut paths = paths?;
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "patch"));
    paths.sort();
    ensure!(!paths.is_empty(), "{} holds no patch: use the published crate again", folder.display());
    Ok(paths)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_workspace_links_the_patched_crates() {
        let framework = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let lock: toml::Table = std::fs::read_to_string(framework.join("../../Cargo.lock")).unwrap().parse().unwrap();
        let locked = lock["package"].as_array().unwrap();
        for patched in std::fs::read_dir(framework.join("patches")).unwrap() {
            let name = patched.unwrap().file_name().into_string().unwrap();
            let versions: Vec<_> = locked.iter().filter(|package| package["name"].as_str() == Some(&name)).collect();
            assert!(matches!(&versions[..], [one] if one.get("source").is_none()), "the published {name} is linked");
        }
    }
}
