//! The render once more by the plugin's own path, without the plugin: for what a host cannot see, the mask, the chords and
//! what is heard of the voice.

use super::automation::GRID;
use super::chart::Chart;
use super::job::Job;
use super::midi::Timed;
use super::parameters::{Assignment, learned, plain_values};
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value};
use songweave_audio::store::StereoStore;
use songweave_dsp::band::{Quality, Style};
use songweave_dsp::exchange::controls::{BandControls, Controls, Mode};
use songweave_dsp::exchange::frame::Transport;
use songweave_dsp::exchange::telemetry::MaskColumn;
use songweave_dsp::stream::layout::{PARTS, Part};
use songweave_dsp::stream::path::BlockInfo;
use songweave_engine::band::take::beat::SungBeat;
use songweave_engine::band::take::shared::SharedTake;
use songweave_engine::band::take::view::SongView;
use songweave_engine::mash::studio::{DelayedDecisions, Studio};
use songweave_engine::runtime::offline::Offline;
use songweave_host::{ClapPlugin, EventKind};
use songweave_models::mash::MashNetwork;
use songweave_models::studio::StudioNetwork;
use std::path::Path;
use std::sync::Arc;

/// Renders `job` again. `plugin` is asked what parameter values mean; `latency` is the one that it reported, in samples.
/// `watch` sees who is heard in every hop of Mash.
///
/// # Errors
/// The render loops, which this path does not, the plugin does not tell its parameters, or `watch` fails.
pub(super) fn replay(
    job: &Job,
    plugin: &mut ClapPlugin,
    latency: usize,
    studio: Option<&Path>,
    mut watch: impl FnMut(&MaskColumn) -> Result<()>,
) -> Result<Replayed> {
    ensure!(job.loop_range.is_none(), "mask and chords of a looping render are not known; leave out --loop");
    let layout = job.layout(latency);
    let network = MashNetwork::embedded().context("the network in this program is damaged")?;
    let mut translator = Translator { job, plugin, last: None };
    // Asked beforehand, since the path below cannot stop at an error; only where they change, since songs may be long.
    let hops = (job.inputs.samples() + layout.latency()).div_ceil(layout.hop);
    // A frame carries the values of its last sample, which are those of the last point of automation before it.
    let last_point = |hop: usize| ((hop + 1) * layout.hop - 1) / GRID as usize * GRID as usize;
    let mut changes: Vec<(usize, Controls)> = Vec::new();
    for hop in 0..hops {
        let controls = translator.controls(last_point(hop))?;
        if changes.last().is_none_or(|(_, before)| *before != controls) {
            changes.push((hop, controls));
        }
    }
    let controls =
        |hop: usize| changes.partition_point(|(since, _)| *since <= hop).checked_sub(1).map(|at| changes[at].1);
    let at = |sample: usize| BlockInfo {
        controls: controls(sample / layout.hop).unwrap_or_default(),
        transport: transport(job, sample),
        position_samples: Some(sample as i64),
    };
    let (mut failure, mut unwatched) = (Ok(()), Ok(()));
    let songs = |from: usize, songs: [&mut [Vec<f32>; 2]; 2]| {
        let read = |song: &StereoStore, [left, right]: &mut [Vec<f32>; 2]| song.read(from, left, right);
        let [a, b] = songs;
        let done = read(&job.inputs.a, a).and_then(|()| job.inputs.b.as_ref().map_or(Ok(()), |song| read(song, b)));
        failure = std::mem::replace(&mut failure, Ok(())).and(done);
    };
    let take = Arc::new(SharedTake::default());
    take.replace(learned(plugin)?);
    let mut offline = Offline::new(layout, network)?.with_keys(keys(job)).with_take(take.clone())?;
    if layout.mask_delay > 0 {
        let weights = studio.context(
            "mask and chords in Studio quality are told by `cargo xtask render` only; leave out --mask-out, or set quality=live",
        )?;
        let studio = Studio::new(StudioNetwork::from_bytes(&std::fs::read(weights)?)?, &layout)?;
        offline = offline.with_studio(DelayedDecisions::new(studio, layout.mask_delay));
    }
    let watch = |column: &MaskColumn| {
        if unwatched.is_ok() {
            unwatched = watch(column);
        }
    };
    let observed = offline.observe(job.inputs.samples(), songs, layout.hop, at, watch);
    failure?;
    unwatched?;
    let (chart, song) = (Chart::of(&observed.band, layout.hop), take.shown());
    Ok(Replayed { chart, song, beat: take.beat(), controls: at(0).controls })
}

