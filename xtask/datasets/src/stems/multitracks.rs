//! Folders of real multitracks: which part a stem belongs to, and stretches of such songs as four parts.

use std::path::{Path, PathBuf};

use songweave_audio::{decode::decode, resample::resample};
use songweave_dsp::stream::layout::{PARTS, Part};

use songweave_score::{
    error::{MaterialError, Result},
    random::Random,
};
use songweave_synth::{
    effects::filter::decibels,
    song::{Song, Stereo},
};

/// Extensions that count as audio.
pub const EXTENSIONS: [&str; 7] = ["wav", "flac", "mp3", "m4a", "ogg", "aac", "mp4"];
/// All real songs. Each has groups of its own in a feature set, so that a trainer can leave it out.
pub const REAL_SONGS: [&str; 5] = ["1.Hydrogen", "2.Lithium", "3.Sodium", "4.Potassium", "6.Caesium"];
/// Real songs to train on.
pub const TRAINING_SONGS: [&str; 3] = ["2.Lithium", "3.Sodium", "4.Potassium"];
/// Real songs that nothing is tuned on, and that nothing is trained on whose figures are told: only measured.
pub const TEST_SONGS: [&str; 2] = ["1.Hydrogen", "6.Caesium"];
/// Rate in Hz at which stretches of real songs are cut. Half of the stems are recorded at it, the others at 48 kHz; at one
/// rate bandwidth does not tell the parts apart.
const STEMS_RATE: u32 = 24_000;
/// Above this in Hz there is nothing left at [`STEMS_RATE`].
const STEMS_BANDWIDTH: f32 = 11_000.0;

/// Words that make a stem a drum stem.
const DRUM_WORDS: [&str; 16] = [
    "KICK", "HH", "HAT", "HATS", "DRUM", "DRUMS", "BEAT", "SNARE", "CLAP", "TOM", "TOMS", "BREAK", "CRASH", "TOPS",
    "PRC", "TRAP",
];

/// The part that a stem's name says, `None` for a master (the whole song).
///
/// Known are the plain names `vocals`, `drums`, `bass`, `other` and the naming of multitracks as `N.Song_Stem_NAME_mobile`.
#[must_use]
pub fn classify(name: &str) -> Option<Part> {
    let upper = name.to_uppercase();
    let stem = upper.split_once("_STEM_").map_or(upper.as_str(), |(_, stem)| stem);
    let words: Vec<&str> = stem.split(|letter: char| !letter.is_alphanumeric()).collect();
    let has = |wanted: &[&str]| words.iter().any(|word| wanted.contains(word));
    let drums = has(&DRUM_WORDS) || words.iter().any(|word| word.ends_with("BEAT")) || stem.starts_with("K & SN");
    if has(&["MASTER"]) || words.first() == Some(&"MIXTURE") {
        None
    } else if has(&["VOX", "BGVOX", "VOCALS", "VOCAL"]) {
        Some(Part::Vocals)
    } else if drums {
        Some(Part::Drums)
    } else if has(&["BASS"]) && !has(&["PAD"]) {
        Some(Part::Bass)
    } else {
        Some(Part::Other)
    }
}

/// Audio files of a folder with the part of each, in order of name.
///
/// # Errors
/// The folder cannot be read or holds no stem.
pub fn stem_files(folder: &Path) -> Result<Vec<(Part, PathBuf)>> {
    let entries = std::fs::read_dir(folder).map_err(|source| MaterialError::io(folder, source))?;
    let mut files: Vec<(Part, PathBuf)> = Vec::new();
    for entry in entries {
        let path = entry.map_err(|source| MaterialError::io(folder, source))?.path();
        let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("").to_lowercase();
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or("");
        if let (true, Some(part)) = (EXTENSIONS.contains(&extension.as_str()), classify(name)) {
            files.push((part, path));
        }
    }
    files.sort_by(|one, other| one.1.cmp(&other.1));
    if files.is_empty() {
        return Err(MaterialError::data(folder, "no stems here; name them vocals, drums, bass, other or *_Stem_NAME"));
    }
    Ok(files)
}

