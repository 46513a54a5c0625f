//! The package of this system, unpacked and installed as a user would, with nothing else beside it.

use super::Outcome;
use crate::build::{package, target::Target};
use crate::{files, project};
use anyhow::{Context, Result, ensure};
use flate2::read::GzDecoder;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Packs, unpacks, installs into an empty home, renders with what is there, and removes it again.
pub(super) fn run() -> Result<Outcome> {
    if !cfg!(target_os = "linux") {
        return Ok(Outcome::Skipped("written for Linux's package".into()));
    }
    let packed = package::pack(&Target::here())?;
    let archive = packed.iter().find(|file| file.extension().is_some_and(|kind| kind == "gz")).context("no archive")?;
    let clean = project::target().join("package-clean");
    if clean.exists() {
        std::fs::remove_dir_all(&clean)?;
    }
    let home = clean.join("home");
    std::fs::create_dir_all(&home)?;
    tar::Archive::new(GzDecoder::new(File::open(archive)?)).unpack(&clean)?;
    let folder = unpacked(&clean, &home)?;
    script(&folder.join("install.sh"), &home)?;
    let program = home.join(".local/bin/songweave");
    let sound = home.join("mash.wav");
    let songs = project::root().join("tests/fixtures/demo");
    let mut render = Command::new(&program);
    render.args(["render", "--mode", "mash", "--input"]).arg(songs.join("song_a.flac"));
    render.arg("--sidechain").arg(songs.join("song_b.flac")).arg("--output").arg(&sound);
    let output =
        render.env_clear().env("HOME", &home).current_dir(&home).output().context("the program does not run")?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim());
    std::fs::remove_file(&sound)?;
    script(&folder.join("uninstall.sh"), &home)?;
    let left = files::below(&home, &|_| true)?;
    ensure!(left.is_empty(), "after removal {} is left", left[0].display());
    let sizes = packed.iter().map(|file| {
        let megabytes = file.metadata().map_or(0, |metadata| metadata.len()) >> 20;
        format!("{} {megabytes} MiB", file.file_name().unwrap_or_default().to_string_lossy())
    });
    Ok(Outcome::Passed(sizes.collect::<Vec<_>>().join(", ")))
}

/// The one folder that the archive held.
fn unpacked(clean: &Path, home: &Path) -> Result<PathBuf> {
    let entries = std::fs::read_dir(clean)?.collect::<Result<Vec<_>, _>>()?;
    let mut others = entries.into_iter().map(|entry| entry.path()).filter(|path| path != home);
    let folder = others.next().context("the archive is empty")?;
    ensure!(others.next().is_none(), "the archive holds more than one folder");
    Ok(folder)
}

fn script(script: &Path, home: &Path) -> Result<()> {
    let output = Command::new("sh").arg(script).env("HOME", home).output()?;
    ensure!(output.status.success(), "{}: {}", script.display(), String::from_utf8_lossy(&output.stderr).trim());
    Ok(())
}
