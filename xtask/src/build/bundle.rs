//! `cargo xtask bundle`: the release build of the plugin as `Songweave.clap` and `Songweave.vst3`.

mod layout;

use crate::build::studio;
use crate::project;
use anyhow::{Context, Result, ensure};
use songweave_cli::render::Installed;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

pub(crate) use layout::Bundles;

/// Builds and bundles the plugin and says where.
pub(crate) fn run() -> Result<()> {
    let bundles = current()?;
    println!("{}\n{}", bundles.clap.display(), bundles.vst3.display());
    Ok(())
}

/// The bundles of the present sources: cargo builds what has changed, and they are written where the library is younger.
pub(crate) fn current() -> Result<Bundles> {
    let library = compile()?;
    let bundles = Bundles::at(&project::target().join("bundled"))?;
    let written = modified(&bundles.clap).min(modified(&bundles.vst3));
    if written.is_none() || written < modified(&library) {
        let failed = || format!("cannot write the bundles into {}", project::target().join("bundled").display());
        bundles.write(&library).with_context(failed)?;
    }
    Ok(bundles)
}

/// The plugin of the present sources, to render with.
pub(crate) fn installed() -> Result<Installed> {
    Ok(beside_studio(current()?.clap))
}

/// Another CLAP, to render with.
pub(crate) fn beside_studio(clap: PathBuf) -> Installed {
    Installed { clap, studio: Some(studio::path()) }
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}

/// Compiles the plugin and returns its library.
fn compile() -> Result<PathBuf> {
    studio::provide()?;
    let mut command = project::cargo();
    command.args(["build", "--quiet", "--release", "--lib", "--package", "songweave"]);
    project::run(command.current_dir(project::root()))?;
    let name = format!("{}songweave{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let library = project::target().join("release").join(name);
    ensure!(library.is_file(), "cargo built no {}", library.display());
    Ok(library)
}
