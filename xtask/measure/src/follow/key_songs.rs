//! Songs whose key and tempo are known: of POP909 as it has them and with drums and bass added, and real multitracks.

use std::path::Path;

use anyhow::{Context, Result};
use songweave_datasets::stems::{multitracks, song_folders};
use songweave_engine::follow::key::Key;
use songweave_score::{
    composition::{
        comping::{Beats, bass},
        drum_patterns::{Amount, Pattern, Style},
    },
    files::midi::Midi,
    random::{Random, hash},
    songs::pop909::PopSong,
};
use songweave_synth::{
    instruments::soundfont::{DRUM_CHANNEL, DRUM_KITS, Instruments, events_of},
    song::{Stereo, silence},
};

use crate::follow::key_figures::{EvaluationSong, RATE, key_named};

/// General MIDI program of the made-up bass, and its channel.
const BASS: (u8, u8) = (33, 1);
/// Key and tempo of the real songs, as their README has them.
pub const REAL: [(&str, Key, f32); 5] = [
    ("1.Hydrogen", Key { tonic: 2, minor: false }, 132.0),
    ("2.Lithium", Key { tonic: 7, minor: true }, 124.0),
    ("3.Sodium", Key { tonic: 7, minor: true }, 140.0),
    ("4.Potassium", Key { tonic: 0, minor: false }, 90.0),
    ("6.Caesium", Key { tonic: 0, minor: false }, 130.0),
];

/// So many seconds of a POP909 song from its third on, played by the sound font; with drums and bass when `band`.
///
/// # Errors
/// It cannot be read.
pub fn pop(folder: &Path, instruments: &Instruments, band: bool, seconds: f64) -> Result<EvaluationSong> {
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

/// So many seconds from the middle of a multitrack, mixed.
///
/// # Errors
/// It cannot be read.
pub fn real(folder: &Path, key: Key, tempo: f32, seconds: f64) -> Result<EvaluationSong> {
    let song = song_folders::load(folder, RATE)?.song;
    let length = ((seconds * f64::from(RATE)) as usize).min(song.samples());
    let start = (song.samples() - length) / 2;
    let mut audio = silence(length);
    for part in &song.parts {
        add(&mut audio, &part.each_ref().map(|channel| channel[start..start + length].to_vec()));
    }
    Ok(EvaluationSong { name: song.name, kind: "real", key, tempo, audio })
}
