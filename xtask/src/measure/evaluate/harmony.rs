//! The harmony of Accompany on paper: songs as they are written or as a faulty ear hears them, without audio.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::ValueEnum;
use serde::Serialize;
use songweave_engine::band::harmony::{Harmony, Overrides};
use songweave_measure::band::{
    harmony_figures::{Chords, Figures, Jump, accompany, best_triads, figures, returns, tonic_triad},
    recitation::{Of, longest_run},
};
use songweave_models::ChordNetwork;
use songweave_score::{
    random::{Random, hash},
    songs::{
        sung_song::{SungSong, read_songs},
        transcription_noise::{Heard, Hearing},
    },
    split::Split,
};

/// Share of the step that begins which the plugin hears before it decides.
const EARLY: f32 = 0.15;
/// The plugin's own adventure.
const ADVENTURE: f32 = 0.3;
/// Look-aheads in 16th notes that are measured.
const AHEAD: [usize; 3] = [2, 4, 8];
/// Seed of the errors of hearing.
const SEED: u64 = 11;

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

#[derive(Serialize)]
struct Row {
    system: String,
    figures: Figures,
    /// Where a passage returns: share of its steps that have the chord of the first time.
    returning: f64,
}

#[derive(Serialize)]
struct Report {
    songs: usize,
    digest: String,
    parameters: usize,
    microseconds_per_step: f64,
    rows: Vec<Row>,
    /// Share of the songs with one key that have a chord of the new key four beats after a jump by a tritone.
    recovered: f64,
    jumps: usize,
    recitation: Recitation,
}

/// Longest runs in beats that are also in a training song.
#[derive(Serialize)]
struct Recitation {
    chords: usize,
    chords_and_melody: usize,
    true_chords: usize,
    true_chords_and_melody: usize,
}

/// Runs the measurement.
///
/// # Errors
/// Songs or weights cannot be read, or the figures cannot be written.
pub(super) fn run(args: &Args) -> Result<()> {
    let (songs, others) = songs(args)?;
    let network = network(args.weights.as_deref())?;
    let (digest, parameters) = (network.digest().to_owned(), network.parameters());
    let mut evaluation = Evaluation { harmony: Harmony::new(network), songs, rows: Vec::new() };
    let began = std::time::Instant::now();
    let ours = evaluation.ours()?;
    let steps: usize = evaluation.songs.iter().map(|song| song.melody.len()).sum();
    let microseconds_per_step = began.elapsed().as_secs_f64() * 1e6 / steps as f64;
    evaluation.references();
    evaluation.conditions()?;
    let (recovered, jumps) = evaluation.recovery()?;
    let recitation = recitation(&evaluation.songs, &ours, &others);
    let (songs, rows) = (evaluation.songs.len(), evaluation.rows);
    let report = Report { songs, digest, parameters, microseconds_per_step, rows, recovered, jumps, recitation };
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

struct Evaluation {
    harmony: Harmony,
    songs: Vec<SungSong>,
    rows: Vec<Row>,
}

impl Evaluation {
    /// The system as it is meant to be used.
    fn ours(&mut self) -> Result<Vec<Chords>> {
        self.system("ours, true pitch", ADVENTURE, |_| Hearing::perfect(EARLY))
    }

    /// Between what the other rows lie.
    fn references(&mut self) {
        let truth: Vec<Chords> = self.songs.iter().map(|song| song.chords.clone()).collect();
        let best: Vec<Chords> = self.songs.iter().map(best_triads).collect();
        self.row("annotated chords", &truth);
        let with_key: Vec<SungSong> = self.songs.iter().filter(|song| song.key.is_some()).cloned().collect();
        let tonic: Vec<Chords> = with_key.iter().map(tonic_triad).collect();
        let (returning, figures) = (returns(&with_key, &tonic), figures(&with_key, &tonic));
        self.rows.push(Row { system: "tonic triad, of songs with one key".to_owned(), figures, returning });
        self.row("best triad of each bar, known afterwards", &best);
    }

    fn conditions(&mut self) -> Result<()> {
        self.system("ours, heard with errors", ADVENTURE, |random| Hearing::random(random).online())?;
        self.system("ours, nothing of the step heard before it", ADVENTURE, |_| Hearing::perfect(0.0))?;
        self.system("ours, adventure 0 %", 0.0, |_| Hearing::perfect(EARLY))?;
        self.system("ours, adventure 100 %", 1.0, |_| Hearing::perfect(EARLY))?;
        for steps in AHEAD {
            let name = format!("ours, look-ahead of {steps} steps");
            self.system(&name, ADVENTURE, |_| Hearing::perfect(EARLY).looking_ahead(steps))?;
        }
        Ok(())
    }

    fn system(&mut self, name: &str, adventure: f32, hearing: impl Fn(&mut Random) -> Hearing) -> Result<Vec<Chords>> {
        let overrides = Overrides { adventure, ..Overrides::default() };
        let mut chords = Vec::new();
        for song in &self.songs {
            let mut random = Random::for_task(SEED, hash(&song.name));
            let heard = Heard::of(&song.melody, &hearing(&mut random), &mut random);
            chords.push(
                accompany(&mut self.harmony, song, &heard, &overrides).map_err(|fault| anyhow::anyhow!(fault.0))?,
            );
        }
        self.row(name, &chords);
        Ok(chords)
    }

    fn row(&mut self, system: &str, chords: &[Chords]) {
        let returning = returns(&self.songs, chords);
        self.rows.push(Row { system: system.to_owned(), figures: figures(&self.songs, chords), returning });
    }

    /// Share of the songs that recover, and how many have a key that can jump.
    fn recovery(&mut self) -> Result<(f64, usize)> {
        let (mut good, mut all) = (0, 0);
        for jump in self.songs.iter().filter_map(Jump::of) {
            let heard = Heard::of(&jump.song.melody, &Hearing::perfect(EARLY), &mut Random::new(SEED));
            let overrides = Overrides { adventure: ADVENTURE, ..Overrides::default() };
            let chords = accompany(&mut self.harmony, &jump.song, &heard, &overrides);
            let chords = chords.map_err(|fault| anyhow::anyhow!(fault.0))?;
            all += 1;
            good += usize::from(jump.recovered(&chords));
        }
        Ok((if all > 0 { good as f64 / all as f64 } else { 0.0 }, all))
    }
}

fn recitation(songs: &[SungSong], ours: &[Chords], trained: &[SungSong]) -> Recitation {
    let played: Vec<_> = songs.iter().zip(ours.iter().map(Vec::as_slice)).collect();
    let written: Vec<_> = songs.iter().map(|song| (song, song.chords.as_slice())).collect();
    Recitation {
        chords: longest_run(&played, trained, Of::Chords),
        chords_and_melody: longest_run(&played, trained, Of::ChordsAndMelody),
        true_chords: longest_run(&written, trained, Of::Chords),
        true_chords_and_melody: longest_run(&written, trained, Of::ChordsAndMelody),
    }
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
    let runs = &report.recitation;
    println!(
        "Longest run also in a training song, in beats: chords {} (the annotated chords: {}), chords with their melody {} ({})",
        runs.chords, runs.true_chords, runs.chords_and_melody, runs.true_chords_and_melody
    );
}
