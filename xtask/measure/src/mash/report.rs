//! Figures of pairs put together: per song and over all.

use std::collections::BTreeSet;

use serde::Serialize;
use songweave_dsp::stream::layout::Part;
use songweave_models::mash::MashNetwork;

use crate::{
    mash::{
        evaluation::{PairFigures, PartFigures, RECIPES, Recipe, RecipeFigures, Systems},
        metrics::{Comparison, Sums},
    },
    statistics::Estimate,
};

/// Seconds of the stretches that are drawn anew for intervals.
const STRETCH: usize = 10;

/// What is written.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Digest of the weights.
    pub model: String,
    /// Parameters of the network.
    pub parameters: usize,
    /// Rate in Hz at which was measured.
    pub sample_rate: u32,
    /// Seconds from the middle of each song; none = all of it.
    pub seconds_of_each: Option<f64>,
    /// What the intervals are.
    pub intervals: &'static str,
    /// What the lanes of `auto` do, over all pairs.
    pub auto: Option<AutoSummary>,
    /// Over all pairs.
    pub overall: Summary,
    /// Each song, over the pairs in which it is A.
    pub songs: Vec<SongSummary>,
    /// Each ordered pair.
    pub pairs: Vec<PairFigures>,
}

/// How often `auto` would change songs in a host without transport, in bars of two seconds.
#[derive(Debug, Serialize)]
pub struct AutoSummary {
    /// Mean.
    pub changes_per_bar: Estimate,
    /// In the bar with the most, of any pair.
    pub most_changes_in_a_bar: usize,
}

/// A song over the pairs in which it is A.
#[derive(Debug, Serialize)]
pub struct SongSummary {
    /// Name.
    pub song: String,
    /// Its figures.
    #[serde(flatten)]
    pub summary: Summary,
}

/// Some pairs put together.
#[derive(Debug, Serialize)]
pub struct Summary {
    /// Each recipe that could be measured.
    pub recipes: Vec<RecipeSummary>,
    /// Each part of A that is there.
    pub parts: Vec<PartSummary>,
}

/// A recipe over some pairs; SI-SDR, SDR, leakage in dB.
#[derive(Debug, Serialize)]
pub struct RecipeSummary {
    /// Name.
    pub recipe: &'static str,
    /// In words.
    pub description: &'static str,
    /// SI-SDR of the whole.
    pub si_sdr: Systems<Estimate>,
    /// SDR of the whole.
    pub sdr: Systems<Estimate>,
    /// SDR of the middle second.
    pub median_second_sdr: Systems<Estimate>,
    /// SI-SDR above the plain sum.
    pub over_plain_sum: Estimate,
    /// SI-SDR above the ducker.
    pub over_ducker: Estimate,
    /// SI-SDR above the crossfade.
    pub over_crossfade: Estimate,
    /// Share of the way from the plain sum to the oracle, 1 = oracle.
    pub of_the_way: Estimate,
    /// What is heard of what should not be.
    pub leakage: Option<LeakageSummary>,
    /// How rough it is.
    pub roughness: RoughnessSummary,
    /// How restless the mask is.
    pub flutter: FlutterSummary,
}

/// Energy of the unwanted against the wanted in dB.
#[derive(Debug, Serialize)]
pub struct LeakageSummary {
    /// The plugin.
    pub plugin: Estimate,
    /// Both songs added up.
    pub plain_sum: Estimate,
    /// The oracle mask.
    pub oracle: Estimate,
    /// Each unwanted part under the plugin's mask.
    pub parts: Vec<PartLeak>,
}

/// What is left of an unwanted part.
#[derive(Debug, Serialize)]
pub struct PartLeak {
    /// A or B.
    pub song: &'static str,
    /// Name of the part.
    pub part: &'static str,
    /// The plugin.
    pub plugin: Estimate,
}

/// Roughness over some pairs.
#[derive(Debug, Serialize)]
pub struct RoughnessSummary {
    /// The plugin.
    pub plugin: Estimate,
    /// Both songs added up.
    pub plain_sum: Estimate,
    /// The truth.
    pub truth: Estimate,
    /// Plugin against plain sum, -0.1 = a tenth less rough.
    pub change: Estimate,
}

/// Flutter of the mask over some pairs.
#[derive(Debug, Serialize)]
pub struct FlutterSummary {
    /// The plugin.
    pub plugin: Estimate,
    /// The oracle mask.
    pub oracle: Estimate,
}

