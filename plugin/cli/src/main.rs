//! The program `songweave`: what people without Rust use Songweave's library and renders by.
#![allow(clippy::doc_markdown)] // doc comments of options are help texts, in which backticks would stand

mod installed;
mod library;

use std::{io::Write, process::ExitCode};

use clap::{CommandFactory, Parser, Subcommand};
use songweave_cli::render;

use library::{Place, doctor, index, map, playlist, serve, suggest};

/// Your music library: what goes with a song, a way from one song to another, and partners for a mash.
///
/// Songs are listened to, not looked up: nothing leaves this computer, and nothing is written into your music folders.
#[derive(Parser)]
#[command(name = "songweave", version, after_help = EXAMPLES)]
struct Cli {
    #[command(flatten)]
    place: Place,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "Examples:
  songweave index ~/Music                                     listen to everything, once
  songweave suggest song.mp3                                  what is like it, and why
  songweave suggest song.mp3@1:30-2:00 --limit 5              what is like half a minute of it
  songweave suggest vocals.flac --for-mash                    what it would go over
  songweave playlist a.mp3 b.mp3 --length 12 --output way.m3u8
  songweave map --output map.html
  songweave serve                                             all of it in the browser

Exit codes: 0 done, 1 something went wrong, 2 the command line is wrong.";

#[derive(Subcommand)]
enum Command {
    /// Listen to the songs in folders; only what is new or changed is listened to again
    Index(index::Args),
    /// What goes with a song, or with a part of one
    Suggest(suggest::Args),
    /// A way from song to song, or on from one
    Playlist(playlist::Args),
    /// A map of the library: what sounds alike lies near each other
    Map(map::Args),
    /// A page for the browser on this computer: map, search, play, suggestions, playlists
    Serve(serve::Args),
    /// Play two songs, or a voice, through the plugin and write what comes out
    Render(Box<render::Args>),
    /// What is in the library and whether it is sound
    Doctor,
    /// Completions for a shell, to be put where it looks for them
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        Command::Index(args) => index::run(&cli.place, &args),
        Command::Suggest(args) => suggest::run(&cli.place, &args),
        Command::Playlist(args) => playlist::run(&cli.place, &args),
        Command::Map(args) => map::run(&cli.place, &args),
        Command::Serve(args) => serve::run(&cli.place, &args),
        Command::Render(args) => render::run(&args, installed::installed),
        Command::Doctor => doctor::run(&cli.place),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "songweave", &mut std::io::stdout());
            Ok(())
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads has gone, as `head` does.
        Err(error) if error.downcast_ref::<std::io::Error>().is_some_and(broken_pipe) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn broken_pipe(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::BrokenPipe
}
