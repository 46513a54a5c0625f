//! `--mask-out`: who is heard in every part, band and hop. Computed by the plugin's own path without the plugin, since a
//! host cannot see the mask.

use super::automation::GRID;
use super::job::Job;
use super::lanes::Lanes;
use super::parameters::{Assignment, plain_values};
use crate::picture::{self, Picture};
use anyhow::{Context, Result, bail, ensure};
use serde_json::{Map, Value, json};
use songweave_dsp::bands::centre_hz;
use songweave_dsp::controls::Controls;
use songweave_dsp::frame::Transport;
use songweave_dsp::layout::{BANDS, PARTS, Part, StreamLayout};
use songweave_dsp::path::BlockInfo;
use songweave_dsp::telemetry::MaskColumn;
use songweave_engine::offline::Offline;
use songweave_host::ClapPlugin;
use songweave_models::mash::MashNetwork;
use songweave_studio::write::write_bytes;
use std::path::Path;

/// Height of a band in the picture, in pixels.
const BAND_PIXELS: u32 = 2;
/// Height of the line between parts, in pixels.
const GAP: u32 = 4;
/// Widest picture, in pixels; longer songs share a column among hops.
const WIDEST: usize = 4000;
/// Powers from this one up to full brightness are shown, in dB below the loudest.
const SHOWN_DB: f32 = 60.0;

/// Writes the mask of `job` as a picture or as an array, and the lanes of its faders. `plugin` is asked what parameter values mean.
pub(super) fn write(path: &Path, job: &Job, plugin: &mut ClapPlugin) -> Result<()> {
    ensure!(job.loop_range.is_none(), "the mask of a looping render cannot be written; leave out --loop or --mask-out");
    let layout = StreamLayout::for_sample_rate(job.inputs.sample_rate as f32);
    let columns = columns(job, plugin, layout)?;
    Lanes::of(&columns, layout.hop, job.inputs.sample_rate).write(&Lanes::path(path))?;
    if path.extension().is_some_and(|kind| kind == "npy") {
        write_array(path, &columns)?;
        let description = json!({
            "axes": ["frame", "part", "band"],
            "values": "0 = only A, 1 = only B",
            "hop_seconds": layout.hop as f64 / f64::from(job.inputs.sample_rate),
            "first_frame_ends_at_seconds": layout.hop as f64 / f64::from(job.inputs.sample_rate),
            "parts": Part::ALL.map(Part::name),
            "band_edges_hz": edges(),
        });
        return Ok(write_bytes(&path.with_extension("json"), format!("{description:#}\n").as_bytes())?);
    }
    picture(&columns).write(path)
}

/// The mask of every hop.
fn columns(job: &Job, plugin: &mut ClapPlugin, layout: StreamLayout) -> Result<Vec<MaskColumn>> {
    let network = MashNetwork::embedded().context("the network in this program is damaged")?;
    let mut translator = Translator { job, plugin, last: None };
    // Asked beforehand, since the path below cannot stop at an error.
    let hops = (job.inputs.samples() + layout.latency()).div_ceil(layout.hop);
    // A frame carries the values of its last sample, which are those of the last point of automation before it.
    let last_point = |hop: usize| ((hop + 1) * layout.hop - 1) / GRID as usize * GRID as usize;
    let controls = (0..hops).map(|hop| translator.controls(last_point(hop))).collect::<Result<Vec<_>>>()?;
    let a = [job.inputs.a[0].as_slice(), job.inputs.a[1].as_slice()];
    let b = job.inputs.b.as_ref().map_or([&[][..], &[][..]], |b| [b[0].as_slice(), b[1].as_slice()]);
    let at = |sample: usize| BlockInfo {
        controls: controls.get(sample / layout.hop).copied().unwrap_or_default(),
        transport: transport(job, sample),
        position_samples: Some(sample as i64),
    };
    Ok(Offline::new(layout, network)?.render(a, b, layout.hop, at).columns)
}

/// The host's transport at a sample, as the plugin sees it in the render.
fn transport(job: &Job, sample: usize) -> Transport {
    let (beats, unit) = job.time_signature;
    Transport {
        playing: true,
        tempo: Some(job.tempo),
        beats: Some(sample as f64 / f64::from(job.inputs.sample_rate) * job.tempo / 60.0),
        time_signature: u8::try_from(beats).ok().zip(u8::try_from(unit).ok()),
        ..Transport::default()
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
        ..Controls::default()
    })
}

/// Where bands meet: halfway between their centres, `BANDS` + 1 of them.
fn edges() -> Vec<f32> {
    let between = (1..BANDS).map(|band| (centre_hz(band - 1) * centre_hz(band)).sqrt());
    [centre_hz(0)].into_iter().chain(between).chain([centre_hz(BANDS - 1)]).collect()
}

/// NumPy's file format, version 1: a header of text, then the numbers.
fn write_array(path: &Path, columns: &[MaskColumn]) -> Result<()> {
    let shape = format!("({}, {PARTS}, {BANDS})", columns.len());
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}");
    // Magic, version, length and header fill a multiple of 64 bytes; the header ends with a line feed.
    let padded = (10 + header.len() + 1).next_multiple_of(64) - 10;
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((padded as u16).to_le_bytes());
    bytes.extend(format!("{header:<width$}\n", width = padded - 1).into_bytes());
    for column in columns {
        bytes.extend(column.heard.iter().flatten().flat_map(|value| value.to_le_bytes()));
    }
    Ok(write_bytes(path, &bytes)?)
}

/// The parts above one another, low bands at the bottom of each; hue says who, brightness how loud.
fn picture(columns: &[MaskColumn]) -> Picture {
    let width = columns.len().clamp(1, WIDEST);
    let lane = BANDS as u32 * BAND_PIXELS;
    let mut picture = Picture::new(width as u32, (lane + GAP) * PARTS as u32 - GAP, [40, 40, 40]);
    let powers = columns.iter().flat_map(|column| column.power.iter().flatten());
    let loudest = powers.fold(1e-12f32, |loudest, power| loudest.max(*power));
    for x in 0..width {
        let hops = &columns[x * columns.len() / width..((x + 1) * columns.len() / width).max(1).min(columns.len())];
        for (part, band) in (0..PARTS).flat_map(|part| (0..BANDS).map(move |band| (part, band))) {
            let mean =
                |value: &dyn Fn(&MaskColumn) -> f32| hops.iter().map(value).sum::<f32>() / hops.len().max(1) as f32;
            let power = mean(&|column| column.power[part][band]);
            let light = (10.0 * (power / loudest).max(1e-12).log10() / SHOWN_DB + 1.0).clamp(0.0, 1.0);
            let colour = picture::between_songs(mean(&|column| column.heard[part][band]), light);
            let bottom = part as u32 * (lane + GAP) + lane - (band as u32 + 1) * BAND_PIXELS;
            (0..BAND_PIXELS).for_each(|row| picture.set(x as u32, bottom + row, colour));
        }
    }
    picture
}
