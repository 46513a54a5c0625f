//! `songweave playlist`.

use std::{io::Write, path::PathBuf};

use anyhow::Result;
use serde_json::json;
use songweave_library::{
    playlist::{Drift, Plan, file, make},
    similarity::catalogue::{Catalogue, Entry},
};

use super::{Place, asked::position, shown};

/// What the command takes.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  songweave playlist first.mp3 last.mp3 --length 12 --output way.m3u8
  songweave playlist first.mp3 over_here.mp3 last.mp3 --length 20
  songweave playlist only.mp3 --length 30 --keep-on 5 --drunk 0.2 --seed 7

With several songs it passes through them in order and ends at the last; with one it goes on from there.")]
pub(crate) struct Args {
    /// Songs of the library to pass through
    #[arg(required = true, value_name = "FILE")]
    songs: Vec<String>,
    /// Songs in all
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    length: u16,
    /// How many of the last songs count for the next one, where there is none to go to
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    keep_on: u16,
    /// Randomness from 0 to 1
    #[arg(long, default_value_t = 0.0, value_parser = share)]
    drunk: f32,
    /// Which randomness
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Where the playlist goes, .m3u8 or .json, with relative paths
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

fn share(text: &str) -> Result<f32, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "a number from 0 to 1 is wanted".to_owned())
}

/// Makes a playlist.
pub(crate) fn run(place: &Place, args: &Args) -> Result<()> {
    let store = place.read()?;
    let catalogue = Catalogue::load(&*store)?;
    let through = args.songs.iter().map(|song| position(&*store, &catalogue, song)).collect::<Result<_>>()?;
    let drift = Drift { keep_on: args.keep_on.into(), drunk: args.drunk, seed: args.seed };
    let songs = make(&catalogue, &Plan { through, length: args.length.into(), drift })?;
    let songs: Vec<&Entry> = songs.into_iter().map(|song| &catalogue.entries()[song]).collect();
    if let Some(output) = &args.output {
        file::write(output, &songs)?;
    }
    let mut out = std::io::stdout().lock();
    if place.json {
        let all: Vec<_> = songs.iter().map(|song| shown::json(song)).collect();
        return Ok(writeln!(out, "{:#}", json!({ "songs": all }))?);
    }
    for (number, song) in songs.iter().enumerate() {
        writeln!(out, "{:3}. {} ({})", number + 1, song.name(), shown::facts(song))?;
    }
    if songs.len() < usize::from(args.length) {
        writeln!(out, "The library has no more songs for it.")?;
    }
    Ok(())
}
