//! The training set of the listener.

use std::path::{Path, PathBuf};

use indicatif::ProgressBar;
use safetensors::{Dtype, tensor::TensorView};
use serde_json::json;
use songweave_audio::{decode::decode, draft::write_bytes, resample::resample};
use songweave_engine::listener::{GENRES, SliceListener, mono};
use songweave_models::listener::{HIDDEN, TAGGERS};
use songweave_score::{
    error::{MaterialError, Result},
    files::{folder, musicxml::Score},
    random::{Random, hash},
    split::Split,
};
use songweave_synth::{instruments::soundfont::Instruments, song::Stereo};

use super::{
    arranger,
    piece::{self, RATE},
    styles::{Style, styles},
};

/// Version of the format that is written.
pub const FORMAT: u32 = 1;
/// Seconds of a piece.
const SECONDS: f64 = 25.0;
/// Seconds from one slice to the next.
const STEP: f64 = 3.5;
/// Seconds that are heard of a recording at most.
const RECORDED: f64 = 90.0;
/// Classical pieces from scores, for each of which there is a style elsewhere.
const ART_SONGS: usize = 24;

/// A set to be written.
#[derive(Debug, Clone)]
pub struct ListenerSet {
    /// Folder for it.
    pub out: PathBuf,
    /// Sound fonts that pieces to train on and to choose by are played with.
    pub fonts: Vec<PathBuf>,
    /// Sound font that pieces to test with are played with, and no others.
    pub test_font: PathBuf,
    /// Folder of recordings whose genre nobody says, or none: what belongs to one song is learned from them as well.
    pub recordings: Option<PathBuf>,
    /// Pieces for each style and sound font.
    pub pieces: usize,
    /// The same seed gives the same set.
    pub seed: u64,
    /// The command, as the set tells it.
    pub command: String,
}

/// What a slice belongs to.
struct Row {
    song: usize,
    version: usize,
    /// `None` of a recording.
    genre: Option<usize>,
    split: Split,
}

/// What is written.
#[derive(Default)]
struct Slices {
    rows: Vec<Row>,
    hidden: Vec<f32>,
    songs: Vec<String>,
}

impl ListenerSet {
    /// Writes `listener.safetensors` (`hidden` `[slice][number]`, `facts` `[slice][song, version, genre, split]`) and `set.json`.
    /// Styles, songs and sound fonts to test with are not among those to train on.
    ///
    /// # Errors
    /// The data, MMA or a sound font is missing, or the folder cannot be written to.
    pub fn write(&self, data: &Path) -> Result<()> {
        std::fs::create_dir_all(&self.out).map_err(|source| MaterialError::io(&self.out, source))?;
        let mut listener = SliceListener::embedded(RATE as f32)?;
        let mut slices = Slices::default();
        let installed = arranger::installed()?;
        let (styles, scores) = (styles(&installed), self.scores(data)?);
        let count = (styles.len() + scores.len()) as u64 * (self.fonts.len() + 1) as u64;
        let progress = ProgressBar::new(count);
        for (number, path) in self.fonts.iter().chain([&self.test_font]).enumerate() {
            let (font, test) = (Instruments::load(path)?, number == self.fonts.len());
            for style in &styles {
                self.add_style(style, &font, test, &mut listener, &mut slices)?;
                progress.inc(1);
            }
            for score in &scores {
                self.add_score(score, &font, test, &mut listener, &mut slices)?;
                progress.inc(1);
            }
        }
        if let Some(folder) = &self.recordings {
            add_recordings(folder, self.seed, &mut listener, &mut slices)?;
        }
        progress.finish();
        self.save(&slices)
    }

    fn scores(&self, data: &Path) -> Result<Vec<PathBuf>> {
        let all = folder::files_below(&data.join("lieder/scores"), "mxl")?;
        let step = (all.len() / ART_SONGS).max(1);
        Ok(all.into_iter().step_by(step).take(ART_SONGS).collect())
    }

    fn add_style(
        &self,
        style: &Style,
        font: &Instruments,
        test: bool,
        listener: &mut SliceListener,
        slices: &mut Slices,
    ) -> Result<()> {
        let Some(split) = split_of(&style.name, test) else { return Ok(()) };
        for number in 0..self.pieces {
            let name = format!("{} {} {number}", style.name, font.name());
            let mut random = Random::for_task(self.seed, hash(&name));
            let blues = GENRES[style.genre] == "blues";
            let events = match arranger::piece(&style.name, blues, SECONDS * 1.3, &self.out, &mut random) {
                Ok(events) => events,
                Err(error) => {
                    println!("left out: {error}");
                    continue;
                }
            };
            slices.begin(name);
            let plain = piece::play(font, &events, SECONDS)?;
            slices.hear(&plain, 0, Some(style.genre), split, listener);
            let again = piece::play(font, &piece::varied(&events, &mut random), SECONDS)?;
            slices.hear(&piece::mastered(again, &mut random), 1, Some(style.genre), split, listener);
        }
        Ok(())
    }

