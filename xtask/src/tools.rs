//! Programs from outside that some commands need.

use anyhow::{Result, bail, ensure};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Where the program is, if it is installed.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Makes sure that `program` is there. With `CI=true` as root on Debian its `package` is installed.
pub(crate) fn require(program: &str, package: &str) -> Result<()> {
    if find(program).is_some() {
        return Ok(());
    }
    if is_ci() && find("apt-get").is_some() {
        install(package)?;
    }
    ensure!(find(program).is_some(), "{program} is missing: install it, on Debian with `apt-get install {package}`");
    Ok(())
}

/// Whether nobody sits in front of this run.
pub(crate) fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| value == "true")
}

fn install(package: &str) -> Result<()> {
    let apt = |args: &[&str]| {
        Command::new("apt-get").args(args).env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null()).status()
    };
    if !apt(&["update", "-qq"])?.success() {
        bail!("`apt-get update` failed");
    }
    let packages: Vec<&str> = package.split(' ').collect();
    if !apt(&[&["install", "-y", "-qq", "--no-install-recommends"], packages.as_slice()].concat())?.success() {
        bail!("`apt-get install {package}` failed");
    }
    Ok(())
}
