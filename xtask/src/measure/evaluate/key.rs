//! `cargo xtask evaluate key`: how often the listener finds the key and the tempo of songs whose score is known.

mod profiles;
mod transposed;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use indicatif::ProgressBar;
use serde::Serialize;
use songweave_audio::draft::write_bytes;
use songweave_datasets::stems::{multitracks, song_folders};
use songweave_engine::follow::key::Key;
use songweave_measure::follow::key_figures::{EvaluationSong, Figures, Found, RATE, figures, key_named, measure};
use songweave_score::{
    composition::{
        comping::{Beats, bass},
        drum_patterns::{Amount, Pattern, Style},
    },
    files::midi::Midi,
    random::{Random, hash},
    songs::pop909::PopSong,
    split::Split,
};
use songweave_synth::{
    instruments::soundfont::{DEFAULT_PATH, DRUM_CHANNEL, DRUM_KITS, Instruments, events_of},
    song::{Stereo, silence},
};

/// General MIDI program of the made-up bass, and its channel.
const BASS: (u8, u8) = (33, 1);
/// Key and tempo of the real songs, as their README has them.
const REAL: [(&str, Key, f32); 5] = [
    ("1.Hydrogen", Key { tonic: 2, minor: false }, 132.0),
    ("2.Lithium", Key { tonic: 7, minor: true }, 124.0),
    ("3.Sodium", Key { tonic: 7, minor: true }, 140.0),
    ("4.Potassium", Key { tonic: 0, minor: false }, 90.0),
    ("6.Caesium", Key { tonic: 0, minor: false }, 130.0),
];

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
    let transposed = transposed::measure(&evaluated)?;
    transposed::print(&transposed);
    let report = Report { sample_rate: RATE, seconds: args.seconds, figures, transposed, songs };
    write_bytes(&args.json, &serde_json::to_vec_pretty(&report)?)?;
    println!("Figures: {}", args.json.display());
    Ok(())
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

/// From a third of a POP909 song on, played by the sound font; with drums and bass when `band`.
fn pop(folder: &Path, instruments: &Instruments, band: bool, seconds: f64) -> Result<EvaluationSong> {
    let (song, name) = (PopSong::read(folder)?, multitracks::folder_name(folder));
    let midi = Midi::read(&folder.join(format!("{name}.mid")))?;
    let from = midi.seconds() / 3.0;
    let mut audio = instruments.play(&midi.events, from, seconds, RATE)?;
    if band {
        let mut random = Random::new(hash(&name));
        let kit = DRUM_KITS[random.index(DRUM_KITS.len())];
        let first = song.beats.get(song.downbeat).copied().unwrap_or(0.0);
        let bars = (midi.seconds() / (4.0 * song.beat_seconds())) as usize;
        let beat = Pattern::random(Style::House, &mut random);
        let hits = beat.notes(first, song.beat_seconds(), bars, Amount::Full, &mut random);
        let beats = Beats { times: &song.beats, downbeat: song.downbeat, meter: 4 };
        let line = bass(&song.chords, beats, &mut random);
        for (notes, channel, program) in [(hits, DRUM_CHANNEL, kit), (line, BASS.1, BASS.0)] {
            let events = events_of(&notes, channel, program, &mut random);
            add(&mut audio, &instruments.play(&events, from, seconds, RATE)?);
        }
    }
    let kind = if band { "band" } else { "piano" };
    Ok(EvaluationSong { kind, key: key_of(folder, from, seconds)?, tempo: tempo_of(folder)?, audio, name })
}

fn add(to: &mut Stereo, sound: &Stereo) {
    for (to, sound) in to.iter_mut().zip(sound) {
        to.iter_mut().zip(sound).for_each(|(to, sample)| *to += sample);
    }
}

fn read(path: &Path) -> Result<Vec<Vec<String>>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(text.lines().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect())
}

/// The key that the set gives for most of a stretch.
fn key_of(folder: &Path, from: f64, seconds: f64) -> Result<Key> {
    let path = folder.join("key_audio.txt");
    let lines = read(&path)?;
    let stretch = |line: &Vec<String>| -> Option<(f64, Key)> {
        let [start, end, name] = line.as_slice() else { return None };
        let shared = end.parse::<f64>().ok()?.min(from + seconds) - start.parse::<f64>().ok()?.max(from);
        Some((shared, key_named(name)?))
    };
    let longest = lines.iter().filter_map(stretch).max_by(|one, other| one.0.total_cmp(&other.0));
    longest.map(|(_, key)| key).with_context(|| format!("{}: no key here, such as `0.0 30.0 Gb:maj`", path.display()))
}

/// Median tempo of the set's beats.
fn tempo_of(folder: &Path) -> Result<f32> {
    let path = folder.join("beat_audio.txt");
    let beats: Vec<f64> = read(&path)?.iter().filter_map(|line| line.first()?.parse().ok()).collect();
    let mut gaps: Vec<f64> = beats.windows(2).map(|pair| pair[1] - pair[0]).collect();
    gaps.sort_by(f64::total_cmp);
    let median = gaps.get(gaps.len() / 2).with_context(|| format!("{}: no beats here", path.display()))?;
    Ok((60.0 / median) as f32)
}

/// The middle of a multitrack, mixed.
fn real(folder: &Path, key: Key, tempo: f32, seconds: f64) -> Result<EvaluationSong> {
    let song = song_folders::load(folder, RATE)?.song;
    let length = ((seconds * f64::from(RATE)) as usize).min(song.samples());
    let start = (song.samples() - length) / 2;
    let mut audio = silence(length);
    for part in &song.parts {
        add(&mut audio, &part.each_ref().map(|channel| channel[start..start + length].to_vec()));
    }
    Ok(EvaluationSong { name: song.name, kind: "real", key, tempo, audio })
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
