//! Python environments under the target folder.

use crate::{files, project, tools};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The Python of the environment `name`, which holds what the file `requirements` lists. Made when it is missing, brought
/// up to date when the list has changed.
pub(crate) fn environment(name: &str, requirements: &Path) -> Result<PathBuf> {
    tools::require_python()?;
    let folder = project::target().join(name);
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let wanted = std::fs::read(requirements).with_context(|| format!("cannot read {}", requirements.display()))?;
    let installed = folder.join("installed.txt");
    if std::fs::read(&installed).is_ok_and(|installed| installed == wanted) && python.is_file() {
        return Ok(python);
    }
    println!("installing {} into {}", requirements.display(), folder.display());
    project::run(Command::new("python3").args(["-m", "venv"]).arg(&folder))
        .context("python3 cannot make an environment")?;
    let mut pip = Command::new(&python);
    project::run(pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]).arg(requirements))
        .with_context(|| format!("pip cannot install {}", requirements.display()))?;
    files::write_if_changed(&installed, &wanted)?;
    Ok(python)
}
