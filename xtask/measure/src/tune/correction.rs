//! What the tuner does to voices, heard by Praat: nearness to the target, jumps, formants.

use crate::statistics::quantile;
use crate::tune::{
    OtherTrackers, RATE, TRACKERS,
    formant_drift::{FormantDrift, formant_drift},
    pitch_line::{PitchLine, PitchPoint, STEP, jumps_per_minute},
};
use anyhow::Result;
use serde::Serialize;
use songweave_dsp::{
    exchange::{
        controls::{Controls, Mode, TuneControls, TuneScale, TuneTarget},
        frame::Transport,
        telemetry::BandColumn,
    },
    stream::{layout::StreamLayout, path::BlockInfo},
};
use songweave_engine::runtime::offline::{Offline, Rendered};
use songweave_models::mash::MashNetwork;

use super::recordings::{Kind, Recording};
use super::tracker::Lines;

/// Beats per minute of recordings that have no tempo.
const TEMPO: f64 = 100.0;
/// Samples between two words of the host.
const BLOCK: usize = 512;
/// Shortest note in points that a key is pressed for.
const SHORTEST: usize = 8;
/// Shifts in semitones at which the formants are looked at.
const SHIFTS: [i32; 8] = [-4, -3, -2, -1, 1, 2, 3, 4];

/// One target on some recordings.
#[derive(Serialize)]
pub struct Row {
    /// Which recordings.
    pub material: &'static str,
    /// What they are tuned to.
    pub target: &'static str,
    /// Cents from the target before: median and ninth decile.
    pub before: [f64; 2],
    /// The same of what comes out.
    pub after: [f64; 2],
    /// Jumps of more than two semitones within 10 ms per minute of voice, before and after.
    pub jumps: [f64; 2],
    /// Share of the points that Praat hears voiced before and after, of those before.
    pub still_voiced: f64,
    /// Points that are compared.
    pub points: usize,
}

/// Formants at a shift.
#[derive(Serialize)]
pub struct Drift {
    /// The shift.
    pub semitones: i32,
    /// By how much they move.
    pub drift: FormantDrift,
}

/// What the tuner is worth.
#[derive(Serialize)]
pub struct CorrectionReport {
    /// Every target on every material.
    pub rows: Vec<Row>,
    /// Formants, by shift.
    pub drifts: Vec<Drift>,
    /// Recordings whose output with amount 0 is the delayed input, sample by sample, of all.
    pub untouched: [usize; 2],
    /// Of the plugin.
    pub latency_ms: f64,
}

/// A kind of target and the controls for it.
struct Case {
    name: &'static str,
    controls: fn(&[PitchPoint]) -> TuneControls,
    /// Semitones from the sung notes to the keys that are held; `None` without keys.
    keys: Option<i32>,
}

const CASES: [Case; 5] = [
    Case { name: "scale", controls: |line| scale(line), keys: None },
    Case { name: "chromatic", controls: |_| hard(TuneTarget::Scale), keys: None },
    Case { name: "midi", controls: |_| hard(TuneTarget::Midi), keys: Some(0) },
    Case { name: "chord", controls: |_| hard(TuneTarget::Chord), keys: None },
    Case { name: "melody", controls: |_| hard(TuneTarget::Melody), keys: None },
];

/// All the way and at once.
fn hard(target: TuneTarget) -> TuneControls {
    TuneControls { amount: 1.0, speed: 0.0, target, scale: TuneScale::Chromatic, ..TuneControls::default() }
}

/// To the major scale that most of the line is in.
fn scale(line: &[PitchPoint]) -> TuneControls {
    let mut classes = [0usize; 12];
    line.iter().filter(|point| point.voiced).for_each(|point| classes[point.key.round() as usize % 12] += 1);
    let within =
        |tonic: usize| [0, 2, 4, 5, 7, 9, 11].iter().map(|degree| classes[(tonic + degree) % 12]).sum::<usize>();
    let tonic = (0..12).max_by_key(|tonic| within(*tonic)).unwrap_or(0) as u8;
    TuneControls { key: Some(tonic), scale: TuneScale::Major, ..hard(TuneTarget::Scale) }
}

