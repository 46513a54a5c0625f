//! Writes all that was asked for: the sound while it is rendered, the rest after it.

use super::mask_out::MaskOut;
use super::receipt::SoundDigest;
use super::stems::{Stems, Whole};
use super::{receipt, roll_out};
use crate::render::chart::Chart;
use crate::render::job::Job;
use crate::render::midi;
use crate::render::options::Args;
use crate::render::replay::Replayed;
use crate::render::session::{Rendered, Sink};
use anyhow::{Context, Result};
use songweave_audio::draft::write_bytes;
use songweave_audio::wav::WavWriter;
use songweave_engine::band::take::sections::Section;
use songweave_host::Bus;
use songweave_sheet::Sheet;
use std::ops::Range;

/// The sound on its way into files.
pub(in crate::render) struct Recording {
    output: WavWriter,
    digest: SoundDigest,
    stems: Option<Stems>,
}

impl Recording {
    /// Begins the files. `ports` are name and channels of the plugin's outputs.
    pub(in crate::render) fn create(args: &Args, job: &Job, ports: &[(String, usize)]) -> Result<Self> {
        let (_, channels) = ports.first().context("the plugin has no output")?;
        let rate = job.inputs.sample_rate;
        let wholes = Whole::all(job.accompanies, job.inputs.b.is_some());
        let whole = wholes.into_iter().find(|whole| !matches!(whole, Whole::Song(_)));
        let stems = args.stems_out.as_ref().zip(whole);
        let stems = stems.map(|(folder, whole)| Stems::create(folder, ports, rate, whole)).transpose()?;
        Ok(Self { output: WavWriter::create(&args.output, rate, *channels)?, digest: SoundDigest::default(), stems })
    }
}

impl Sink for Recording {
    fn take(&mut self, ports: &[Bus], frames: Range<usize>) -> Result<()> {
        let Some(main) = ports.first() else { return Ok(()) };
        self.digest.update(main, frames.clone());
        self.output.write(main, frames.clone())?;
        if let Some(stems) = &mut self.stems {
            stems.take(ports, frames)?;
        }
        Ok(())
    }
}

/// What was made beside the sound.
pub(in crate::render) struct Beside<'a> {
    /// What the plugin told.
    pub(in crate::render) rendered: &'a Rendered,
    /// The render that was made once more, where one is needed.
    pub(in crate::render) again: Option<&'a Replayed>,
    /// The mask, where it was asked for.
    pub(in crate::render) mask: Option<MaskOut>,
    /// The parts of the songs, where they were asked for.
    pub(in crate::render) split: Vec<Stems>,
}

/// Finishes the sound and writes whatever else the options name.
pub(in crate::render) fn finish(recording: Recording, args: &Args, job: &Job, beside: Beside) -> Result<()> {
    let rendered = beside.rendered;
    let samples = recording.output.frames();
    recording.output.finish()?;
    recording.stems.map_or(Ok(()), Stems::finish)?;
    write_others(args, job, beside, samples)?;
    let receipt = receipt::receipt(job, rendered, recording.digest)?;
    if let Some(path) = &args.receipt {
        write_bytes(path, format!("{receipt:#}\n").as_bytes())?;
    }
    let seconds = samples as f64 / f64::from(job.inputs.sample_rate);
    println!("{}: {seconds:.2} s, sha256 {}", args.output.display(), receipt["sha256"].as_str().unwrap_or(""));
    if rendered.missed_hops > 0 {
        println!("{} hops were missed", rendered.missed_hops);
    }
    if let Some(problem) = &rendered.placed.problem {
        println!("Studio ran on the CPU: {problem}");
    }
    if job.studio && !job.accompanies && receipt["quality"] == "live" {
        println!("this plugin was built without Studio quality, so what you hear is Live");
    }
    Ok(())
}

/// Chords and, where the band knows the song, sections: `section: A`.
fn markers(chart: &Chart, again: Option<&Replayed>, job: &Job) -> Vec<(u64, String)> {
    let mut markers = chart.markers();
    if let Some(again) = again {
        let begins = |section: &Section| again.song.bars.get(section.first)?.ticks;
        let samples = |ticks: i64| ticks as f64 / 960.0 * 60.0 / job.tempo * f64::from(job.inputs.sample_rate);
        let sections = again.song.sections.iter().filter(|section| section.sung);
        markers.extend(sections.filter_map(|section| {
            let sample = samples(begins(section)?).round().max(0.0) as u64;
            Some((sample, format!("section: {}", section.letter())))
        }));
        markers.sort_by_key(|(sample, _)| *sample);
    }
    markers
}

/// Mask, notes, lead sheet and piano roll of a sound of so many samples.
fn write_others(args: &Args, job: &Job, beside: Beside, samples: u64) -> Result<()> {
    let Beside { rendered, again, mask, split } = beside;
    split.into_iter().try_for_each(Stems::finish)?;
    mask.map_or(Ok(()), MaskOut::finish)?;
    let empty = Chart::default();
    let chart = again.map_or(&empty, |again| &again.chart);
    if let Some(path) = &args.midi_out {
        let piece = midi::Piece {
            events: &rendered.notes,
            markers: &markers(chart, again, job),
            end: samples,
            sample_rate: job.inputs.sample_rate.into(),
            tempo: job.tempo,
            time_signature: job.time_signature,
        };
        midi::write(path, &piece)?;
    }
    if let Some(again) = again.filter(|_| !args.sheet_out.is_empty()) {
        let title = args.input.file_stem().map(|stem| stem.to_string_lossy()).unwrap_or_default();
        let (tempo, time_signature) = (job.tempo, job.time_signature);
        let sheet = Sheet { title: &title, tempo, time_signature, song: &again.song };
        args.sheet_out.iter().try_for_each(|path| songweave_sheet::write(path, &sheet))?;
    }
    if let Some(path) = &args.roll_out {
        roll_out::write(path, job, rendered, chart)?;
    }
    Ok(())
}
