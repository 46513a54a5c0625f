//! `cargo xtask evaluate`: what the modes are worth, measured with the Rust runtime only.

mod auto;
mod band;
mod groove;
mod harmony;
mod held_out;
mod instruments;
mod key;
mod library;
mod listener;
mod mash;
mod print;
mod robustness;
mod tune;
mod vocals;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};
use songweave_cli::device::DeviceChoice;
use songweave_models::mash::MashNetwork;
use songweave_synth::instruments::soundfont::DEFAULT_PATH;

/// Rate in Hz at which is measured.
const RATE: u32 = 44_100;

/// Measures a mode on songs whose parts are known.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    mode: Mode,
}

#[derive(Subcommand)]
enum Mode {
    /// Mash: how near mixes and parts come to the true ones, beside plain sum, ducker and oracle mask
    Mash(MashArgs),
    /// Mash: real voices over real backings in both qualities, beside Spleeter's original
    Vocals(vocals::Args),
    /// Mash: how restless the auto mask is, and how much clash it leaves, on made-up songs whose score is known
    Auto(AutoArgs),
    /// Mash: material that is none of the usual, from women's voices to noise and damaged samples
    Robustness(RobustnessArgs),
    /// Accompany: what the band plays to songs whose chords are known, beside the annotation and bands without ideas
    Band(band::Args),
    /// The listener: key and tempo of songs whose score is known, beside a fixed answer
    Key(key::Args),
    /// The library: how fast it listens, looks again and searches, its memory and its size
    Library(library::Args),
    /// Listen: genres, and what is found by song vectors, beside musicnn, bliss, the log-mel and random weights
    Listener(listener::Args),
    /// The arranger: drums and bass against the data they were learned from
    Groove(groove::Args),
    /// Accompany: chords to melodies as they are written, without audio, beside the annotated chords
    Harmony(harmony::Args),
    /// Accompany: the sound of the instruments against the sound font's
    Instruments(instruments::Args),
    /// Tune: the pitch that is heard, the voice that is tuned and the melodies that are written, beside Praat and others
    Tune(tune::Args),
}

#[derive(clap::Args)]
struct MashArgs {
    /// A folder of songs, each a folder of stems in any audio format, named vocals, drums, bass, other, *_Stem_NAME or as
    /// studios do (Lead Vox, 01_Kick, Acapella, Instrumental) [default: the test songs of ../shared/data/stems]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Where to write the figures
    #[arg(long, value_name = "FILE")]
    json: PathBuf,
    /// Measure only so many seconds from the middle of each song
    #[arg(long, value_name = "S")]
    seconds: Option<f64>,
    /// A weight file instead of the built-in network
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
    /// Only these songs: names of their folders or parts of such names
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    songs: Vec<String>,
    /// In Studio quality instead of Live
    #[arg(long)]
    studio: bool,
    /// What the network of Studio quality runs on
    #[arg(long, value_enum, default_value_t, requires = "studio")]
    device: DeviceChoice,
}

#[derive(clap::Args)]
struct AutoArgs {
    /// Where to write the figures
    #[arg(long, value_name = "FILE")]
    json: PathBuf,
    /// The data folder that songs are made of
    #[arg(long, value_name = "DIR", default_value = crate::data::dataset::DATA)]
    data: PathBuf,
    /// A General MIDI sound font
    #[arg(long, value_name = "FILE", default_value = DEFAULT_PATH)]
    soundfont: PathBuf,
    /// Pairs of songs
    #[arg(long, default_value_t = 16)]
    pairs: usize,
    /// Seconds of each
    #[arg(long, value_name = "S", default_value_t = 24.0)]
    seconds: f64,
    /// Other songs for another number
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A weight file instead of the built-in network
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
}

#[derive(clap::Args)]
struct RobustnessArgs {
    /// Where to write the figures
    #[arg(long, value_name = "FILE")]
    json: PathBuf,
    /// The data folder with recordings; what is not there is left out
    #[arg(long, value_name = "DIR", default_value = crate::data::dataset::DATA)]
    data: PathBuf,
    /// A weight file instead of the built-in network
    #[arg(long, value_name = "FILE")]
    weights: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// Songs or weights cannot be read, or the figures cannot be written.
pub(crate) fn run(args: Args) -> Result<()> {
    // What takes minutes should not fail at its end.
    let json = match &args.mode {
        Mode::Mash(args) => args.json.as_path(),
        Mode::Vocals(args) => &args.json,
        Mode::Auto(args) => &args.json,
        Mode::Robustness(args) => &args.json,
        Mode::Band(args) => args.json(),
        Mode::Listener(args) => &args.json,
        Mode::Key(args) => args.json(),
        Mode::Library(args) => args.json(),
        Mode::Groove(args) => args.json(),
        Mode::Harmony(args) => args.json(),
        Mode::Instruments(args) => args.json(),
        Mode::Tune(args) => args.json(),
    };
    let folder = json.parent().filter(|folder| !folder.as_os_str().is_empty());
    ensure!(folder.is_none_or(Path::is_dir), "{}: there is no such folder to write to; make it first", json.display());
    match args.mode {
        Mode::Mash(args) => mash::run(&args),
        Mode::Vocals(args) => vocals::run(&args),
        Mode::Auto(args) => auto::run(&args),
        Mode::Robustness(args) => robustness::run(&args),
        Mode::Band(args) => band::run(&args),
        Mode::Listener(args) => listener::run(&args),
        Mode::Key(args) => key::run(&args),
        Mode::Library(args) => library::run(&args),
        Mode::Groove(args) => groove::run(&args),
        Mode::Harmony(args) => harmony::run(&args),
        Mode::Instruments(args) => instruments::run(&args),
        Mode::Tune(args) => tune::run(&args),
    }
}

fn network(weights: Option<&Path>) -> Result<MashNetwork> {
    let Some(path) = weights else { return Ok(MashNetwork::embedded()?) };
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    MashNetwork::from_bytes(&bytes).with_context(|| path.display().to_string())
}

fn bar(length: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {elapsed} {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(length as u64).with_style(style)
}
