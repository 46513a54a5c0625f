//! Where cargo keeps a published crate.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The folder of the published crate `name` `version`, a dependency of the package `manifest`; downloads it where it is missing.
pub(crate) fn locate(manifest: &Path, name: &str, version: &str) -> Result<PathBuf> {
    let metadata = metadata(manifest)?;
    let packages = metadata["packages"].as_array().context("`cargo metadata` names no packages")?;
    let package =
        packages.iter().find(|package| package["name"] == name && package["version"] == version).with_context(
            || format!("{} does not depend on {name} {version}: give both the same version", manifest.display()),
        )?;
    let path = package["manifest_path"].as_str().map(Path::new).and_then(Path::parent);
    path.map(Path::to_owned).with_context(|| format!("`cargo metadata` does not tell where {name} is"))
}

/// What `cargo metadata --locked` tells, of this machine's dependencies only.
fn metadata(manifest: &Path) -> Result<Value> {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(["metadata", "--format-version", "1", "--locked", "--quiet", "--manifest-path"]).arg(manifest);
    if let Some(host) = std::env::var_os("HOST") {
        command.arg("--filter-platform").arg(host);
    }
    let output = command.stderr(Stdio::inherit()).output().context("cargo cannot be run")?;
    ensure!(output.status.success(), "`cargo metadata` of {} failed", manifest.display());
    serde_json::from_slice(&output.stdout).context("`cargo metadata` is not readable")
}
