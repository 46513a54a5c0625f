//! The training sets of the two chord networks: songs as they are heard, features by the plugin's own code, chords beside them.

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
};

use half::f16;
use indicatif::{ProgressBar, ProgressStyle};
use safetensors::{Dtype, tensor::TensorView};
use songweave_audio::draft::write_bytes;
use songweave_engine::band::{
    harmony::features::Listening,
    heard::StepHeard,
    place::Place,
    take::{features::Surroundings, song::Song},
};
use songweave_models::chords::{
    CLASS_FEATURES, CLASSES, SHARED_FEATURES,
    song::{SONG_CLASS_FEATURES, SONG_SHARED_FEATURES},
};

use crate::mash::shard::Label;
use songweave_score::{
    error::{MaterialError, Result},
    random::{Random, hash},
    songs::{
        lead_sheets::read_sheets,
        sung_song::{SungSong, read_songs},
        transcription_noise::{Heard, Hearing},
    },
    split::Split,
};

/// Version of the format that is written.
const FORMAT: u32 = 4;
/// Songs of a shard.
const SHARD_SONGS: usize = 128;
/// Marks silence and "not known" among classes.
const NONE: u8 = 255;
/// Numbers per step in the tensor `steps`: sung class, onset, root, quality, bass, key (its tonic, 12 more in minor).
const STEP_NUMBERS: usize = 6;
/// Numbers per song in the tensor `songs`: beats, steps, steps per beat.
const SONG_NUMBERS: usize = 3;
/// Bars of the host that a song may begin after.
const FIRST_BARS: usize = 4;
/// How many of the training songs change their key now and then, and fewest and most bars between two changes. Singers do so
/// rarely; so often, that the network learns what to make of it.
const MODULATING: f32 = 0.5;
const BARS_IN_KEY: (usize, usize) = (4, 32);

/// What to write.
#[derive(Debug, Clone)]
pub struct ChordSet {
    /// Folder of the set.
    pub out: PathBuf,
    /// The same seed gives the same set.
    pub seed: u64,
    /// How often each song is heard, with other errors and in other ways each time.
    pub draws: usize,
    /// Who is to learn from it.
    pub listener: Listener,
    /// The command line, for the record.
    pub command: String,
}

/// Who hears the songs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listener {
    /// The network that plays along: what was sung before each beat.
    Live,
    /// The network that has learned the song: all of it.
    Knowing,
}

impl Listener {
    /// Numbers per pitch class and for all classes at a beat.
    const fn features(self) -> (usize, usize) {
        match self {
            Self::Live => (CLASS_FEATURES, SHARED_FEATURES),
            Self::Knowing => (SONG_CLASS_FEATURES, SONG_SHARED_FEATURES),
        }
    }
}

/// A song of the set and where it comes from.
struct Source {
    song: SungSong,
    /// Whether it is of POP909, not a lead sheet.
    pop: bool,
    /// Whether it is chosen by; only pop is.
    chooses: bool,
}

/// What a song's features and chords are written to.
#[derive(Default)]
struct Tensors {
    features: Vec<u8>,
    steps: Vec<u8>,
    songs: Vec<u8>,
    names: Vec<String>,
}

impl ChordSet {
    /// Writes `train-…` shards (several draws) and `choose-…` shards (one draw, POP909 only); test songs are in none. Shards
    /// that are there already are kept.
    ///
    /// # Errors
    /// Material is unreadable or the folder cannot be written to.
    pub fn write(&self, data: &Path) -> Result<()> {
        std::fs::create_dir_all(&self.out).map_err(|source| MaterialError::io(&self.out, source))?;
        let sources = sources(data)?;
        let training: Vec<&Source> = sources.iter().filter(|source| !source.chooses).collect();
        let choosing: Vec<&Source> = sources.iter().filter(|source| source.chooses).collect();
        let sheets = training.iter().filter(|source| !source.pop).count();
        let heard = training.len() * self.draws - sheets * (self.draws / 2) + choosing.len();
        let bar = ProgressBar::new(heard as u64);
        let style = ProgressStyle::with_template("{bar:30} {pos}/{len} songs, {eta} left");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        for draw in 0..self.draws {
            // Lead sheets of old standards every second time: pop is what is sung most.
            let drawn: Vec<&Source> = training.iter().copied().filter(|source| source.pop || draw % 2 == 0).collect();
            for (index, songs) in drawn.chunks(SHARD_SONGS).enumerate() {
                self.shard(&format!("train-{draw:02}-{index:02}"), songs, &bar)?;
            }
        }
        self.shard("choose-00-00", &choosing, &bar)?;
        bar.finish();
        self.describe(training.len(), choosing.len())
    }

