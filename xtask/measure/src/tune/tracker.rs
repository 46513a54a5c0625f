//! The tuner's pitch tracker beside others.

use crate::statistics::percentile;
use crate::tune::{
    OtherTrackers, RATE, TRACKERS,
    pitch_line::{Agreement, PitchLine, resampled},
    tune_hearing::TuneHearing,
};
use anyhow::Result;
use serde::Serialize;

use super::recordings::{Kind, Recording};

/// One tracker against the reference of some recordings.
#[derive(Serialize)]
pub struct Row {
    /// Which recordings.
    pub material: &'static str,
    /// What is taken for true.
    pub reference: &'static str,
    /// Who hears.
    pub tracker: &'static str,
    /// How many.
    pub recordings: usize,
    /// How far they agree.
    pub agreement: Agreement,
}

/// What the tracker is worth.
#[derive(Serialize)]
pub struct TrackerReport {
    /// Every tracker on every material.
    pub rows: Vec<Row>,
    /// Our raw pitch accuracy as a share of Praat's where the truth is known.
    pub share_of_praat: Option<f64>,
    /// How much of the past ours needs.
    pub look_back_ms: f64,
    /// What a hop costs ours, median.
    pub microseconds_per_hop: f64,
    /// 99 % of the hops cost less.
    pub microseconds_per_hop_p99: f64,
}

/// Lines of all recordings: ours, then those of the others, `[tracker][recording]`.
pub struct Lines {
    /// `[recording]`
    pub ours: Vec<PitchLine>,
    /// `[tracker][recording]`
    pub others: Vec<Vec<PitchLine>>,
}

impl Lines {
    /// What is taken for true: the truth where it is known, else Praat.
    pub fn reference<'a>(&'a self, recordings: &'a [Recording], index: usize) -> &'a PitchLine {
        recordings[index].truth.as_ref().unwrap_or(&self.others[0][index])
    }
}

/// Hears all recordings with all trackers; `done` is called after each that ours has heard.
///
/// # Errors
/// The other trackers cannot be run.
pub fn measure(
    recordings: &[Recording],
    others: &impl OtherTrackers,
    mut done: impl FnMut(),
) -> Result<(Lines, TrackerReport)> {
    let heard: Vec<TuneHearing> = recordings
        .iter()
        .map(|recording| {
            done();
            TuneHearing::of(&recording.samples, RATE)
        })
        .collect();
    let samples: Vec<&[f32]> = recordings.iter().map(|recording| recording.samples.as_slice()).collect();
    let others = others.hear(&TRACKERS, &samples)?;
    let ours = heard.iter().zip(recordings).map(|(heard, one)| resampled(&heard.points, one.points())).collect();
    let lines = Lines { ours, others };
    let mut costs: Vec<f64> =
        heard.iter().flat_map(|heard| &heard.costs).map(|cost| cost.as_secs_f64() * 1e6).collect();
    costs.sort_by(f64::total_cmp);
    let rows: Vec<Row> =
        [(Kind::Real, "recordings"), (Kind::Stem, "vocal stems"), (Kind::Synthetic, "synthetic voices")]
            .into_iter()
            .flat_map(|(kind, material)| rows(recordings, &lines, kind, material))
            .collect();
    let known = |tracker: &str| {
        let row = rows.iter().find(|row| row.tracker == tracker && row.reference == "truth")?;
        Some(row.agreement.raw_pitch)
    };
    let report = TrackerReport {
        share_of_praat: known("ours").zip(known("praat")).map(|(ours, praat)| ours / praat),
        look_back_ms: 1e3 * heard.first().map_or(0.0, |heard| heard.look_back),
        microseconds_per_hop: percentile(&costs, 0.5),
        microseconds_per_hop_p99: percentile(&costs, 0.99),
        rows,
    };
    Ok((lines, report))
}

fn rows(recordings: &[Recording], lines: &Lines, kind: Kind, material: &'static str) -> Vec<Row> {
    let chosen: Vec<usize> = (0..recordings.len()).filter(|index| recordings[*index].kind == kind).collect();
    if chosen.is_empty() {
        return Vec::new();
    }
    let known = chosen.iter().all(|index| recordings[*index].truth.is_some());
    let trackers = std::iter::once(("ours", &lines.ours)).chain(TRACKERS.into_iter().zip(&lines.others));
    // Praat is not measured against itself.
    let trackers = trackers.filter(|(name, _)| known || *name != TRACKERS[0]);
    let row = |(tracker, found): (&'static str, &Vec<PitchLine>)| Row {
        material,
        reference: if known { "truth" } else { "Praat" },
        tracker,
        recordings: chosen.len(),
        agreement: Agreement::of(
            chosen.iter().map(|index| (found[*index].as_slice(), lines.reference(recordings, *index).as_slice())),
        ),
    };
    trackers.map(row).collect()
}