/// A part of A alone over some pairs, in dB.
#[derive(Debug, Serialize)]
pub struct PartSummary {
    /// Name of the part.
    pub part: &'static str,
    /// SI-SDR under the plugin's mask.
    pub si_sdr: Estimate,
    /// SDR under the plugin's mask.
    pub sdr: Estimate,
    /// SDR of the middle second.
    pub median_second_sdr: Estimate,
    /// SDR of song A as it is.
    pub unprocessed_sdr: Estimate,
    /// SI-SDR of song A as it is.
    pub unprocessed_si_sdr: Estimate,
    /// SDR under the oracle mask.
    pub oracle_sdr: Estimate,
    /// SI-SDR under the oracle mask.
    pub oracle_si_sdr: Estimate,
}

impl Report {
    /// Puts the figures of ordered pairs together: measured with `network` at `rate` Hz, `seconds` of each song.
    #[must_use]
    pub fn new(network: &MashNetwork, rate: u32, seconds: Option<f64>, pairs: Vec<PairFigures>) -> Self {
        let names: BTreeSet<&str> = pairs.iter().map(|pair| pair.a.as_str()).collect();
        let song = |name: &str| SongSummary {
            song: name.to_owned(),
            summary: Summary::of(&pairs.iter().filter(|pair| pair.a == name).collect::<Vec<_>>()),
        };
        let changes: Vec<f64> = pairs.iter().map(|pair| pair.auto.changes_per_bar).collect();
        let most = pairs.iter().map(|pair| pair.auto.most_changes_in_a_bar).max().unwrap_or(0);
        Self {
            auto: Estimate::of(&changes)
                .map(|changes_per_bar| AutoSummary { changes_per_bar, most_changes_in_a_bar: most }),
            model: network.digest().to_owned(),
            parameters: network.parameters(),
            sample_rate: rate,
            seconds_of_each: seconds,
            intervals: "95 %, bootstrap of 1,000 draws: by_pairs draws ordered pairs, by_stretches draws 10-second stretches \
                        within each pair",
            overall: Summary::of(&pairs.iter().collect::<Vec<_>>()),
            songs: names.into_iter().map(song).collect(),
            pairs,
        }
    }
}

impl Summary {
    fn of(pairs: &[&PairFigures]) -> Self {
        let recipe = |recipe: &Recipe| {
            let figures: Vec<&RecipeFigures> =
                pairs.iter().flat_map(|pair| &pair.recipes).filter(|figures| figures.recipe == recipe.name).collect();
            RecipeSummary::of(recipe.description, &figures)
        };
        let part = |part: Part| {
            let figures: Vec<&PartFigures> =
                pairs.iter().flat_map(|pair| &pair.parts).filter(|figures| figures.part == part.name()).collect();
            PartSummary::of(&figures)
        };
        Self {
            recipes: RECIPES.iter().filter_map(recipe).collect(),
            parts: Part::ALL.into_iter().filter_map(part).collect(),
        }
    }
}

impl RecipeSummary {
    fn of(description: &'static str, figures: &[&RecipeFigures]) -> Option<Self> {
        let stretches: Vec<Systems<Vec<Sums>>> =
            figures.iter().filter_map(|one| one.comparisons.map(|system| Some(system.stretches(STRETCH)))).collect();
        let counts: Vec<usize> = stretches.iter().map(|systems| systems.plugin.len()).collect();
        // Any figure that is made of one nearness per system, whole or of drawn stretches.
        let estimate = |level: Level, make: &dyn Fn(&Systems<f64>) -> f64| {
            let whole = |one: &&RecipeFigures| {
                Some(make(&one.comparisons.map(|system| level(&sum_all(&system.stretches(STRETCH))))?))
            };
            let figures: Vec<f64> = figures.iter().filter_map(whole).collect();
            let drawn = |pair: usize, drawn: &[usize]| {
                let levels = stretches[pair].map(|sums| level(&sum_of(sums, drawn)))?;
                Some(make(&levels))
            };
            Some(Estimate::of(&figures)?.with_stretches(&counts, drawn))
        };
        let systems = |level: Level| {
            Some(Systems {
                plugin: estimate(level, &|levels| levels.plugin)?,
                plain_sum: estimate(level, &|levels| levels.plain_sum)?,
                crossfade: estimate(level, &|levels| levels.crossfade)?,
                ducker: estimate(level, &|levels| levels.ducker)?,
                oracle: estimate(level, &|levels| levels.oracle)?,
            })
        };
        Some(Self {
            recipe: figures.first()?.recipe,
            description,
            si_sdr: systems(Sums::si_sdr)?,
            sdr: systems(Sums::sdr)?,
            median_second_sdr: medians(figures)?,
            over_plain_sum: estimate(Sums::si_sdr, &|levels| levels.plugin - levels.plain_sum)?,
            over_ducker: estimate(Sums::si_sdr, &|levels| levels.plugin - levels.ducker)?,
            over_crossfade: estimate(Sums::si_sdr, &|levels| levels.plugin - levels.crossfade)?,
            of_the_way: estimate(Sums::si_sdr, &Systems::of_the_way)?,
            leakage: LeakageSummary::of(figures),
            roughness: RoughnessSummary::of(figures)?,
            flutter: FlutterSummary {
                plugin: over(figures, |one| Some(one.flutter.plugin))?,
                oracle: over(figures, |one| Some(one.flutter.oracle))?,
            },
        })
    }
}