    fn describe(&self, training: usize, choosing: usize) -> Result<()> {
        let description = serde_json::json!({
            "format": FORMAT,
            "command": self.command,
            "seed": self.seed,
            "draws": self.draws,
            "class_features": self.listener.features().0,
            "shared_features": self.listener.features().1,
            "songs": { "train": training, "choose": choosing },
            "split": "by song (hash of its name): one in ten is tested with and in no shard, one in ten of the other POP909 \
                      songs is chosen by, the rest is trained on",
            "sources": ["pop909-structure (MIT): Shuqi Dai; Music X Lab", "openewld (MIT)"],
        });
        let path = self.out.join("set.json");
        let text =
            serde_json::to_vec_pretty(&description).map_err(|error| MaterialError::data(&path, error.to_string()))?;
        Ok(write_bytes(&path, &text)?)
    }

    fn shard(&self, name: &str, songs: &[&Source], bar: &ProgressBar) -> Result<()> {
        let path = self.out.join(format!("{name}.safetensors"));
        if Label::read(&path).is_some_and(|label| (label.format, label.seed) == (FORMAT, self.seed)) {
            bar.inc(songs.len() as u64);
            return Ok(());
        }
        let mut tensors = Tensors::default();
        for source in songs {
            let mut random = Random::for_task(self.seed, hash(&format!("{name} {}", source.song.name)));
            tensors.add(source, self.listener, &mut random);
            bar.inc(1);
        }
        let (classes, shared) = self.listener.features();
        tensors.write(&path, self.seed, CLASSES * classes + shared)
    }
}

/// All songs but those that are tested with.
fn sources(data: &Path) -> Result<Vec<Source>> {
    let pop = read_songs(&data.join("pop909-structure/POP909"))?;
    let sheets = read_sheets(&data.join("openewld/dataset"))?;
    let pop =
        pop.into_iter().map(|song| Source { chooses: Split::of(&song.name) == Split::Validation, song, pop: true });
    let sheets = sheets.into_iter().map(|song| Source { song, pop: false, chooses: false });
    Ok(pop.chain(sheets).filter(|source| Split::of(&source.song.name) != Split::Test).collect())
}

/// A song, and its key step by step, which may change.
struct Varied {
    song: SungSong,
    /// `[step]`, tonic and whether it is minor; `None` where the song's key is not known.
    keys: Vec<Option<(u8, bool)>>,
}

impl Varied {
    fn new(song: SungSong) -> Self {
        Self { keys: vec![song.key; song.melody.len()], song }
    }

    /// The song cut and moved at random, so that it may begin anywhere and change its key anywhere.
    fn random(song: &SungSong, random: &mut Random) -> Self {
        let mut song = song.clone();
        let bar = song.steps_per_bar as usize;
        if random.chance(0.4) {
            let cut = bar * random.index(song.melody.len() / bar / 2);
            song.melody.drain(..cut);
            song.chords.drain(..cut);
        }
        let mut varied = Self::new(song);
        if random.chance(MODULATING) {
            varied.modulate(random);
        }
        varied
    }

    fn modulate(&mut self, random: &mut Random) {
        let bar = self.song.steps_per_bar as usize;
        let mut between = || bar * (BARS_IN_KEY.0 + random.index(BARS_IN_KEY.1 - BARS_IN_KEY.0 + 1));
        let mut changes = vec![between()];
        while changes[changes.len() - 1] < self.keys.len() {
            changes.push(changes[changes.len() - 1] + between());
        }
        changes.pop();
        for step in changes {
            let semitones = if random.chance(0.4) { 6 } else { 1 + random.index(11) as u8 };
            self.song = self.song.clone().moved_from(step, semitones);
            for key in self.keys[step..].iter_mut().flatten() {
                key.0 = (key.0 + semitones) % CLASSES as u8;
            }
        }
    }
}

