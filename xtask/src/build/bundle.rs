//! `cargo xtask bundle`: the release build of the plugin as `Songweave.clap` and `Songweave.vst3`.

pub(crate) mod icon;
mod layout;
pub(crate) mod studio;

use crate::build::target::Target;
use crate::{files, project};
use anyhow::{Context, Result, ensure};
use songweave_cli::render::Installed;
use std::path::Path;
use std::process::Command;
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
    let target = Target::chosen(args.target.as_deref())?;
    let bundles = of(&target)?;
    println!("{}\n{}", bundles.clap.display(), bundles.vst3.display());
    Ok(())
}

/// The bundles of the present sources for this machine.
pub(crate) fn current() -> Result<Bundles> {
    of(&Target::here())
}

/// The bundles of the present sources: cargo builds what has changed.
pub(crate) fn of(target: &Target) -> Result<Bundles> {
    compile(target)?;
    built(target)
}

/// The bundles of the library that cargo has built, written where it is younger than they are.
pub(crate) fn built(target: &Target) -> Result<Bundles> {
    let library = target.release().join(target.library("songweave"));
    ensure!(library.is_file(), "cargo built no {}", library.display());
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

/// Compiles the plugin.
fn compile(target: &Target) -> Result<()> {
    target.prepare()?;
    studio::provide()?;
    let mut command = cargo_with_icon(target)?;
    command.args(["build", "--quiet", "--release", "--lib", "--package", "songweave"]).args(target.arguments());
    project::run(command.current_dir(project::root()))
}

/// Cargo, told where the icon lies that Windows keeps inside of plugins and programs.
pub(crate) fn cargo_with_icon(target: &Target) -> Result<Command> {
    let mut command = project::cargo();
    if target.os == "windows" {
        let icon = project::target().join("songweave.ico");
        files::write_if_changed(&icon, &icon::ico()?)?;
        command.env("SONGWEAVE_ICON", icon);
    }
    Ok(command)
}
