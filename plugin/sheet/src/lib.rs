//! The lead sheet of a song that the band knows: its bars, sections, chords and melody as text, `MusicXML` or PDF.
//!
//! The editor and `songweave render --sheet-out` write it.

mod musicxml;
mod pdf;
mod text;

use std::path::{Path, PathBuf};

use songweave_audio::{draft::write_bytes, error::AudioError};
use songweave_dsp::band::Chord;
use songweave_engine::band::take::view::{BarView, SongView};

/// Endings of the files that can be written.
pub const ENDINGS: [&str; 3] = ["musicxml", "pdf", "txt"];

/// A sheet that is to be written.
#[derive(Debug, Clone, Copy)]
pub struct Sheet<'a> {
    /// What stands above it.
    pub title: &'a str,
    /// Quarter notes per minute.
    pub tempo: f64,
    /// Beats in a bar, and the note value of a beat.
    pub time_signature: (u16, u16),
    /// The song.
    pub song: &'a SongView,
}

/// Why a sheet is not written.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// The file's name says nothing of how it is to be written.
    #[error("{} ends in none of .txt, .musicxml and .pdf", .0.display())]
    Ending(PathBuf),
    /// The file cannot be written.
    #[error(transparent)]
    File(#[from] AudioError),
}

/// Whether a file can be written, by the end of its name.
///
/// # Errors
/// When its name ends otherwise than in one of [`ENDINGS`].
pub fn check(path: &Path) -> Result<(), SheetError> {
    if ENDINGS.contains(&ending(path)) { Ok(()) } else { Err(SheetError::Ending(path.to_owned())) }
}

fn ending(path: &Path) -> &str {
    path.extension().and_then(|ending| ending.to_str()).unwrap_or_default()
}

/// Writes a sheet as the end of the file's name says.
///
/// # Errors
/// When its name ends otherwise than in one of [`ENDINGS`], or the file cannot be written; a file that was there stays then.
pub fn write(path: &Path, sheet: &Sheet<'_>) -> Result<(), SheetError> {
    check(path)?;
    let bytes = match ending(path) {
        "musicxml" => musicxml::of(sheet).into_bytes(),
        "pdf" => pdf::of(sheet),
        _ => text::of(sheet).into_bytes(),
    };
    Ok(write_bytes(path, &bytes)?)
}

impl Sheet<'_> {
    /// The bars from the first that is sung to the last, with their places in the song.
    fn bars(&self) -> impl Iterator<Item = (usize, &BarView)> {
        self.song.sung().map(|bar| (bar, &self.song.bars[bar]))
    }

    /// The letter of the section that begins with a bar.
    fn section(&self, bar: usize, first: bool) -> Option<char> {
        let sections = &self.song.sections;
        let found = sections.iter().find(|section| {
            section.first == bar || (first && (section.first..section.first + section.bars).contains(&bar))
        });
        found.map(|section| section.letter())
    }

    /// Key, tempo and metre in a line.
    fn heading(&self) -> String {
        let key = self.song.key.map_or_else(String::new, |key| format!("{}, ", key.name()));
        let (beats, unit) = self.time_signature;
        format!("{key}{} BPM, {beats}/{unit}", self.tempo)
    }
}

/// A chord as musicians write it: `Am7/G`.
fn name(chord: Chord) -> String {
    let (root, quality, bass) = chord.names();
    let bass = bass.map_or_else(String::new, |bass| format!("/{bass}"));
    format!("{root}{quality}{bass}")
}

#[cfg(test)]
mod tests;
