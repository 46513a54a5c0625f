//! Programs from outside that some commands need.

use anyhow::{Result, bail, ensure};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Where the program is, if it is installed. A whole path stays itself.
pub(crate) fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Makes sure that `program` is there. With `CI=true` as root on Debian its `packages` are installed.
pub(crate) fn require(program: &str, packages: &str) -> Result<()> {
    provide(program, packages, || find(program).is_some())
}

/// Makes sure that there is an X server without a screen, and what an editor draws with on it.
pub(crate) fn require_display() -> Result<()> {
    require("Xvfb", "xvfb libgl1-mesa-dri libgl1 libegl1 libx11-xcb1 libxkbcommon-x11-0")
}

/// Makes sure that there is a Python that can make environments; Debian's own cannot without a package more.
pub(crate) fn require_python() -> Result<()> {
    let works = || {
        let probe = Command::new("python3").args(["-c", "import ensurepip, venv"]).stderr(Stdio::null()).status();
        probe.is_ok_and(|status| status.success())
    };
    provide("python3 with venv", "python3 python3-venv", works)
}

/// Makes sure of something by a test of its own; see [`require`].
pub(crate) fn provide(name: &str, packages: &str, present: impl Fn() -> bool) -> Result<()> {
    if !present() && is_ci() && find("apt-get").is_some() {
        install(packages)?;
    }
    ensure!(present(), "{name} is missing: install it, on Debian with `apt-get install {packages}`");
    Ok(())
}

/// Whether nobody sits in front of this run.
pub(crate) fn is_ci() -> bool {
    std::env::var_os("CI").is_some_and(|value| value == "true")
}

fn install(packages: &str) -> Result<()> {
    let apt = |args: &[&str]| {
        Command::new("apt-get").args(args).env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null()).status()
    };
    if !apt(&["update", "-qq"])?.success() {
        bail!("`apt-get update` failed");
    }
    let list: Vec<&str> = packages.split(' ').collect();
    if !apt(&[&["install", "-y", "-qq", "--no-install-recommends"], list.as_slice()].concat())?.success() {
        bail!("`apt-get install {packages}` failed");
    }
    Ok(())
}
