//! The tuner's pitch tracker beside others.

use anyhow::Result;
use serde::Serialize;
use songweave_measure::statistics::percentile;
use songweave_measure::tune::{
    pitch_line::{Agreement, PitchLine, resampled},
    tune_hearing::TuneHearing,
};

use super::super::RATE;
use super::pitch_trackers::{PitchTrackers, TRACKERS};
use super::recordings::{Kind, Recording};

/// One tracker against the reference of some recordings.
#[derive(Serialize)]
pub(super) struct Row {
    pub(super) material: &'static str,
    pub(super) reference: &'static str,
    pub(super) tracker: &'static str,
    pub(super) recordings: usize,
    pub(super) agreement: Agreement,
}

/// What the tracker is worth.
#[derive(Serialize)]
pub(super) struct TrackerReport {
    pub(super) rows: Vec<Row>,
    /// Our raw pitch accuracy as a share of Praat's where the truth is known.
    pub(super) share_of_praat: Option<f64>,
    pub(super) look_back_ms: f64,
    pub(super) microseconds_per_hop: f64,
    pub(super) microseconds_per_hop_p99: f64,
}

/// Lines of all recordings: ours, then those of the others, `[tracker][recording]`.
pub(super) struct Lines {
    pub(super) ours: Vec<PitchLine>,
    pub(super) others: Vec<Vec<PitchLine>>,
}

impl Lines {
    /// What is taken for true: the truth where it is known, else Praat.
    pub(super) fn reference<'a>(&'a self, recordings: &'a [Recording], index: usize) -> &'a PitchLine {
        recordings[index].truth.as_ref().unwrap_or(&self.others[0][index])
    }
}

/// Hears all recordings with all trackers.
pub(super) fn measure(recordings: &[Recording], others: &PitchTrackers) -> Result<(Lines, TrackerReport)> {
    let bar = super::super::bar(recordings.len()).with_message("the tuner's tracker");
    let heard: Vec<TuneHearing> = recordings
        .iter()
        .map(|recording| {
            bar.inc(1);
            TuneHearing::of(&recording.samples, RATE)
        })
        .collect();
    bar.finish_and_clear();
    println!("other trackers hear {} recordings", recordings.len());
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