/// A nearness in dB of the sums of some sound.
type Level = fn(&Sums) -> Option<f64>;

fn sum_all(stretches: &[Sums]) -> Sums {
    stretches.iter().copied().sum()
}

fn sum_of(stretches: &[Sums], drawn: &[usize]) -> Sums {
    drawn.iter().map(|&index| stretches[index]).sum()
}

/// Of what some of the figures have.
fn over<T>(figures: &[&T], figure: impl Fn(&T) -> Option<f64>) -> Option<Estimate> {
    Estimate::of(&figures.iter().filter_map(|one| figure(one)).collect::<Vec<_>>())
}

fn medians(figures: &[&RecipeFigures]) -> Option<Systems<Estimate>> {
    Some(Systems {
        plugin: over(figures, |one| Some(one.nearness.plugin.median_second_sdr))?,
        plain_sum: over(figures, |one| Some(one.nearness.plain_sum.median_second_sdr))?,
        crossfade: over(figures, |one| Some(one.nearness.crossfade.median_second_sdr))?,
        ducker: over(figures, |one| Some(one.nearness.ducker.median_second_sdr))?,
        oracle: over(figures, |one| Some(one.nearness.oracle.median_second_sdr))?,
    })
}

impl LeakageSummary {
    fn of(figures: &[&RecipeFigures]) -> Option<Self> {
        let mut parts = Vec::new();
        for song in ["A", "B"] {
            for part in Part::ALL {
                let level = |one: &RecipeFigures| {
                    let leaks = &one.leakage.as_ref()?.plugin.parts;
                    Some(leaks.iter().find(|leak| leak.song == song && leak.part == part.name())?.level)
                };
                parts.extend(over(figures, level).map(|plugin| PartLeak { song, part: part.name(), plugin }));
            }
        }
        Some(Self {
            plugin: over(figures, |one| Some(one.leakage.as_ref()?.plugin.total))?,
            plain_sum: over(figures, |one| Some(one.leakage.as_ref()?.plain_sum.total))?,
            oracle: over(figures, |one| Some(one.leakage.as_ref()?.oracle.total))?,
            parts,
        })
    }
}

impl RoughnessSummary {
    fn of(figures: &[&RecipeFigures]) -> Option<Self> {
        Some(Self {
            plugin: over(figures, |one| Some(one.roughness.plugin))?,
            plain_sum: over(figures, |one| Some(one.roughness.plain_sum))?,
            truth: over(figures, |one| Some(one.roughness.truth))?,
            change: over(figures, |one| Some(one.roughness.plugin / one.roughness.plain_sum.max(1e-9) - 1.0))?,
        })
    }
}

impl PartSummary {
    fn of(figures: &[&PartFigures]) -> Option<Self> {
        let stretches: Vec<Vec<Sums>> =
            figures.iter().map(|one| Comparison::stretches(&one.comparison, STRETCH)).collect();
        let counts: Vec<usize> = stretches.iter().map(Vec::len).collect();
        let drawn = |level: Level| {
            let stretches = &stretches;
            move |pair: usize, drawn: &[usize]| level(&sum_of(&stretches[pair], drawn))
        };
        Some(Self {
            part: figures.first()?.part,
            si_sdr: over(figures, |one| Some(one.plugin.si_sdr))?.with_stretches(&counts, drawn(Sums::si_sdr)),
            sdr: over(figures, |one| Some(one.plugin.sdr))?.with_stretches(&counts, drawn(Sums::sdr)),
            median_second_sdr: over(figures, |one| Some(one.plugin.median_second_sdr))?,
            unprocessed_sdr: over(figures, |one| Some(one.unprocessed.sdr))?,
            unprocessed_si_sdr: over(figures, |one| Some(one.unprocessed.si_sdr))?,
            oracle_sdr: over(figures, |one| Some(one.oracle.sdr))?,
            oracle_si_sdr: over(figures, |one| Some(one.oracle.si_sdr))?,
        })
    }
}
