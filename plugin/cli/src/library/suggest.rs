//! `songweave suggest`.

use std::io::Write;

use anyhow::Result;
use serde_json::json;
use songweave_library::{
    likeness::{
        catalogue::Catalogue,
        search::{Wish, suggest},
    },
    partners::{Partner, partners},
    store::Store,
};

use super::{
    Conditions, Place,
    asked::{Asked, ask},
    shown,
};

/// What the command takes.
#[derive(clap::Args)]
#[command(after_help = "Examples:
  songweave suggest song.mp3
  songweave suggest song.mp3@1:30-2:00 --genre soul --tempo 90-110
  songweave suggest vocals.flac --for-mash --limit 5 --json

The song need not be in the library. Other versions of a song are named beside it, not one by one.")]
pub(crate) struct Args {
    /// A song, or a part of one as in FILE@1:30-2:00
    #[arg(value_name = "FILE|PART")]
    song: String,
    /// Rank by how well songs go with it in a mash: key and transposition, tempo, density, register, likeness
    #[arg(long)]
    for_mash: bool,
    /// Suggestions at most
    #[arg(long, default_value_t = 10)]
    limit: usize,
    /// Songs of one artist at most; 0 = any number
    #[arg(long, default_value_t = 2)]
    per_artist: usize,
    #[command(flatten)]
    conditions: Conditions,
}

/// Suggests songs.
pub(crate) fn run(place: &Place, args: &Args) -> Result<()> {
    let store = place.read()?;
    let catalogue = Catalogue::load(&store)?;
    let asked = ask(&store, &catalogue, &args.song)?;
    let wish = Wish { limit: args.limit, per_artist: args.per_artist, filter: args.conditions.filter()? };
    if args.for_mash {
        for_mash(place, &store, &catalogue, &asked, &wish)
    } else {
        alike(place, &catalogue, &asked, &wish)
    }
}

fn alike(place: &Place, catalogue: &Catalogue, asked: &Asked, wish: &Wish) -> Result<()> {
    let found = suggest(catalogue, &asked.query, wish);
    let entries = catalogue.entries();
    let mut out = std::io::stdout().lock();
    if place.json {
        let songs = found.iter().map(|found| {
            let versions: Vec<_> = found.versions.iter().map(|version| entries[*version].path.as_str()).collect();
            json!({ "song": shown::json(&entries[found.position]), "likeness": found.likeness, "why": found.why, "versions": versions })
        });
        let all = json!({ "query": shown::json(&asked.query.entry), "suggestions": songs.collect::<Vec<_>>() });
        return Ok(writeln!(out, "{all:#}")?);
    }
    writeln!(out, "With {} ({}):", asked.query.entry.name(), shown::facts(&asked.query.entry))?;
    for (number, found) in found.iter().enumerate() {
        let entry = &entries[found.position];
        writeln!(out, "{:3}. {} – {}", number + 1, entry.name(), found.why)?;
        writeln!(out, "     {:.2}  {}", found.likeness, entry.path)?;
        for version in &found.versions {
            writeln!(out, "     also {}", entries[*version].path)?;
        }
    }
    Ok(none(&mut out, found.is_empty())?)
}

fn none(out: &mut impl Write, empty: bool) -> std::io::Result<()> {
    if empty { writeln!(out, "  nothing in the library passes") } else { Ok(()) }
}

fn for_mash(place: &Place, store: &dyn Store, catalogue: &Catalogue, asked: &Asked, wish: &Wish) -> Result<()> {
    let found = partners(store, catalogue, &asked.query, &asked.sound, wish)?;
    let entries = catalogue.entries();
    let mut out = std::io::stdout().lock();
    if place.json {
        let songs = found.iter().map(|found| {
            let Partner { score, fit, transposition, stretch, why, .. } = found;
            json!({
                "song": shown::json(&entries[found.position]),
                "score": score,
                "fit": { "key": fit.key, "tempo": fit.tempo, "density": fit.density, "register": fit.register },
                "transposition": transposition,
                "stretch": stretch.map(|stretch| stretch.0),
                "beats_per_beat": stretch.map(|stretch| stretch.1),
                "why": why,
            })
        });
        let all = json!({ "query": shown::json(&asked.query.entry), "partners": songs.collect::<Vec<_>>() });
        return Ok(writeln!(out, "{all:#}")?);
    }
    writeln!(out, "Partners of {} ({}):", asked.query.entry.name(), shown::facts(&asked.query.entry))?;
    for (number, found) in found.iter().enumerate() {
        let entry = &entries[found.position];
        writeln!(out, "{:3}. {} – {}", number + 1, entry.name(), found.why)?;
        writeln!(out, "     {:.2}  {}", found.score, entry.path)?;
    }
    Ok(none(&mut out, found.is_empty())?)
}