    fn add_score(
        &self,
        path: &Path,
        font: &Instruments,
        test: bool,
        listener: &mut SliceListener,
        slices: &mut Slices,
    ) -> Result<()> {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let Some(split) = split_of(&name, test) else { return Ok(()) };
        let mut random = Random::for_task(self.seed, hash(&format!("{name} {}", font.name())));
        let classical = GENRES.iter().position(|genre| *genre == "classical");
        let events = piece::art_song(&Score::read(path)?, SECONDS * 1.1, &mut random);
        slices.begin(name);
        slices.hear(&piece::play(font, &events, SECONDS)?, 0, classical, split, listener);
        let again = piece::play(font, &piece::varied(&events, &mut random), SECONDS)?;
        slices.hear(&piece::mastered(again, &mut random), 1, classical, split, listener);
        Ok(())
    }

    fn save(&self, slices: &Slices) -> Result<()> {
        let path = self.out.join("listener.safetensors");
        let genre = |row: &Row| row.genre.map_or(-1, |genre| genre as i32);
        let facts =
            slices.rows.iter().flat_map(|row| [row.song as i32, row.version as i32, genre(row), row.split as i32]);
        let facts: Vec<u8> = facts.flat_map(i32::to_le_bytes).collect();
        let hidden: Vec<u8> = slices.hidden.iter().flat_map(|number| number.to_le_bytes()).collect();
        let fail = |error: safetensors::SafeTensorError| MaterialError::data(&path, error.to_string());
        let count = slices.rows.len();
        let tensors = [
            ("hidden", TensorView::new(Dtype::F32, vec![count, TAGGERS * HIDDEN], &hidden).map_err(fail)?),
            ("facts", TensorView::new(Dtype::I32, vec![count, 4], &facts).map_err(fail)?),
        ];
        write_bytes(&path, &safetensors::serialize(tensors, None).map_err(fail)?)?;
        let sources =
            ["styles of MMA", "OpenScore Lieder (CC0)", "sound fonts FluidR3 (MIT) and TimGM6mb (GPL, its renders)"];
        let splits = [Split::Train, Split::Validation, Split::Test].map(Split::name);
        let facts = json!({
            "format": FORMAT, "command": self.command, "sources": sources, "genres": GENRES, "songs": slices.songs,
            "splits": splits,
        });
        println!("{} slices of {} songs", count, slices.songs.len());
        Ok(write_bytes(&self.out.join("set.json"), format!("{facts:#}\n").as_bytes())?)
    }
}

/// Adds every recording below a folder, as it is and mastered anew.
fn add_recordings(folder: &Path, seed: u64, listener: &mut SliceListener, slices: &mut Slices) -> Result<()> {
    let kinds = ["flac", "mp3", "ogg", "wav", "m4a"];
    let files = kinds.iter().map(|kind| folder::files_below(folder, kind).unwrap_or_default());
    for path in files.flatten() {
        let name = path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().into_owned();
        let song = decode(&path)?;
        let rate = song.rate;
        let channels = resample(&song.into_stereo(), rate, RATE)?;
        let longest = (RECORDED * f64::from(RATE)) as usize;
        let sound: Stereo = [0, 1].map(|channel| channels[channel].iter().copied().take(longest).collect());
        let mut random = Random::for_task(seed, hash(&name));
        slices.begin(name);
        slices.hear(&sound, 0, None, Split::Train, listener);
        slices.hear(&piece::mastered(sound, &mut random), 1, None, Split::Train, listener);
    }
    Ok(())
}

/// What a style or score is for with one of the sound fonts: test songs are played with the test font, and no others are.
/// One style in eight is heard in the test alone.
fn split_of(name: &str, test: bool) -> Option<Split> {
    match (test, hash(name) % 8) {
        (true, _) => Some(Split::Test),
        (false, 0) => Some(Split::Validation),
        (false, 1) => None,
        (false, _) => Some(Split::Train),
    }
}

impl Slices {
    fn begin(&mut self, song: String) {
        self.songs.push(song);
    }

    /// Adds all slices of a version of the song that was begun last in which there is something to hear.
    fn hear(
        &mut self,
        sound: &Stereo,
        version: usize,
        genre: Option<usize>,
        split: Split,
        listener: &mut SliceListener,
    ) {
        let sound = mono([&sound[0], &sound[1]]);
        let step = (STEP * f64::from(RATE)) as usize;
        for start in (0..sound.len().saturating_sub(listener.samples())).step_by(step) {
            if let Some(hidden) = listener.hidden(&sound[start..]) {
                self.rows.push(Row { song: self.songs.len() - 1, version, genre, split });
                self.hidden.extend(hidden);
            }
        }
    }
}
