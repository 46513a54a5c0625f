//! The system that a build is for.

use crate::build::tools;
use crate::project;
use anyhow::{Result, bail, ensure};
use std::path::PathBuf;
use std::process::Command;

/// A system and processor, this machine's or another's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    /// Rust's name of it; `None` for this machine.
    triple: Option<String>,
    /// The system as `std::env::consts::OS` names it.
    pub(crate) os: &'static str,
    /// The processor as `std::env::consts::ARCH` names it.
    pub(crate) arch: String,
}

impl Target {
    /// This machine.
    pub(crate) fn here() -> Self {
        Self { triple: None, os: std::env::consts::OS, arch: std::env::consts::ARCH.to_owned() }
    }

    /// A target by Rust's name, as in x86_64-pc-windows-gnu.
    pub(crate) fn named(triple: &str) -> Result<Self> {
        let os = match triple {
            _ if triple.contains("-windows-") => "windows",
            _ if triple.ends_with("-apple-darwin") => "macos",
            _ if triple.contains("-linux-") => "linux",
            _ => bail!(
                "{triple} is none of the targets that the plugin is built for, such as x86_64-unknown-linux-gnu, \
                 x86_64-pc-windows-gnu, aarch64-apple-darwin"
            ),
        };
        let arch = triple.split('-').next().unwrap_or_default().to_owned();
        Ok(Self { triple: Some(triple.to_owned()), os, arch })
    }

    /// The target that an option names, or this machine.
    pub(crate) fn chosen(triple: Option<&str>) -> Result<Self> {
        triple.map_or_else(|| Ok(Self::here()), Self::named)
    }

    /// Makes sure that code for the target can be compiled and linked here.
    pub(crate) fn prepare(&self) -> Result<()> {
        let Some(triple) = &self.triple else { return Ok(()) };
        ensure!(
            self.os != "macos" || cfg!(target_os = "macos"),
            "{triple} can be linked on a Mac only, with Apple's SDK; `cargo check --target {triple}` works everywhere"
        );
        if self.os == "windows" && triple.ends_with("-gnu") && !cfg!(windows) {
            tools::require("x86_64-w64-mingw32-gcc", "gcc-mingw-w64-x86-64-win32 g++-mingw-w64-x86-64-win32")?;
        }
        if tools::find("rustup").is_some() {
            project::run(
                Command::new("rustup").args(["--quiet", "target", "add", triple]).current_dir(project::root()),
            )?;
        }
        Ok(())
    }

    /// Cargo's arguments for the target.
    pub(crate) fn arguments(&self) -> Vec<&str> {
        self.triple.iter().flat_map(|triple| ["--target", triple]).collect()
    }

    /// Where cargo's release build of it lies.
    pub(crate) fn release(&self) -> PathBuf {
        self.within(project::target()).join("release")
    }

    /// Where its bundles lie.
    pub(crate) fn bundled(&self) -> PathBuf {
        self.within(project::target().join("bundled"))
    }

    /// The file name of a dynamic library.
    pub(crate) fn library(&self, name: &str) -> String {
        match self.os {
            "windows" => format!("{name}.dll"),
            "macos" => format!("lib{name}.dylib"),
            _ => format!("lib{name}.so"),
        }
    }

    /// The file name of a program.
    pub(crate) fn program(&self, name: &str) -> String {
        if self.os == "windows" { format!("{name}.exe") } else { name.to_owned() }
    }

    fn within(&self, folder: PathBuf) -> PathBuf {
        self.triple.as_ref().map_or(folder.clone(), |triple| folder.join(triple))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_systems_are_told_from_rusts_names() {
        for (triple, os, arch, library) in [
            ("x86_64-pc-windows-gnu", "windows", "x86_64", "songweave.dll"),
            ("aarch64-apple-darwin", "macos", "aarch64", "libsongweave.dylib"),
            ("x86_64-unknown-linux-gnu", "linux", "x86_64", "libsongweave.so"),
        ] {
            let target = Target::named(triple).unwrap();
            assert_eq!((target.os, target.arch.as_str(), target.library("songweave").as_str()), (os, arch, library));
            assert!(target.release().ends_with(format!("{triple}/release")));
        }
        let refused = Target::named("riscv64gc-unknown-none-elf").unwrap_err().to_string();
        assert!(refused.contains("none of the targets"), "{refused}");
    }
}
