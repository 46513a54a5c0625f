//! `cargo xtask bundle`: the release build of the plugin as `Songweave.clap` and `Songweave.vst3`.

mod layout;

use crate::build::{studio, target::Target};
use crate::project;
use anyhow::{Context, Result, ensure};
use songweave_cli::render::Installed;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

pub(crate) use layout::Bundles;

/// What the command takes.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Another system than this one, e.g. x86_64-pc-windows-gnu; its bundles go to target/bundled/TARGET
    #[arg(long)]
    target: Option<String>,
}

/// Builds and bundles the plugin and says where.
pub(crate) fn run(args: &Args) -> Result<()> {
    let target = args.target.as_deref().map_or_else(|| Ok(Target::here()), Target::named)?;
    let bundles = of(&target)?;
    println!("{}\n{}", bundles.clap.display(), bundles.vst3.display());
    Ok(())
}

/// The bundles of the present sources for this machine.
pub(crate) fn current() -> Result<Bundles> {
    of(&Target::here())
}

/// The bundles of the present sources: cargo builds what has changed, and they are written where the library is younger.
pub(crate) fn of(target: &Target) -> Result<Bundles> {
    let library = compile(target)?;
    let bundles = Bundles::at(&target.bundled(), target)?;
    let written = modified(&bundles.clap).min(modified(&bundles.vst3));
    if written.is_none() || written < modified(&library) {
        let failed = || format!("cannot write the bundles into {}", target.bundled().display());
        bundles.write(&library).with_context(failed)?;
    }
    Ok(bundles)
}

/// The plugin that is named, or that of the present sources, to render with.
pub(crate) fn installed(named: Option<&Path>) -> Result<Installed> {
    let clap = named.map_or_else(|| current().map(|bundles| bundles.clap), |clap| Ok(clap.to_owned()))?;
    Ok(Installed { clap, studio: Some(studio::path()) })
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

/// Compiles the plugin and returns its library.
fn compile(target: &Target) -> Result<PathBuf> {
    target.prepare()?;
    studio::provide()?;
    let mut command = project::cargo();
    command.args(["build", "--quiet", "--release", "--lib", "--package", "songweave"]).args(target.arguments());
    project::run(command.current_dir(project::root()))?;
    let library = target.release().join(target.library("songweave"));
    ensure!(library.is_file(), "cargo built no {}", library.display());
    Ok(library)
}