/// What a host does not see of a render.
pub struct Replayed {
    /// What the band thought; empty in Mash.
    pub chart: Chart,
    /// The song that the band knows; empty where it knows none.
    pub song: Arc<SongView>,
    /// What beat it was sung to.
    pub beat: SungBeat,
    /// Parameter values at the start.
    pub controls: Controls,
}

/// Keys that are played to the plugin: sample, key, whether it goes down.
fn keys(job: &Job) -> Vec<(usize, u8, bool)> {
    let key = |note: &Timed| match note.kind {
        EventKind::NoteOn { key, velocity, .. } => Some((note.sample as usize, key, velocity > 0.0)),
        EventKind::NoteOff { key, .. } => Some((note.sample as usize, key, false)),
        EventKind::Midi(_) | EventKind::Parameter { .. } => None,
    };
    job.notes.iter().filter_map(key).collect()
}

/// The host's transport at a sample, as the plugin sees it in the render.
fn transport(job: &Job, sample: usize) -> Transport {
    let (beats, unit) = job.time_signature;
    let quarters = sample as f64 / f64::from(job.inputs.sample_rate) * job.tempo / 60.0;
    let bar = 4.0 * f64::from(beats) / f64::from(unit.max(1));
    Transport {
        playing: true,
        tempo: Some(job.tempo),
        beats: Some(quarters),
        time_signature: u8::try_from(beats).ok().zip(u8::try_from(unit).ok()),
        bar_start: Some((quarters / bar).floor() * bar),
    }
}

/// Turns parameter values of the host into what the signal path reads.
struct Translator<'a> {
    job: &'a Job,
    plugin: &'a mut ClapPlugin,
    last: Option<(Vec<f64>, Controls)>,
}

impl Translator<'_> {
    /// The controls at a sample of the timeline.
    fn controls(&mut self, sample: usize) -> Result<Controls> {
        let seconds = sample as f64 / f64::from(self.job.inputs.sample_rate);
        let moved: Vec<f64> = self.job.curves.iter().map(|curve| curve.value_at(seconds)).collect();
        if let Some((values, controls)) = &self.last
            && *values == moved
        {
            return Ok(*controls);
        }
        let curves =
            self.job.curves.iter().zip(&moved).map(|(curve, value)| Assignment { id: curve.id(), value: *value });
        for assignment in self.job.assignments.iter().copied().chain(curves) {
            self.plugin.set_value(assignment.id, assignment.value)?;
        }
        let controls = read(&plain_values(self.plugin)?)?;
        self.last = Some((moved, controls));
        Ok(controls)
    }
}

/// Controls from the values that the plugin saves, in its own units.
fn read(values: &Map<String, Value>) -> Result<Controls> {
    let number = |id: &str| match values.get(id).and_then(Value::as_object).and_then(|value| value.values().next()) {
        Some(Value::Bool(on)) => Ok(f32::from(u8::from(*on))),
        Some(Value::Number(number)) => Ok(number.as_f64().unwrap_or_default() as f32),
        _ => bail!("the plugin does not save \"{id}\" as a number"),
    };
    let on = |id| Ok::<_, anyhow::Error>(number(id)? > 0.5);
    let mut faders = [0.0; PARTS];
    for part in Part::ALL {
        faders[part as usize] = number(part.name())?;
    }
    Ok(Controls {
        faders,
        balance: number("balance")?,
        auto: number("auto")?,
        depth: number("depth")?,
        attack: number("attack")? / 1000.0,
        release: number("release")? / 1000.0,
        low: number("low")?,
        high: number("high")?,
        freeze: on("freeze")?,
        transpose_b: number("transpose_b")? as i8,
        match_keys: on("match_keys")?,
        mode: if on("mode")? { Mode::Accompany } else { Mode::Mash },
        band: read_band(number)?,
        ..Controls::default()
    })
}

/// What is asked of the band; levels are left out, since they change nothing of what is played.
fn read_band(number: impl Fn(&str) -> Result<f32>) -> Result<BandControls> {
    let index = |id: &str| Ok::<_, anyhow::Error>(number(id)?.max(0.0) as usize);
    // Values with an "Auto" before the first.
    let chosen = |id: &str| Ok::<_, anyhow::Error>(index(id)?.checked_sub(1));
    let class = |id: &str| Ok::<_, anyhow::Error>(chosen(id)?.map(|class| class as u8));
    Ok(BandControls {
        style: Style::ALL.get(index("style")?).copied().unwrap_or_default(),
        density: number("density")?,
        adventure: number("adventure")?,
        seed: number("seed")? as u32,
        key: class("key")?,
        minor: chosen("scale")?.map(|scale| scale == 1),
        chord_root: class("chord_root")?,
        chord_quality: chosen("chord_quality")?.and_then(|index| Quality::ALL.get(index).copied()),
        tempo: number("tempo")?,
        ..BandControls::default()
    })
}
