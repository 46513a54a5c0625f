//! Where the project's files are.

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The repository's root.
pub(crate) fn root() -> &'static Path {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.parent().unwrap_or(manifest)
}

/// Cargo's target folder.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |target| root().join(target))
}

/// The cargo that started this command.
pub(crate) fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The part of `cargo metadata` that is of use here.
#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    manifest_path: PathBuf,
}

/// A crate from the registry, as locked.
pub(crate) struct Dependency {
    /// Name.
    pub(crate) name: &'static str,
    /// Version.
    pub(crate) version: String,
    /// Folder of its source.
    pub(crate) source: PathBuf,
}

/// The crates called `names`, of each of which the workspace must use one version.
pub(crate) fn dependencies(names: &[&'static str]) -> Result<Vec<Dependency>> {
    let mut command = cargo();
    command.args(["metadata", "--format-version", "1", "--locked"]).current_dir(root()).stderr(Stdio::inherit());
    let output = command.output().context("cargo cannot be run")?;
    ensure!(output.status.success(), "`cargo metadata --locked` failed");
    let metadata: Metadata = serde_json::from_slice(&output.stdout).context("`cargo metadata` is not readable")?;
    names.iter().map(|name| find(&metadata, name)).collect()
}

fn find(metadata: &Metadata, name: &'static str) -> Result<Dependency> {
    let found: Vec<_> = metadata.packages.iter().filter(|package| package.name == name).collect();
    let [package] = found.as_slice() else { bail!("the workspace uses {} versions of {name}, not one", found.len()) };
    let source = package.manifest_path.parent().context("a manifest without a folder")?.to_owned();
    Ok(Dependency { name, version: package.version.clone(), source })
}

/// Runs a command to its end; what it prints goes to the user.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("{program} cannot be run"))?;
    if !status.success() {
        bail!("{program} failed: {status}");
    }
    Ok(())
}
