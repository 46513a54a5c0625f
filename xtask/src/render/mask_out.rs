//! `--mask-out`: who is heard in every part, band and hop.

use super::job::Job;
use super::lanes::Lanes;
use crate::drawing::picture::{self, Picture};
use anyhow::{Result, ensure};
use serde_json::json;
use songweave_audio::draft::write_bytes;
use songweave_dsp::analysis::bands::centre_hz;
use songweave_dsp::exchange::telemetry::MaskColumn;
use songweave_dsp::stream::layout::{BANDS, PARTS, Part};
use std::path::Path;

/// Height of a band in the picture, in pixels.
const BAND_PIXELS: u32 = 2;
/// Height of the line between parts, in pixels.
const GAP: u32 = 4;
/// Widest picture, in pixels; longer songs share a column among hops.
const WIDEST: usize = 4000;
/// Powers from this one up to full brightness are shown, in dB below the loudest.
const SHOWN_DB: f32 = 60.0;

/// Writes the mask of every hop as a picture or as an array, and the lanes of its faders.
pub(super) fn write(path: &Path, job: &Job, latency: usize, columns: &[MaskColumn]) -> Result<()> {
    let layout = job.layout(latency);
    ensure!(!columns.is_empty(), "there is no mask in Accompany; leave out --mask-out");
    Lanes::of(columns, layout.hop, job.inputs.sample_rate).write(&Lanes::path(path))?;
    if path.extension().is_some_and(|kind| kind == "npy") {
        write_array(path, columns)?;
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
    picture(columns).write(path)
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
