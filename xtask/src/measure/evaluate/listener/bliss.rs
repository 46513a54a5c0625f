//! bliss on the same files, in a Python environment of its own.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::{project, python};

/// What bliss makes of a recording.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Analysis {
    pub(crate) numbers: Vec<f32>,
    pub(crate) seconds: f64,
}

/// bliss's analyses of files, `None` of one that it cannot decode.
pub(crate) fn analyse(files: &[PathBuf]) -> Result<Vec<Option<Analysis>>> {
    let folder = project::root().join("xtask/python/bliss");
    let python = python::environment("venv-bliss", &folder.join("requirements.txt"))
        .context("bliss cannot be installed; the listener is measured beside it, or alone with --without-bliss")?;
    let mut command = Command::new(python);
    let output = command.arg(folder.join("analyse.py")).args(files).stderr(Stdio::null()).output();
    let output = output.context("Python cannot be run")?;
    let lines = String::from_utf8_lossy(&output.stdout);
    let found = lines.lines().map(serde_json::from_str).collect::<Result<Vec<_>, _>>()?;
    ensure!(output.status.success() && found.len() == files.len(), "bliss failed: {}", output.status);
    Ok(found)
}
