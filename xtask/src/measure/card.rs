//! `cargo xtask card`: the card of a network, written from measured JSON and from prose that no measurement gives.

mod inputs;
mod prose;
mod render;
mod tables;
mod template;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Subcommand;
use serde_json::Value;
use songweave_audio::draft::write_bytes;
use songweave_models::mash::MashNetwork;

use crate::project;
use inputs::{Inputs, Kind};
use prose::Prose;

/// Writes the card of a network from measured figures.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// models/weights/mash.card.md, from models/weights/figures, mash.training.json and mash.limits.md
    Mash(MashArgs),
    /// models/weights/band.card.md, from band.template.md and the figures that it names
    Band,
    /// models/weights/instruments.card.md, from instruments.template.md and the figures that it names
    Instruments,
    /// models/weights/listener.card.md, from listener.template.md and the figures that it names
    Listener,
    /// models/weights/melody.card.md, from melody.template.md and the figures that it names
    Melody,
}

#[derive(clap::Args)]
struct MashArgs {
    /// Figures to take over into models/weights/figures: JSON of `evaluate mash`, `evaluate robustness`, `evaluate vocals`, `bench`, a comparison of
    /// architectures or of ablations
    #[arg(long, value_name = "FILE,FILE", value_delimiter = ',')]
    figures: Vec<PathBuf>,
    /// Folders whose JSON files of these kinds are taken over as well
    #[arg(long, value_name = "DIR", num_args = 1..)]
    runs: Vec<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// A file is missing, is not of a known kind, or was measured with other weights.
pub(crate) fn run(args: &Args) -> Result<()> {
    match &args.what {
        What::Mash(args) => mash(args),
        What::Band => from_template("band"),
        What::Instruments => from_template("instruments"),
        What::Listener => from_template("listener"),
        What::Melody => from_template("melody"),
    }
}

fn from_template(kind: &str) -> Result<()> {
    let weights = project::root().join("models/weights");
    let card = weights.join(format!("{kind}.card.md"));
    write_bytes(&card, template::card(kind, &weights)?.as_bytes())?;
    println!("Card: {}", card.display());
    Ok(())
}

fn mash(args: &MashArgs) -> Result<()> {
    let weights = project::root().join("models/weights");
    let figures = weights.join("figures");
    std::fs::create_dir_all(&figures).with_context(|| format!("cannot make the folder {}", figures.display()))?;
    let own = MashNetwork::embedded()?.digest().to_owned();
    for path in &args.figures {
        let kind = take_over(path, &figures, &own)?;
        ensure!(
            kind.is_some(),
            "{}: no figures that a card can show; give what evaluate, bench or a comparison wrote",
            path.display()
        );
    }
    for folder in &args.runs {
        for path in json_files(folder)? {
            take_over(&path, &figures, &own)?;
        }
    }
    let inputs = Inputs::read(&json_files(&figures)?, &weights.join("mash.training.json"), &own)?;
    let prose = Prose::read(&weights.join("mash.limits.md"))?;
    let card = weights.join("mash.card.md");
    write_bytes(&card, render::card(&inputs, &prose)?.as_bytes())?;
    println!("Card: {}", card.display());
    Ok(())
}

/// Copies a file of figures under the name of its kind; `None` when it holds none.
fn take_over(path: &Path, figures: &Path, own: &str) -> Result<Option<Kind>> {
    let mut value = inputs::parse(path)?;
    let Some(kind) = Kind::of(&value) else { return Ok(None) };
    inputs::same_weights(path, &value, kind, own)?;
    round(&mut value);
    let stem = path.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().to_lowercase());
    let name = match kind.file_name() {
        // There may be several: each keeps its name.
        name @ "evaluation" if stem.starts_with(name) => stem,
        name @ "evaluation" => format!("{name}-{stem}"),
        name => name.to_owned(),
    };
    write_bytes(&figures.join(format!("{name}.json")), format!("{value:#}\n").as_bytes())?;
    Ok(Some(kind))
}

/// Six digits are more than was measured.
fn round(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => {
            let rounded = number.as_f64().and_then(|number| format!("{number:.5e}").parse::<f64>().ok());
            *value = rounded.map_or(Value::Null, Value::from);
        }
        Value::Array(values) => values.iter_mut().for_each(round),
        Value::Object(fields) => fields.values_mut().for_each(round),
        _ => {}
    }
}

/// The JSON files of a folder in order of name.
fn json_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder).with_context(|| format!("cannot read the folder {}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests;
