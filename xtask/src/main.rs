//! Songweave's commands: `cargo xtask …`. Thin: each module is one command.

mod bundle;
mod dataset;
mod display;
mod evaluate;
mod files;
mod install;
mod picture;
mod project;
mod render;
mod stress;
mod tools;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Builds, renders, tests, measures and trains Songweave.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the plugin and write target/bundled/Songweave.clap and .vst3
    Bundle(bundle::Args),
    /// Build the plugin and copy it to where this user's hosts look
    Install,
    /// Play two songs through the bundled plugin and write what comes out
    Render(Box<render::Args>),
    /// Make training material
    Dataset(dataset::Args),
    /// Measure a mode on songs whose parts are known
    Evaluate(evaluate::Args),
    /// Count the deaths of a host that opens editors, moves parameters and destroys instances of the VST3 at once
    Stress(stress::Args),
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    let result = match cli.command {
        Command::Bundle(args) => bundle::run(args),
        Command::Install => install::run(),
        Command::Render(args) => render::run(*args),
        Command::Dataset(args) => dataset::run(args),
        Command::Evaluate(args) => evaluate::run(args),
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
