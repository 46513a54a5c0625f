//! What the band sounds like, beside the true accompaniment and the pix2pix baseline: sounds on disk, then their figures.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::band::audio_features::balance_distance;
use crate::band::sound_figures::SoundFigures;
use crate::statistics::Estimate;
use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use songweave_audio::decode::decode;
use songweave_audio::draft::write_bytes;
use songweave_audio::resample::resample;
use songweave_datasets::band::pix2pix_set::write_mono;
use songweave_dsp::band::Instrument;
use songweave_host::EventKind;
use songweave_score::songs::structure_song::StructureSong;
use songweave_synth::instruments::reference_accompaniment::{BandNote, SETTINGS, arranged, play};
use songweave_synth::instruments::soundfont::Instruments;
use songweave_synth::song::Stereo;
use songweave_synth::voices::evaluation_singers::Sung;

use super::stage::LISTENING;
use songweave_cli::render::{Performance, Timed};

/// Who plays, in the order of the tables.
pub const SYSTEMS: [&str; 3] = ["true", "ours", "pix2pix"];
/// Where the sounds for the listener lie, below the folder of all sounds, and their rate in Hz.
pub const HEARD: &str = "heard";
const HEARD_RATE: u32 = 16_000;

/// Where sounds are written: `SONG.voice.wav`, `SONG.true.wav`, `SONG.ours.wav`, all mono at one level.
pub struct Recorder {
    /// Where.
    pub folder: PathBuf,
    font: Instruments,
}

/// What is known of a song's sounds.
#[derive(Debug, Clone)]
pub struct Recorded {
    song: StructureSong,
    /// What the band played.
    ours: Vec<BandNote>,
    /// What it plays to the annotated chords.
    annotated: Vec<BandNote>,
}

impl Recorder {
    /// Makes the folder and loads the sound font.
    ///
    /// # Errors
    /// One of them is not possible.
    pub fn open(folder: &Path, font: &Path) -> Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        Ok(Self { folder: folder.to_owned(), font: Instruments::load(font)? })
    }

    /// Writes the sounds of a song that was performed without its voice.
    ///
    /// # Errors
    /// The arrangement cannot be played, or a file not be written.
    pub fn record(&self, song: &StructureSong, sung: &Sung, performance: &Performance) -> Result<Recorded> {
        let samples = sung.audio[0].len();
        let rate = super::RATE;
        let annotated = arranged(song, &SETTINGS)?;
        let write = |system: &str, sound: &Stereo| write_mono(&path(&self.folder, &song.name, system), sound);
        write("voice", &sung.audio)?;
        write("true", &play(&annotated, &self.font, samples as f64 / f64::from(rate), rate)?)?;
        let channel =
            |index: usize| performance.sound.get(index).map(|channel| channel[..samples.min(channel.len())].to_vec());
        let left = channel(0).context("the plugin's output has no channel")?;
        write("ours", &[left.clone(), channel(1).unwrap_or(left)])?;
        Ok(Recorded { song: song.clone(), ours: played(&performance.rendered.notes), annotated })
    }
}

/// The sound file of a system.
pub fn path(folder: &Path, song: &str, system: &str) -> PathBuf {
    folder.join(format!("{song}.{system}.wav"))
}

/// The notes between their onsets and ends; a note that is never ended lasts a step of the slowest songs.
fn played(events: &[Timed]) -> Vec<BandNote> {
    let mut notes: Vec<BandNote> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    for event in events {
        let start = event.sample as f64 / f64::from(super::RATE);
        let (EventKind::NoteOn { channel, key, .. } | EventKind::NoteOff { channel, key, .. }) = event.kind else {
            continue;
        };
        let Some(instrument) = Instrument::ALL.into_iter().find(|one| one.channel() == channel) else { continue };
        if let EventKind::NoteOn { velocity, .. } = event.kind {
            open.push(notes.len());
            let velocity = (127.0 * velocity).round() as u8;
            notes.push(BandNote { instrument, key, velocity, start, length: 0.75 });
        } else if let Some(at) =
            open.iter().position(|note| (notes[*note].instrument, notes[*note].key) == (instrument, key))
        {
            let note = &mut notes[open.remove(at)];
            note.length = start - note.start;
        }
    }
    notes
}

/// What is measured of one system over all songs.
#[derive(Debug, Clone, Serialize)]
pub struct SystemFigures {
    /// Share of the sung steps whose pitch class is among the strongest.
    pub sung_class_strong: Option<Estimate>,
    /// Correlation of the sound with the annotated chord.
    pub chord_correlation: Option<Estimate>,
    /// Share of the steps whose nearest triad is the annotated one.
    pub chord_agreement: Option<Estimate>,
    /// Cosine of the sound with its own notes.
    pub played_chroma: Option<Estimate>,
    /// F1 of the onsets on the grid.
    pub grid_f1: Option<Estimate>,
    /// F1 of the onsets with the drums.
    pub drum_f1: Option<Estimate>,
    /// Onsets in a bar.
    pub onsets_per_bar: Option<Estimate>,
    /// Distance of the tone balance from the true accompaniment's, in dB.
    pub balance_db: Option<Estimate>,
    /// To true accompaniments of other songs.
    pub frechet: Option<Frechet>,
    /// `[song]`.
    pub songs: Vec<Measured>,
}

/// One song in one system.
#[derive(Debug, Clone, Serialize)]
pub struct Measured {
    song: String,
    #[serde(flatten)]
    figures: SoundFigures,
    balance_db: f64,
}

