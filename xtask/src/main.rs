//! Songweave's commands: `cargo xtask …`. Thin: each module is one command.
#![allow(clippy::doc_markdown)] // doc comments of options are help texts, in which backticks would stand

mod build;
mod data;
mod display;
mod files;
mod measure;
mod project;
mod python;
mod threads;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

use build::{ardour, bundle, check, demo, gpu, install, package, screenshot, soak, stress, validate, windows};
use data::{dataset, train};
use measure::{bench, card, evaluate};
use songweave_cli::render;

/// Builds, renders, tests, measures and trains Songweave.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the plugin, let it accompany a voice and mash two songs, and write demo/
    Demo,
    /// Everything that has to hold before a change is accepted
    Test(check::Args),
    /// Build the plugin and write target/bundled/Songweave.clap and .vst3
    Bundle(bundle::Args),
    /// Cross-build for Windows, run the tests under Wine and compare renders bit by bit
    Windows,
    /// Pack plugin, program and licences into an archive for a system
    Package(package::Args),
    /// Build the plugin and copy it to where this user's hosts look
    Install,
    /// Build the library that runs networks on a GPU
    Gpu(gpu::Args),
    /// Play two songs through the bundled plugin and write what comes out
    Render(Box<render::Args>),
    /// Play at the pace of the clock and print what it costs
    Bench(bench::Args),
    /// Bounce the VST3 with a side-chain in Ardour 7 and compare with a render
    Ardour,
    /// Take a picture of the editor in a host
    Screenshot(screenshot::Args),
    /// Play hours of music faster than the clock while everything moves; memory may not grow
    Soak(soak::Args),
    /// Run the audio path under LLVM's RealtimeSanitizer, with a nightly compiler
    Sanitize,
    /// Run the validators for plugins that are installed
    Validate,
    /// Train a network in a Python environment made for it
    Train(train::Args),
    /// Make training material
    Dataset(dataset::Args),
    /// Measure a mode on songs whose parts are known
    Evaluate(evaluate::Args),
    /// Write the card of a network from measured figures
    Card(card::Args),
    /// Count the deaths of a host that opens editors, moves parameters and destroys instances of the VST3 at once
    Stress(stress::Args),
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    let result = match cli.command {
        Command::Demo => demo::run(),
        Command::Test(args) => check::run(args),
        Command::Bundle(args) => bundle::run(&args),
        Command::Windows => windows::run(),
        Command::Install => install::run(),
        Command::Gpu(args) => gpu::run(&args),
        Command::Package(args) => package::run(&args),
        Command::Render(args) => render::run(&args, bundle::installed),
        Command::Sanitize => check::sanitize::run(),
        Command::Ardour => ardour::run(),
        Command::Bench(args) => bench::run(args),
        Command::Screenshot(args) => screenshot::run(args),
        Command::Soak(args) => soak::run(&args),
        Command::Validate => validate::run(),
        Command::Train(args) => train::run(args),
        Command::Dataset(args) => dataset::run(args),
        Command::Evaluate(args) => evaluate::run(args),
        Command::Card(args) => card::run(&args),
        Command::Stress(args) => stress::run(args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Help and version as they are; anything wrong in one line.
fn refuse(error: &clap::Error) -> ExitCode {
    let text = error.to_string();
    if !error.use_stderr() {
        print!("{text}");
        return ExitCode::SUCCESS;
    }
    let sentence: Vec<&str> = text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
    eprintln!("{}", sentence.join(" "));
    ExitCode::FAILURE
}
