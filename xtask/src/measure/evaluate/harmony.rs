//! `cargo xtask evaluate harmony`: chords to melodies as they are written or as a faulty ear hears them, without audio.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use songweave_measure::band::harmony_report::{self, Report, Row};
use songweave_models::ChordNetwork;
use songweave_score::{
    songs::sung_song::{SungSong, read_songs},
    split::Split,
};

/// What the command takes.
#[derive(clap::Args)]
pub(super) struct Args {
    /// Where to write the figures
    #[arg(long, value_name = "FILE")]
    json: PathBuf,
    /// A folder in the form of pop909-structure/POP909
    #[arg(long, value_name = "DIR", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/pop909-structure/POP909"))]
    data: PathBuf,
    /// Which of its songs
    #[arg(long, value_enum, default_value_t = Songs::Test)]
    songs: Songs,
    /// A weight file instead of the built-in network
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Songs {
    /// Those that nothing was trained or chosen by
    Test,
    /// Those that training and decoding were chosen by
    Validation,
    /// Every song of the folder
    All,
}

impl Args {
    pub(super) fn json(&self) -> &Path {
        &self.json
    }
}

/// Runs the measurement.
///
/// # Errors
/// Songs or weights cannot be read, or the figures cannot be written.
pub(super) fn run(args: &Args) -> Result<()> {
    let (songs, trained) = songs(args)?;
    let report = harmony_report::measure(network(args.weights.as_deref())?, songs, &trained, &args.data)?;
    print(&report);
    let text = serde_json::to_vec_pretty(&report)?;
    std::fs::write(&args.json, text).with_context(|| format!("cannot write {}", args.json.display()))
}

/// The songs that are measured, and those that were trained on.
fn songs(args: &Args) -> Result<(Vec<SungSong>, Vec<SungSong>)> {
    let all = read_songs(&args.data)?;
    let split = |song: &SungSong| Split::of(&song.name);
    let wanted = |song: &SungSong| match args.songs {
        Songs::Test => split(song) == Split::Test,
        Songs::Validation => split(song) == Split::Validation,
        Songs::All => true,
    };
    let trained = all.iter().filter(|song| split(song) == Split::Train).cloned().collect();
    let songs: Vec<SungSong> = all.into_iter().filter(wanted).collect();
    ensure!(!songs.is_empty(), "{}: none of its songs is of this kind; try --songs all", args.data.display());
    Ok((songs, trained))
}

fn network(weights: Option<&Path>) -> Result<ChordNetwork> {
    let Some(path) = weights else { return Ok(ChordNetwork::embedded()?) };
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    ChordNetwork::from_bytes(&bytes).with_context(|| path.display().to_string())
}

fn print(report: &Report) {
    println!(
        "{} songs, {} parameters, {:.0} µs per step",
        report.songs, report.parameters, report.microseconds_per_step
    );
    println!("{:<44} note in chord  agreement  changes/bar  bigram bits  returns", "");
    for Row { system, figures, returning } in &report.rows {
        println!(
            "{system:<44} {:13.3} {:10.3} {:12.2} {:12.2} {returning:8.3}",
            figures.note_in_chord, figures.agreement, figures.changes_per_bar, figures.bigram_bits
        );
    }
    println!("In the new key four beats after a tritone jump: {:.3} of {} songs", report.recovered, report.jumps);
    let learned = &report.learned;
    if let Some(sections) = &learned.sections {
        println!(
            "Learned: sections begin where people say, F1 {:.3} (novelty of the self-similarity {:.3}, every four bars {:.3}; {} songs)",
            sections.plan, sections.novelty, sections.every_four, sections.songs
        );
    }
    println!(
        "Learned: another tune is noticed within two beats in {} of {} songs; live without need in {:.3} of the steps",
        learned.departures.in_time, learned.departures.planted, learned.departures.false_alarms
    );
    println!("Learned: ten minutes are planned in {:.2} s", learned.planning_seconds);
    let runs = &report.recitation;
    println!(
        "Longest run also in a training song, in beats: chords {} (the annotated chords: {}), chords with their melody {} ({})",
        runs.chords, runs.true_chords, runs.chords_and_melody, runs.true_chords_and_melody
    );
}
