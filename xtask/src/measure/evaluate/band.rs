//! `cargo xtask evaluate band`: sings songs whose chords are known through the plugin and measures what its band plays.

mod print;
mod sound;
mod sound_print;
mod spectrogram;

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result, ensure};
use songweave_audio::draft::write_bytes;
use songweave_measure::band::{
    groove::drummers,
    sung::{
        figures::{Report, SongFigures},
        sound::Recorder,
        stage::Stage,
    },
};
use songweave_score::songs::structure_song::StructureSong;
use songweave_score::split::Split;
use songweave_synth::instruments::soundfont::DEFAULT_PATH;
use songweave_synth::voices::evaluation_singers::Manner;

use crate::build::bundle;

/// What the command takes.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A folder of songs in the form of pop909-structure (melody.txt, finalized_chord.txt, tempo.txt); of the shared set only
    /// the songs that no network was trained on
    #[arg(long, value_name = "DIR", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data/pop909-structure"))]
    data: PathBuf,
    /// Where to write the figures
    #[arg(long, value_name = "FILE")]
    json: PathBuf,
    /// At most so many songs
    #[arg(long, value_name = "N")]
    songs: Option<usize>,
    /// At most so many seconds of each, from the bar on in which somebody begins to sing
    #[arg(long, value_name = "S", default_value_t = 90.0)]
    seconds: f64,
    /// Harmonise the true pitches of the score as well, to tell hearing from arranging
    #[arg(long)]
    true_pitch: bool,
    /// Sing in these ways as well: breathy, half-spoken, bleeding
    #[arg(long, value_name = "MANNER,MANNER", value_delimiter = ',', value_parser = manner)]
    manners: Vec<Manner>,
    /// Let the band learn each song before as well, and look half a second ahead
    #[arg(long)]
    learn: bool,
    /// A parameter's value as the host shows it, e.g. style=swing (repeatable)
    #[arg(long = "param", value_name = "ID=VALUE")]
    params: Vec<String>,
    /// Write the sound of every song here (SONG.voice.wav, .ours.wav, .true.wav) and measure it beside the true accompaniment
    #[arg(long, value_name = "DIR")]
    audio: Option<PathBuf>,
    /// Measure the pix2pix baseline of this training run as well
    #[arg(long, value_name = "RUN", requires = "audio")]
    pix2pix: Option<PathBuf>,
    /// Write spectrograms of the first two songs here
    #[arg(long, value_name = "DIR", requires = "audio")]
    pictures: Option<PathBuf>,
    /// The General MIDI sound font of the true accompaniment
    #[arg(long, value_name = "FILE", default_value = DEFAULT_PATH)]
    soundfont: PathBuf,
    /// Songs measured at the same time
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=64))]
    threads: u16,
    /// Another CLAP than target/bundled/Songweave.clap
    #[arg(long, value_name = "FILE.clap", hide = true)]
    bundle: Option<PathBuf>,
}

impl Args {
    /// Where the figures go.
    pub(crate) fn json(&self) -> &Path {
        &self.json
    }
}

fn manner(text: &str) -> Result<Manner, String> {
    let found = Manner::ALL.into_iter().find(|manner| manner.name() == text);
    found.ok_or_else(|| format!("it is one of {}", Manner::ALL.map(Manner::name).join(", ")))
}

/// Runs the command.
///
/// # Errors
/// Songs or the plugin cannot be read, or the figures cannot be written.
pub(crate) fn run(args: &Args) -> Result<()> {
    ensure!(args.seconds >= 10.0, "--seconds {}: less than ten seconds tell nothing", args.seconds);
    let folders = folders(&args.data, args.songs)?;
    let installed = bundle::installed(args.bundle.as_deref())?;
    let recorder = args.audio.as_ref().map(|folder| Recorder::open(folder, &args.soundfont)).transpose()?;
    let stage = Stage { installed, params: args.params.clone(), voice: recorder.is_none(), learn: args.learn };
    let songs = measure(args, &folders, &stage, recorder.as_ref())?;
    let recorded: Vec<_> = songs.iter().filter_map(|song| song.recorded.as_ref()).collect();
    let sound =
        args.audio.as_ref().map(|folder| sound::measure(folder, args.pix2pix.as_deref(), &recorded)).transpose()?;
    let reference = drummers::grooves_of(&Path::new(crate::data::dataset::DATA).join("groove"), &args.params);
    let report = Report { sound, ..Report::of(args.seconds, args.params.clone(), songs, reference) };
    print::report(&report);
    if let Some(sound) = &report.sound {
        sound_print::report(sound);
    }
    if let (Some(folder), Some(sounds)) = (&args.pictures, &args.audio) {
        spectrogram::write(folder, sounds, &report.songs)?;
    }
    write_bytes(&args.json, &serde_json::to_vec_pretty(&report)?)?;
    println!("Figures: {}", args.json.display());
    Ok(())
}

/// All songs' figures in the order of the folders.
fn measure(args: &Args, folders: &[PathBuf], stage: &Stage, recorder: Option<&Recorder>) -> Result<Vec<SongFigures>> {
    let next = AtomicUsize::new(0);
    let measured = Mutex::new(Vec::new());
    let bar = super::bar(folders.len());
    let work = || {
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(folder) = folders.get(index) else { return };
            let figures = song(args, folder, stage, recorder).with_context(|| folder.display().to_string());
            bar.inc(1);
            measured.lock().unwrap_or_else(PoisonError::into_inner).push((index, figures));
        }
    };
    std::thread::scope(|scope| (0..args.threads).for_each(|_| drop(scope.spawn(work))));
    bar.finish_and_clear();
    let mut measured = measured.into_inner().unwrap_or_else(PoisonError::into_inner);
    measured.sort_by_key(|(index, _)| *index);
    let figures: Result<Vec<_>> = measured.into_iter().map(|(_, figures)| figures).collect();
    Ok(figures?.into_iter().flatten().collect())
}

/// The figures of a song; `None` for one that ends before there is anything to measure.
fn song(args: &Args, folder: &Path, stage: &Stage, recorder: Option<&Recorder>) -> Result<Option<SongFigures>> {
    let song = StructureSong::read(folder)?.sung_part(args.seconds);
    SongFigures::measure(&song, stage, &args.manners, args.true_pitch, recorder)
}

/// The folders of songs below `data`; of the shared set the test songs.
fn folders(data: &Path, most: Option<usize>) -> Result<Vec<PathBuf>> {
    let is_song = |folder: &Path| folder.join("melody.txt").is_file();
    let root = if data.join("POP909").is_dir() { data.join("POP909") } else { data.to_owned() };
    let mut folders = if is_song(&root) {
        vec![root.clone()]
    } else {
        let entries = std::fs::read_dir(&root).with_context(|| format!("cannot read the folder {}", root.display()))?;
        entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| is_song(path)).collect()
    };
    let shared = Path::new(crate::data::dataset::DATA).canonicalize();
    if shared.is_ok_and(|shared| root.canonicalize().is_ok_and(|root| root.starts_with(shared))) && folders.len() > 1 {
        let name = |folder: &Path| folder.file_name().map(|name| name.to_string_lossy().into_owned());
        folders.retain(|folder| name(folder).is_some_and(|name| Split::of(&name) == Split::Test));
    }
    ensure!(!folders.is_empty(), "{}: no songs here; a song is a folder with melody.txt", root.display());
    folders.sort();
    folders.truncate(most.unwrap_or(usize::MAX));
    Ok(folders)
}
