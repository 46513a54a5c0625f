//! Which recordings lie in folders.

use std::{
    path::{MAIN_SEPARATOR, Path, PathBuf},
    time::UNIX_EPOCH,
};

use walkdir::{DirEntry, WalkDir};

use crate::{
    error::{LibraryError, Result},
    store::FileSeen,
};

/// Endings of files that are recordings, whether they can be read or not.
const ENDINGS: [&str; 32] = [
    "aa", "aac", "aax", "aif", "aifc", "aiff", "alac", "ape", "bw64", "caf", "dsf", "flac", "m4a", "m4b", "m4p", "mka",
    "mp1", "mp2", "mp3", "mp4", "mpc", "oga", "ogg", "opus", "rf64", "tta", "w64", "wav", "wave", "weba", "wma", "wv",
];
/// Files of more bytes are no songs.
const LARGEST: u64 = 8 << 30;

/// What was found.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    /// Recordings by their absolute paths, each once.
    pub(super) files: Vec<FileSeen>,
    /// Files and folders that are left out, with the reason.
    pub(super) refused: Vec<(String, String)>,
    /// Where it was looked.
    pub(super) roots: Vec<String>,
    /// Folders that could not be looked into: nothing is said of what is below.
    closed: Vec<String>,
}

impl Found {
    /// Whether a path lies where it was looked.
    pub(super) fn covers(&self, path: &str) -> bool {
        let below = |root: &String| {
            path.strip_prefix(&**root).is_some_and(|rest| {
                rest.is_empty() || rest.starts_with(MAIN_SEPARATOR) || root.ends_with(MAIN_SEPARATOR)
            })
        };
        self.roots.iter().any(below) && !self.closed.iter().any(below)
    }
}

/// Looks for recordings in folders and below, by links as well. Hidden files are no recordings.
pub(super) fn walk(folders: &[PathBuf]) -> Result<Found> {
    let mut found = Found::default();
    for folder in folders {
        let root = dunce::canonicalize(folder).map_err(|reason| LibraryError::io(folder, reason))?;
        let name = root.to_str().ok_or_else(|| {
            LibraryError::Ask(format!("{}: the folder's name is not UTF-8; rename it", root.display()))
        })?;
        found.roots.push(name.to_owned());
        for entry in WalkDir::new(&root).follow_links(true).sort_by_file_name().into_iter().filter_entry(shown) {
            match entry {
                Ok(entry) => found.take(&entry),
                Err(error) => found.refuse_folder(&error),
            }
        }
    }
    found.files.sort_by(|one, other| one.path.cmp(&other.path));
    found.files.dedup_by(|one, other| one.path == other.path);
    Ok(found)
}

fn shown(entry: &DirEntry) -> bool {
    entry.depth() == 0 || !entry.file_name().to_string_lossy().starts_with('.')
}

impl Found {
    fn take(&mut self, entry: &DirEntry) {
        let ending =
            entry.path().extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
        // Pipes and devices would wait for ever.
        if !entry.file_type().is_file() || !ENDINGS.contains(&&*ending) {
            return;
        }
        match seen(entry) {
            Ok(file) => self.files.push(file),
            Err(reason) => self.refused.push((entry.path().to_string_lossy().into_owned(), reason)),
        }
    }

    fn refuse_folder(&mut self, error: &walkdir::Error) {
        let path = error.path().unwrap_or(Path::new("")).to_string_lossy().into_owned();
        let reason = match error.loop_ancestor() {
            Some(above) => format!("{path}: the link leads back to {}; what is there is indexed once", above.display()),
            None => {
                let system = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
                self.closed.push(path.clone());
                format!("{path}: cannot be looked into ({system})")
            }
        };
        self.refused.push((path, reason));
    }
}

/// The file, or why it is left out.
fn seen(entry: &DirEntry) -> std::result::Result<FileSeen, String> {
    let shown = entry.path().display();
    let path = entry.path().to_str().ok_or_else(|| format!("{shown}: the name is not UTF-8; rename the file"))?;
    let data = entry.metadata().map_err(|error| format!("{shown}: cannot be looked at ({error})"))?;
    match data.len() {
        0 => return Err(format!("{shown}: the file is empty")),
        size if size > LARGEST => return Err(format!("{shown}: {} GB are too large for a song", size >> 30)),
        _ => {}
    }
    let modified = data.modified().ok().and_then(|time| time.duration_since(UNIX_EPOCH).ok());
    let modified = modified.map_or(0, |time| i64::try_from(time.as_nanos()).unwrap_or(i64::MAX));
    Ok(FileSeen { path: path.to_owned(), size: data.len(), modified })
}
