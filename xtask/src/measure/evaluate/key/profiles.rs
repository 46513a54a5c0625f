//! Keys by well-known profiles on librosa's chroma, in a Python environment of their own.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use songweave_dsp::analysis::chroma::PITCH_CLASSES;
use songweave_engine::follow::key::Key;
use songweave_measure::follow::transposed::OtherEstimators;

use crate::{project, python};

/// Names of the profiles, in the order in which the script prints their keys.
const PROFILES: [&str; 2] = ["Krumhansl-Kessler on librosa's chroma", "Temperley on librosa's chroma"];

/// The estimators' environment and a folder for what they hear.
pub(super) struct Profiles {
    python: PathBuf,
    scratch: PathBuf,
}

impl Profiles {
    /// Makes the environment where it is missing.
    pub(super) fn open() -> Result<Self> {
        let python = python::environment("venv-key", &folder().join("requirements.txt"))
            .context("librosa cannot be installed; the listener is measured against it")?;
        let scratch = project::target().join("key");
        std::fs::create_dir_all(&scratch).with_context(|| format!("cannot make the folder {}", scratch.display()))?;
        Ok(Self { python, scratch })
    }
}

impl OtherEstimators for Profiles {
    fn names(&self) -> &'static [&'static str] {
        &PROFILES
    }

    fn keys(&self, recordings: &[Vec<f32>]) -> Result<Vec<Vec<Key>>> {
        let files: Vec<PathBuf> =
            (0..recordings.len()).map(|index| self.scratch.join(format!("{index:02}.f32"))).collect();
        for (file, samples) in files.iter().zip(recordings) {
            let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
            std::fs::write(file, bytes).with_context(|| format!("cannot write {}", file.display()))?;
        }
        let mut command = Command::new(&self.python);
        command.arg(folder().join("estimate.py")).args(&files).stderr(Stdio::null());
        let output = command.output().context("Python cannot be run")?;
        files.iter().for_each(|file| drop(std::fs::remove_file(file)));
        let text = String::from_utf8_lossy(&output.stdout);
        let keys: Vec<_> = text.lines().filter_map(keys).collect();
        ensure!(
            output.status.success() && keys.len() == recordings.len(),
            "{} failed: {}",
            folder().join("estimate.py").display(),
            output.status
        );
        Ok(keys)
    }
}

/// The keys of a line of numbers.
fn keys(line: &str) -> Option<Vec<Key>> {
    let key = |number: &str| {
        let number: usize = number.parse().ok()?;
        Some(Key { tonic: (number % PITCH_CLASSES) as u8, minor: number >= PITCH_CLASSES })
    };
    let keys: Vec<Key> = line.split(' ').filter_map(key).collect();
    (keys.len() == PROFILES.len()).then_some(keys)
}

fn folder() -> PathBuf {
    project::root().join("xtask/python/key_profiles")
}
