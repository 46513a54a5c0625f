//! `songweave suggest`.

use std::{io::Write, path::PathBuf};

use anyhow::Result;
use serde_json::json;
use songweave_cli::render;
use songweave_library::{
    partners::{Partner, partners},
    similarity::{
        catalogue::{Catalogue, Entry},
        filter::Filter,
        search::{Wish, suggest},
    },
};

use crate::installed::installed;

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
  songweave suggest vocals.flac --for-mash --render 3 --render-to mashes

The song need not be in the library. Other versions of a song are named beside it, not one by one.")]
pub(crate) struct Args {
    /// A song, or a part of one as in FILE@1:30-2:00
    #[arg(value_name = "FILE|PART")]
    song: String,
    /// Rank by how well songs go with it in a mash: key and transposition, tempo, density, register, similarity
    #[arg(long)]
    for_mash: bool,
    /// Mash the song with the first N partners through the plugin, keys matched, one WAV file each
    #[arg(long, value_name = "N", requires = "for_mash", value_parser = clap::value_parser!(u8).range(1..=50))]
    render: Option<u8>,
    /// Folder for them
    #[arg(long, value_name = "DIR", default_value = ".", requires = "render")]
    render_to: PathBuf,
    /// Suggestions at most
    #[arg(long, default_value_t = 10)]
    limit: usize,
    /// Songs of one artist at most; 0 = any number
    #[arg(long, default_value_t = 2)]
    per_artist: usize,
    #[command(flatten)]
    conditions: Conditions,
}

/// Songs of a server's library among which it is suggested.
const NEAR: usize = 400;

/// Suggests songs.
pub(crate) fn run(place: &Place, args: &Args) -> Result<()> {
    let store = place.read()?;
    let asked = ask(&*store, &args.song)?;
    let wish = Wish { limit: args.limit, per_artist: args.per_artist, filter: args.conditions.filter()? };
    // Conditions, and partners from far away, ask for all songs.
    let near = !args.for_mash && wish.filter == Filter::default() && wish.limit <= NEAR / 8;
    let catalogue = if near { Catalogue::around(&*store, &asked.vector, NEAR)? } else { Catalogue::load(&*store)? };
    let asked = asked.among(&catalogue);
    if !args.for_mash {
        return alike(place, &catalogue, &asked, &wish);
    }
    let found = partners(&*store, &catalogue, &asked.query, &asked.sound.music(), &wish)?;
    for_mash(place, &catalogue, &asked, &found)?;
    let first = found.iter().take(args.render.map_or(0, usize::from)).enumerate();
    first
        .map(|(at, partner)| (at + 1, partner, &catalogue.entries()[partner.position]))
        .try_for_each(|(number, partner, entry)| mash(args, number, &asked, partner, entry))
}

/// Mashes the song with a partner, as the plugin does out of the box: its vocals over the rest of the other, which is transposed into
/// its key.
fn mash(args: &Args, number: usize, asked: &Asked, partner: &Partner, entry: &Entry) -> Result<()> {
    let plain = |text: &str| {
        let letters = text.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
        letters.take(40).collect::<String>()
    };
    let name = format!("{number} {} with {}.wav", plain(&asked.query.entry.title), plain(&entry.title));
    let output = args.render_to.join(name).display().to_string();
    let transposition = format!("transpose_b={}", partner.transposition);
    let songs = ["--input", &asked.query.entry.path, "--sidechain", &entry.path, "--output", &output];
    let words = ["--mode", "mash", "--param", &transposition].into_iter().chain(songs);
    let words: Vec<String> = words.map(str::to_owned).collect();
    render::run(&render::Args::parse_line(&words)?, installed)
}

fn alike(place: &Place, catalogue: &Catalogue, asked: &Asked, wish: &Wish) -> Result<()> {
    let found = suggest(catalogue, &asked.query, wish);
    let entries = catalogue.entries();
    let mut out = std::io::stdout().lock();
    if place.json {
        let songs = found.iter().map(|found| {
            let versions: Vec<_> = found.versions.iter().map(|version| entries[*version].path.as_str()).collect();
            json!({ "song": shown::json(&entries[found.position]), "similarity": found.similarity, "why": found.why, "versions": versions })
        });
        let all = json!({ "query": shown::json(&asked.query.entry), "suggestions": songs.collect::<Vec<_>>() });
        return Ok(writeln!(out, "{all:#}")?);
    }
    writeln!(out, "With {} ({}):", asked.query.entry.name(), shown::facts(&asked.query.entry))?;
    for (number, found) in found.iter().enumerate() {
        let entry = &entries[found.position];
        writeln!(out, "{:3}. {} – {}", number + 1, entry.name(), found.why)?;
        writeln!(out, "     {:.2}  {}", found.similarity, entry.path)?;
        for version in &found.versions {
            writeln!(out, "     also {}", entries[*version].path)?;
        }
    }
    Ok(none(&mut out, found.is_empty())?)
}

fn none(out: &mut impl Write, empty: bool) -> std::io::Result<()> {
    if empty { writeln!(out, "  nothing in the library passes") } else { Ok(()) }
}

fn for_mash(place: &Place, catalogue: &Catalogue, asked: &Asked, found: &[Partner]) -> Result<()> {
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
