//! Wine, as far as it is needed to run what was built for Windows.

use crate::build::tools;
use crate::project;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names under which distributions install Wine for 64 bits; Debian keeps one of them out of `PATH`.
const NAMES: [&str; 4] = ["wine64", "/usr/lib/wine/wine64", "wine64-stable", "wine"];
/// What Rust's standard library needs that older Wines do not have.
const PRNG: &str = include_str!("prng.c");

/// A Wine with a home of its own.
pub(super) struct Wine {
    program: PathBuf,
    home: PathBuf,
    libraries: PathBuf,
}

impl Wine {
    /// Makes sure that Wine is there and can run programs of Rust's.
    pub(super) fn prepare() -> Result<Self> {
        tools::provide("wine64", "wine64", || find().is_some())?;
        let program = find().context("Wine is missing")?;
        let folder = project::target().join("wine");
        let (home, libraries) = (folder.join("home"), folder.join("libraries"));
        for folder in [&home, &libraries] {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        let (source, library) = (libraries.join("prng.c"), libraries.join("bcryptprimitives.dll"));
        if !library.is_file() {
            std::fs::write(&source, PRNG)?;
            let mut build = Command::new("x86_64-w64-mingw32-gcc");
            project::run(build.args(["-shared", "-O1", "-o"]).arg(&library).arg(&source).arg("-ladvapi32"))?;
        }
        Ok(Self { program, home, libraries })
    }

    /// A Windows program, ready to get its arguments.
    pub(super) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(&self.program);
        self.environment(&mut command);
        command.arg(program);
        command
    }

    /// Cargo, whose tests for Windows are run by this Wine.
    pub(super) fn cargo(&self) -> Command {
        let mut cargo = project::cargo();
        self.environment(&mut cargo);
        cargo.env("CARGO_TARGET_X86_64_PC_WINDOWS_GNU_RUNNER", &self.program);
        cargo
    }

    fn environment(&self, command: &mut Command) {
        command.env("WINEPREFIX", &self.home).env("WINEARCH", "win64").env("WINEDEBUG", "-all");
        command.env("WINEPATH", self.libraries.display().to_string());
        // Without these Wine asks whether it shall fetch a browser and .NET.
        command.env("WINEDLLOVERRIDES", "mscoree,mshtml=");
    }
}

fn find() -> Option<PathBuf> {
    NAMES.iter().find_map(|name| tools::find(name))
}
