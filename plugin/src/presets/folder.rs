//! The folder with the user's presets. Nothing in it is ever written over but by the user's own word.

use std::{
    fs::{self, OpenOptions},
    io::{self, ErrorKind, Read as _, Write as _},
    path::{Path, PathBuf},
};

use nice_plug::prelude::*;

use super::file::{self, Read};
use crate::settings::Values;

/// What the files' names end with.
pub const EXTENSION: &str = "songweave";
/// Bytes beyond which a file is no preset.
const LARGEST: u64 = 1 << 20;
/// Letters that a name may have.
const LONGEST_NAME: usize = 60;

/// A preset in the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its file.
    pub path: PathBuf,
}

/// The folder with the user's presets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder(PathBuf);

impl Folder {
    /// A folder, which need not be there before something is saved in it.
    #[must_use]
    pub const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// The presets in it by name, and a sentence on each file that is none.
    #[must_use]
    pub fn list(&self) -> (Vec<Entry>, Vec<String>) {
        let files = match fs::read_dir(&self.0) {
            Ok(files) => files,
            Err(error) if error.kind() == ErrorKind::NotFound => return (Vec::new(), Vec::new()),
            Err(error) => {
                return (Vec::new(), vec![told("The folder of your presets cannot be read", &self.0, &error)]);
            }
        };
        let (mut entries, mut notices) = (Vec::new(), Vec::new());
        let paths = files.flatten().map(|file| file.path());
        for path in paths.filter(|path| path.extension().is_some_and(|extension| extension == EXTENSION)) {
            match text(&path).and_then(|text| file::name(&text)) {
                Ok(name) => entries.push(Entry { name, path }),
                Err(reason) => notices.push(format!("{} is left out: {reason}.", path.display())),
            }
        }
        entries.sort_by_key(|entry| entry.name.to_lowercase());
        (entries, notices)
    }

    /// Reads a preset.
    ///
    /// # Errors
    /// It cannot be read, or is none.
    pub fn load(&self, path: &Path, params: &impl Params) -> Result<Read, String> {
        let read = text(path).and_then(|text| file::read(&text, params));
        read.map_err(|reason| format!("{} cannot be loaded: {reason}; nothing was changed.", path.display()))
    }

    /// Saves a preset under a name that is not in use.
    ///
    /// # Errors
    /// The name is in use or no name, or there is no room or no permission.
    pub fn save(&self, name: &str, values: &Values) -> Result<Entry, String> {
        self.create(name, |name| Ok(file::write(name, values)))
    }

    /// Saves a preset over the one of that name.
    ///
    /// # Errors
    /// There is no room or no permission; the present file stays as it is then.
    pub fn save_over(&self, entry: &Entry, values: &Values) -> Result<(), String> {
        let draft = entry.path.with_extension("part");
        // What a crash left there would forbid it for ever.
        _ = fs::remove_file(&draft);
        let written =
            write_new(&draft, &file::write(&entry.name, values)).and_then(|()| fs::rename(&draft, &entry.path));
        written.map_err(|error| {
            _ = fs::remove_file(&draft);
            told("The preset cannot be saved, the one before stays", &entry.path, &error)
        })
    }

    /// Gives a preset another name.
    ///
    /// # Errors
    /// The name is in use or no name, or the file cannot be read or written; the preset stays as it is then.
    pub fn rename(&self, entry: &Entry, name: &str) -> Result<Entry, String> {
        let old = |_: &str| text(&entry.path);
        let new = self.create(name, |name| file::rename(&old(name)?, name))?;
        fs::remove_file(&entry.path)
            .map_err(|error| told("The preset now has both names, since its old file stays", &entry.path, &error))?;
        Ok(new)
    }

    /// Deletes a preset.
    ///
    /// # Errors
    /// The system does not allow it.
    pub fn delete(&self, entry: &Entry) -> Result<(), String> {
        fs::remove_file(&entry.path).map_err(|error| told("The preset cannot be deleted", &entry.path, &error))
    }

    fn create(&self, name: &str, content: impl FnOnce(&str) -> Result<String, String>) -> Result<Entry, String> {
        let name = name.trim();
        if name.is_empty() {
            return Err("A preset needs a name.".to_owned());
        }
        if name.chars().count() > LONGEST_NAME {
            return Err(format!("The name of a preset may have {LONGEST_NAME} letters."));
        }
        let taken = || Err(format!("There is a preset called {name} already: choose another name, or save over it."));
        if self.list().0.iter().any(|entry| entry.name.to_lowercase() == name.to_lowercase()) {
            return taken();
        }
        let path = self.0.join(format!("{}.{EXTENSION}", file_name(name)));
        let content = content(name).map_err(|reason| format!("{name} cannot be saved: {reason}."))?;
        match fs::create_dir_all(&self.0).and_then(|()| write_new(&path, &content)) {
            Ok(()) => Ok(Entry { name: name.to_owned(), path }),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => taken(),
            Err(error) => Err(told("The preset cannot be saved", &path, &error)),
        }
    }
}

/// Writes a file that is not there yet, completely or not at all.
fn write_new(path: &Path, content: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(path)?;
    let written = file.write_all(content.as_bytes()).and_then(|()| file.sync_all());
    if written.is_err() {
        _ = fs::remove_file(path);
    }
    written
}

fn text(path: &Path) -> Result<String, String> {
    let told = |error: io::Error| error.to_string();
    // Reading a pipe or a device would never end.
    if !path.is_file() {
        return Err("it is no file".to_owned());
    }
    let mut text = String::new();
    let file = fs::File::open(path).map_err(told)?;
    file.take(LARGEST + 1).read_to_string(&mut text).map_err(told)?;
    if text.len() as u64 > LARGEST { Err("it is too large for a preset".to_owned()) } else { Ok(text) }
}

/// A name as all systems take it for a file.
fn file_name(name: &str) -> String {
    let letter = |letter: char| if letter.is_control() || r#"/\:*?"<>|."#.contains(letter) { '_' } else { letter };
    let safe: String = name.chars().map(letter).collect();
    let reserved = ["con", "prn", "aux", "nul"].contains(&safe.to_lowercase().as_str());
    if reserved { format!("{safe}_") } else { safe }
}

fn told(what: &str, path: &Path, error: &io::Error) -> String {
    let why = match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "there is no room left".to_owned(),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => "you may not write there".to_owned(),
        _ => error.to_string(),
    };
    format!("{what} ({}): {why}.", path.display())
}
