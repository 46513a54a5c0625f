//! The tuner's pitch tracker beside others.

use crate::statistics::percentile;
use crate::tune::{
    OtherTrackers, RATE, TRACKERS,
    pitch_line::{Agreement, PitchLine, PitchPoint, resampled},
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

/// Seconds of quiet before a recording in the first experiment.
const QUIET_SECONDS: usize = 1;
/// Its samples.
const QUIET: f32 = 3e-5;
/// Level in dB below which nothing counts as sung in the second, full-scale sine 0: what the tuner went by before its levels
/// were told against the voice's own.
const GATE_DB: f32 = -45.0;

/// Lines of all recordings: ours, then those of the others, `[tracker][recording]`.
pub struct Lines {
    /// `[recording]`
    pub ours: Vec<PitchLine>,
    /// `[tracker][recording]`
    pub others: Vec<Vec<PitchLine>>,
    /// Ours, if what it hears had been different: `[experiment][recording]`, with the experiments' names.
    experiments: [(&'static str, Vec<PitchLine>); 2],
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
    let quiet = recordings.iter().map(after_quiet).collect();
    let gated = heard.iter().zip(recordings).map(|(heard, one)| resampled(&gated(heard), one.points())).collect();
    let experiments = [("ours, after a second of quiet", quiet), ("ours, nothing below -45 dB", gated)];
    let lines = Lines { ours, others, experiments };
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

/// What ours hears of a recording that does not begin in the middle of a note: noise of a quiet room comes before it.
fn after_quiet(recording: &Recording) -> PitchLine {
    let quiet = (0..QUIET_SECONDS * RATE as usize).map(|n| QUIET * (((n * 7_919) % 2_003) as f32 / 1_001.0 - 1.0));
    let samples: Vec<f32> = quiet.chain(recording.samples.iter().copied()).collect();
    let mut points = TuneHearing::of(&samples, RATE).points;
    points.iter_mut().for_each(|(at, _)| *at -= QUIET_SECONDS as f64);
    resampled(&points, recording.points())
}

/// What ours would tell if soft moments counted as silence.
fn gated(heard: &TuneHearing) -> Vec<(f64, PitchPoint)> {
    let points = heard.points.iter().zip(&heard.levels);
    points
        .map(|((at, point), level)| (*at, PitchPoint { voiced: point.voiced && *level >= GATE_DB, ..*point }))
        .collect()
}

fn rows(recordings: &[Recording], lines: &Lines, kind: Kind, material: &'static str) -> Vec<Row> {
    let chosen: Vec<usize> = (0..recordings.len()).filter(|index| recordings[*index].kind == kind).collect();
    if chosen.is_empty() {
        return Vec::new();
    }
    let known = chosen.iter().all(|index| recordings[*index].truth.is_some());
    let trackers = std::iter::once(("ours", &lines.ours)).chain(TRACKERS.into_iter().zip(&lines.others));
    let trackers = trackers.chain(lines.experiments.iter().map(|(name, lines)| (*name, lines)));
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
