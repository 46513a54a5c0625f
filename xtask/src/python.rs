//! Python environments under the target folder.

use crate::build::tools;
use crate::{files, project};
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The Python of the environment `name`, which holds what the file `requirements` lists. Made when it is missing, brought
/// up to date when the list has changed.
pub(crate) fn environment(name: &str, requirements: &Path) -> Result<PathBuf> {
    environment_with(name, requirements, None)
}

/// As [`environment`], with the packages that the file `alone` lists and without what those require.
pub(crate) fn environment_with(name: &str, requirements: &Path, alone: Option<&Path>) -> Result<PathBuf> {
    tools::require_python()?;
    let folder = project::target().join(name);
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let lists: Vec<&Path> = [Some(requirements), alone].into_iter().flatten().collect();
    let mut wanted = Vec::new();
    for list in &lists {
        wanted.extend(std::fs::read(list).with_context(|| format!("cannot read {}", list.display()))?);
    }
    let installed = folder.join("installed.txt");
    if std::fs::read(&installed).is_ok_and(|installed| installed == wanted) && python.is_file() {
        return Ok(python);
    }
    println!("installing {} into {}", requirements.display(), folder.display());
    project::run(Command::new("python3").args(["-m", "venv"]).arg(&folder))
        .context("python3 cannot make an environment")?;
    for list in lists {
        let mut pip = Command::new(&python);
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        if Some(list) == alone {
            pip.arg("--no-deps");
        }
        project::run(pip.arg("-r").arg(list)).with_context(|| format!("pip cannot install {}", list.display()))?;
    }
    files::write_if_changed(&installed, &wanted)?;
    Ok(python)
}

/// Runs `module` of the trainer's package (models/training) in an environment of its own; takes the module's arguments.
///
/// # Errors
/// Python is missing, or pip cannot install what the package needs.
pub(crate) fn trainer(module: &str) -> Result<Command> {
    let folder = project::root().join("models/training");
    let python = environment_with("venv-train", &folder.join("requirements.txt"), Some(&folder.join("torch.txt")))?;
    Ok(module_of(&python, module))
}

/// Runs `module` of the trainer's package with `python`.
pub(crate) fn module_of(python: &Path, module: &str) -> Command {
    let mut command = Command::new(python);
    command.env("PYTHONPATH", project::root().join("models/training")).args(["-m", module]);
    command
}
