//! `cargo xtask evaluate`: what the modes are worth, measured with the Rust runtime only.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;
use songweave_models::mash::MashNetwork;
use songweave_studio::{
    evaluation::{PairFigures, RECIPES, Subject, measure_pair},
    metrics::Spread,
    real_stems::{self, TEST_SONGS, folder_name},
    write::write_bytes,
};

/// Rate in Hz at which is measured.
const RATE: u32 = 44_100;

/// Measures a mode on songs whose parts are known.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    mode: Mode,
}

#[derive(Subcommand)]
enum Mode {
    /// Mash: SI-SDR of mixes against the true parts, beside plain sum, ducker and oracle mask
    Mash(MashArgs),
    /// The listener: key and tempo of songs whose score is known, beside a fixed answer
    Key(crate::evaluate_key::Args),
}

#[derive(clap::Args)]
struct MashArgs {
    /// A folder of songs, each a folder with vocals, drums, bass, other (.wav .flac .mp3 .m4a .ogg) or *_Stem_NAME files
    /// [default: the test songs of ../shared/data/stems]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where to write the figures
    #[arg(long, value_name = "FILE")]
    json: PathBuf,
    /// Measure only so many seconds from the middle of each song
    #[arg(long)]
    seconds: Option<f64>,
    /// A weight file instead of the built-in network
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
}

/// What is written.
#[derive(Serialize)]
struct Report {
    model: String,
    parameters: usize,
    sample_rate: u32,
    songs: BTreeSet<String>,
    overall: Vec<Overall>,
    vocals_alone: Option<VocalsOverall>,
    pairs: Vec<PairFigures>,
}

/// A recipe over all pairs, SI-SDR in dB.
#[derive(Serialize)]
struct Overall {
    recipe: &'static str,
    description: &'static str,
    pairs: usize,
    plugin: Spread,
    plain_sum: Spread,
    crossfade: Spread,
    ducker: Spread,
    oracle: Spread,
    improvement: Spread,
    of_the_way: Spread,
    plugin_sdr: Spread,
}

/// The voice alone over all pairs, SDR in dB.
#[derive(Serialize)]
struct VocalsOverall {
    plugin_sdr: Spread,
    unprocessed_sdr: Spread,
    oracle_sdr: Spread,
}

/// Runs the command.
///
/// # Errors
/// Songs or weights cannot be read, or the figures cannot be written.
pub(crate) fn run(args: Args) -> Result<()> {
    let args = match args.mode {
        Mode::Mash(args) => args,
        Mode::Key(args) => return crate::evaluate_key::run(&args),
    };
    let network = network(args.weights.as_deref())?;
    let pairs = pairs(&folders(args.data.as_deref())?, args.seconds, &network)?;
    let report = report(&network, pairs);
    print(&report);
    write_bytes(&args.json, &serde_json::to_vec_pretty(&report)?)?;
    println!("Figures: {}", args.json.display());
    Ok(())
}

fn network(weights: Option<&Path>) -> Result<MashNetwork> {
    let Some(path) = weights else { return Ok(MashNetwork::embedded()?) };
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    MashNetwork::from_bytes(&bytes).with_context(|| path.display().to_string())
}

/// Folders of the songs to measure.
fn folders(data: Option<&Path>) -> Result<Vec<PathBuf>> {
    let Some(data) = data else {
        let folder = Path::new(crate::dataset::DATA).join("stems/src");
        return Ok(TEST_SONGS.iter().map(|name| folder.join(name)).collect());
    };
    let entries = std::fs::read_dir(data).with_context(|| format!("cannot read the folder {}", data.display()))?;
    let mut folders: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_dir() && real_stems::stem_files(path).is_ok())
        .collect();
    folders.sort();
    if folders.len() < 2 {
        bail!(
            "{}: {} songs here, two are needed; put each song's stems into a folder of its own",
            data.display(),
            folders.len()
        );
    }
    Ok(folders)
}

/// Measures all ordered pairs. Never more than two songs are in memory.
fn pairs(folders: &[PathBuf], seconds: Option<f64>, network: &MashNetwork) -> Result<Vec<PairFigures>> {
    let bar = bar((folders.len() * (folders.len() - 1)) as u64);
    let mut pairs = Vec::new();
    for (index, folder) in folders.iter().enumerate() {
        let one = subject(folder, seconds, &bar)?;
        for folder in &folders[index + 1..] {
            let other = subject(folder, seconds, &bar)?;
            for (a, b) in [(&one, &other), (&other, &one)] {
                bar.set_message(format!("measuring {} with {}", a.name, b.name));
                pairs.push(measure_pair(a, b, network).map_err(anyhow::Error::msg)?);
                bar.inc(1);
            }
        }
    }
    bar.finish_and_clear();
    Ok(pairs)
}

