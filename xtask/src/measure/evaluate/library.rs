//! `cargo xtask evaluate library`.

use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use songweave_audio::{decode::Audio, draft::write_bytes, write::write_wav};
use songweave_measure::library::{listen, look_again, search};

use crate::project;

/// Songs of the repository that are listened to unless others are named.
const MUSIC: &str = "tests/fixtures/demo";

/// What the command takes.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where to write the figures
    #[arg(long, value_name = "FILE")]
    json: PathBuf,
    /// Real music to listen to [default: the demo songs]
    #[arg(long, value_name = "DIR")]
    music: Option<PathBuf>,
    /// Files that have not changed
    #[arg(long, default_value_t = 10_000)]
    files: usize,
    /// Tracks of the made library that is searched
    #[arg(long, default_value_t = 100_000)]
    tracks: usize,
}

impl Args {
    pub(super) fn json(&self) -> &std::path::Path {
        &self.json
    }
}

/// Measures the library, prints and writes the figures.
pub(super) fn run(args: &Args) -> Result<()> {
    ensure!(args.tracks > 0 && args.files > 0, "there is nothing to measure in nothing");
    let folder = project::target().join("tmp").join(format!("library-{}", std::process::id()));
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let result = measure(args, &folder);
    // The figures matter, not what they were made of.
    let _ = std::fs::remove_dir_all(&folder);
    result
}

fn measure(args: &Args, folder: &std::path::Path) -> Result<()> {
    // First, since the most memory that was ever held is what the system tells.
    let listening = listen(&args.music.clone().unwrap_or_else(|| project::root().join(MUSIC)), folder)?;
    let recording = folder.join("recording.wav");
    let tone = (0..12_000).map(|n| 0.2 * (n as f32 * 0.3).sin()).collect();
    write_wav(&recording, &Audio { rate: 8_000, channels: vec![tone] })?;
    let again = look_again(&recording, folder, args.files)?;
    let bar = super::bar(args.tracks);
    let searching = search(folder, args.tracks, &mut |done| bar.set_position(done as u64))?;
    bar.finish_and_clear();
    let figures = json!({ "listening": listening, "looking_again": again, "searching": searching });
    println!("{figures:#}");
    Ok(write_bytes(&args.json, format!("{figures:#}\n").as_bytes())?)
}
