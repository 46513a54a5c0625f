//! `cargo xtask dataset`: training material, made by the same code that the plugin runs.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use clap::Subcommand;
use songweave_datasets::{
    band::{
        chord_set::{ChordSet, Listener},
        groove_set, melody_set,
        pix2pix_set::Pix2pixSet,
    },
    listener::listener_set::ListenerSet,
    mash::{feature_set::Plan, groups::Group},
    material::Material,
    notes::instrument_set::InstrumentSet,
};
use songweave_synth::{demo_songs, instruments::soundfont::DEFAULT_PATH};

use crate::{
    build::bundle::studio::{Stem, original},
    project, python,
};

/// Where the data lies, seen from the workspace.
pub(crate) const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data");

/// Of Debian's packages timgm6mb-soundfont and musescore-general-soundfont-lossless.
const SMALL_FONT: &str = "/usr/share/sounds/sf2/TimGM6mb.sf2";
pub(crate) const TEST_FONT: &str = "/usr/share/sounds/sf2/MuseScore_General_Full.sf2";

/// Makes training material and the demo songs.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Feature set for the Mash network: random mixtures as features and true shares
    Mash(MashArgs),
    /// Steps of drums and piano hands for the groove network
    Groove(GrooveArgs),
    /// Notes of the sound font as partials and noise, for the instrument networks
    Instruments(InstrumentArgs),
    /// Songs as a faulty ear hears them, with their chords, for the chord network
    Band(BandArgs),
    /// Sung songs and their true accompaniments as sound, for the pix2pix baseline
    Pix2pix(Pix2pixArgs),
    /// Melodies with their chords for the melody network
    Melody(MelodyArgs),
    /// Pieces in the styles of many genres as the listener's hidden layers hear them
    Listener(ListenerArgs),
    /// Mixtures of voices and backings for Studio's network, with what the original says of them
    Studio(StudioArgs),
    /// The two demo songs, as committed in tests/fixtures/demo
    Demo(DemoArgs),
}

#[derive(clap::Args)]
struct MashArgs {
    /// Folder for the set; complete shards in it are kept
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The data folder
    #[arg(long, value_name = "DIR", default_value = DATA)]
    data: PathBuf,
    /// Hours of audio, divided among the groups
    #[arg(long, default_value_t = 4.0)]
    hours: f64,
    /// The same seed gives the same set
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Only these groups, as in `synthetic,real.2.Lithium,blend.2.Lithium,real.all`
    #[arg(long, value_name = "GROUP", value_delimiter = ',')]
    groups: Vec<String>,
    /// Threads that render; the set does not depend on it
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// A General MIDI sound font
    #[arg(long, value_name = "FILE", default_value = DEFAULT_PATH)]
    soundfont: PathBuf,
    /// A sound font that is kept for tests, should it be installed
    #[arg(long, value_name = "FILE", default_value = TEST_FONT)]
    test_soundfont: PathBuf,
    /// How many pieces with recorded voices over recorded backings are mixed for the group `recorded`, which is left out at 0
    #[arg(long, value_name = "N", default_value_t = 0)]
    recorded: usize,
}

#[derive(clap::Args)]
struct StudioArgs {
    /// Folder for the set; complete clips in it are kept
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The data folder
    #[arg(long, value_name = "DIR", default_value = DATA)]
    data: PathBuf,
    /// Clips of twelve seconds to train on
    #[arg(long, value_name = "N", default_value_t = 300)]
    clips: usize,
    /// The same seed gives the same set
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(clap::Args)]
struct GrooveArgs {
    /// Folder for the set
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The data folder
    #[arg(long, value_name = "DIR", default_value = DATA)]
    data: PathBuf,
}

#[derive(clap::Args)]
struct InstrumentArgs {
    /// Folder for the set
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Only these programs
    #[arg(long, value_name = "NAME,NAME", value_delimiter = ',')]
    program: Vec<String>,
    /// Threads that analyse; the set does not depend on it
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// A General MIDI sound font
    #[arg(long, value_name = "FILE", default_value = DEFAULT_PATH)]
    soundfont: PathBuf,
}

#[derive(clap::Args)]
struct MelodyArgs {
    /// Folder for the set
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The data folder
    #[arg(long, value_name = "DIR", default_value = DATA)]
    data: PathBuf,
}