/// A recording that was tuned.
pub struct Tuned<'a> {
    /// Which.
    pub recording: &'a Recording,
    /// To what, by name.
    pub target: &'static str,
    /// What Praat heard before.
    pub before: &'a [PitchPoint],
    /// What it hears now.
    pub after: &'a [PitchPoint],
    /// The target at every point; 0 where the voice is left alone.
    pub targets: Vec<f32>,
}

/// Renders that [`measure`] makes of so many recordings, apart from those of the formants.
#[must_use]
pub const fn steps(recordings: usize) -> usize {
    CASES.len() * recordings
}

/// Tunes all recordings to all targets; `done` is called after each of the [`steps`], `watch` sees what came of them.
///
/// # Errors
/// The embedded networks are damaged, Praat cannot be run, or `watch` fails.
pub fn measure(
    recordings: &[Recording],
    lines: &Lines,
    others: &impl OtherTrackers,
    mut done: impl FnMut(),
    mut watch: impl FnMut(&Tuned<'_>) -> Result<()>,
) -> Result<CorrectionReport> {
    let mut rows = Vec::new();
    for case in &CASES {
        let rendered = render_all(recordings, lines, case, &mut done)?;
        let samples: Vec<&[f32]> = rendered.iter().map(|rendered| rendered.audio[0].as_slice()).collect();
        let heard = others.hear(&TRACKERS[..1], &samples)?.remove(0);
        for (kind, material) in
            [(Kind::Real, "recordings"), (Kind::Stem, "vocal stems"), (Kind::Synthetic, "synthetic voices")]
        {
            let chosen: Vec<usize> = (0..recordings.len()).filter(|index| recordings[*index].kind == kind).collect();
            if !chosen.is_empty() {
                rows.push(row(material, case.name, &chosen, &lines.others[0], &heard, &rendered));
            }
        }
        for (index, recording) in recordings.iter().enumerate() {
            let targets = targets(&rendered[index].band, recording.points());
            let (before, after) = (&lines.others[0][index], &heard[index]);
            watch(&Tuned { recording, target: case.name, before, after, targets })?;
        }
    }
    let latency = StreamLayout::for_sample_rate(RATE as f32).latency();
    Ok(CorrectionReport {
        rows,
        drifts: drifts(recordings, lines)?,
        untouched: untouched(recordings)?,
        latency_ms: 1e3 * latency as f64 / f64::from(RATE),
    })
}

fn render_all(recordings: &[Recording], lines: &Lines, case: &Case, done: &mut impl FnMut()) -> Result<Vec<Rendered>> {
    let rendered = recordings.iter().enumerate().map(|(index, recording)| {
        let line = &lines.others[0][index];
        let keys = case.keys.map_or_else(Vec::new, |shift| held_keys(line, shift));
        let rendered = render(recording, (case.controls)(line), keys);
        done();
        rendered
    });
    rendered.collect()
}

/// The plugin with a silent band.
fn render(recording: &Recording, tune: TuneControls, keys: Vec<(usize, u8, bool)>) -> Result<Rendered> {
    let mut controls = Controls { mode: Mode::Accompany, tune, ..Controls::default() };
    controls.band.levels = [0.0; 4];
    let layout = StreamLayout::for_sample_rate(RATE as f32);
    let offline = Offline::new(layout, MashNetwork::embedded()?)?.with_keys(keys);
    let tempo = recording.tempo.unwrap_or(TEMPO);
    let info = |sample: usize| {
        let beats = sample as f64 / f64::from(RATE) * tempo / 60.0;
        let transport = Transport { playing: true, tempo: Some(tempo), beats: Some(beats), ..Transport::default() };
        BlockInfo { controls, transport, position_samples: Some(sample as i64) }
    };
    let samples = recording.samples.as_slice();
    Ok(offline.render([samples, samples], [&[], &[]], BLOCK, info))
}

/// Keys pressed for the notes of a line, so many semitones beside them: sample, key, whether it goes down.
fn held_keys(line: &[PitchPoint], shift: i32) -> Vec<(usize, u8, bool)> {
    let note = |point: &PitchPoint| point.voiced.then(|| (point.key.round() as i32 + shift).clamp(0, 127) as u8);
    let mut keys = Vec::new();
    let mut held: Option<u8> = None;
    let mut at = 0;
    for run in line.chunk_by(|one, other| note(one) == note(other)) {
        let (key, sample) = (note(&run[0]), (at as f64 * STEP * f64::from(RATE)) as usize);
        at += run.len();
        if key == held || (key.is_some() && run.len() < SHORTEST) {
            continue;
        }
        keys.extend(held.map(|held| (sample, held, false)));
        keys.extend(key.map(|key| (sample, key, true)));
        held = key;
    }
    keys
}

/// The target at every point of a line; 0 where the voice is left alone.
fn targets(columns: &[BandColumn], points: usize) -> Vec<f32> {
    let mut targets = vec![0.0; points];
    for column in columns {
        let (Some(target), Some(_)) = (column.tune.target, column.tune.sung) else { continue };
        let first = (column.sample.max(0) as f64 / f64::from(RATE) / STEP).round() as usize;
        let last = ((column.sample.max(0) + BLOCK as i64) as f64 / f64::from(RATE) / STEP).round() as usize;
        targets.iter_mut().take(last).skip(first).for_each(|slot| *slot = f32::from(target));
    }
    targets
}

fn row(
    material: &'static str,
    target: &'static str,
    chosen: &[usize],
    before: &[PitchLine],
    after: &[PitchLine],
    rendered: &[Rendered],
) -> Row {
    let (mut off_before, mut off_after) = (Vec::new(), Vec::new());
    let (mut voiced, mut still) = (0usize, 0usize);
    let mut jumps = [0.0; 2];
    for index in chosen {
        let (before, after) = (&before[*index], &after[*index]);
        let targets = targets(&rendered[*index].band, before.len());
        for ((before, after), target) in before.iter().zip(after).zip(&targets) {
            voiced += usize::from(before.voiced);
            still += usize::from(before.voiced && after.voiced);
            if before.voiced && after.voiced && *target > 0.0 {
                off_before.push(f64::from(100.0 * (before.key - target).abs()));
                off_after.push(f64::from(100.0 * (after.key - target).abs()));
            }
        }
        jumps[0] += jumps_per_minute(before) / chosen.len() as f64;
        jumps[1] += jumps_per_minute(after) / chosen.len() as f64;
    }
    let ends = |values: &mut Vec<f64>| [0.5, 0.9].map(|share| quantile(values, share));
    Row {
        material,
        target,
        points: off_after.len(),
        before: ends(&mut off_before),
        after: ends(&mut off_after),
        jumps,
        still_voiced: still as f64 / voiced.max(1) as f64,
    }
}

/// Formants of the synthetic and the real voices that are moved by semitones.
fn drifts(recordings: &[Recording], lines: &Lines) -> Result<Vec<Drift>> {
    let long: Vec<usize> = (0..recordings.len())
        .filter(|index| recordings[*index].kind != Kind::Stem && recordings[*index].samples.len() > 8 * RATE as usize)
        .take(5)
        .collect();
    let mut drifts = Vec::new();
    for semitones in SHIFTS {
        let mut sum = FormantDrift::default();
        for index in &long {
            let recording = &recordings[*index];
            let keys = held_keys(&lines.others[0][*index], semitones);
            let rendered = render(recording, hard(TuneTarget::Midi), keys)?;
            let drift = formant_drift(&recording.samples, &rendered.audio[0], RATE).unwrap_or_default();
            sum.mean += drift.mean / long.len() as f64;
            sum.frame += drift.frame / long.len() as f64;
        }
        drifts.push(Drift { semitones, drift: sum });
    }
    Ok(drifts)
}

/// How many recordings come out as they went in with amount 0, of how many.
fn untouched(recordings: &[Recording]) -> Result<[usize; 2]> {
    let off = TuneControls { amount: 0.0, ..hard(TuneTarget::Scale) };
    let mut same = 0;
    for recording in recordings {
        let rendered = render(recording, off, Vec::new())?;
        same += usize::from(rendered.audio.iter().all(|channel| channel == &recording.samples));
    }
    Ok([same, recordings.len()])
}
