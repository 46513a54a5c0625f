//! `cargo xtask evaluate library`.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use songweave_audio::{decode::Audio, draft::write_bytes, write::write_wav};
use songweave_library::store::{Location, SqliteStore, Store};
use songweave_measure::library::{Killed, heard, kept, killed, listen, look_again, made_slices, search};

use super::listener::bliss;
use crate::project;

/// Songs of the repository that are listened to unless others are named.
const MUSIC: &str = "tests/fixtures/demo";

/// Made songs whose neighbours are looked at while the library grows.
const MADE: usize = 5_500;
/// Songs that are indexed while the program is killed, and the seed of the moments.
const SHORT_SONGS: u32 = 40;
const SEED: u64 = 17;

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
    /// Search one on a server as well, in a database that is empty
    #[arg(long, value_name = "postgres://USER@HOST/NAME")]
    server: Option<String>,
    /// Random moments at which the program is killed while it indexes
    #[arg(long, default_value_t = 20)]
    kills: usize,
    /// Leave bliss out, which is fetched from PyPI
    #[arg(long)]
    without_bliss: bool,
}

impl Args {
    pub(super) fn json(&self) -> &Path {
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

fn measure(args: &Args, folder: &Path) -> Result<()> {
    let music = args.music.clone().unwrap_or_else(|| project::root().join(MUSIC));
    // First, since the most memory that was ever held is what the system tells.
    let listening = listen(&music, folder)?;
    let bliss = if args.without_bliss { json!("left out") } else { beside_bliss(folder) };
    let growing = json!({ "heard": kept(&heard(folder)?), "made": kept(&made_slices(MADE)) });
    let recording = folder.join("recording.wav");
    let tone = (0..12_000).map(|n| 0.2 * (n as f32 * 0.3).sin()).collect();
    write_wav(&recording, &Audio { rate: 8_000, channels: vec![tone] })?;
    let again = look_again(&recording, folder, args.files)?;
    let dying = die(folder, args.kills)?;
    let searching = searched(&Location::File(folder.join("made.sqlite")), args.tracks)?;
    let server = args.server.as_ref().map(|address| searched(&Location::of(address)?, args.tracks)).transpose()?;
    let figures = json!({
        "listening": listening, "bliss": bliss, "growing": growing, "looking_again": again, "killed": dying,
        "searching": searching, "searching_on_a_server": server,
    });
    println!("{figures:#}");
    Ok(write_bytes(&args.json, format!("{figures:#}\n").as_bytes())?)
}

fn searched(location: &Location, tracks: usize) -> Result<Value> {
    let bar = super::bar(tracks);
    let searching = search(location, tracks, &mut |done| bar.set_position(done as u64))?;
    bar.finish_and_clear();
    Ok(serde_json::to_value(searching)?)
}

/// Recordings a second of bliss on the same files, on one thread, or why there is no such figure.
fn beside_bliss(folder: &Path) -> Value {
    let measured = || -> Result<f64> {
        let mut paths = Vec::new();
        SqliteStore::read_only(&folder.join("listened.sqlite"))?
            .tracks(false, &mut |stored| paths.push(stored.path.into()))?;
        let analyses = bliss::analyse(&paths)?;
        let seconds: Vec<f64> = analyses.into_iter().flatten().map(|analysis| analysis.seconds).collect();
        Ok(seconds.len() as f64 / seconds.iter().sum::<f64>())
    };
    measured().map_or_else(|error| json!(format!("{error:#}")), |speed| json!({ "per_second_on_one_thread": speed }))
}

/// Kills the program while it indexes songs that were made for it.
fn die(folder: &Path, kills: usize) -> Result<Killed> {
    project::run(project::cargo().args(["build", "--release", "--quiet", "--package", "songweave-cli"]))?;
    let program = project::target().join("release").join(format!("songweave{}", std::env::consts::EXE_SUFFIX));
    let music = folder.join("short songs");
    std::fs::create_dir_all(&music)?;
    for number in 0..SHORT_SONGS {
        let hz = 110.0 * (number as f32 / 12.0).exp2();
        let tone =
            |n: u32| 0.2 * (std::f32::consts::TAU * hz * n as f32 / 16_000.0).sin() * (-(n as f32 / 5e3).fract()).exp();
        let audio = Audio { rate: 16_000, channels: vec![(0..16_000 * (5 + number % 7)).map(tone).collect()] };
        write_wav(&music.join(format!("{number:02}.wav")), &audio)?;
    }
    Ok(killed(&program, &music, folder, kills, SEED)?)
}
