//! `cargo xtask demo`: builds the plugin and lets it mash the two demo songs, into the folder demo/.

use crate::picture::{Picture, between_songs};
use crate::{bundle, project, render};
use anyhow::{Context, Result};
use clap::Parser;
use songweave_studio::decode::decode;
use std::path::Path;

/// The options of the demo's render. Song A's band gives way to song B's, then so does its voice.
const OPTIONS: [&str; 10] = [
    "--mode",
    "mash",
    "--automate",
    "drums=0:0%,3:0%,4:100%",
    "--automate",
    "bass=0:0%,3:0%,4:100%",
    "--automate",
    "other=0:0%,3:0%,4:100%",
    "--automate",
    "vocals=0:0%,11:0%,12:100%",
];
/// Width of the waveforms, in pixels.
const WIDTH: u32 = 1200;
/// Height of one waveform, in pixels.
const LANE: u32 = 120;

/// The demo's render as a command line of its own.
#[derive(Parser)]
struct Line {
    #[command(flatten)]
    args: render::Args,
}

/// Renders the demo and says what was written.
pub(crate) fn run() -> Result<()> {
    let songs = project::root().join("tests/fixtures/demo");
    let folder = project::root().join("demo");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    println!("building the plugin (some minutes the first time)");
    bundle::current()?;
    let [a, b] = ["song_a.flac", "song_b.flac"].map(|name| songs.join(name));
    let [mash, receipt, mask, waves] =
        ["mash.wav", "receipt.json", "mask.png", "waveforms.png"].map(|name| folder.join(name));
    let files =
        [("--input", &a), ("--sidechain", &b), ("--output", &mash), ("--receipt", &receipt), ("--mask-out", &mask)];
    let mut line: Vec<String> = vec!["cargo xtask render".to_owned()];
    line.extend(files.iter().flat_map(|(option, path)| [(*option).to_owned(), path.display().to_string()]));
    line.extend(OPTIONS.map(str::to_owned));
    println!("{}", line.join(" "));
    render::run(Line::parse_from(line).args)?;
    waveforms(&[&a, &b, &mash])?.write(&waves)?;
    println!("written into {}:", folder.display());
    println!("  mash.wav       song A's voice over song B's band from second 4 on, B alone from second 12 on");
    println!(
        "  mask.png       who is heard: orange A, blue B; vocals, drums, bass, other from the top, low bands below"
    );
    println!("  waveforms.png  song A, song B and the mash");
    println!("  receipt.json   the digest of the samples: the same on every run and at every block size");
    Ok(())
}

/// The waveforms of files above one another: from the first to the last colour of the two songs.
fn waveforms(files: &[&Path]) -> Result<Picture> {
    let mut picture = Picture::new(WIDTH, LANE * files.len() as u32, [20, 20, 20]);
    for (lane, file) in files.iter().enumerate() {
        let [left, _] = decode(file)?.into_stereo();
        let colour = match lane {
            0 => between_songs(0.0, 1.0),
            1 => between_songs(1.0, 1.0),
            _ => [220, 220, 220],
        };
        let middle = lane as u32 * LANE + LANE / 2;
        for x in 0..WIDTH {
            let [from, to] = [x, x + 1].map(|x| left.len() * x as usize / WIDTH as usize);
            let peak = left[from..to].iter().fold(0.0f32, |peak, sample| peak.max(sample.abs())).min(1.0);
            let height = (peak * (LANE / 2 - 2) as f32) as u32;
            (middle - height..=middle + height).for_each(|y| picture.set(x, y, colour));
        }
    }
    Ok(picture)
}
