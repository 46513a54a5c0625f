//! What the baseline plays and what the listener hears of all sounds, in Python environments of their own.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::Value;
use songweave_measure::band::sung::sound::{Distances, HEARD, Recorded, SoundReport, measured};

use crate::{project, python};

#[derive(Deserialize)]
struct Heard {
    distance: Distances,
}

/// Lets the baseline of the run `pix2pix` play to all voices of a folder and measures everybody.
pub(super) fn measure(folder: &Path, pix2pix: Option<&Path>, songs: &[&Recorded]) -> Result<SoundReport> {
    let facts = pix2pix.map(|run| accompany(folder, run)).transpose()?;
    let bar = super::super::bar(songs.len());
    let figures = measured(folder, pix2pix.is_some(), songs, || bar.inc(1))?;
    bar.finish_and_clear();
    Ok(SoundReport::of(figures, &distances(folder)?, facts))
}

/// Lets the baseline play to every voice of a folder; what it says of itself.
fn accompany(folder: &Path, run: &Path) -> Result<Value> {
    let mut command = python::trainer("songweave_training.pix2pix.play")?;
    project::run(command.arg("--run").arg(run).arg("--voices").arg(folder).arg("--out").arg(folder))
        .with_context(|| format!("the pix2pix baseline of {} does not play", run.display()))?;
    let path = folder.join("pix2pix.json");
    let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is damaged", path.display()))
}

/// Each system's Fréchet distance to the true accompaniments of other songs.
fn distances(folder: &Path) -> Result<Distances> {
    let listener = project::root().join("xtask/python/listener");
    let (requirements, alone) = (listener.join("requirements.txt"), listener.join("alone.txt"));
    let python = python::environment_with("venv-listener", &requirements, Some(&alone))?;
    let json = folder.join("frechet.json");
    let mut command = Command::new(python);
    // Threads would wait for each other: the matrices are small.
    command.env("OMP_NUM_THREADS", "1").env("OPENBLAS_NUM_THREADS", "1");
    command.arg(listener.join("frechet.py")).arg("--folder").arg(folder.join(HEARD)).arg("--json").arg(&json);
    project::run(&mut command).context("the listener cannot hear the accompaniments")?;
    let text = std::fs::read_to_string(&json).with_context(|| format!("cannot read {}", json.display()))?;
    let heard: Heard = serde_json::from_str(&text).with_context(|| format!("{} is damaged", json.display()))?;
    Ok(heard.distance)
}
