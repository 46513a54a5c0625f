//! `songweave serve`.

use std::io::Write;

use anyhow::Result;
use songweave_library::serve::serve;

use super::Place;

/// What the command takes.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  songweave serve
  songweave serve --port 8080

The page is for the browser on this computer: nobody else in the network can reach it. It works without the network.")]
pub(crate) struct Args {
    /// Port of the loopback interface; 0 = any free one
    #[arg(long, default_value_t = 7654)]
    port: u16,
}

/// Serves the page until it is stopped.
pub(crate) fn run(place: &Place, args: &Args) -> Result<()> {
    let ready = |address| {
        let mut out = std::io::stdout().lock();
        // Nobody may be reading.
        let _ = writeln!(out, "The library is at http://{address}/ (Ctrl+C ends it)").and_then(|()| out.flush());
    };
    Ok(serve(&place.location()?, args.port, ready)?)
}