impl Tensors {
    fn add(&mut self, source: &Source, listener: Listener, random: &mut Random) {
        let (Varied { song, keys }, hearing, first_bar) = if source.chooses {
            (Varied::new(source.song.clone()), Hearing::random(random).online(), 0)
        } else {
            (Varied::random(&source.song, random), Hearing::random(random), random.index(FIRST_BARS) as i64)
        };
        let heard = Heard::of(&song.melody, &hearing, random);
        let places: Vec<Place> = (0..song.melody.len()).map(|step| place_of(&song, step, first_bar)).collect();
        match listener {
            Listener::Live => self.hear_live(&places, &heard),
            Listener::Knowing => self.hear_knowing(&places, &heard),
        }
        for (step, key) in keys.into_iter().enumerate() {
            let (sung, chord) = (song.melody[step], song.chords[step]);
            self.steps.push(sung.key.map_or(NONE, |key| key % 12));
            self.steps.push(u8::from(sung.onset));
            self.steps.extend(chord.map_or([NONE; 3], |chord| [chord.root, chord.quality as u8, chord.bass]));
            self.steps.push(key.map_or(NONE, |(tonic, minor)| tonic + CLASSES as u8 * u8::from(minor)));
        }
        let beats = places.iter().filter(|place| place.is_beat()).count();
        for number in [beats as i32, song.melody.len() as i32, song.steps_per_beat as i32] {
            self.songs.extend_from_slice(&number.to_le_bytes());
        }
        self.names.push(source.song.name.clone());
    }

    fn hear_live(&mut self, places: &[Place], heard: &Heard) {
        let mut listening = Listening::default();
        for (step, place) in places.iter().enumerate() {
            let last = step.checked_sub(1).map_or_else(StepHeard::default, |before| heard.steps[before]);
            listening.hear(place, &last);
            if place.is_beat() {
                let features = listening.features(place, &heard.ahead(step));
                self.put(features.classes.iter().flatten().chain(&features.shared));
            }
        }
    }

    fn hear_knowing(&mut self, places: &[Place], heard: &Heard) {
        let song = Song::new(places.iter().copied().zip(heard.steps.iter().copied()));
        let surroundings = Surroundings::new(song);
        for beat in 0..surroundings.song.beats().len() {
            let features = surroundings.features(beat);
            self.put(features.classes.iter().flatten().chain(&features.shared));
        }
    }

    fn put<'a>(&mut self, features: impl Iterator<Item = &'a f32>) {
        for value in features {
            self.features.extend_from_slice(&f16::from_f32(*value).to_le_bytes());
        }
    }

    fn write(&self, path: &Path, seed: u64, features: usize) -> Result<()> {
        let fail = |error: safetensors::SafeTensorError| MaterialError::data(path, error.to_string());
        let view = |dtype, size: usize, columns: usize, bytes| {
            TensorView::new(dtype, vec![<[u8]>::len(bytes) / size / columns, columns], bytes).map_err(fail)
        };
        let tensors = [
            ("features", view(Dtype::F16, 2, features, &self.features)?),
            ("steps", view(Dtype::U8, 1, STEP_NUMBERS, &self.steps)?),
            ("songs", view(Dtype::I32, 4, SONG_NUMBERS, &self.songs)?),
        ];
        let label = Label { format: FORMAT, seed, rate: 0, songs: self.names.clone() };
        let text = serde_json::to_string(&label).map_err(|error| MaterialError::data(path, error.to_string()))?;
        let metadata = HashMap::from([("songweave".to_owned(), text)]);
        Ok(write_bytes(path, &safetensors::serialize(tensors, Some(metadata)).map_err(fail)?)?)
    }
}

/// Where a step of a song is when its first bar is the host's bar `first_bar`.
#[must_use]
pub fn place_of(song: &SungSong, step: usize, first_bar: i64) -> Place {
    let bar = song.steps_per_bar.max(1) as usize;
    Place {
        bar: first_bar + (step / bar) as i64,
        step: (step % bar) as u32,
        steps_per_bar: song.steps_per_bar,
        steps_per_beat: song.steps_per_beat,
    }
}
