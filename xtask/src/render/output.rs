//! Writes all that was asked for.

use super::job::Job;
use super::options::Args;
use super::session::Rendered;
use super::{midi, receipt, stems};
use anyhow::{Context, Result};
use songweave_studio::decode::Audio;
use songweave_studio::write::{write_bytes, write_wav};

/// Writes the audio and whatever else the options name.
pub(super) fn write(args: &Args, job: &Job, rendered: &Rendered) -> Result<()> {
    let channels = rendered.ports.first().context("the plugin has no output")?.clone();
    let audio = Audio { rate: job.inputs.sample_rate, channels };
    write_wav(&args.output, &audio)?;
    if let Some(folder) = &args.stems_out {
        stems::write(folder, job, rendered)?;
    }
    if let Some(path) = &args.midi_out {
        midi::write(path, &rendered.notes, job.inputs.sample_rate.into(), job.tempo, job.time_signature)?;
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
