//! Folders of songs as people keep them: finds the songs, tells their stems apart and reads them.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use songweave_audio::{decode::decode, resample::resample};
use songweave_dsp::stream::layout::{PARTS, Part};

use crate::stems::{
    multitracks::{EXTENSIONS, folder_name},
    names::{Role, role, role_of, words},
};
use songweave_score::error::{MaterialError, Result};
use songweave_synth::song::{Song, Stereo};

/// Folders below the data folder that are looked into.
const DEPTH: usize = 4;
/// Names of folders that belong to a song.
const INNER: &[&str] = &["stems", "stem", "multitrack", "multitracks", "tracks", "raw", "audio", "wav", "files"];

/// Stems with their parts.
pub type Stems = Vec<(Part, PathBuf)>;

/// A song that was read.
#[derive(Debug, Clone)]
pub struct StemSong {
    /// The song.
    pub song: Song,
    /// Whether a part is known apart from the others, `[part]`.
    pub known: [bool; PARTS],
}

/// A file and the folders between it and its song, innermost last.
type Found = (PathBuf, Vec<String>);

/// The folders in `data` that hold a song each, in order of name. Folders of folders (train, test) are looked into.
///
/// # Errors
/// The folder cannot be read or holds no audio.
pub fn songs(data: &Path) -> Result<Vec<PathBuf>> {
    let mut songs = Vec::new();
    collect(data, DEPTH, &mut songs)?;
    if songs.is_empty() && holds_audio(data, DEPTH)? {
        songs.push(data.to_owned());
    }
    if songs.is_empty() {
        return Err(MaterialError::data(data, "no audio in here; give each song a folder with its stems"));
    }
    songs.sort();
    Ok(songs)
}

fn collect(folder: &Path, depth: usize, songs: &mut Vec<PathBuf>) -> Result<()> {
    for inner in entries(folder)?.into_iter().filter(|path| path.is_dir()) {
        if entries(&inner)?.iter().any(|path| is_audio(path)) || has_inner_folders(&inner)? {
            if holds_audio(&inner, DEPTH)? {
                songs.push(inner);
            }
        } else if depth > 1 {
            collect(&inner, depth - 1, songs)?;
        }
    }
    Ok(())
}

/// Whether all of a folder's own folders with audio are named like stems, or like folders of stems.
fn has_inner_folders(folder: &Path) -> Result<bool> {
    let mut found = false;
    for path in entries(folder)?.into_iter().filter(|path| path.is_dir()) {
        if holds_audio(&path, DEPTH)? {
            let words = words(&folder_name(&path));
            if !words.iter().any(|word| INNER.contains(&word.as_str())) && role(&words).is_none() {
                return Ok(false);
            }
            found = true;
        }
    }
    Ok(found)
}

