//! The lead sheet of a song that the band knows: its bars, sections, chords and melody as text, MusicXML or PDF.

mod musicxml;
mod pdf;
mod text;

use anyhow::{Result, bail};
use songweave_audio::draft::write_bytes;
use songweave_dsp::band::Chord;
use songweave_engine::band::take::view::{BarView, SongView};
use std::path::Path;

/// A sheet that is to be written.
pub(super) struct Sheet<'a> {
    /// What stands above it.
    pub(super) title: &'a str,
    /// Quarter notes per minute.
    pub(super) tempo: f64,
    /// Beats in a bar, and the note value of a beat.
    pub(super) time_signature: (u16, u16),
    /// The song.
    pub(super) song: &'a SongView,
}

/// Whether a file can be written, by the end of its name.
pub(super) fn check(path: &Path) -> Result<()> {
    match ending(path) {
        "txt" | "musicxml" | "pdf" => Ok(()),
        _ => bail!("{} ends in none of .txt, .musicxml and .pdf", path.display()),
    }
}

fn ending(path: &Path) -> &str {
    path.extension().and_then(|ending| ending.to_str()).unwrap_or_default()
}

/// Writes a sheet.
pub(super) fn write(path: &Path, sheet: &Sheet) -> Result<()> {
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
