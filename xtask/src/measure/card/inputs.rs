//! The figures that a card is made from.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use songweave_measure::{mash::vocals::VocalFigures, statistics::Estimate};

/// What a file of figures holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Evaluation,
    Robustness,
    Vocals,
    Bench,
    Architectures,
    Ablations,
}

impl Kind {
    /// By its fields; `None` of anything else.
    pub(super) fn of(value: &Value) -> Option<Self> {
        let has = |name: &str| value.get(name).is_some();
        [
            (Self::Evaluation, has("overall") && has("pairs")),
            (Self::Robustness, has("cases")),
            (Self::Vocals, has("mixtures") && has("mean")),
            (Self::Bench, has("missed_hops")),
            (Self::Architectures, has("architectures")),
            (Self::Ablations, has("ablations")),
        ]
        .into_iter()
        .find_map(|(kind, is)| is.then_some(kind))
    }

    /// Name of its file, without extension.
    pub(super) const fn file_name(self) -> &'static str {
        match self {
            Self::Evaluation => "evaluation",
            Self::Robustness => "robustness",
            Self::Vocals => "vocals",
            Self::Bench => "bench",
            Self::Architectures => "architectures",
            Self::Ablations => "ablations",
        }
    }
}

/// Everything that was measured.
#[derive(Default)]
pub(super) struct Inputs {
    pub(super) evaluations: Vec<Evaluation>,
    pub(super) robustness: Option<Robustness>,
    pub(super) vocals: Option<Vocals>,
    pub(super) bench: Option<Value>,
    pub(super) architectures: Vec<Candidate>,
    pub(super) ablations: Vec<Candidate>,
    /// `mash.training.json` as the trainer wrote it.
    pub(super) training: Value,
}

/// What `cargo xtask evaluate mash` writes, as far as the card shows it.
#[derive(Deserialize)]
pub(super) struct Evaluation {
    pub(super) seconds_of_each: Option<f64>,
    pub(super) auto: Option<Auto>,
    pub(super) overall: Summary,
    pub(super) songs: Vec<SongSummary>,
}

/// What `cargo xtask evaluate vocals` writes.
#[derive(Deserialize)]
pub(super) struct Vocals {
    pub(super) mixtures: Vec<VocalFigures>,
    pub(super) mean: VocalFigures,
}

#[derive(Deserialize)]
pub(super) struct Auto {
    pub(super) changes_per_bar: Estimate,
    pub(super) most_changes_in_a_bar: usize,
}

#[derive(Deserialize)]
pub(super) struct SongSummary {
    pub(super) song: String,
    #[serde(flatten)]
    pub(super) summary: Summary,
}

#[derive(Deserialize)]
pub(super) struct Summary {
    pub(super) recipes: Vec<Recipe>,
    pub(super) parts: Vec<Part>,
}

#[derive(Deserialize)]
pub(super) struct Recipe {
    pub(super) recipe: String,
    pub(super) description: String,
    pub(super) si_sdr: Systems,
    pub(super) sdr: Systems,
    pub(super) over_plain_sum: Estimate,
    pub(super) over_ducker: Estimate,
    pub(super) over_crossfade: Estimate,
    pub(super) of_the_way: Estimate,
    pub(super) leakage: Option<Leakage>,
    pub(super) roughness: Roughness,
    pub(super) flutter: Flutter,
}

#[derive(Deserialize)]
pub(super) struct Systems {
    pub(super) plugin: Estimate,
    pub(super) plain_sum: Estimate,
    pub(super) crossfade: Estimate,
    pub(super) ducker: Estimate,
    pub(super) oracle: Estimate,
}

#[derive(Deserialize)]
pub(super) struct Leakage {
    pub(super) plugin: Estimate,
    pub(super) plain_sum: Estimate,
    pub(super) oracle: Estimate,
    pub(super) parts: Vec<PartLeak>,
}

#[derive(Deserialize)]
pub(super) struct PartLeak {
    pub(super) song: String,
    pub(super) part: String,
    pub(super) plugin: Estimate,
}

#[derive(Deserialize)]
pub(super) struct Roughness {
    pub(super) plugin: Estimate,
    pub(super) plain_sum: Estimate,
    pub(super) truth: Estimate,
    pub(super) change: Estimate,
}

