//! `cargo xtask evaluate tune`: how well a voice's pitch is heard, how well it is tuned, and what melodies are written.

mod picture;
mod pitch_trackers;
mod print;

use std::path::{Path, PathBuf};

use anyhow::{Context, Error, Result, ensure};
use pitch_trackers::PitchTrackers;
use serde::Serialize;
use songweave_audio::draft::write_bytes;
use songweave_measure::{
    band::melody_report::{self, MelodyReport},
    tune::{
        RATE,
        correction::{self, CorrectionReport, Tuned},
        recordings,
        tracker::{self, TrackerReport},
    },
};

/// What the command takes.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The shared data folder, or a folder of recordings of single voices; NAME.csv beside NAME.wav (lines of seconds,Hz; 0 Hz =
    /// nobody sings) is taken for the truth, Praat otherwise
    #[arg(long, value_name = "DIR", default_value = crate::data::dataset::DATA)]
    data: PathBuf,
    /// Where to write the figures
    #[arg(long, value_name = "FILE")]
    json: PathBuf,
    /// At most so many seconds of each recording: the loudest
    #[arg(long, value_name = "S", default_value_t = 45.0)]
    seconds: f64,
    /// Songs that synthetic voices sing
    #[arg(long, value_name = "N", default_value_t = 9)]
    songs: usize,
    /// Pictures of pitch lines before and after, one per real recording and target
    #[arg(long, value_name = "DIR")]
    pictures: Option<PathBuf>,
    /// Only these parts: tracker, correction, melody
    #[arg(long, value_name = "PART,PART", value_delimiter = ',', default_values_t = [Part::Tracker, Part::Correction, Part::Melody])]
    parts: Vec<Part>,
    /// Measure the melody network on the songs that it was chosen by
    #[arg(long, hide = true)]
    choose: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Hearing the pitch
    Tracker,
    /// Tuning
    Correction,
    /// The melody network
    Melody,
}

impl std::fmt::Display for Part {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Tracker => "tracker",
            Self::Correction => "correction",
            Self::Melody => "melody",
        })
    }
}

impl Args {
    /// Where the figures go.
    pub(crate) fn json(&self) -> &Path {
        &self.json
    }
}

#[derive(Serialize)]
struct Report {
    seconds: f64,
    tracker: Option<TrackerReport>,
    correction: Option<CorrectionReport>,
    melody: Option<MelodyReport>,
}

/// What the melody network is worth.
fn measure_melodies(args: &Args) -> Result<MelodyReport> {
    let bar = super::bar(melody_report::STEPS).with_message("melody network");
    let report = melody_report::measure(&args.data, args.choose, || bar.inc(1)).map_err(Error::msg)?;
    bar.finish_and_clear();
    Ok(report)
}

/// Draws what came of a recording of some length, where pictures are wanted.
fn draw(folder: Option<&Path>, tuned: &Tuned<'_>) -> Result<()> {
    let Some(folder) = folder.filter(|_| tuned.recording.samples.len() > 8 * RATE as usize) else { return Ok(()) };
    let path = folder.join(format!("{}-{}.png", tuned.recording.name, tuned.target));
    picture::draw(tuned.before, tuned.after, &tuned.targets).write(&path)
}

/// Runs the command.
///
/// # Errors
/// Recordings cannot be read, Python's trackers cannot be installed, or the figures cannot be written.
pub(crate) fn run(args: &Args) -> Result<()> {
    ensure!(args.seconds >= 2.0, "--seconds {}: less than two seconds tell nothing", args.seconds);
    if let Some(folder) = &args.pictures {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
    }
    let wants = |part: Part| args.parts.contains(&part);
    let melody = if wants(Part::Melody) { Some(measure_melodies(args)?) } else { None };
    let (mut tracker, mut correction) = (None, None);
    if wants(Part::Tracker) || wants(Part::Correction) {
        let others = PitchTrackers::open()?;
        let recordings = recordings::gather(&args.data, args.seconds, args.songs)?;
        let bar = super::bar(recordings.len()).with_message("pitch trackers");
        let (lines, report) = tracker::measure(&recordings, &others, || bar.inc(1))?;
        bar.finish_and_clear();
        tracker = Some(report);
        if wants(Part::Correction) {
            let bar = super::bar(correction::steps(recordings.len())).with_message("tuned");
            let watch = |tuned: &Tuned<'_>| draw(args.pictures.as_deref(), tuned);
            correction = Some(correction::measure(&recordings, &lines, &others, || bar.inc(1), watch)?);
            bar.finish_and_clear();
        }
    }
    let report = Report { seconds: args.seconds, tracker, correction, melody };
    print::report(&report);
    write_bytes(&args.json, &serde_json::to_vec_pretty(&report)?)?;
    println!("Figures: {}", args.json.display());
    Ok(())
}
