//! Writes all that was asked for.

use super::chart::Chart;
use super::job::Job;
use super::options::Args;
use super::replay::Replayed;
use super::session::Rendered;
use super::{mask_out, midi, receipt, roll_out, stems};
use anyhow::{Context, Result};
use songweave_audio::decode::Audio;
use songweave_audio::write::{write_bytes, write_wav};

/// Writes the audio and whatever else the options name; `again` is the render that was made once more, where one is needed.
pub(super) fn write(args: &Args, job: &Job, rendered: &Rendered, again: Option<&Replayed>) -> Result<()> {
    let channels = rendered.ports.first().context("the plugin has no output")?.clone();
    let audio = Audio { rate: job.inputs.sample_rate, channels };
    write_wav(&args.output, &audio)?;
    if let Some(folder) = &args.stems_out {
        stems::write(folder, job, rendered)?;
    }
    if let Some((path, again)) = args.mask_out.as_ref().zip(again) {
        mask_out::write(path, job, rendered.latency, &again.mask)?;
    }
    let empty = Chart::default();
    let chart = again.map_or(&empty, |again| &again.chart);
    if let Some(path) = &args.midi_out {
        let piece = midi::Piece {
            events: &rendered.notes,
            markers: &chart.markers(),
            end: audio.samples() as u64,
            sample_rate: job.inputs.sample_rate.into(),
            tempo: job.tempo,
            time_signature: job.time_signature,
        };
        midi::write(path, &piece)?;
    }
    if let Some(path) = &args.roll_out {
        roll_out::write(path, job, rendered, chart)?;
    }
    let receipt = receipt::receipt(job, rendered)?;
    if let Some(path) = &args.receipt {
        write_bytes(path, format!("{receipt:#}\n").as_bytes())?;
    }
    println!(
        "{}: {:.2} s, sha256 {}",
        args.output.display(),
        audio.seconds(),
        receipt["sha256"].as_str().unwrap_or("")
    );
    if rendered.missed_hops > 0 {
        println!("{} hops were missed", rendered.missed_hops);
    }
    Ok(())
}
