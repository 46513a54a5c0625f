//! `cargo xtask demo`: builds the plugin, lets it accompany a voice and mash the two demo songs, into the folder demo/.

use crate::build::bundle;
use crate::project;
use anyhow::{Context, Result};
use songweave_audio::decode::{Audio, decode};
use songweave_audio::write::write_wav;
use songweave_cli::drawing::picture::{Picture, between_songs};
use songweave_cli::render;
use songweave_score::songs::demo_melody;
use songweave_synth::demo_songs::RATE;
use songweave_synth::voices::evaluation_singers::{Manner, sing};
use std::path::{Path, PathBuf};

/// The options of the mash, in Live quality: Studio learned from real singers and takes the demo's synthetic one for an
/// instrument. Song A's band gives way to song B's, then so does its voice.
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

/// Renders both demos and says what was written.
pub(crate) fn run() -> Result<()> {
    let folder = project::root().join("demo");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    println!("building the plugin (some minutes the first time)");
    bundle::current()?;
    accompany(&folder)?;
    second_take(&folder)?;
    tune(&folder)?;
    mash(&folder)?;
    println!("written into {}:", folder.display());
    println!("  voice.wav            a melody of the project's own, sung by its synthetic singer");
    println!("  accompanied.wav      the voice with the band that the plugin plays to it");
    println!("  accompanied.mid      the band's notes and chords; keys 1, bass 2, pad 3, drums 10");
    println!("  accompanied.png      the same as a piano roll, the sung pitch in white");
    println!("  take_two.wav         the same voice with a band that has heard the song once; .mid and .png as above");
    println!("  sheet.musicxml       the lead sheet of what it learned; sheet.pdf and sheet.txt with the chords alone");
    println!("  stems/               voice, drums, bass, keys and pad alone");
    println!(
        "  tuned.wav            the voice tuned to a melody that the plugin writes, with the band; .mid and .png as above"
    );
    println!("  mash.wav             song A's voice over song B's band from second 4 on, B alone from second 12 on");
    println!(
        "  mask.png             who is heard: orange A, blue B; vocals, drums, bass, other from the top, low bands below"
    );
    println!("  waveforms.png        song A, song B and the mash");
    println!("  *receipt.json        the digest of the samples: the same on every run and at every block size");
    Ok(())
}

/// Writes the demo's melody, sung.
pub(crate) fn sing_melody(voice: &Path) -> Result<()> {
    let [left, right] = sing(&demo_melody::song(), Manner::Clean, RATE).audio;
    Ok(write_wav(voice, &Audio { rate: RATE, channels: vec![left, right] })?)
}

/// Sings the demo's melody and lets the plugin accompany it.
fn accompany(folder: &Path) -> Result<()> {
    let melody = demo_melody::song();
    let [voice, output, midi, roll, receipt, stems] =
        ["voice.wav", "accompanied.wav", "accompanied.mid", "accompanied.png", "accompanied.receipt.json", "stems"]
            .map(|name| folder.join(name));
    sing_melody(&voice)?;
    let files = [
        ("--input", &voice),
        ("--output", &output),
        ("--midi-out", &midi),
        ("--roll-out", &roll),
        ("--receipt", &receipt),
        ("--stems-out", &stems),
    ];
    let tempo = melody.tempo.to_string();
    render(&files, &["--mode", "accompany", "--tempo", &tempo, "--param", "style=pop", "--param", "output=-6 dB"])
}

/// Lets the band learn the song, play it once more, and write down what it knows.
fn second_take(folder: &Path) -> Result<()> {
    let [voice, output, midi, roll] =
        ["voice.wav", "take_two.wav", "take_two.mid", "take_two.png"].map(|name| folder.join(name));
    let files = [("--input", &voice), ("--output", &output), ("--midi-out", &midi), ("--roll-out", &roll)];
    let tempo = demo_melody::song().tempo.to_string();
    let options =
        ["--mode", "accompany", "--learn", "--tempo", &tempo, "--param", "style=pop", "--param", "output=-6 dB"];
    let sheets = ["sheet.musicxml", "sheet.pdf", "sheet.txt"].map(|name| folder.join(name));
    let sheets = sheets.each_ref().map(|sheet| ("--sheet-out", sheet));
    render(&[&files[..], &sheets].concat(), &options)
}

/// Tunes the same voice to a melody that the plugin writes.
fn tune(folder: &Path) -> Result<()> {
    let [voice, output, midi, roll] =
        ["voice.wav", "tuned.wav", "tuned.mid", "tuned.png"].map(|name| folder.join(name));
    let files = [("--input", &voice), ("--output", &output), ("--midi-out", &midi), ("--roll-out", &roll)];
    let tempo = demo_melody::song().tempo.to_string();
    let tuned = ["--param", "tune_amount=100%", "--param", "tune_speed=10 ms", "--param", "tune_target=melody"];
    render(
        &files,
        &[
            &["--mode", "accompany", "--tempo", &tempo, "--param", "style=ballad", "--param", "output=-6 dB"],
            &tuned[..],
        ]
        .concat(),
    )
}

/// Mashes the two demo songs.
fn mash(folder: &Path) -> Result<()> {
    let songs = project::root().join("tests/fixtures/demo");
    let [a, b] = ["song_a.flac", "song_b.flac"].map(|name| songs.join(name));
    let [mash, receipt, mask, waves] =
        ["mash.wav", "receipt.json", "mask.png", "waveforms.png"].map(|name| folder.join(name));
    let files =
        [("--input", &a), ("--sidechain", &b), ("--output", &mash), ("--receipt", &receipt), ("--mask-out", &mask)];
    render(&files, &OPTIONS)?;
    waveforms(&[&a, &b, &mash])?.write(&waves)
}

/// Says which command does this, and does it.
fn render(files: &[(&str, &PathBuf)], options: &[&str]) -> Result<()> {
    let files = files.iter().flat_map(|(option, path)| [(*option).to_owned(), path.display().to_string()]);
    let words: Vec<String> = files.chain(options.iter().map(|option| (*option).to_owned())).collect();
    println!("cargo xtask render {}", words.join(" "));
    render::run(&render::Args::parse_line(&words)?, bundle::installed)
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
