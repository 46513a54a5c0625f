//! Where the project's files are.

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

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

/// This program once more.
pub(crate) fn own() -> Command {
    Command::new(std::env::current_exe().unwrap_or_else(|_| "cargo-xtask".into()))
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

/// How many tests passed, by what `cargo test` printed.
pub(crate) fn tests_passed(printed: &str) -> u32 {
    let results = printed.lines().filter(|line| line.starts_with("test result:"));
    let passed =
        results.filter_map(|line| line.split(" passed").next()?.split_whitespace().last()?.parse::<u32>().ok());
    passed.sum()
}