/// A figure of a song: its name, where it is, and whether more is better.
type Figure = (&'static str, fn(&Measured) -> Option<f64>, bool);

/// The figures that every system has.
const FIGURES: [Figure; 6] = [
    ("sung_class_strong", |song| song.figures.sung_class_strong, true),
    ("chord_correlation", |song| song.figures.chord_correlation, true),
    ("chord_agreement", |song| song.figures.chord_agreement, true),
    ("grid_f1", |song| song.figures.grid_f1, true),
    ("drum_f1", |song| song.figures.drum_f1, true),
    ("balance_db", |song| Some(song.balance_db), false),
];

/// A Fréchet distance.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Frechet {
    /// Mean over divisions of the songs into halves.
    pub mean: f64,
    /// What 95 % of the divisions lie between.
    pub interval: [f64; 2],
}

/// All systems' figures.
#[derive(Debug, Clone, Serialize)]
pub struct SoundReport {
    /// By name, see [`SYSTEMS`].
    pub systems: BTreeMap<&'static str, SystemFigures>,
    /// By how much ours is better than the baseline in the same song; songs are drawn anew.
    pub ahead: BTreeMap<&'static str, Estimate>,
    /// What the baseline says of its training.
    pub pix2pix: Option<Value>,
}

impl SoundReport {
    /// Puts together what was [`measured`], what the listener says of it and what the baseline says of its training.
    #[must_use]
    pub fn of(figures: BTreeMap<&'static str, Vec<Measured>>, distances: &Distances, pix2pix: Option<Value>) -> Self {
        let ahead = figures.get("ours").zip(figures.get("pix2pix")).map(|(ours, theirs)| ahead(ours, theirs));
        let systems = figures.into_iter().map(|(system, songs)| {
            let frechet = distances.get(system).copied();
            (system, SystemFigures::of(songs, frechet))
        });
        Self { systems: systems.collect(), ahead: ahead.unwrap_or_default(), pix2pix }
    }
}

/// By system, its Fréchet distance.
pub type Distances = BTreeMap<String, Frechet>;

/// Everybody's figures of every song, the baseline's too where it has played; what the listener is to hear is written into the folder
/// [`HEARD`] below.
///
/// # Errors
/// Sounds cannot be read or written.
pub fn measured(
    folder: &Path,
    pix2pix: bool,
    songs: &[&Recorded],
    mut done: impl FnMut(),
) -> Result<BTreeMap<&'static str, Vec<Measured>>> {
    let heard = folder.join(HEARD);
    // The songs of an earlier run would be heard as well.
    if heard.is_dir() {
        std::fs::remove_dir_all(&heard).with_context(|| format!("cannot empty the folder {}", heard.display()))?;
    }
    std::fs::create_dir_all(&heard).with_context(|| format!("cannot make the folder {}", heard.display()))?;
    let systems = SYSTEMS.into_iter().filter(|system| *system != "pix2pix" || pix2pix);
    let mut figures: BTreeMap<&'static str, Vec<Measured>> = BTreeMap::new();
    for song in songs {
        for system in systems.clone() {
            figures.entry(system).or_default().push(measure(folder, song, system)?);
        }
        done();
    }
    Ok(figures)
}

impl SystemFigures {
    fn of(songs: Vec<Measured>, frechet: Option<Frechet>) -> Self {
        let each = |figure: &dyn Fn(&SoundFigures) -> Option<f64>| {
            Estimate::of(&songs.iter().filter_map(|song| figure(&song.figures)).collect::<Vec<_>>())
        };
        Self {
            sung_class_strong: each(&|song| song.sung_class_strong),
            chord_correlation: each(&|song| song.chord_correlation),
            chord_agreement: each(&|song| song.chord_agreement),
            played_chroma: each(&|song| song.played_chroma),
            grid_f1: each(&|song| song.grid_f1),
            drum_f1: each(&|song| song.drum_f1),
            onsets_per_bar: each(&|song| Some(song.onsets_per_bar)),
            balance_db: Estimate::of(&songs.iter().map(|song| song.balance_db).collect::<Vec<_>>()),
            frechet,
            songs,
        }
    }
}

fn ahead(ours: &[Measured], theirs: &[Measured]) -> BTreeMap<&'static str, Estimate> {
    let of = |(name, figure, more): &Figure| {
        let sign = if *more { 1.0 } else { -1.0 };
        let pairs = ours.iter().zip(theirs).filter_map(|(ours, theirs)| Some(sign * (figure(ours)? - figure(theirs)?)));
        Some((*name, Estimate::of(&pairs.collect::<Vec<_>>())?))
    };
    FIGURES.iter().filter_map(of).collect()
}

/// Measures a system's sound of a song, after the bars of listening, and writes it for the listener.
fn measure(folder: &Path, recorded: &Recorded, system: &str) -> Result<Measured> {
    let (song, rate) = (&recorded.song, super::RATE);
    let [sound, truth] = [system, "true"].map(|system| decode(&path(folder, &song.name, system)));
    let ([sound, _], [truth, _]) = (sound?.into_stereo(), truth?.into_stereo());
    let (played, drums) = match system {
        "ours" => (Some(&recorded.ours), &recorded.ours),
        "true" => (Some(&recorded.annotated), &recorded.annotated),
        _ => (None, &recorded.annotated),
    };
    let from = (LISTENING as f64 * song.step_seconds() * f64::from(rate)) as usize;
    let later = sound.get(from..).unwrap_or_default().to_vec();
    let balance_db = balance_distance(&later, truth.get(from..).unwrap_or_default(), rate);
    let heard = resample(&[later], rate, HEARD_RATE)?.into_iter().flatten();
    let bytes: Vec<u8> = heard.flat_map(f32::to_le_bytes).collect();
    write_bytes(&folder.join(HEARD).join(format!("{}.{system}.f32", song.name)), &bytes)?;
    let figures = SoundFigures::of(&sound, rate, song, played.map(Vec::as_slice), drums, LISTENING);
    Ok(Measured { song: song.name.clone(), figures, balance_db })
}
