//! Bounces of the bundle must be the same bits whatever the blocks, the run and the host's mode are.

use super::Outcome;
use crate::{bundle, project};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::process::Command;

/// Block sizes that are compared, and whether the host says that it plays.
const RENDERS: [(&str, bool); 10] = [
    ("512", false),
    ("512", false),
    ("512", true),
    ("1", false),
    ("64", false),
    ("441", false),
    ("1024", true),
    ("8192", false),
    ("random:1", false),
    ("random:2", true),
];

/// Renders the demo songs with moving faders in many ways.
pub(super) fn run() -> Result<Outcome> {
    let bundle = bundle::current()?.clap;
    let songs = project::root().join("tests/fixtures/demo");
    let folder = project::target().join("bounce");
    std::fs::create_dir_all(&folder)?;
    let mut digests = Vec::new();
    for (block_size, realtime) in RENDERS {
        let receipt = folder.join("receipt.json");
        let mut render = Command::new(std::env::current_exe()?);
        render.args(["render", "--mode", "mash", "--block-size", block_size, "--automate", "vocals=0:0%,9.7:100%"]);
        render.args(["--automate", "drums=1:100%,7:0%"]).args(realtime.then_some("--realtime"));
        render.arg("--bundle").arg(&bundle).arg("--receipt").arg(&receipt);
        render.arg("--input").arg(songs.join("song_a.flac")).arg("--sidechain").arg(songs.join("song_b.flac"));
        render.arg("--output").arg(folder.join("out.wav"));
        let output = render.output().context("cannot render")?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr).trim());
        let receipt: Value = serde_json::from_slice(&std::fs::read(&receipt)?)?;
        ensure!(receipt["missed_hops"] == 0, "{} hops were missed at blocks of {block_size}", receipt["missed_hops"]);
        digests.push((block_size, realtime, receipt["sha256"].as_str().unwrap_or_default().to_owned()));
    }
    let (_, _, first) = &digests[0];
    for (block_size, realtime, digest) in &digests {
        let mode = if *realtime { "realtime" } else { "offline" };
        ensure!(digest == first, "blocks of {block_size}, {mode}: {digest} instead of {first}");
    }
    Ok(Outcome::Passed(format!("{} bounces, all {}", digests.len(), first.get(..12).unwrap_or(first))))
}