fn holds_audio(folder: &Path, depth: usize) -> Result<bool> {
    for path in entries(folder)? {
        if is_audio(&path) || (depth > 1 && path.is_dir() && holds_audio(&path, depth - 1)?) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What is in a folder, in order of name, without what systems hide.
fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let read = std::fs::read_dir(folder).map_err(|source| MaterialError::io(folder, source))?;
    let mut paths = Vec::new();
    for entry in read {
        let path = entry.map_err(|source| MaterialError::io(folder, source))?.path();
        let name = folder_name(&path);
        if !name.starts_with('.') && name != "__MACOSX" {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

fn is_audio(path: &Path) -> bool {
    let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    extension.is_some_and(|extension| EXTENSIONS.contains(&extension.as_str()) || extension == "oga") && path.is_file()
}

/// The stems of a song's folder with the part of each, and which parts `[part]` they tell apart.
///
/// # Errors
/// The folder cannot be read, or no name in it says what the file is.
pub fn stems(folder: &Path) -> Result<(Stems, [bool; PARTS])> {
    let mut files = Vec::new();
    audio_files(folder, &mut Vec::new(), DEPTH, &mut files)?;
    let names: Vec<Vec<String>> = files.iter().map(|(path, _)| words(&stem_name(path))).collect();
    let shared = shared_words(&names);
    let roles = |shared: usize| -> Vec<Option<Role>> {
        files.iter().map(|(path, folders)| role_of(&stem_name(path), shared, folders)).collect()
    };
    let own = roles(shared);
    // What all names begin with is the song's title, unless only that says what they are.
    let roles = if own.iter().all(Option::is_none) { roles(0) } else { own };
    if !roles.iter().any(|role| matches!(role, Some(Role::Stem(_) | Role::Acapella | Role::Instrumental))) {
        let reason = "no file name says which part it is; name them vocals, drums, bass, other or *_Stem_NAME, or leave \
                      the song out with --songs";
        return Err(MaterialError::data(folder, reason));
    }
    // A file of unknown name beside known ones is one more instrument.
    let roles: Vec<Role> = roles.into_iter().map(|role| role.unwrap_or(Role::Stem(Part::Other))).collect();
    let voices = roles.contains(&Role::Stem(Part::Vocals));
    let band = roles.iter().any(|role| matches!(role, Role::Stem(part) if *part != Part::Vocals));
    let part = |role: Role| match role {
        Role::Stem(part) => Some(part),
        Role::Acapella => (!voices).then_some(Part::Vocals),
        Role::Instrumental => (!band).then_some(Part::Other),
        Role::Whole => None,
    };
    let undivided = !band && roles.contains(&Role::Instrumental);
    let stems = roles.into_iter().zip(files).filter_map(|(role, (path, _))| Some((part(role)?, path))).collect();
    Ok((stems, [true, !undivided, !undivided, !undivided]))
}

fn audio_files(folder: &Path, folders: &mut Vec<String>, depth: usize, files: &mut Vec<Found>) -> Result<()> {
    for path in entries(folder)? {
        if is_audio(&path) {
            files.push((path, folders.clone()));
        } else if depth > 1 && path.is_dir() {
            folders.push(folder_name(&path));
            audio_files(&path, folders, depth - 1, files)?;
            folders.pop();
        }
    }
    Ok(())
}

fn stem_name(path: &Path) -> String {
    path.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// Words with which all names begin.
fn shared_words(names: &[Vec<String>]) -> usize {
    let [first, others @ ..] = names else { return 0 };
    let same = |index: usize| others.iter().all(|name| name.get(index) == first.get(index));
    if others.is_empty() { 0 } else { (0..first.len()).take_while(|&index| same(index)).count() }
}

/// A whole folder as one song at `rate` Hz: stems of one part are added up, mono is heard on both sides, short stems end in
/// silence.
///
/// # Errors
/// A file cannot be read, no name says what a file is, or all stems are silent.
pub fn load(folder: &Path, rate: u32) -> Result<StemSong> {
    let (stems, known) = stems(folder)?;
    let mut song = Song::silent(&folder_name(folder), rate, 0);
    // Added up before they are converted: a folder has many stems but few rates.
    let mut sums: BTreeMap<(usize, u32), Stereo> = BTreeMap::new();
    for (part, path) in stems {
        let audio = decode(&path)?;
        let sum = sums.entry((part as usize, audio.rate)).or_default();
        add_longest(sum, &audio.into_stereo());
    }
    for ((part, from), sum) in sums {
        song.bandwidth = song.bandwidth.min(from as f32 / 2.0);
        add_longest(&mut song.parts[part], &resample(&sum, from, rate)?);
    }
    let longest = song.parts.iter().flatten().map(Vec::len).max().unwrap_or(0);
    song.parts.iter_mut().flatten().for_each(|channel| channel.resize(longest, 0.0));
    if song.parts.iter().flatten().flatten().all(|sample| sample.abs() < 1e-5) {
        return Err(MaterialError::data(folder, "all stems are silent; leave the song out with --songs"));
    }
    Ok(StemSong { song, known })
}

/// Adds a sound to another, which grows with it; what is no number is silence.
fn add_longest(to: &mut Stereo, sound: &[Vec<f32>]) {
    for (to, sound) in to.iter_mut().zip(sound) {
        to.resize(to.len().max(sound.len()), 0.0);
        let finite = sound.iter().map(|&sample| if sample.is_finite() { sample } else { 0.0 });
        to.iter_mut().zip(finite).for_each(|(to, sample)| *to += sample);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use songweave_audio::{decode::Audio, write::write_wav};

    /// A folder that is gone at the end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("songweave-stems-{}-{name}", std::process::id()));
            std::fs::create_dir_all(&path).unwrap();
            Self(path)
        }

        fn add(&self, file: &str, rate: u32, channels: usize, samples: usize, level: f32) {
            let path = self.0.join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            let channel: Vec<f32> = (0..samples).map(|n| level * (n as f32 * 0.05).sin()).collect();
            write_wav(&path, &Audio { rate, channels: vec![channel; channels] }).unwrap();
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn songs_are_found_however_their_folders_lie() {
        let data = Folder::new("layouts");
        data.add("Plain/vocals.wav", 44_100, 2, 100, 0.1);
        data.add("Ünï cödé & co/Stems/Drums/01.wav", 44_100, 1, 100, 0.1);
        data.add("test/Deep/bass.wav", 44_100, 1, 100, 0.1);
        data.add("test/All About Bass/other.wav", 44_100, 1, 100, 0.1);
        data.add("loose.wav", 44_100, 1, 100, 0.1);
        std::fs::create_dir_all(data.0.join("docs")).unwrap();
        let found = songs(&data.0).unwrap();
        let names: Vec<String> = found.iter().map(|path| folder_name(path)).collect();
        assert_eq!(names, ["Plain", "All About Bass", "Deep", "Ünï cödé & co"]);
        assert_eq!(songs(&data.0.join("Plain")).unwrap().len(), 1, "a song is one song");
        assert!(songs(&data.0.join("docs")).unwrap_err().to_string().contains("no audio"));
    }

    #[test]
    fn stems_of_all_rates_lengths_and_channels_become_one_song() {
        let data = Folder::new("kinds");
        data.add("Bass Song - Lead Vox.wav", 48_000, 1, 48_000, 0.1);
        data.add("Bass Song - Kick 1.wav", 22_050, 2, 11_025, 0.2);
        data.add("Bass Song - Snare.wav", 44_100, 1, 10, 0.2);
        data.add("Bass Song - Theremin.wav", 44_100, 1, 44_100, 0.1);
        data.add("Bass Song - Mix.wav", 44_100, 1, 88_200, 0.5);
        let StemSong { song, known } = load(&data.0, 44_100).unwrap();
        assert_eq!((song.samples(), known), (44_100, [true; PARTS]));
        let loud = |part: Part| song.parts[part as usize][1].iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
        // The converter rings where a sound begins and ends.
        let (vocals, other) = (loud(Part::Vocals), loud(Part::Other));
        assert!((vocals - 0.1).abs() < 0.02 && (other - 0.1).abs() < 0.001, "{vocals} {other}");
        assert!(loud(Part::Drums) > 0.15 && loud(Part::Bass) == 0.0);
    }

    #[test]
    fn a_part_that_all_names_begin_with_is_one() {
        let data = Folder::new("one-part");
        data.add("Drums 1.wav", 44_100, 1, 100, 0.1);
        data.add("Drums 2.wav", 44_100, 1, 100, 0.1);
        assert!(stems(&data.0).unwrap().0.iter().all(|(part, _)| *part == Part::Drums));
    }

    #[test]
    fn an_instrumental_counts_only_where_nothing_finer_is_there() {
        let data = Folder::new("sums");
        data.add("Acapella.wav", 44_100, 2, 100, 0.1);
        data.add("Instrumental.wav", 44_100, 2, 100, 0.1);
        assert_eq!(load(&data.0, 44_100).unwrap().known, [true, false, false, false]);
        data.add("Drums.wav", 44_100, 2, 100, 0.1);
        data.add("Lead Vox.wav", 44_100, 2, 100, 0.1);
        let (found, known) = stems(&data.0).unwrap();
        assert_eq!(found.iter().map(|(part, _)| *part).collect::<Vec<_>>(), [Part::Drums, Part::Vocals]);
        assert_eq!(known, [true; PARTS]);
    }

    #[test]
    fn what_cannot_be_used_is_said_in_one_sentence() {
        let data = Folder::new("errors");
        data.add("Unknown/take 1.wav", 44_100, 1, 100, 0.1);
        data.add("Silent/vocals.wav", 44_100, 1, 100, 0.0);
        std::fs::create_dir_all(data.0.join("Broken")).unwrap();
        std::fs::write(data.0.join("Broken/vocals.wav"), b"RIFF nonsense").unwrap();
        let error = |name: &str| load(&data.0.join(name), 44_100).unwrap_err().to_string();
        assert!(error("Unknown").contains("no file name says which part it is"), "{}", error("Unknown"));
        assert!(error("Silent").contains("all stems are silent"));
        assert!(error("Broken").contains("vocals.wav: cannot be read as audio"));
        assert!(error("Missing").contains("no such file or folder"));
    }
}
