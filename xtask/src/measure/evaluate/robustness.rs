//! `cargo xtask evaluate robustness`: what must not blow up, and what degrades.

use anyhow::{Context, Result};
use serde::Serialize;
use songweave_audio::draft::write_bytes;
use songweave_engine::mash::studio::Decider;
use songweave_measure::mash::robustness::{Figures, measure};
use songweave_measure::mash::robustness_cases::Cases;
use songweave_models::studio::StudioNetwork;

use super::{RobustnessArgs, bar, network};
use crate::build::bundle::studio;

/// What is written.
#[derive(Serialize)]
struct Report {
    /// Digest of the weights.
    model: String,
    /// Parameters of the network.
    parameters: usize,
    /// What was measured.
    cases: Vec<Figures>,
    /// What could not be for want of data.
    left_out: Vec<String>,
}

pub(super) fn run(args: &RobustnessArgs) -> Result<()> {
    let network = network(args.weights.as_deref())?;
    studio::provide()?;
    let weights = studio::path();
    let studio = std::fs::read(&weights).with_context(|| format!("cannot read {}", weights.display()))?;
    let studio = Decider::from(StudioNetwork::from_bytes(&studio)?);
    let cases = Cases::open(&args.data)?;
    let bar = bar(cases.cases.len());
    let mut measured: Vec<Figures> = Vec::new();
    for case in &cases.cases {
        bar.set_message(case.name.clone());
        let reference = measured.first().cloned();
        measured.push(measure(case, reference.as_ref(), &network, Some(&studio)).map_err(anyhow::Error::msg)?);
        bar.inc(1);
    }
    bar.finish_and_clear();
    measured.iter().for_each(print);
    cases.left_out.iter().for_each(|reason| println!("left out: {reason}"));
    let report = Report {
        model: network.digest().to_owned(),
        parameters: network.parameters(),
        cases: measured,
        left_out: cases.left_out,
    };
    write_bytes(&args.json, &serde_json::to_vec_pretty(&report)?)?;
    println!("Figures: {}", args.json.display());
    Ok(())
}

fn print(figures: &Figures) {
    println!("{} ({})", figures.case, figures.about);
    println!("  {}", figures.verdict);
    if let Some(voice) = &figures.voice {
        println!(
            "  voice alone SDR {:.2} dB (untouched {:.2}, oracle {:.2})",
            voice.plugin_sdr, voice.unprocessed_sdr, voice.oracle_sdr
        );
    }
    if let Some(mix) = &figures.mix {
        println!(
            "  voice of A over the rest of B: SI-SDR {:.2} dB (plain sum {:.2}, no network {:.2}, ducker {:.2}, oracle {:.2})",
            mix.plugin, mix.plain_sum, mix.crossfade, mix.ducker, mix.oracle
        );
    }
    let heard = figures.heard_as_voice.map(|share| share.map_or("silent".to_owned(), |share| format!("{share:.1} dB")));
    println!(
        "  peak {:+.1} dB against both inputs, in Studio quality {:+.1} dB; heard as voice: {} of A, {} of B",
        figures.peak,
        figures.studio_peak.unwrap_or(f64::NAN),
        heard[0],
        heard[1]
    );
}
