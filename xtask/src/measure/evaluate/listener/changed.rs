//! Recordings as they come from elsewhere: higher, softer, coded again.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use songweave_audio::{decode::decode, resample::resample};
use songweave_engine::listener::mono;
use songweave_measure::listener::{
    recordings::{Hearer, Recording},
    retrieval::{known_again as share, song_vector},
};

use super::super::bar;
use crate::build::tools;

/// A semitone up at the same tempo, 6 dB softer.
const CHANGE: &str = "aresample=44100,asetrate=44100*1.0594631,aresample=44100,atempo=0.9438743,volume=-6dB";

/// Share of the recordings that are nearest to themselves after the change, by song vectors.
pub(super) fn known_again(hearer: &mut Hearer, recordings: &[Recording], paths: &[PathBuf]) -> Result<f64> {
    tools::require("ffmpeg", "ffmpeg")?;
    let folder = crate::project::target().join("tmp").join(format!("changed-{}", std::process::id()));
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let result = hear_changed(hearer, paths, &folder.join("changed.mp3"));
    // What was changed has been heard.
    let _ = std::fs::remove_dir_all(&folder);
    let originals: Vec<Vec<f32>> = recordings.iter().map(song_vector).collect();
    Ok(share(&originals, &result?))
}

fn hear_changed(hearer: &mut Hearer, paths: &[PathBuf], file: &Path) -> Result<Vec<(usize, Vec<f32>)>> {
    let bar = bar(paths.len());
    let mut changed = Vec::new();
    for (index, path) in paths.iter().enumerate() {
        let mut ffmpeg = Command::new("ffmpeg");
        ffmpeg.args(["-nostdin", "-v", "error", "-y", "-i"]).arg(path).args(["-vn", "-af", CHANGE, "-b:a", "128k"]);
        let output = ffmpeg.arg(file).output().context("ffmpeg cannot be run")?;
        ensure!(output.status.success(), "ffmpeg: {}", String::from_utf8_lossy(&output.stderr).trim());
        changed.extend(hearer.hear("", file)?.map(|recording| (index, song_vector(&recording))));
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(changed)
}

/// A minute of a recording at the rate that the Listen page is measured at, repeated where it is shorter.
pub(super) fn minute(path: &Path) -> Result<Vec<f32>> {
    let audio = decode(path)?;
    let rate = audio.rate;
    let [left, right] = audio.into_stereo();
    let sound = resample(&[mono([&left, &right])], rate, 48_000)?.swap_remove(0);
    Ok(sound.into_iter().cycle().take(60 * 48_000).collect())
}
