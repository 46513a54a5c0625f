//! The training material of the Mash network: where songs come from and how a song is made.

use std::path::{Path, PathBuf};

use songweave_dsp::stream::layout::Part;

use crate::{
    listener::arranger,
    stems::{
        multitracks::{REAL_SONGS, RealSong},
        song_folders,
    },
};
use songweave_score::{
    error::{MaterialError, Result},
    notation::note::Note,
    performances::grooves::{Groove, grooves},
    random::Random,
};
use songweave_score::{
    files::folder::{files, files_below, folders},
    split::Split,
};
use songweave_synth::{
    instruments::soundfont::Instruments,
    song::Song,
    voices::{
        clips::Clip,
        singing::{Voice, clip_part},
        voice_bank::VoiceBank,
    },
};

mod band;
mod electronic;
mod game;
mod pop;
mod sheet;

/// Sample rates of the material in Hz.
pub const RATES: [u32; 2] = [44_100, 48_000];

/// Kinds of songs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A POP909 song: sung melody, General MIDI band, Groove drums, made-up bass.
    Pop,
    /// A Freedoom piece with a made-up or recorded voice.
    Game,
    /// Made-up electronic music: machine drums or loops, synthesisers, a made-up or recorded voice.
    Electronic,
    /// A 19th-century song for voice and piano, often played by others.
    ArtSong,
    /// Melody and chord symbols, played by a band.
    LeadSheet,
    /// Chords in a style of the arranger's, with a made-up or recorded voice; a pop song where it is not installed.
    Styled,
}

/// Everything that songs are made of.
#[derive(Debug)]
pub struct Material {
    fonts: Vec<Instruments>,
    real: Vec<RealSong>,
    pop: Vec<PathBuf>,
    games: Vec<PathBuf>,
    art_songs: Vec<PathBuf>,
    lead_sheets: Vec<PathBuf>,
    /// The arranger's, by library and name.
    styles: Vec<String>,
    /// Folders with a recorded voice and its backing each.
    recorded: Vec<PathBuf>,
    groove_folder: PathBuf,
    grooves: Vec<Groove>,
    voices: VoiceBank,
    acapella: Vec<Clip>,
    loops: Vec<Clip>,
}

impl Material {
    /// Opens the data folder (see its README) and a sound font; other installed ones are used beside it, but for `unheard`.
    /// `recorded` holds folders `train-N` and `validation-N`, each with a voice and its backing.
    ///
    /// # Errors
    /// Something is missing or unreadable; the message says what.
    pub fn open(data: &Path, sound_font: &Path, unheard: &Path, recorded: Option<&Path>) -> Result<Self> {
        let clip = |name: &&str| Clip::load(&data.join("clips").join(name));
        let groove_folder = data.join("groove");
        let loops = files(&data.join("loops/etc/samples"), "flac")?;
        Ok(Self {
            fonts: Instruments::installed(sound_font, unheard)?,
            real: real_songs(&data.join("stems/src"))?,
            pop: folders(&data.join("pop909/POP909"))?,
            games: files(&data.join("freedoom/musics"), "mid")?,
            art_songs: files_below(&data.join("lieder/scores"), "mxl")?,
            lead_sheets: files_below(&data.join("openewld/dataset"), "mxl")?,
            styles: styles(),
            recorded: recorded.map_or_else(|| Ok(Vec::new()), folders)?,
            grooves: grooves(&groove_folder)?,
            groove_folder,
            voices: VoiceBank::open(&data.join("erithacus"), &RATES)?,
            acapella: ["vocadito_10.wav", "vocal-da-80bpm.wav"].iter().map(clip).collect::<Result<_>>()?,
            loops: loops.iter().map(|path| Clip::load(path)).collect::<Result<_>>()?,
        })
    }

    /// All that songs are made of, with licences. Fonts and speaking voices are those of this machine: with others the same
    /// seed gives other songs.
    #[must_use]
    pub fn sources(&self) -> Vec<String> {
        let fonts = self.fonts.iter().map(|font| format!("sound font {}", font.name()));
        let voices = self.voices.names().into_iter().map(|name| format!("voice {name}"));
        let recorded = RECORDED_SOURCES.iter().filter(|_| !self.recorded.is_empty());
        let named = SOURCES.iter().chain(recorded).map(|&source| source.to_owned());
        named.chain(fonts).chain(voices).collect()
    }

    /// A new song of a kind, `seconds` long at `rate` (one of [`RATES`]) from the songs of a split; to validate by and to test with are
    /// the same ones here.
    ///
    /// # Errors
    /// A data file is unreadable.
    pub fn song(&self, kind: Kind, split: Split, seconds: f64, rate: u32, random: &mut Random) -> Result<Song> {
        match kind {
            Kind::Pop => self.pop(split, seconds, rate, random),
            Kind::Game => self.game(split, seconds, rate, random),
            Kind::Electronic => self.electronic(seconds, rate, random),
            Kind::ArtSong => self.art_song(split, seconds, rate, random),
            Kind::LeadSheet => self.lead_sheet(split, seconds, rate, random),
            Kind::Styled if self.styles.is_empty() => self.pop(split, seconds, rate, random),
            Kind::Styled => self.styled(split, seconds, rate, random),
        }
    }

    /// A random stretch of a real song (one of [`REAL_SONGS`]), `seconds` long at `rate`.
    ///
    /// # Errors
    /// There is no such song.
    pub fn stretch(&self, name: &str, seconds: f64, rate: u32, random: &mut Random) -> Result<Song> {
        let missing = || MaterialError::data(Path::new(name), "no real song of this name was read");
        let song = self.real.iter().find(|song| song.name() == name).ok_or_else(missing)?;
        song.stretch(seconds, rate, random)
    }

