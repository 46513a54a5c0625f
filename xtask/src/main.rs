//! Songweave's commands: `cargo xtask …`. Thin: each module is one command.

mod bundle;
mod files;
mod install;
mod project;

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
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Bundle(args) => bundle::run(args),
        Command::Install => install::run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
