//! Other pitch trackers, in a Python environment of their own.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use songweave_measure::tune::{
    OtherTrackers,
    pitch_line::{PitchLine, PitchPoint, key_of},
};

use crate::{project, python};

/// The trackers' environment and a folder for what they hear.
pub(super) struct PitchTrackers {
    python: PathBuf,
    scratch: PathBuf,
}

impl PitchTrackers {
    /// Makes the environment where it is missing.
    pub(super) fn open() -> Result<Self> {
        let python = python::environment("venv-pitch", &folder().join("requirements.txt"))
            .context("Praat and the other trackers cannot be installed; the tuner is measured against them")?;
        let scratch = project::target().join("tune");
        std::fs::create_dir_all(&scratch).with_context(|| format!("cannot make the folder {}", scratch.display()))?;
        Ok(Self { python, scratch })
    }
}

impl OtherTrackers for PitchTrackers {
    fn hear(&self, trackers: &[&str], recordings: &[&[f32]]) -> Result<Vec<Vec<PitchLine>>> {
        let files: Vec<PathBuf> =
            (0..recordings.len()).map(|index| self.scratch.join(format!("{index:03}.f32"))).collect();
        for (file, samples) in files.iter().zip(recordings) {
            let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
            std::fs::write(file, bytes).with_context(|| format!("cannot write {}", file.display()))?;
        }
        let mut command = Command::new(&self.python);
        command.arg(folder().join("track.py")).arg(trackers.join(",")).args(&files).stdout(Stdio::null());
        let status = command.status().context("Python cannot be run")?;
        ensure!(status.success(), "the pitch trackers failed: {status}; see their words above");
        let line = |file: &Path, tracker: &str| {
            let path = PathBuf::from(format!("{}.{tracker}", file.display()));
            let bytes = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
            let points = bytes.as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes));
            Ok(points.map(|hz| PitchPoint { key: key_of(hz), voiced: hz > 0.0 }).collect())
        };
        let lines = trackers.iter().map(|tracker| files.iter().map(|file| line(file, tracker)).collect()).collect();
        files.iter().for_each(|file| drop(std::fs::remove_file(file)));
        lines
    }
}

fn folder() -> PathBuf {
    project::root().join("xtask/python/pitch_trackers")
}
