//! `cargo xtask bundle`: the release build of the plugin as `Songweave.clap` and `Songweave.vst3`.
//!
//! nice-plug's VST3 wrapper and the window library under it have known defects. The plugin is therefore built in a copy of the workspace under
//! `target/patched`, in which [`edits`] are applied to copies of the registry's sources; the checkout and its
//! `Cargo.lock` stay as they are.

mod edits;
mod layout;
mod mirror;
mod patch;

use crate::project;
use anyhow::{Context, Result, ensure};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

pub(crate) use layout::Bundles;

/// What the command takes.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Build from the registry's nice-plug as it is, to see its defects; goes to target/bundled-unpatched
    #[arg(long)]
    unpatched: bool,
}

/// Builds and bundles the plugin and says where.
pub(crate) fn run(args: Args) -> Result<()> {
    let bundles = if args.unpatched { build_unpatched()? } else { build()? };
    println!("{}\n{}", bundles.clap.display(), bundles.vst3.display());
    Ok(())
}

/// The bundles, built anew when a source is younger than they are.
pub(crate) fn current() -> Result<Bundles> {
    let bundles = Bundles::at(&project::target().join("bundled"))?;
    let built = modified(&bundles.clap).min(modified(&bundles.vst3));
    let newest = mirror::plugin_sources()?.iter().map(|path| modified(path)).max().flatten();
    if built.is_some() && newest <= built { Ok(bundles) } else { build() }
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

fn build() -> Result<Bundles> {
    let patched = project::target().join("patched");
    let crates = project::dependencies(&edits::packages())?;
    for dependency in &crates {
        patch::apply(dependency, &patched.join(dependency.name))?;
    }
    let folders: Vec<_> = crates.iter().map(|dependency| (dependency.name, patched.join(dependency.name))).collect();
    let workspace = patched.join("workspace");
    mirror::update(&workspace, &folders)?;
    compile(&workspace, mirror::LIBRARY, "bundled")
}

fn build_unpatched() -> Result<Bundles> {
    compile(project::root(), "songweave", "bundled-unpatched")
}

/// Compiles the plugin in `workspace` and lays out its bundles in the folder `name` of the target folder.
fn compile(workspace: &Path, library: &str, name: &str) -> Result<Bundles> {
    let target = project::target();
    let mut command = project::cargo();
    command.args(["build", "--quiet", "--release", "--lib", "--package", "songweave"]);
    project::run(command.current_dir(workspace).env("CARGO_TARGET_DIR", &target))?;
    let library = target.join("release").join(library_file(library));
    ensure!(library.is_file(), "cargo built no {}", library.display());
    let bundles = Bundles::at(&target.join(name))?;
    bundles
        .write(&library)
        .with_context(|| format!("cannot write the bundles into {}", target.join(name).display()))?;
    Ok(bundles)
}

fn library_file(name: &str) -> PathBuf {
    format!("{}{name}{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX).into()
}