/// Name of a folder, for the record.
#[must_use]
pub fn folder_name(folder: &Path) -> String {
    folder.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// One real stem in 16 bits, so that three songs fit into memory.
#[derive(Debug)]
struct Stem {
    part: Part,
    /// `[channel][sample]`
    channels: Vec<Vec<i16>>,
}

/// A real song, stem by stem, from which stretches are cut.
#[derive(Debug)]
pub struct RealSong {
    name: String,
    stems: Vec<Stem>,
}

impl RealSong {
    /// Reads all stems of a folder.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn load(folder: &Path) -> Result<Self> {
        let mut song = Self { name: folder_name(folder), stems: Vec::new() };
        for (part, path) in stem_files(folder)? {
            let audio = decode(&path)?;
            let from = audio.rate;
            let short = |channel: &Vec<f32>| -> Vec<i16> {
                channel.iter().map(|sample| (sample.clamp(-1.0, 1.0) * 32_767.0) as i16).collect()
            };
            let channels = resample(&audio.into_stereo(), from, STEMS_RATE)?.iter().map(short).collect();
            song.stems.push(Stem { part, channels });
        }
        Ok(song)
    }

    /// The folder's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A random stretch of `seconds`, played up to a quarter slower or faster (pitch included), now and then without some
    /// of its drum or other stems or with its stems at other levels.
    ///
    /// # Errors
    /// The rate cannot be converted.
    pub fn stretch(&self, seconds: f64, rate: u32, random: &mut Random) -> Result<Song> {
        // Multiples of 300 Hz keep the converter's blocks short.
        let speed = if random.chance(0.6) { random.between(0.8, 1.25) } else { 1.0 };
        let played = ((STEMS_RATE as f32 * speed / 300.0).round() * 300.0) as u32;
        let length = (seconds * f64::from(played)) as usize;
        let whole = self.stems.iter().flat_map(|stem| &stem.channels).map(Vec::len).max().unwrap_or(0);
        let places: [usize; 3] = std::array::from_fn(|_| random.index(whole.saturating_sub(length)));
        // Voices rest for half of these songs; of three places the one with most of them is taken.
        let from = places.into_iter().max_by_key(|&from| self.sung(from, length)).unwrap_or(0);
        let (thin, remixed) = (random.chance(0.3), random.chance(0.3));
        let mut sums: [Stereo; PARTS] = std::array::from_fn(|_| songweave_synth::song::silence(length));
        for stem in &self.stems {
            let optional = matches!(stem.part, Part::Drums | Part::Other);
            if !(thin && optional && random.chance(0.4)) {
                let gain = if remixed { decibels(random.between(-5.0, 5.0)) } else { 1.0 };
                stem.add(&mut sums[stem.part as usize], from, gain);
            }
        }
        let mut song = Song::silent(&self.name, rate, 0);
        song.bandwidth = STEMS_BANDWIDTH * played as f32 / STEMS_RATE as f32;
        for (part, sum) in song.parts.iter_mut().zip(&sums) {
            for (channel, converted) in part.iter_mut().zip(resample(sum, played, rate)?) {
                *channel = converted;
            }
        }
        Ok(song)
    }
}

impl RealSong {
    /// Loudness of the voices in a stretch, in any unit.
    fn sung(&self, from: usize, length: usize) -> u64 {
        let voices = self.stems.iter().filter(|stem| stem.part == Part::Vocals).flat_map(|stem| &stem.channels);
        let cuts = voices.map(|channel| channel.get(from..(from + length).min(channel.len())).unwrap_or_default());
        cuts.flat_map(|cut| cut.iter().step_by(16)).map(|sample| u64::from(sample.unsigned_abs().min(2_000))).sum()
    }
}

impl Stem {
    fn add(&self, sum: &mut Stereo, from: usize, gain: f32) {
        for (sum, channel) in sum.iter_mut().zip(&self.channels) {
            let cut = channel.get(from..).unwrap_or_default();
            sum.iter_mut().zip(cut).for_each(|(sum, &sample)| *sum += gain / 32_767.0 * f32::from(sample));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stems_are_told_by_their_names() {
        let cases = [
            ("1.Hydrogen_Stem_MAIN DRUMS_mobile", Part::Drums),
            ("1.Hydrogen_Stem_DRUMS BREAK 1_mobile", Part::Drums),
            ("1.Hydrogen_Stem_BGVOX ECHO_mobile", Part::Vocals),
            ("2.Lithium_Stem_VOX LEAD_mobile", Part::Vocals),
            ("2.Lithium_Stem_OFF KICK_mobile", Part::Drums),
            ("2.Lithium_Stem_CRUSH BREAK_mobile", Part::Drums),
            ("2.Lithium_Stem_SY BASS_mobile", Part::Bass),
            ("2.Lithium_Stem_MELODY PAD_mobile", Part::Other),
            ("2.Lithium_Stem_ORGAN SWEEP EFFECT_mobile", Part::Other),
            ("3.Sodium_Stem_K & SN_mobile", Part::Drums),
            ("3.Sodium_Stem_BUILD PRC_mobile", Part::Drums),
            ("3.Sodium_Stem_BASS STAB_mobile", Part::Bass),
            ("3.Sodium_Stem_FAST HATS_mobile", Part::Drums),
            ("3.Sodium_Stem_MINILOGUE_SYNTH_mobile", Part::Other),
            ("4.Potassium_Stem_PAD + BASS_mobile", Part::Other),
            ("4.Potassium_Stem_BREAKBEAT_mobile", Part::Drums),
            ("4.Potassium_Stem_TRAP BEAT_mobile", Part::Drums),
            ("vocals", Part::Vocals),
            ("drums", Part::Drums),
            ("bass", Part::Bass),
            ("other", Part::Other),
        ];
        for (name, part) in cases {
            assert_eq!(classify(name), Some(part), "{name}");
        }
        assert_eq!(classify("6.Caesium_Master_mobile"), None);
        assert_eq!(classify("mixture"), None);
    }

    #[test]
    fn a_folder_without_stems_says_how_to_name_them() {
        let missing = stem_files(Path::new("/nowhere/at/all")).map_err(|error| error.to_string());
        assert!(missing.is_err_and(|error| error.contains("no such file or folder")));
    }

    #[test]
    fn no_test_song_is_trained_on() {
        assert!(TRAINING_SONGS.iter().all(|name| !TEST_SONGS.contains(name)));
    }
}