fn subject(folder: &Path, seconds: Option<f64>, bar: &ProgressBar) -> Result<Subject> {
    bar.set_message(format!("reading {}", folder_name(folder)));
    Ok(Subject::new(&real_stems::load(folder, RATE)?, seconds))
}

fn bar(length: u64) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}").unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(length).with_style(style)
}

fn report(network: &MashNetwork, pairs: Vec<PairFigures>) -> Report {
    let overall = RECIPES.iter().filter_map(|recipe| overall(recipe.name, recipe.description, &pairs)).collect();
    Report {
        model: network.digest().to_owned(),
        parameters: network.parameters(),
        sample_rate: RATE,
        songs: pairs.iter().map(|pair| pair.a.clone()).collect::<BTreeSet<_>>(),
        overall,
        vocals_alone: vocals_overall(&pairs),
        pairs,
    }
}

fn overall(recipe: &'static str, description: &'static str, pairs: &[PairFigures]) -> Option<Overall> {
    let figures: Vec<_> = pairs
        .iter()
        .flat_map(|pair| &pair.recipes)
        .filter(|(name, _)| *name == recipe)
        .map(|(_, figures)| figures)
        .collect();
    let spread = |figure: &dyn Fn(usize) -> f64| Spread::of(&(0..figures.len()).map(figure).collect::<Vec<_>>());
    Some(Overall {
        recipe,
        description,
        pairs: figures.len(),
        plugin: spread(&|pair| figures[pair].plugin.si_sdr)?,
        plain_sum: spread(&|pair| figures[pair].plain_sum.si_sdr)?,
        crossfade: spread(&|pair| figures[pair].crossfade.si_sdr)?,
        ducker: spread(&|pair| figures[pair].ducker.si_sdr)?,
        oracle: spread(&|pair| figures[pair].oracle.si_sdr)?,
        improvement: spread(&|pair| figures[pair].improvement)?,
        of_the_way: spread(&|pair| figures[pair].of_the_way)?,
        plugin_sdr: spread(&|pair| figures[pair].plugin.sdr)?,
    })
}

fn vocals_overall(pairs: &[PairFigures]) -> Option<VocalsOverall> {
    let alone: Vec<_> = pairs.iter().filter_map(|pair| pair.vocals_alone).collect();
    Some(VocalsOverall {
        plugin_sdr: Spread::of(&alone.iter().map(|figures| figures.plugin.sdr).collect::<Vec<_>>())?,
        unprocessed_sdr: Spread::of(&alone.iter().map(|figures| figures.unprocessed.sdr).collect::<Vec<_>>())?,
        oracle_sdr: Spread::of(&alone.iter().map(|figures| figures.oracle.sdr).collect::<Vec<_>>())?,
    })
}

fn print(report: &Report) {
    println!("SI-SDR in dB        plugin  plain sum  no network   ducker   oracle   better by  of the way");
    for pair in &report.pairs {
        println!("{} with {} ({:.0} s, {:.0} times real time)", pair.a, pair.b, pair.seconds, pair.times_real_time);
        for (name, figures) in &pair.recipes {
            let levels = [figures.plugin, figures.plain_sum, figures.crossfade, figures.ducker, figures.oracle];
            row(name, levels.map(|near| near.si_sdr), figures.improvement, figures.of_the_way);
        }
        if let Some(alone) = pair.vocals_alone {
            let [plugin, raw, oracle] = [alone.plugin, alone.unprocessed, alone.oracle].map(|near| near.sdr);
            println!("  voice alone, SDR {plugin:7.2} (untouched {raw:.2}, oracle {oracle:.2})");
        }
    }
    println!("All pairs, mean");
    for overall in &report.overall {
        let levels = [&overall.plugin, &overall.plain_sum, &overall.crossfade, &overall.ducker, &overall.oracle];
        row(overall.recipe, levels.map(|spread| spread.mean), overall.improvement.mean, overall.of_the_way.mean);
        println!("    better by {:.2} to {:.2} dB", overall.improvement.min, overall.improvement.max);
    }
}

fn row(name: &str, [plugin, sum, crossfade, ducker, oracle]: [f64; 5], improvement: f64, of_the_way: f64) {
    let way = 100.0 * of_the_way;
    println!(
        "  {name:<16} {plugin:7.2}    {sum:7.2}     {crossfade:7.2}  {ducker:7.2}  {oracle:7.2}     {improvement:7.2}     {way:5.0} %"
    );
}
