//! `songweave index`.

use std::{io::Write, path::PathBuf};

use anyhow::Result;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;
use songweave_cli::device::DeviceChoice;
use songweave_library::{
    hearing::{
        device_ear::DeviceEars,
        ear::{self, Ear},
    },
    index::{Progress, Report, index, index_shared},
    store::{Location, SqliteStore, WriterLock},
};

use super::Place;

/// What the command takes.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  songweave index ~/Music /media/records
  songweave index ~/Music --workers 1 --json
  songweave index ~/Music --device gpu                      the network runs on the GPU, where its library is installed
  songweave index /mnt/music --store postgres://me@server/music   on as many machines as you like

Stopping it loses nothing but the songs in work: run it again, and it goes on. Songs that were moved, renamed or copied are known
by their sound. Files that are left out are listed with the reason.")]
pub(crate) struct Args {
    /// Folders with music, or single files
    #[arg(required = true)]
    folders: Vec<PathBuf>,
    /// Songs that are listened to at once; without it as many as there are cores, at most four
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=64))]
    workers: Option<u8>,
    /// What the network runs on
    #[arg(long, value_enum, default_value_t)]
    device: DeviceChoice,
}

/// A bar on the terminal.
struct Bar(ProgressBar);

impl Progress for Bar {
    fn begin(&mut self, total: usize) {
        self.0.set_length(total as u64);
    }

    fn step(&mut self, path: &str) {
        let name = path.rsplit(std::path::MAIN_SEPARATOR).next().unwrap_or_default();
        self.0.set_message(name.chars().take(40).collect::<String>());
        self.0.inc(1);
    }

    fn end(&mut self) {
        self.0.finish_and_clear();
    }
}

/// Indexes folders.
pub(crate) fn run(place: &Place, args: &Args) -> Result<()> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from).min(4);
    let workers = args.workers.map_or(cores, usize::from);
    let on_device = args.device.open()?.map(|device| DeviceEars::new(&device)).transpose()?;
    let new_ear = || on_device.as_ref().map_or_else(ear::network, DeviceEars::ear);
    let ears = (0..workers).map(|_| new_ear()).collect::<Result<Vec<Box<dyn Ear>>, _>>()?;
    let bar = ProgressBar::new(0);
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {eta} left  {msg}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    let location = place.location()?;
    let report = match &location {
        Location::Server(server) => index_shared(server, &args.folders, ears, &mut Bar(bar))?,
        Location::File(path) => {
            let mut store = SqliteStore::open(path)?;
            let _lock = WriterLock::take(path)?;
            index(&mut store, &args.folders, ears, &mut Bar(bar))?
        }
    };
    if let Some(reason) = on_device.as_ref().and_then(DeviceEars::failed) {
        eprintln!("note: {reason}; the rest was heard on the CPU");
    }
    say(place, &report, location.read()?.counts()?.0)
}

fn say(place: &Place, report: &Report, tracks: usize) -> Result<()> {
    let mut out = std::io::stdout().lock();
    if place.json {
        let refused: Vec<_> =
            report.refused.iter().map(|(path, reason)| json!({ "path": path, "reason": reason })).collect();
        let all = json!({
            "tracks": tracks,
            "found": report.found,
            "heard": report.heard,
            "known": report.known,
            "unchanged": report.unchanged,
            "forgotten": report.forgotten,
            "refused": refused,
            "seconds": report.seconds,
        });
        return Ok(writeln!(out, "{all:#}")?);
    }
    let Report { found, heard, known, unchanged, forgotten, seconds, .. } = report;
    let speed = if *heard > 0 { format!(", {:.1} a second", *heard as f64 / seconds) } else { String::new() };
    writeln!(
        out,
        "{found} files found: {heard} heard{speed}, {unchanged} unchanged, {known} known by their sound; {forgotten} gone"
    )?;
    for (_, reason) in &report.refused {
        writeln!(out, "left out: {reason}")?;
    }
    Ok(writeln!(out, "The library has {tracks} songs.")?)
}
