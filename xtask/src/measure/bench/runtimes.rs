//! The network against other runtimes: makes what the program `songweave-runtimes` needs and reads its figures.

use crate::build::tools;
use crate::{project, python};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};

/// Forms of the recurrent layers in the graph; each runtime takes the one that is the fastest in it.
const FORMS: [&str; 2] = ["operator", "products"];

/// Figures of all runtimes, or none where Python cannot be given the others, said in one line. An error when nobody sits in
/// front of it.
pub(super) fn measure() -> Result<Option<Value>> {
    let folder = project::root().join("xtask/python/runtimes");
    let python = match python::environment("venv-runtimes", &folder.join("requirements.txt")) {
        Ok(python) => python,
        Err(error) if tools::is_ci() => return Err(error),
        Err(error) => {
            eprintln!("onnxruntime and tract are left out: {error:#}");
            return Ok(None);
        }
    };
    let scratch = project::target().join("runtimes");
    let weights = project::root().join("models/weights/mash.safetensors");
    std::fs::create_dir_all(&scratch).with_context(|| format!("cannot make the folder {}", scratch.display()))?;
    let mut program = program();
    program.arg("--weights").arg(&weights).arg("--python").arg(&python).arg("--scratch").arg(&scratch);
    program.arg("--session").arg(folder.join("session.py"));
    for form in FORMS {
        let graph = scratch.join(form).with_extension("onnx");
        write_graph(&python, &weights, &graph, form)?;
        program.arg("--graph").arg(graph);
    }
    let output = program.stderr(Stdio::inherit()).output().context("the program songweave-runtimes cannot be run")?;
    ensure!(output.status.success(), "the measurement against onnxruntime and tract failed: {}", output.status);
    Ok(Some(serde_json::from_slice(&output.stdout).context("the figures of the runtimes cannot be read")?))
}

fn write_graph(python: &Path, weights: &Path, graph: &Path, form: &str) -> Result<()> {
    let mut command = python::module_of(python, "songweave_training.mash.onnx_graph");
    project::run(command.arg(weights).arg(graph).args(["--gru", form]))
}

/// The program that measures.
fn program() -> Command {
    let mut cargo = project::cargo();
    cargo.current_dir(project::root());
    cargo.args(["run", "--quiet", "--release", "--locked", "-p", "songweave-runtimes", "--"]);
    cargo
}
