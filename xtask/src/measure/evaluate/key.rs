//! `cargo xtask evaluate key`: how often the listener finds the key and the tempo of songs whose score is known.

mod profiles;
mod transposed;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use indicatif::ProgressBar;
use serde::Serialize;
use songweave_audio::draft::write_bytes;
use songweave_datasets::stems::{multitracks, song_folders};
use songweave_dsp::{
    exchange::{
        frame::{AnalysisFrame, Decision, Heard},
        link::link,
        telemetry::{Telemetry, columns},
    },
    stream::{
        layout::StreamLayout,
        path::{AudioPath, BlockInfo},
    },
};
use songweave_engine::{
    follow::{Listener, Listening, SongHeard, key::Key},
    runtime::inference::Inline,
};
use songweave_measure::statistics::mean;
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

/// Rate in Hz at which is measured.
const RATE: u32 = 44_100;
/// General MIDI program of the made-up bass, and its channel.
const BASS: (u8, u8) = (33, 1);
/// A tempo within this ratio is right, as is usual in the MIREX contests.
const TEMPO_TOLERANCE: f32 = 0.04;
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
    /// Songs of POP909, of those set aside to validate by; one of three settings of the key profile was chosen by them
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

/// A song with what is true of it.
struct EvaluationSong {
    name: String,
    /// `piano`: as the set has it; `band`: with drums and bass added; `real`.
    kind: &'static str,
    key: Key,
    tempo: f32,
    audio: Stereo,
}

/// What was found in one song.
#[derive(Debug, Serialize)]
struct Found {
    name: String,
    kind: &'static str,
    key: String,
    found_key: Option<String>,
    key_confidence: Option<f32>,
    key_score: f64,
    same_notes: bool,
    tempo: f32,
    found_tempo: Option<f32>,
    tempo_confidence: Option<f32>,
    #[serde(skip)]
    truth: Key,
}

