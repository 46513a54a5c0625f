//! The weights of Studio quality: too large for the repository, so they are fetched and converted once.

use crate::build::tools;
use crate::{project, python};
use anyhow::{Result, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;

/// SHA-256 of the converted file.
const DIGEST: &str = "38f92f83a17183b2f14ac3bbe2858e6a221237125f7c413c3c8e8fa0cbf1d739";
/// Bytes of what is fetched, for the reader.
const MEGABYTES: u32 = 89;

/// Where the weights are, once they are there.
pub(crate) fn path() -> PathBuf {
    project::root().join("models/weights/fetched/studio.safetensors")
}

/// Makes sure that the next build finds the weights. Where they cannot be had it says so, and the build has Live quality
/// alone; nobody sits in front of a CI run, so there it is an error.
pub(crate) fn provide() -> Result<()> {
    if is_there() {
        return Ok(());
    }
    println!("fetching {MEGABYTES} MB for Studio quality (Spleeter's open weights, MIT licence)");
    match fetch() {
        Err(error) if !tools::is_ci() => {
            println!("Studio quality is left out of this build, Live quality is there: {error:#}");
            Ok(())
        }
        result => result,
    }
}

/// A network of the original's.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Stem {
    Vocals,
    Accompaniment,
}

/// A network of the original's as it was published, which is no part of the plugin: to compare with, and to train on from.
///
/// # Errors
/// It cannot be fetched.
pub(crate) fn original(stem: Stem) -> Result<PathBuf> {
    let name = match stem {
        Stem::Vocals => "spleeter-vocals.safetensors",
        Stem::Accompaniment => "spleeter-accompaniment.safetensors",
    };
    let file = project::target().join(name);
    if !file.is_file() {
        convert(&file, stem, None)?;
    }
    Ok(file)
}

/// Whether the weights are there and are those that this was written for.
fn is_there() -> bool {
    std::fs::read(path()).is_ok_and(|bytes| songweave_models::format::digest(&bytes) == DIGEST)
}

fn fetch() -> Result<()> {
    let path = path();
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    convert(&path, Stem::Accompaniment, Some(&project::root().join("models/weights/studio.tuned.safetensors")))?;
    ensure!(is_there(), "{} is not what was expected; remove it and try again", path.display());
    Ok(())
}

/// Fetches both networks and converts one, with what training added to it.
fn convert(path: &Path, stem: Stem, tuned: Option<&Path>) -> Result<()> {
    let converter = project::root().join("xtask/python/spleeter");
    let lists = ["requirements.txt", "alone.txt"].map(|list| converter.join(list));
    let python = python::environment_with("venv-spleeter", &lists[0], Some(&lists[1]))?;
    let partly = path.with_added_extension("partial");
    let number = match stem {
        Stem::Vocals => "0",
        Stem::Accompaniment => "1",
    };
    project::run(Command::new(python).arg(converter.join("convert.py")).arg(&partly).arg(number).args(tuned))?;
    Ok(std::fs::rename(&partly, path)?)
}
