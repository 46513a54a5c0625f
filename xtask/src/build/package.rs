//! `cargo xtask package`: one archive for a system with everything that a musician needs, and for Debian a .deb.

mod archive;
mod deb;
mod licences;

use crate::build::{bundle, target::Target};
use crate::{files, project};
use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// The version of everything that is packed.
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// Texts of the repository that go along.
const TEXTS: [&str; 4] = ["LICENSE-MIT", "LICENSE-APACHE", "NOTICE", "CHANGELOG.md"];

/// What the command takes.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Another system than this one, e.g. x86_64-pc-windows-gnu
    #[arg(long)]
    target: Option<String>,
}

/// Packs and says what was written.
pub(crate) fn run(args: &Args) -> Result<()> {
    let target = Target::chosen(args.target.as_deref())?;
    for file in pack(&target)? {
        println!("{}", file.display());
    }
    Ok(())
}

/// Packs for a system; returns the archives and the file with their checksums.
pub(crate) fn pack(target: &Target) -> Result<Vec<PathBuf>> {
    let out = project::target().join("package");
    let name = format!("songweave-{VERSION}-{}-{}", target.os, target.arch);
    let folder = out.join(&name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
    }
    fill(&folder, target)?;
    let mut packed = vec![if target.os == "windows" {
        archive::zip(&folder, &out.join(format!("{name}.zip")))?
    } else {
        archive::tar(&folder, &out.join(format!("{name}.tar.gz")))?
    }];
    if target.os == "linux" {
        packed.push(deb::write(&folder, target, &out)?);
    }
    packed.push(sums(&packed, &out.join(format!("{name}.sha256")))?);
    Ok(packed)
}

/// Puts everything for a system into a folder.
fn fill(folder: &Path, target: &Target) -> Result<()> {
    let bundles = bundle::of(target)?;
    for bundle in [&bundles.clap, &bundles.vst3] {
        copy(bundle, &folder.join(bundle.file_name().context("a bundle without a name")?))?;
    }
    copy(&program(target)?, &folder.join(target.program("songweave")))?;
    for text in TEXTS {
        copy(&project::root().join(text), &folder.join(text))?;
    }
    files::write_if_changed(&folder.join("LICENCES-OF-PARTS.txt"), licences::collect(target)?.as_bytes())?;
    for (name, content) in texts(target.os) {
        let path = folder.join(name);
        files::write_if_changed(&path, content.as_bytes())?;
        if Path::new(name).extension().is_some_and(|extension| extension == "sh") {
            archive::allow_to_run(&path)?;
        }
    }
    Ok(())
}

/// The program for musicians, built for a system.
pub(crate) fn program(target: &Target) -> Result<PathBuf> {
    let mut build = bundle::cargo_with_icon(target)?;
    build.args(["build", "--quiet", "--release", "--package", "songweave-cli"]).args(target.arguments());
    project::run(build.current_dir(project::root()))?;
    Ok(target.release().join(target.program("songweave")))
}

/// What to read and to start: a file's name and content.
fn texts(os: &str) -> Vec<(&'static str, String)> {
    // Windows' own editor and shell want both signs at the end of a line.
    let windows = |text: &str| text.replace('\n', "\r\n");
    match os {
        "windows" => vec![
            ("README.txt", windows(include_str!("package/windows.txt"))),
            ("install.bat", windows(include_str!("package/install.bat"))),
            ("uninstall.bat", windows(include_str!("package/uninstall.bat"))),
        ],
        "macos" => vec![
            ("README.txt", include_str!("package/macos.txt").to_owned()),
            ("install.sh", include_str!("package/install.sh").to_owned()),
            ("uninstall.sh", include_str!("package/uninstall.sh").to_owned()),
        ],
        _ => vec![
            ("README.txt", include_str!("package/linux.txt").to_owned()),
            ("install.sh", include_str!("package/install.sh").to_owned()),
            ("uninstall.sh", include_str!("package/uninstall.sh").to_owned()),
        ],
    }
}

/// Copies a file, or a folder with all that is in it.
fn copy(from: &Path, to: &Path) -> Result<()> {
    if from.is_file() {
        return files::copy_by_rename(from, to);
    }
    files::below(from, &|_| true)?
        .iter()
        .try_for_each(|file| files::copy_by_rename(file, &to.join(file.strip_prefix(from)?)))
}

/// Writes the checksums of files in the form that `sha256sum --check` reads.
fn sums(packed: &[PathBuf], path: &Path) -> Result<PathBuf> {
    let mut lines = String::new();
    for file in packed {
        let digest = Sha256::digest(std::fs::read(file)?);
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let name = file.file_name().context("a file without a name")?;
        lines += &format!("{digest}  {}\n", name.to_string_lossy());
    }
    std::fs::write(path, lines)?;
    Ok(path.to_owned())
}
