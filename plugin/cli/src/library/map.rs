//! `songweave map`.

use std::{io::Write, path::PathBuf};

use anyhow::{Result, bail, ensure};
use songweave_audio::draft::write_bytes;
use songweave_cli::drawing::{
    lettering,
    picture::{Colour, Picture},
};
use songweave_library::{
    map::{colours::GENRE_COLOURS, keep_places, page},
    similarity::catalogue::Catalogue,
    track::GENRES,
};

use super::Place;

/// Width and height of the picture, the margin about the songs, and half a song, in pixels.
const SIZE: u32 = 1600;
const MARGIN: f32 = 60.0;
const DOT: i32 = 6;
/// Paper and ink.
const PAPER: Colour = [22, 24, 28];
const INK: Colour = [200, 200, 200];
/// Songs up to which all have their names in the picture.
const NAMED: usize = 120;

/// What the command takes.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  songweave map --output map.html
  songweave map --output map.png

New songs find their places without moving the others.")]
pub(crate) struct Args {
    /// A page that any browser shows, or a picture
    #[arg(long, value_name = "FILE.html|FILE.png")]
    output: PathBuf,
    /// Draw the whole map anew
    #[arg(long)]
    anew: bool,
}

/// Draws the map.
pub(crate) fn run(place: &Place, args: &Args) -> Result<()> {
    drop(place.read()?);
    let mut store = place.location()?.open()?;
    let catalogue = Catalogue::load(&*store)?;
    ensure!(!catalogue.entries().is_empty(), "the library is empty; fill it with `songweave index FOLDER`");
    let kind = args.output.extension().and_then(|kind| kind.to_str());
    ensure!(matches!(kind, Some("html" | "png")), "{} ends in neither .html nor .png", args.output.display());
    let (places, new) = keep_places(&mut *store, &catalogue, args.anew)?;
    match kind {
        Some("html") => write_bytes(&args.output, page::html(&catalogue, &places).as_bytes())?,
        Some("png") => picture(&catalogue, &places).write(&args.output)?,
        _ => bail!("no such kind of map"),
    }
    let songs = places.len();
    Ok(writeln!(std::io::stdout(), "{}: {songs} songs, {new} of them placed anew", args.output.display())?)
}

fn picture(catalogue: &Catalogue, places: &[[f32; 2]]) -> Picture {
    let mut picture = Picture::new(SIZE, SIZE, PAPER);
    let entries = catalogue.entries();
    let half = SIZE as f32 / 2.0;
    let shown = catalogue.shown();
    for position in &shown {
        let (entry, place) = (&entries[*position], places[*position]);
        let [x, y] = place.map(|number| (half + number * (half - MARGIN)) as i32);
        for (dx, dy) in (-DOT..=DOT)
            .flat_map(|dx| (-DOT..=DOT).map(move |dy| (dx, dy)))
            .filter(|(dx, dy)| dx * dx + dy * dy <= DOT * DOT)
        {
            picture.blend((x + dx) as u32, (y + dy) as u32, GENRE_COLOURS[entry.colour], 0.85);
        }
        if shown.len() <= NAMED {
            let name: String = entry.name().chars().take(36).collect();
            let left = (x + DOT + 4).min((SIZE - lettering::width(&name)) as i32);
            lettering::write(&mut picture, left as u32, (y - 3) as u32, &name, INK);
        }
    }
    let present = (0..GENRES.len()).filter(|genre| entries.iter().any(|entry| entry.colour == *genre));
    for (row, genre) in present.enumerate() {
        lettering::write(&mut picture, 10, 10 + 14 * row as u32, GENRES[genre], GENRE_COLOURS[genre]);
    }
    picture
}
