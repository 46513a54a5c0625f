//! `cargo xtask evaluate key`: how often the listener finds the key and the tempo of songs whose score is known.

mod profiles;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use indicatif::ProgressBar;
use profiles::Profiles;
use serde::Serialize;
use songweave_audio::draft::write_bytes;
use songweave_measure::follow::{
    key_figures::{EvaluationSong, Figures, Found, RATE, figures, measure},
    key_songs::{REAL, pop, real},
    transposed,
};
use songweave_score::split::Split;
use songweave_synth::instruments::soundfont::{DEFAULT_PATH, Instruments};

/// What the command takes.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The data folder with pop909 (and stems, with --real)
    #[arg(long, value_name = "DIR", default_value = crate::data::dataset::DATA)]
    data: PathBuf,
    /// Where to write the figures
    #[arg(long, value_name = "FILE")]
    json: PathBuf,
    /// Songs of POP909, of the validation songs; one of three settings of the key profile was chosen by them
    #[arg(long, default_value_t = 60)]
    songs: usize,
    /// Seconds of each song
    #[arg(long, default_value_t = 30.0)]
    seconds: f64,
    /// The multitracks too, in all transpositions: names of their folders, or `all`
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    real: Vec<String>,
    /// Songs of each kind that are measured in all twelve transpositions as well, beside other estimators
    #[arg(long, default_value_t = 12)]
    transposed: usize,
    /// A General MIDI sound font
    #[arg(long, value_name = "FILE", default_value = DEFAULT_PATH)]
    soundfont: PathBuf,
}

impl Args {
    /// Where the figures go.
    pub(crate) fn json(&self) -> &Path {
        &self.json
    }
}

#[derive(Serialize)]
struct Report {
    sample_rate: u32,
    seconds: f64,
    figures: Vec<Figures>,
    transposed: Vec<transposed::Figures>,
    songs: Vec<Found>,
}

/// Runs the command.
///
/// # Errors
/// Songs or the sound font cannot be read, or the figures cannot be written.
pub(crate) fn run(args: &Args) -> Result<()> {
    let (mut songs, mut evaluated) = measure_pop(args)?;
    for (name, key, tempo) in REAL {
        if args.real.iter().any(|wanted| wanted == name || wanted == "all") {
            let song = real(&args.data.join("stems/src").join(name), key, tempo, args.seconds)?;
            songs.extend(measure(&song, None));
            evaluated.push(song);
        }
    }
    let figures: Vec<Figures> =
        ["piano", "band", "real"].into_iter().filter_map(|kind| figures(kind, &songs)).collect();
    figures.iter().for_each(print);
    let transposed = if evaluated.is_empty() { Vec::new() } else { measure_transposed(&evaluated)? };
    print_transposed(&transposed);
    let report = Report { sample_rate: RATE, seconds: args.seconds, figures, transposed, songs };
    write_bytes(&args.json, &serde_json::to_vec_pretty(&report)?)?;
    println!("Figures: {}", args.json.display());
    Ok(())
}

fn measure_transposed(songs: &[EvaluationSong]) -> Result<Vec<transposed::Figures>> {
    let bar = super::bar(songs.len()).with_message("twelve transpositions");
    let figures = transposed::measure(songs, &Profiles::open()?, || bar.inc(1))?;
    bar.finish_and_clear();
    Ok(figures)
}

/// Songs of POP909 two by two, as A and B; those that are to be transposed are returned as well.
fn measure_pop(args: &Args) -> Result<(Vec<Found>, Vec<EvaluationSong>)> {
    let folder = args.data.join("pop909/POP909");
    let entries = std::fs::read_dir(&folder).with_context(|| format!("cannot read the folder {}", folder.display()))?;
    let mut names: Vec<String> = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect();
    names.retain(|name| Split::of(name) == Split::Test && folder.join(name).is_dir());
    names.sort();
    names.truncate(args.songs);
    if names.is_empty() {
        bail!("{}: no songs here; is this the POP909 data set?", folder.display());
    }
    let instruments = Instruments::load(&args.soundfont)?;
    let bar = ProgressBar::new(names.len() as u64);
    let (mut found, mut evaluated) = (Vec::new(), Vec::new());
    for pair in names.chunks(2) {
        let [a, b] = [(pair.first(), false), (pair.get(1), true)]
            .map(|(name, band)| name.map(|name| pop(&folder.join(name), &instruments, band, args.seconds)).transpose());
        if let (Some(a), b) = (a?, b?) {
            found.extend(measure(&a, b.as_ref()));
            if evaluated.len() < 2 * args.transposed {
                evaluated.extend([Some(a), b].into_iter().flatten());
            }
        }
        bar.inc(pair.len() as u64);
    }
    bar.finish_and_clear();
    Ok((found, evaluated))
}

fn print(figures: &Figures) {
    let percent = |share: f64| format!("{:.0} %", 100.0 * share);
    println!("{} ({} songs)", figures.kind, figures.songs);
    println!(
        "  key: MIREX score {:.3} (always {}: {:.3}), right {} ({}), right notes {}, not sure {}",
        figures.key_score,
        figures.baseline_key,
        figures.baseline_key_score,
        percent(figures.key_right),
        percent(figures.baseline_key_right),
        percent(figures.key_same_notes),
        percent(figures.key_not_sure),
    );
    println!(
        "  tempo within 4 %: {} (always 120: {}), or its octave {} ({}), not sure {}",
        percent(figures.tempo_right),
        percent(figures.baseline_tempo_right),
        percent(figures.tempo_right_or_octave),
        percent(figures.baseline_tempo_right_or_octave),
        percent(figures.tempo_not_sure),
    );
}

fn print_transposed(figures: &[transposed::Figures]) {
    if !figures.is_empty() {
        println!("the same songs in all twelve transpositions");
    }
    for figures in figures {
        let percent = |share: f64| format!("{:.0} %", 100.0 * share);
        println!(
            "  {} ({} songs), {}: same key {}, same notes {}, brought back {}, MIREX score {:.3}, right {}",
            figures.kind,
            figures.songs,
            figures.estimator,
            percent(figures.same_key),
            percent(figures.same_notes),
            percent(figures.matched),
            figures.key_score,
            percent(figures.key_right),
        );
    }
}
