//! `cargo xtask evaluate instruments`: notes of the instrument networks against the sound font.

mod pictures;
mod print;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use songweave_audio::draft::write_bytes;
use songweave_measure::notes::instrument_report::{self, Note};
use songweave_models::instruments::{InstrumentNetwork, PROGRAMS};
use songweave_synth::instruments::soundfont::{DEFAULT_PATH, Instruments};

use super::bar;

/// What the command takes.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Where to write the figures
    #[arg(long, value_name = "FILE")]
    json: PathBuf,
    /// Folder for spectrograms, the sound font's above ours
    #[arg(long, value_name = "DIR")]
    pictures: Option<PathBuf>,
    /// Only these programs
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    program: Vec<String>,
    /// A weight file instead of the built-in networks
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// A General MIDI sound font
    #[arg(long, value_name = "FILE", default_value = DEFAULT_PATH)]
    soundfont: PathBuf,
}

impl Args {
    pub(super) fn json(&self) -> &Path {
        &self.json
    }
}

/// Runs the command.
pub(super) fn run(args: &Args) -> Result<()> {
    let chosen = chosen(&args.program)?;
    let mut network = network(args.weights.as_deref())?;
    let font = Instruments::load(&args.soundfont)?;
    if let Some(folder) = &args.pictures {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let bar = bar(instrument_report::notes(&chosen));
    let report = instrument_report::measure(&mut network, &font, &chosen, |note| {
        bar.set_message(note.program);
        bar.inc(1);
        draw(args.pictures.as_deref(), note)
    })?;
    bar.finish_and_clear();
    print::report(&report);
    write_bytes(&args.json, &serde_json::to_vec_pretty(&report)?)?;
    println!("Figures: {}", args.json.display());
    Ok(())
}

/// Draws a typical note, where pictures are wanted.
fn draw(folder: Option<&Path>, note: &Note<'_>) -> Result<()> {
    let Some(folder) = folder.filter(|_| note.is_typical) else { return Ok(()) };
    let file = format!("{}-{}.png", note.program.to_lowercase().replace(' ', "-"), note.register);
    pictures::write(note.truth, note.drawn, &folder.join(file))
}

fn network(weights: Option<&Path>) -> Result<InstrumentNetwork> {
    let Some(path) = weights else { return Ok(InstrumentNetwork::embedded()?) };
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    InstrumentNetwork::from_bytes(&bytes).with_context(|| path.display().to_string())
}

fn chosen(names: &[String]) -> Result<Vec<usize>> {
    let known = || PROGRAMS.map(|program| program.name).join(", ");
    let index = |name: &String| match PROGRAMS.iter().position(|one| one.name.eq_ignore_ascii_case(name.trim())) {
        Some(index) => Ok(index),
        None => bail!("--program: there is no program \"{name}\"; there are {}", known()),
    };
    let chosen = names.iter().map(index).collect::<Result<Vec<_>>>()?;
    ensure!(names.is_empty() || !chosen.is_empty(), "--program names no program; there are {}", known());
    Ok(if names.is_empty() { (0..PROGRAMS.len()).collect() } else { chosen })
}
