//! Bounces of the bundle must be the same bits whatever the blocks, the run and the host's mode are, and what `auto` does
//! must be the same bits when it is played back from its lanes.

use super::Outcome;
use crate::build::{bundle, gpu, receipt};
use crate::project;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use songweave_audio::decode::decode;
use songweave_audio::wav::WavWriter;
use songweave_device::FILE_VARIABLE;
use songweave_dsp::stream::layout::Part;
use std::path::{Path, PathBuf};
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

/// Seconds of the songs that are rendered with the library of a device, which takes long on the CPU.
const BEGINNING: usize = 2;
/// Level below which a difference is the arithmetic's, in dB.
const NOTHING: f64 = -100.0;

/// Renders the demo songs with moving faders in many ways, and with `auto` in two.
pub(super) fn run() -> Result<Outcome> {
    let bundle = bundle::current()?.clap;
    let folder = project::target().join("bounce");
    std::fs::create_dir_all(&folder)?;
    let moving = ["--automate", "vocals=0:0%,9.7:100%", "--automate", "drums=1:100%,7:0%"];
    let mut first = String::new();
    for (block_size, realtime) in RENDERS {
        let mut options = [&moving[..], &["--block-size", block_size]].concat();
        options.extend(realtime.then_some("--realtime"));
        let digest = digest(&bundle, &folder, &options)?;
        let wanted = if first.is_empty() { &digest } else { &first };
        let mode = if realtime { "realtime" } else { "offline" };
        ensure!(digest == *wanted, "blocks of {block_size}, {mode}: {digest} instead of {wanted}");
        first = digest;
    }
    let (mask, lanes) = (folder.join("mask.npy"), folder.join("mask.lanes.json"));
    let [mask, lanes] = [&mask, &lanes].map(|path| path.to_string_lossy());
    let auto = digest(&bundle, &folder, &["--param", "auto=100%", "--tempo", "130", "--mask-out", &mask])?;
    let played_back = digest(&bundle, &folder, &["--lanes", &lanes, "--tempo", "91", "--block-size", "441"])?;
    ensure!(auto == played_back, "played back from its lanes auto gives {played_back} instead of {auto}");
    ensure!(auto != first, "auto does nothing");
    let studio =
        ["64", "8192"].map(|size| digest(&bundle, &folder, &["--param", "quality=studio", "--block-size", size]));
    let [one, other] = studio;
    let (one, other) = (one?, other?);
    ensure!(one == other, "in Studio quality blocks of 64 give {one}, blocks of 8,192 {other}");
    on_a_device(&bundle, &folder)?;
    let stems = ["441", "8192"].map(|size| stems(&bundle, &folder, size));
    let [one, other] = stems;
    ensure!(one? == other?, "the stems of blocks of 441 are not those of blocks of 8,192");
    add_up(&folder)?;
    Ok(Outcome::Passed(format!("{} bounces, all {}", RENDERS.len(), first.get(..12).unwrap_or(&first))))
}

/// Bounces the beginnings of the songs with the library of a device, which is the CPU here, and with none.
fn on_a_device(bundle: &Path, folder: &Path) -> Result<()> {
    let mut songs = demo();
    for song in &mut songs {
        let whole = decode(song)?;
        *song = folder.join("beginning").with_added_extension(song.file_name().unwrap_or_default());
        let mut beginning = WavWriter::create(song, whole.rate, whole.channels.len())?;
        beginning.write(&whole.channels, 0..whole.samples().min(BEGINNING * whole.rate as usize))?;
        beginning.finish()?;
    }
    let render = |library: &Path, options: &[&str]| {
        let mut render = render(bundle, folder, &songs, &[&["--param", "quality=studio"], options].concat());
        receipt::digest(render.env(FILE_VARIABLE, library), &folder.join("receipt.json"))
    };
    let ran_on = || -> Result<Value> {
        let receipt: Value = serde_json::from_slice(&std::fs::read(folder.join("receipt.json"))?)?;
        Ok(receipt["device"].clone())
    };
    render(&gpu::plain()?, &["--device", "gpu"])?;
    let name = ran_on()?;
    ensure!(name != "CPU" && name.is_string(), "Studio ran on {name} instead of the library");
    let nowhere = folder.join("no library");
    let wanted = render(&nowhere, &[])?;
    let fallen_back = render(&nowhere, &["--param", "device=GPU"])?;
    ensure!(fallen_back == wanted && ran_on()? == "CPU", "without a library Studio gives {fallen_back}");
    ensure!(render(&nowhere, &["--device", "gpu"]).is_err(), "a GPU that is not there rendered");
    Ok(())
}

/// The stems of the demo songs with moving faders, file by file.
fn stems(bundle: &Path, folder: &Path, block_size: &str) -> Result<Vec<(String, Vec<u8>)>> {
    let place = folder.join(format!("stems-{block_size}"));
    let shown = place.to_string_lossy();
    let moving = ["--automate", "vocals=0:0%,9.7:100%", "--automate", "attack=0:0 ms,9:200 ms"];
    digest(bundle, folder, &[&moving[..], &["--block-size", block_size, "--stems-out", &shown]].concat())?;
    let names = ["mash", "a", "b"].map(|whole| Part::ALL.map(|part| format!("{whole}_{}.wav", part.name())));
    let read = |name: String| Ok((name.clone(), std::fs::read(place.join(&name)).context(name)?));
    names.into_iter().flatten().map(read).collect()
}

/// Whether the stems that were written last add up to what they are of, from the first sample to the last.
fn add_up(folder: &Path) -> Result<()> {
    let (stems, [a, b]) = (folder.join("stems-8192"), demo());
    let wholes = [("a", a), ("b", b), ("mash", folder.join("out.wav"))];
    for (name, whole) in wholes {
        let whole = decode(&whole)?;
        let mut left = whole.channels.iter().cycle().take(2).cloned().collect::<Vec<_>>();
        for part in Part::ALL {
            let part = decode(&stems.join(format!("{name}_{}.wav", part.name())))?;
            ensure!(part.samples() == whole.samples(), "a part of {name} is {} samples long", part.samples());
            for (left, part) in left.iter_mut().flatten().zip(part.channels.iter().flatten()) {
                *left -= part;
            }
        }
        let power = |channels: &[Vec<f32>]| channels.iter().flatten().map(|x| f64::from(x * x)).sum::<f64>();
        let error = 10.0 * (power(&left) / power(&whole.channels)).log10();
        ensure!(error < NOTHING, "the parts of {name} add up to it but for {error:.0} dB");
    }
    Ok(())
}

/// SHA-256 of the demo songs rendered with some options.
fn digest(bundle: &Path, folder: &Path, options: &[&str]) -> Result<String> {
    receipt::digest(&mut render(bundle, folder, &demo(), options), &folder.join("receipt.json"))
}

/// Songs A and B of the demo.
fn demo() -> [PathBuf; 2] {
    ["song_a.flac", "song_b.flac"].map(|name| project::root().join("tests/fixtures/demo").join(name))
}

/// The command that renders two songs.
fn render(bundle: &Path, folder: &Path, [a, b]: &[PathBuf; 2], options: &[&str]) -> Command {
    let mut render = project::own();
    render.args(["render", "--mode", "mash"]).args(options);
    render.arg("--bundle").arg(bundle).arg("--output").arg(folder.join("out.wav"));
    render.arg("--input").arg(a).arg("--sidechain").arg(b);
    render
}