/// Figures over songs of one kind, shares of all songs; "not sure" counts as wrong.
#[derive(Debug, Serialize)]
struct Figures {
    kind: &'static str,
    songs: usize,
    /// MIREX: 1 right, 0.5 a fifth away, 0.3 relative, 0.2 parallel.
    key_score: f64,
    key_right: f64,
    key_same_notes: f64,
    key_not_sure: f64,
    tempo_right: f64,
    tempo_right_or_octave: f64,
    tempo_not_sure: f64,
    baseline_key: String,
    baseline_key_score: f64,
    baseline_key_right: f64,
    baseline_tempo_right: f64,
    baseline_tempo_right_or_octave: f64,
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

/// A key in the set's notation, e.g. `Gb:maj`.
fn key_named(name: &str) -> Option<Key> {
    let (tonic, mode) = name.split_once(':')?;
    let names = ["C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B"];
    let tonic = names.iter().position(|name| *name == tonic)? as u8;
    Some(Key { tonic, minor: mode == "min" })
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

/// What is found in one or two songs.
fn measure(a: &EvaluationSong, b: Option<&EvaluationSong>) -> Vec<Found> {
    let heard = listen(&a.audio, b.map(|b| &b.audio)).songs;
    [Some(a), b].into_iter().flatten().zip(heard).map(|(song, heard)| found(song, &heard)).collect()
}

/// Plays one or two songs through the plugin's own path, to the end of the shorter one.
fn listen(a: &Stereo, b: Option<&Stereo>) -> Listening {
    let (audio, end) = link();
    let layout = StreamLayout::for_sample_rate(RATE as f32);
    let mut path = AudioPath::new(layout, false, audio, Telemetry::default().into(), columns().0);
    let mut listener = Listener::default();
    // Listens to every frame, decides nothing.
    let mut ear = Inline::new(end, |frame: &AnalysisFrame| {
        if let Heard::Mash(songs) = &frame.heard {
            listener.hear(frame, songs, &Decision::UNDECIDED);
        }
        None
    });
    let [mut left, mut right] = a.clone();
    let side = b.cloned().unwrap_or_else(|| silence(left.len()));
    let length = left.len().min(side[0].len());
    for start in (0..length).step_by(layout.hop) {
        let end = (start + layout.hop).min(length);
        let side = side.each_ref().map(|channel| &channel[start..end]);
        path.process(
            &mut [&mut left[start..end], &mut right[start..end]],
            &side,
            &BlockInfo::default(),
            &mut ear,
            &mut (),
        );
    }
    *listener.listening()
}

fn found(song: &EvaluationSong, heard: &SongHeard) -> Found {
    let key = heard.key.map(|estimate| estimate.key);
    Found {
        name: song.name.clone(),
        kind: song.kind,
        key: song.key.name(),
        found_key: key.map(Key::name),
        key_confidence: heard.key.map(|estimate| estimate.confidence),
        key_score: key.map_or(0.0, |key| key_score(song.key, key)),
        same_notes: key.is_some_and(|key| key.major_tonic() == song.key.major_tonic()),
        tempo: song.tempo,
        found_tempo: heard.tempo.map(|tempo| tempo.bpm),
        tempo_confidence: heard.tempo.map(|tempo| tempo.confidence),
        truth: song.key,
    }
}

/// The MIREX contest's score of a key.
fn key_score(truth: Key, found: Key) -> f64 {
    let up = (12 + found.tonic - truth.tonic) % 12;
    match (truth.minor == found.minor, up) {
        (true, 0) => 1.0,
        (true, 5 | 7) => 0.5,
        (false, _) if truth.major_tonic() == found.major_tonic() => 0.3,
        (false, 0) => 0.2,
        _ => 0.0,
    }
}

fn near(truth: f32, found: f32) -> bool {
    (found / truth - 1.0).abs() <= TEMPO_TOLERANCE
}

fn near_or_octave(truth: f32, found: f32) -> bool {
    [0.5, 1.0, 2.0].iter().any(|factor| near(truth * factor, found))
}

fn figures(kind: &'static str, songs: &[Found]) -> Option<Figures> {
    let songs: Vec<&Found> = songs.iter().filter(|song| song.kind == kind).collect();
    let mean = |value: &dyn Fn(&Found) -> f64| mean(songs.iter().map(|song| value(song))).unwrap_or(f64::NAN);
    let share = |is: &dyn Fn(&Found) -> bool| mean(&|song| f64::from(u8::from(is(song))));
    let tempo =
        |right: fn(f32, f32) -> bool| share(&|song| song.found_tempo.is_some_and(|found| right(song.tempo, found)));
    let often = |key: Key| songs.iter().filter(|song| song.truth == key).count();
    let usual = songs.iter().map(|song| song.truth).max_by_key(|key| (often(*key), key.tonic))?;
    Some(Figures {
        kind,
        songs: songs.len(),
        key_score: mean(&|song| song.key_score),
        key_right: share(&|song| song.key_score == 1.0),
        key_same_notes: share(&|song| song.same_notes),
        key_not_sure: share(&|song| song.found_key.is_none()),
        tempo_right: tempo(near),
        tempo_right_or_octave: tempo(near_or_octave),
        tempo_not_sure: share(&|song| song.found_tempo.is_none()),
        baseline_key: usual.name(),
        baseline_key_score: mean(&|song| key_score(song.truth, usual)),
        baseline_key_right: share(&|song| song.truth == usual),
        baseline_tempo_right: share(&|song| near(song.tempo, 120.0)),
        baseline_tempo_right_or_octave: share(&|song| near_or_octave(song.tempo, 120.0)),
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_score_as_in_the_contest() {
        let score = |truth: &str, found: &str| Some(key_score(key_named(truth)?, key_named(found)?));
        for (truth, found, wanted) in [
            ("C:maj", "C:maj", 1.0),
            ("C:maj", "G:maj", 0.5),
            ("A:min", "D:min", 0.5),
            ("C:maj", "A:min", 0.3),
            ("A:min", "C:maj", 0.3),
            ("C:maj", "C:min", 0.2),
            ("C:maj", "Db:maj", 0.0),
        ] {
            assert_eq!(score(truth, found), Some(wanted), "{truth} {found}");
        }
    }
}