#[derive(clap::Args)]
struct BandArgs {
    /// Folder for the set; complete shards in it are kept
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The data folder
    #[arg(long, value_name = "DIR", default_value = DATA)]
    data: PathBuf,
    /// The same seed gives the same set
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How often each song is heard, each time with other errors
    #[arg(long, value_name = "N", default_value_t = 6)]
    draws: usize,
    /// For the network that knows a song from beginning to end, which hears all of it at every beat
    #[arg(long)]
    whole_songs: bool,
}

#[derive(clap::Args)]
struct Pix2pixArgs {
    /// Folder for the set; songs that are in it are kept
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The data folder
    #[arg(long, value_name = "DIR", default_value = DATA)]
    data: PathBuf,
    /// Songs, none of which is tested with
    #[arg(long, value_name = "N", default_value_t = 90)]
    songs: usize,
    /// At most so many seconds of each
    #[arg(long, value_name = "S", default_value_t = 40.0)]
    seconds: f64,
    /// A General MIDI sound font
    #[arg(long, value_name = "FILE", default_value = DEFAULT_PATH)]
    soundfont: PathBuf,
}

#[derive(clap::Args)]
struct ListenerArgs {
    /// Folder for the set
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The data folder
    #[arg(long, value_name = "DIR", default_value = DATA)]
    data: PathBuf,
    /// General MIDI sound fonts for training and validation
    #[arg(long, value_name = "FILE", value_delimiter = ',', default_values = [DEFAULT_PATH, SMALL_FONT])]
    soundfont: Vec<PathBuf>,
    /// A General MIDI sound font that is heard in the test alone
    #[arg(long, value_name = "FILE", default_value = TEST_FONT)]
    test_soundfont: PathBuf,
    /// Recordings without genres, from which what belongs to one song is learned as well
    #[arg(long, value_name = "DIR")]
    recordings: Option<PathBuf>,
    /// Pieces for each style and sound font
    #[arg(long, value_name = "N", default_value_t = 2)]
    pieces: usize,
    /// The same seed gives the same set
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

#[derive(clap::Args)]
struct DemoArgs {
    /// Folder for song_a.flac and song_b.flac
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// Material is missing or a file cannot be written.
pub(crate) fn run(args: Args) -> Result<()> {
    match args.what {
        What::Mash(args) => mash(args),
        What::Groove(args) => groove(&args),
        What::Instruments(args) => instruments(args),
        What::Band(args) => band(args),
        What::Pix2pix(args) => pix2pix(args),
        What::Melody(args) => melody(&args),
        What::Listener(args) => listener(args),
        What::Studio(args) => studio(&args),
        What::Demo(args) => Ok(demo_songs::write(&args.out)?),
    }
}

/// The trainer's package makes this one: half of it is what the original's networks say.
fn studio(args: &StudioArgs) -> Result<()> {
    let (sources, whole) = (sources(&args.data, &args.out)?, [Stem::Accompaniment, Stem::Vocals].map(original));
    let mut mix = python::trainer("songweave_training.studio.mixtures")?;
    mix.arg("--sources").arg(&sources).arg("--out").arg(&args.out).arg("--weights");
    for weights in whole {
        mix.arg(weights?);
    }
    project::run(mix.args(["--clips", &args.clips.to_string(), "--seed", &args.seed.to_string()]))?;
    println!("Training set: {}", args.out.display());
    Ok(())
}

fn groove(args: &GrooveArgs) -> Result<()> {
    let command = written_command(std::env::args().skip(1));
    groove_set::write(&args.data, &args.out, &command)?;
    println!("Training set: {}", args.out.display());
    Ok(())
}

fn instruments(args: InstrumentArgs) -> Result<()> {
    let threads = args.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let command = written_command(std::env::args().skip(1));
    let set = InstrumentSet { out: args.out, programs: args.program, threads, command };
    set.write(&args.soundfont)?;
    println!("Training set: {}", set.out.display());
    Ok(())
}

fn melody(args: &MelodyArgs) -> Result<()> {
    let command = written_command(std::env::args().skip(1));
    melody_set::write(&args.data, &args.out, &command)?;
    println!("Training set: {}", args.out.display());
    Ok(())
}

fn band(args: BandArgs) -> Result<()> {
    let command = written_command(std::env::args().skip(1));
    let listener = if args.whole_songs { Listener::Knowing } else { Listener::Live };
    let set = ChordSet { out: args.out, seed: args.seed, draws: args.draws, listener, command };
    set.write(&args.data)?;
    println!("Training set: {}", set.out.display());
    Ok(())
}

fn pix2pix(args: Pix2pixArgs) -> Result<()> {
    ensure!(args.songs > 0, "--songs 0: there would be nothing to learn from");
    ensure!(args.seconds >= 10.0, "--seconds {}: less than ten seconds tell nothing", args.seconds);
    let command = written_command(std::env::args().skip(1));
    let set = Pix2pixSet { out: args.out, songs: args.songs, seconds: args.seconds, command };
    set.write(&args.data, &args.soundfont)?;
    println!("Training set: {}", set.out.display());
    Ok(())
}

fn listener(args: ListenerArgs) -> Result<()> {
    let command = written_command(std::env::args().skip(1));
    let (out, data, seed) = (args.out, args.data, args.seed);
    let set = ListenerSet {
        out,
        fonts: args.soundfont,
        test_font: args.test_soundfont,
        recordings: args.recordings,
        pieces: args.pieces,
        seed,
        command,
    };
    set.write(&data)?;
    println!("Training set: {}", set.out.display());
    Ok(())
}

fn mash(args: MashArgs) -> Result<()> {
    ensure!(args.hours > 0.0 && args.hours < 10_000.0, "--hours must be a number above 0, {} is not", args.hours);
    let wanted = args.groups.iter().map(|name| Group::named(name)).collect::<Result<Vec<_>, _>>()?;
    let chosen = |group: &Group| wanted.is_empty() || wanted.contains(group);
    let there = |group: &Group| *group != Group::Recorded || args.recorded > 0;
    let groups = Group::all().into_iter().filter(chosen).filter(there).collect();
    let threads = args.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let command = written_command(std::env::args().skip(1));
    let (out, hours, seed) = (args.out.clone(), args.hours, args.seed);
    let plan = Plan { out, hours, seed, threads, groups, command };
    plan.check()?;
    let recorded = (args.recorded > 0).then(|| recorded(&args)).transpose()?;
    plan.write(&Material::open(&args.data, &args.soundfont, &args.test_soundfont, recorded.as_deref())?)?;
    println!("Feature set: {}", args.out.display());
    Ok(())
}

/// Mixes pieces of recorded voices and backings, and says where they lie. Those that are there are kept.
fn recorded(args: &MashArgs) -> Result<PathBuf> {
    let pieces = args.out.join("recorded");
    let mut mix = python::trainer("songweave_training.studio.mixtures")?;
    mix.arg("--sources").arg(sources(&args.data, &args.out)?).arg("--stems").arg(&pieces);
    project::run(mix.args(["--clips", &args.recorded.to_string(), "--seed", &args.seed.to_string()]))?;
    Ok(pieces)
}

/// Recordings that the trainer's package mixes.
fn sources(data: &Path, out: &Path) -> Result<PathBuf> {
    let sources = out.join("sources");
    let mut collect = python::trainer("songweave_training.studio.sources")?;
    project::run(collect.arg("--data").arg(data).arg("--out").arg(&sources))?;
    Ok(sources)
}

/// The command line as a set, and later a weight file, tells it: without the names of this machine's folders.
fn written_command(arguments: impl Iterator<Item = String>) -> String {
    const FOLDERS: [&str; 3] = ["--data", "--out", "--recordings"];
    let mut written: Vec<String> = Vec::new();
    for argument in arguments {
        let folder =
            FOLDERS.iter().find(|option| argument.strip_prefix(**option).is_some_and(|rest| rest.starts_with('=')));
        let follows = written.last().is_some_and(|last| FOLDERS.contains(&last.as_str()));
        written.push(match folder {
            Some(option) => format!("{option}=DIR"),
            None if follows => "DIR".to_owned(),
            None => argument,
        });
    }
    written.join(" ")
}

#[cfg(test)]
mod tests {
    use super::written_command;

    #[test]
    fn a_set_names_no_folder_of_the_machine_it_was_written_on() {
        let arguments =
            "dataset mash --out /home/me/set --data=../stems --hours 5 --seed 2".split(' ').map(str::to_owned);
        assert_eq!(written_command(arguments), "dataset mash --out DIR --data=DIR --hours 5 --seed 2");
    }
}
