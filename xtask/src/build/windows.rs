//! `cargo xtask windows`: builds the plugin and the program for Windows on another system, runs them under Wine, and
//! compares with what this system renders.

mod editor;
mod wine;

use crate::build::bundle::{self, Bundles};
use crate::build::{bundle::studio, demo, receipt, target::Target, tools};
use crate::display::Display;
use crate::project;
use anyhow::{Context, Result, bail, ensure};
use std::path::{Path, PathBuf};
use std::process::Command;
use wine::Wine;

/// What is built.
const TARGET: &str = "x86_64-pc-windows-gnu";
/// What is compiled for it: the plugin, the program for musicians and the tests.
const PACKAGES: [&str; 3] = ["songweave", "songweave-cli", "songweave-tests"];
/// Integration tests that are run under Wine: hosts of both formats, states, what is played in real time.
const TESTS: [&str; 4] = ["bundle", "host", "wrapper", "paced"];
/// The test that opens the editor.
const EDITOR_TEST: &str = "editor";
/// What is rendered on both systems: a name, whether a voice comes in instead of two songs, and the options.
const RENDERS: [(&str, bool, &[&str]); 5] = [
    ("Mash", false, &["--mode", "mash", "--automate", "vocals=0:0%,9:100%", "--automate", "attack=0:0 ms,9:200 ms"]),
    ("Mash, automatic", false, &["--mode", "mash", "--param", "auto=100%", "--tempo", "130"]),
    ("Mash, Studio", false, &["--mode", "mash", "--param", "quality=studio", "--param", "vocals=100%"]),
    ("Accompany", true, &["--mode", "accompany", "--param", "style=pop"]),
    ("Tune", true, &["--mode", "accompany", "--param", "tune_amount=100%", "--param", "tune_target=melody"]),
];
/// Blocks of the renders under Wine; this system's have 512 frames.
const BLOCK_SIZES: [&str; 2] = ["512", "random:1"];

/// Builds, compares and says what was found.
pub(crate) fn run() -> Result<()> {
    println!("building for {TARGET} (some minutes the first time)");
    compare()?.iter().for_each(|found| println!("{found}"));
    Ok(())
}

/// Makes sure that programs for Windows can be built and run here.
pub(crate) fn require() -> Result<()> {
    Target::named(TARGET)?.prepare()?;
    tools::require_display()?;
    Wine::prepare().map(drop)
}

/// Does all of it; returns what was found.
pub(crate) fn compare() -> Result<Vec<String>> {
    let target = Target::named(TARGET)?;
    target.prepare()?;
    let wine = Wine::prepare()?;
    let built = Built::new(&target)?;
    let mut found = Vec::new();
    for (name, digest) in same_digests(&wine, &built)? {
        let digest = digest.get(..12).unwrap_or(&digest);
        found.push(format!("{name}: {digest} with every block size, here and under Wine"));
    }
    // Wine makes no window without a display, and the framework makes an unseen one for every VST3.
    let display = Display::start()?;
    found.push(format!("integration tests under Wine: {} passed", tests(&wine, &display, &target)?));
    let mut open = cargo(&target, wine.cargo(), "test");
    open.args(["--test", EDITOR_TEST, "--", "--ignored"]);
    found.push(editor::look(open, &display)?);
    Ok(found)
}

/// What was built for Windows, and this system's plugin.
struct Built {
    here: Bundles,
    there: Bundles,
    /// The program for musicians.
    songweave: PathBuf,
}

impl Built {
    fn new(target: &Target) -> Result<Self> {
        studio::provide()?;
        let mut build = cargo(target, project::cargo(), "build");
        project::run(build.args(["--quiet", "--lib", "--bins"]).args(chosen_tests()).args(["--test", EDITOR_TEST]))?;
        let songweave = target.release().join(target.program("songweave"));
        Ok(Self { here: bundle::current()?, there: bundle::built(target)?, songweave })
    }
}

/// Cargo for the plugin, the program and the tests at once: apart they would each compile what they share.
fn cargo(target: &Target, mut cargo: Command, command: &str) -> Command {
    cargo.args([command, "--release", "--locked"]).args(target.arguments());
    cargo.args(PACKAGES.iter().flat_map(|package| ["--package", package])).current_dir(project::root());
    cargo
}

fn chosen_tests() -> impl Iterator<Item = &'static str> {
    TESTS.iter().flat_map(|test| ["--test", test])
}

/// Renders everything on both systems; returns the digests, which must be equal.
fn same_digests(wine: &Wine, built: &Built) -> Result<Vec<(&'static str, String)>> {
    let folder = project::target().join("windows");
    std::fs::create_dir_all(&folder)?;
    let voice = folder.join("voice.wav");
    demo::sing_melody(&voice)?;
    let mut digests = Vec::new();
    for (name, sung, options) in RENDERS {
        let mut own = Command::new(std::env::current_exe()?);
        let here = digest(own.arg("render").arg("--bundle").arg(&built.here.clap), &folder, &voice, sung, options)?;
        for size in BLOCK_SIZES {
            let mut program = wine.command(&built.songweave);
            program.args(["render", "--block-size", size, "--bundle"]).arg(&built.there.clap);
            let there = digest(&mut program, &folder, &voice, sung, options)?;
            ensure!(there == here, "{name}: with blocks of {size} {there} under Wine, {here} here");
        }
        digests.push((name, here));
    }
    Ok(digests)
}

/// SHA-256 of a render of the demo songs, or of a voice.
fn digest(render: &mut Command, folder: &Path, voice: &Path, sung: bool, options: &[&str]) -> Result<String> {
    let songs = project::root().join("tests/fixtures/demo");
    if sung {
        render.arg("--input").arg(voice);
    } else {
        render.arg("--input").arg(songs.join("song_a.flac")).arg("--sidechain").arg(songs.join("song_b.flac"));
    }
    render.args(options).arg("--output").arg(folder.join("out.wav"));
    receipt::digest(render, &folder.join("receipt.json"))
}

/// Runs the integration tests and counts them.
fn tests(wine: &Wine, display: &Display, target: &Target) -> Result<u32> {
    let mut cargo = cargo(target, wine.cargo(), "test");
    cargo.args(chosen_tests()).env("SONGWEAVE_BUNDLES", target.bundled());
    display.show(&mut cargo);
    let output = cargo.output().context("cargo cannot be run")?;
    let said = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        bail!("the tests under Wine failed:\n{said}{}", String::from_utf8_lossy(&output.stderr));
    }
    Ok(project::tests_passed(&said))
}
