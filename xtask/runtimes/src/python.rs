//! A runtime that is measured in a Python process of its own, by that process.

use crate::{Args, Runtime, Songs};
use anyhow::{Context, Result, ensure};
use std::io::{BufRead, BufReader, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A session in a child process, see `session.py` for what is said on the pipes.
pub(crate) struct PythonRuntime {
    name: &'static str,
    child: Child,
    commands: ChildStdin,
    replies: BufReader<ChildStdout>,
    description: String,
    answers: PathBuf,
}

impl PythonRuntime {
    /// Starts the process of the runtime `name` and waits until it has loaded the graphs.
    pub(crate) fn start(name: &'static str, args: &Args, material: &[Songs]) -> Result<Self> {
        let features = args.scratch.join("features.f32");
        write_features(&features, material)?;
        let mut command = Command::new(&args.python);
        command.arg(&args.session).arg(name).arg(features).args(&args.graph);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().context("Python cannot be run")?;
        let commands = child.stdin.take().context("no pipe to Python")?;
        let replies = BufReader::new(child.stdout.take().context("no pipe from Python")?);
        let answers = args.scratch.join(name).with_extension("f32");
        let mut started = Self { name, child, commands, replies, description: String::new(), answers };
        started.description = started.reply()?;
        Ok(started)
    }

    fn ask(&mut self, command: &str) -> Result<String> {
        writeln!(self.commands, "{command}").with_context(|| format!("{}'s process is gone", self.name))?;
        self.reply()
    }

    fn reply(&mut self) -> Result<String> {
        let mut line = String::new();
        ensure!(self.replies.read_line(&mut line)? > 0, "{}'s process ended without an answer", self.name);
        Ok(line.trim().to_owned())
    }
}

impl Drop for PythonRuntime {
    fn drop(&mut self) {
        // It has nothing to save, and nobody is left to tell if it cannot be ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Runtime for PythonRuntime {
    fn name(&self) -> &'static str {
        self.name
    }

    fn describe(&self) -> &str {
        &self.description
    }

    fn answers(&mut self, hops: usize) -> Result<Vec<f32>> {
        let path = self.answers.clone();
        self.ask(&format!("answers {hops} {}", path.display()))?;
        let bytes = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    }

    fn run(&mut self, hops: Range<usize>) -> Result<Vec<f64>> {
        let line = self.ask(&format!("run {} {}", hops.start, hops.len()))?;
        line.split(' ').map(|cost| cost.parse().with_context(|| format!("{} said `{cost}`", self.name))).collect()
    }
}

fn write_features(path: &Path, material: &[Songs]) -> Result<()> {
    let numbers = material.iter().flatten().flatten();
    let bytes: Vec<u8> = numbers.flat_map(|value| value.to_le_bytes()).collect();
    std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()))
}