#[derive(Deserialize)]
pub(super) struct Flutter {
    pub(super) plugin: Estimate,
    pub(super) oracle: Estimate,
}

#[derive(Deserialize)]
pub(super) struct Part {
    pub(super) part: String,
    pub(super) sdr: Estimate,
    pub(super) si_sdr: Estimate,
    pub(super) median_second_sdr: Estimate,
    pub(super) unprocessed_sdr: Estimate,
    pub(super) oracle_sdr: Estimate,
}

/// What `cargo xtask evaluate robustness` writes.
#[derive(Deserialize)]
pub(super) struct Robustness {
    pub(super) cases: Vec<Case>,
    pub(super) left_out: Vec<String>,
}

#[derive(Deserialize)]
pub(super) struct Case {
    pub(super) case: String,
    pub(super) about: String,
    pub(super) verdict: String,
    pub(super) studio_peak: Option<f64>,
    pub(super) voice: Option<Voice>,
    pub(super) mix: Option<Mix>,
}

#[derive(Deserialize)]
pub(super) struct Voice {
    pub(super) plugin_sdr: f64,
    pub(super) unprocessed_sdr: f64,
    pub(super) oracle_sdr: f64,
}

#[derive(Deserialize)]
pub(super) struct Mix {
    pub(super) plugin: f64,
    pub(super) plain_sum: f64,
    pub(super) crossfade: f64,
    pub(super) oracle: f64,
}

/// An architecture, or a training without some of the data.
#[derive(Deserialize)]
pub(super) struct Candidate {
    pub(super) name: String,
    pub(super) parameters: Option<f64>,
    pub(super) macs_per_hop: Option<f64>,
    /// What it was trained on.
    pub(super) groups: Option<Value>,
    pub(super) steps: Option<f64>,
    /// Group of songs, then figure: `synthetic` → `gain_db`.
    #[serde(default)]
    pub(super) validation: BTreeMap<String, BTreeMap<String, f64>>,
    /// Figures of `evaluate`, or figures by name.
    pub(super) test: Option<Value>,
}

#[derive(Deserialize)]
struct Architectures {
    architectures: Vec<Candidate>,
}

#[derive(Deserialize)]
struct Ablations {
    ablations: Vec<Candidate>,
}

impl Inputs {
    /// Reads the figures' files and what the trainer wrote.
    ///
    /// # Errors
    /// A file cannot be read, is not what its kind should be, or was measured with weights other than `own`, by their digest.
    pub(super) fn read(files: &[PathBuf], training: &Path, own: &str) -> Result<Self> {
        let mut inputs = Self { training: parse(training)?, ..Self::default() };
        for path in files {
            let value = parse(path)?;
            let Some(kind) = Kind::of(&value) else { bail!("{}: no figures that a card can show", path.display()) };
            same_weights(path, &value, kind, own)?;
            inputs.add(kind, value).with_context(|| format!("{} is not as it is written today", path.display()))?;
        }
        Ok(inputs)
    }

    /// Takes one file's figures in.
    pub(super) fn add(&mut self, kind: Kind, value: Value) -> Result<()> {
        match kind {
            Kind::Evaluation => self.evaluations.push(typed(value)?),
            Kind::Robustness => self.robustness = Some(typed(value)?),
            Kind::Vocals => self.vocals = Some(typed(value)?),
            Kind::Bench => self.bench = Some(value),
            Kind::Architectures => self.architectures.extend(typed::<Architectures>(value)?.architectures),
            Kind::Ablations => self.ablations.extend(typed::<Ablations>(value)?.ablations),
        }
        Ok(())
    }
}

fn typed<T: DeserializeOwned>(value: Value) -> Result<T> {
    Ok(serde_json::from_value(value)?)
}

/// A JSON file.
pub(super) fn parse(path: &Path) -> Result<Value> {
    let text = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_slice(&text).with_context(|| format!("{} is no JSON", path.display()))
}

/// Refuses figures of other weights than those the card is about.
pub(super) fn same_weights(path: &Path, value: &Value, kind: Kind, own: &str) -> Result<()> {
    let measured = value.get("model").and_then(Value::as_str);
    ensure!(
        !matches!(kind, Kind::Evaluation | Kind::Robustness) || measured == Some(own),
        "{}: measured with other weights than models/weights/mash.safetensors; measure again or take the file away",
        path.display()
    );
    Ok(())
}
