//! `cargo xtask evaluate groove`: the arranger's drums against Groove's test split, its bass against POP909's test songs.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use songweave_measure::band::groove::{groove_figures::Report, groove_statistics::Recited};
use songweave_models::groove::{DRUM_NAMES, GrooveNetwork};
use songweave_score::{
    performances::{drum_clips::drum_clips, piano_clips::piano_clips},
    split::Split,
};

/// What the command takes.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The data folder with groove and pop909
    #[arg(long, value_name = "DIR", default_value = crate::data::dataset::DATA)]
    data: PathBuf,
    /// Where to write the figures
    #[arg(long, value_name = "FILE")]
    json: PathBuf,
}

impl Args {
    pub(super) fn json(&self) -> &Path {
        &self.json
    }
}

pub(super) fn run(args: &Args) -> Result<()> {
    let clips = drum_clips(&args.data.join("groove"))?;
    let songs = piano_clips(&args.data.join("pop909/POP909"), Split::Test)?;
    ensure!(!songs.is_empty(), "{}: no test songs of POP909 here", args.data.display());
    let report = Report::measure(GrooveNetwork::embedded()?, &clips, &songs)?;
    print(&report);
    let text = serde_json::to_string_pretty(&report)?;
    std::fs::write(&args.json, text + "\n").with_context(|| format!("cannot write {}", args.json.display()))
}

fn print(report: &Report) {
    println!("{} parameters", report.parameters);
    for style in &report.styles {
        println!("{}", style.style);
        let test = style.test.as_ref().map(|test| ("test", test));
        let rows = [("generated", &style.generated)].into_iter().chain(test);
        for (name, figures) in rows.chain([("train", &style.train), ("marginals", &style.marginals)]) {
            let hits: Vec<String> =
                DRUM_NAMES.iter().zip(figures.hits_per_bar).map(|(drum, hits)| format!("{drum} {hits:.1}")).collect();
            println!(
                "  {name:<9} {} bars, hits a bar: {}; velocity {:.0} ± {:.0}; like the last bar {:.2}, the last but one {:.2}",
                figures.bars,
                hits.join(", "),
                figures.velocity,
                figures.velocity_deviation,
                figures.like_the_last,
                figures.like_the_last_but_one,
            );
        }
        for placement in &style.placement {
            println!(
                "  placement {:<9} kick {:.2}, snare {:.2} from the test split's",
                placement.of, placement.kick, placement.snare
            );
        }
        recited("recited", &style.recited);
        style.recited_by_test.iter().for_each(|test| recited("by test", test));
    }
    for bass in &report.bass {
        let intervals: Vec<String> = bass.intervals.iter().map(|share| format!("{share:.2}")).collect();
        println!(
            "bass, {}: {:.1} onsets a bar, {:.2} of the changes played, {:.2} of these with the root; intervals {}",
            bass.of,
            bass.onsets_per_bar,
            bass.changes_played,
            bass.roots_on_changes,
            intervals.join(" ")
        );
    }
    println!("bass intervals: distance {:.2}; on the grid: {:.3}", report.bass_interval_distance, report.on_grid);
    let cost = &report.microseconds;
    println!(
        "a step costs {:.1} µs (p50), {:.1} (p99), {:.0} where a section is generated, {:.0} at most",
        cost.p50, cost.p99, cost.section, cost.most
    );
}

fn recited(name: &str, figures: &Recited) {
    println!(
        "  {name:<9} longest run {} bars, {} new ones; {:.0} % of the bars are in the training data",
        figures.longest_run,
        figures.longest_run_of_new_bars,
        100.0 * figures.bars_known
    );
}