    /// A recorded voice over a recorded backing; what is too short ends in silence.
    ///
    /// # Errors
    /// There is none of this split, or a file is unreadable.
    pub fn recorded(&self, split: Split, seconds: f64, rate: u32, random: &mut Random) -> Result<Song> {
        let fitting: Vec<&PathBuf> =
            self.recorded.iter().filter(|path| name_of(path).starts_with(split.name())).collect();
        let none = || MaterialError::data(Path::new("recorded"), format!("no piece of the {} split", split.name()));
        let mut song = song_folders::load(random.pick(&fitting).ok_or_else(none)?, rate)?.song;
        let samples = (seconds * f64::from(rate)) as usize;
        song.parts.iter_mut().flatten().for_each(|channel| channel.resize(samples, 0.0));
        Ok(song)
    }

    /// One of the sound fonts.
    fn font(&self, random: &mut Random) -> &Instruments {
        // There is always the first.
        &self.fonts[random.index(self.fonts.len())]
    }

    /// Sings a melody in the octave that suits the voice, and writes down what is sung; nobody knows what is spoken.
    fn sing(&self, song: &mut Song, melody: &[Note], random: &mut Random) {
        if melody.is_empty() {
            song.notes[Part::Vocals as usize] = Some(Vec::new());
            return;
        }
        let voice = Voice::random(&self.voices, song.rate, random);
        let melody = in_range(melody, voice.range());
        song.parts[Part::Vocals as usize] = voice.part(&melody, song.samples(), song.rate, random);
        // Of speech nobody knows the notes.
        song.notes[Part::Vocals as usize] = voice.keeps_pitch().then(|| within(melody, song.seconds()));
    }

    /// An a cappella recording as the voice of a song; nobody knows its notes.
    fn add_clip(&self, song: &mut Song, random: &mut Random) -> Result<()> {
        let Some(clip) = random.pick(&self.acapella) else { return Ok(()) };
        song.bandwidth = song.bandwidth.min(clip.bandwidth());
        song.parts[Part::Vocals as usize] = clip_part(clip, song.samples(), song.rate, random)?;
        song.notes[Part::Vocals as usize] = None;
        Ok(())
    }
}

/// The melody moved by octaves, so that its middle lies in the middle of a range; a note ends where the next begins.
fn in_range(melody: &[Note], (low, high): (f32, f32)) -> Vec<Note> {
    let mean = melody.iter().map(|note| note.key).sum::<f32>() / melody.len().max(1) as f32;
    let octaves = (((low + high) / 2.0 - mean) / 12.0).round();
    let mut notes: Vec<Note> = melody.iter().map(|note| Note { key: note.key + 12.0 * octaves, ..*note }).collect();
    for index in 1..notes.len() {
        let gap = notes[index].start - notes[index - 1].start;
        notes[index - 1].length = notes[index - 1].length.min(gap);
    }
    notes.retain(|note| note.length > 0.0);
    notes
}

/// The notes that begin before the end of a song.
fn within(mut notes: Vec<Note>, seconds: f64) -> Vec<Note> {
    notes.retain(|note| note.start < seconds && note.start + note.length > 0.0);
    notes.sort_by(|one, other| one.start.total_cmp(&other.start));
    notes
}

/// What of the data folder is used.
const SOURCES: [&str; 11] = [
    "stems (CC0): Everything is Free",
    "pop909 (MIT): Music X Lab",
    "freedoom (BSD-3-Clause)",
    "lieder (CC0): OpenScore Lieder corpus",
    "openewld (MIT)",
    "groove (CC BY 4.0): Gillick et al. 2019, Google Magenta",
    "erithacus (CC BY 4.0): Erithacus Project",
    "loops (CC0)",
    "clips: vocadito_10 (CC BY 4.0), vocal-da-80bpm (Apache-2.0)",
    "styles of MMA, as played by sound fonts",
    "own synthetic singer, synthesiser and drum machine",
];

/// What the recorded pieces are made of beside that.
const RECORDED_SOURCES: [&str; 4] = [
    "voice yuki (public domain): MoeMoe Tea Time, KGS",
    "a sung da (Apache-2.0) and a speaking man (CC BY 4.0: MTG), for validation",
    "music of UFO: Alien Invasion (public domain, CC BY 3.0)",
    "songs of LMMS (CC0, CC BY, Artistic-2.0)",
];

/// The arranger's styles; a sentence where it is not installed, since songs can be made without.
fn styles() -> Vec<String> {
    arranger::installed().unwrap_or_else(|error| {
        eprintln!("styles: {error}");
        Vec::new()
    })
}

/// The real songs, each read by a thread of its own.
fn real_songs(folder: &Path) -> Result<Vec<RealSong>> {
    std::thread::scope(|scope| {
        let threads = REAL_SONGS.map(|name| scope.spawn(move || RealSong::load(&folder.join(name))));
        let broke = |_| MaterialError::data(folder, "a reading thread broke off; run the command again");
        threads.into_iter().map(|thread| thread.join().map_err(broke)?).collect()
    })
}

/// Whether songs of a split are made from the score of this name. The set that Mash is trained with knows two splits of scores: it
/// validates by those that others test with, and trains on all others.
fn draws_from(name: &str, split: Split) -> bool {
    (Split::of(name) == Split::Test) == (split != Split::Train)
}

fn choose<'a>(paths: &'a [PathBuf], split: Split, random: &mut Random) -> Result<&'a Path> {
    let fitting: Vec<&PathBuf> = paths.iter().filter(|path| draws_from(&name_of(path), split)).collect();
    let none = || MaterialError::data(Path::new("data"), format!("no song of the {} split", split.name()));
    random.pick(&fitting).map(|path| path.as_path()).ok_or_else(none)
}

fn name_of(path: &Path) -> String {
    path.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}
