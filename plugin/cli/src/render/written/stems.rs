//! `--stems-out`: in Accompany one WAV per instrument and one of the voice, in Mash the four parts of each song and of the
//! mash.

use crate::render::session::Sink;
use anyhow::{Context, Result};
use songweave_audio::wav::WavWriter;
use songweave_dsp::stream::layout::PORT_PARTS;
use songweave_host::Bus;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Name of what the main output has besides the instruments.
const VOICE: &str = "voice";

/// The file of a stem in `folder`.
pub(in crate::render) fn path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{}.wav", name.to_lowercase()))
}

/// What stems are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::render) enum Whole {
    /// The band and the voice.
    Accompaniment,
    /// What is heard of both songs.
    Mash,
    /// A song by itself.
    Song(Song),
}

/// A song by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::render) enum Song {
    /// `--input`
    A,
    /// `--sidechain`
    B,
}

impl Whole {
    /// What a render has stems of.
    pub(in crate::render) fn all(accompanies: bool, has_b: bool) -> Vec<Self> {
        match (accompanies, has_b) {
            (true, _) => vec![Self::Accompaniment],
            (false, true) => vec![Self::Mash, Self::Song(Song::A), Self::Song(Song::B)],
            (false, false) => vec![Self::Song(Song::A)],
        }
    }

    /// Names of the stems: those of the outputs beside the main one, called `ports`, then what is left of the main one.
    pub(in crate::render) fn names(self, ports: &[(String, usize)]) -> Vec<String> {
        let prefix = match self {
            Self::Accompaniment => {
                return ports.iter().skip(1).map(|(name, _)| name.clone()).chain([VOICE.to_owned()]).collect();
            }
            Self::Mash => "mash",
            Self::Song(Song::A) => "a",
            Self::Song(Song::B) => "b",
        };
        PORT_PARTS.iter().map(|part| format!("{prefix}_{}", part.name())).collect()
    }
}

/// The files on their way.
pub(in crate::render) struct Stems {
    /// One per output beside the main one.
    beside: Vec<WavWriter>,
    /// What is left of the main output without them.
    voice: Option<WavWriter>,
    silent: bool,
}

impl Stems {
    /// Begins the files of `whole` in `folder`. `ports` are name and channels of the outputs, main first.
    pub(in crate::render) fn create(folder: &Path, ports: &[(String, usize)], rate: u32, whole: Whole) -> Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let begin = |name: &str, channels: usize| WavWriter::create(&path(folder, name), rate, channels);
        let names = whole.names(ports);
        let beside = names.iter().zip(ports.iter().skip(1)).map(|(name, (_, channels))| begin(name, *channels));
        let voice = names.last().zip(ports.first()).filter(|_| whole == Whole::Accompaniment);
        let voice = voice.map(|(name, (_, channels))| begin(name, *channels));
        Ok(Self { beside: beside.collect::<Result<_, _>>()?, voice: voice.transpose()?, silent: true })
    }

    /// Puts all files under their names.
    pub(in crate::render) fn finish(self) -> Result<()> {
        if self.silent && self.voice.is_some() {
            println!("all instruments are silent: the band plays none before somebody sings");
        }
        for file in self.beside.into_iter().chain(self.voice) {
            file.finish()?;
        }
        Ok(())
    }
}

impl Sink for Stems {
    fn take(&mut self, ports: &[Bus], frames: Range<usize>) -> Result<()> {
        let Some((main, beside)) = ports.split_first() else { return Ok(()) };
        for (file, bus) in self.beside.iter_mut().zip(beside) {
            self.silent &= bus.iter().all(|channel| channel[frames.clone()].iter().all(|sample| *sample == 0.0));
            file.write(bus, frames.clone())?;
        }
        if let Some(voice) = &mut self.voice {
            voice.write(&without(main, beside), frames)?;
        }
        Ok(())
    }
}

/// The main output without the instruments in it.
fn without(main: &Bus, instruments: &[Bus]) -> Bus {
    let mut voice = main.clone();
    for (index, channel) in voice.iter_mut().enumerate() {
        for instrument in instruments {
            let Some(played) = instrument.get(index) else { continue };
            channel.iter_mut().zip(played).for_each(|(voice, played)| *voice -= played);
        }
    }
    voice
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_the_main_output_is_the_voice() {
        let main = vec![vec![1.0, 0.5], vec![0.25, 0.0]];
        let instruments = [vec![vec![0.5, 0.5], vec![0.0, 0.0]], vec![vec![0.25, 0.0], vec![0.25, 0.0]]];
        assert_eq!(without(&main, &instruments), [[0.25, 0.0], [0.0, 0.0]]);
    }

    #[test]
    fn stems_are_named_by_what_they_are_of() {
        let ports = ["Main", "Drums", "Bass", "Keys", "Pad"].map(|name| (name.to_owned(), 2));
        let names = |accompanies, has_b| -> Vec<String> {
            Whole::all(accompanies, has_b).into_iter().flat_map(|whole| whole.names(&ports)).collect()
        };
        assert_eq!(names(true, false), ["Drums", "Bass", "Keys", "Pad", "voice"]);
        assert_eq!(names(false, false), ["a_drums", "a_bass", "a_other", "a_vocals"]);
        assert_eq!(names(false, true)[..5], ["mash_drums", "mash_bass", "mash_other", "mash_vocals", "a_drums"]);
        assert_eq!(names(false, true).len(), 12);
    }
}
