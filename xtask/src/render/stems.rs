//! One WAV per instrument of the Multi-Out plugin, and one of the voice.

use anyhow::{Context, Result};
use songweave_audio::wav::WavWriter;
use songweave_host::Bus;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Name of what the main output has besides the instruments.
pub(super) const VOICE: &str = "voice";

/// The file of a stem in `folder`.
pub(super) fn path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{}.wav", name.to_lowercase()))
}

/// The files on their way.
pub(super) struct Stems {
    /// One per instrument.
    instruments: Vec<WavWriter>,
    /// What is left of the main output without them.
    voice: Option<WavWriter>,
    silent: bool,
}

impl Stems {
    /// Begins a file for every output but the main one, and in Accompany one for the voice. `ports` are name and channels.
    pub(super) fn create(folder: &Path, ports: &[(String, usize)], rate: u32, accompanies: bool) -> Result<Self> {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder {}", folder.display()))?;
        let begin = |name: &str, channels: usize| WavWriter::create(&path(folder, name), rate, channels);
        let instruments = ports.iter().skip(1).map(|(name, channels)| begin(name, *channels));
        let voice = ports.first().filter(|_| accompanies).map(|(_, channels)| begin(VOICE, *channels));
        Ok(Self { instruments: instruments.collect::<Result<_, _>>()?, voice: voice.transpose()?, silent: true })
    }

    /// Appends frames of all ports, main first.
    pub(super) fn write(&mut self, ports: &[Bus], frames: Range<usize>) -> Result<()> {
        let Some((main, instruments)) = ports.split_first() else { return Ok(()) };
        for (file, bus) in self.instruments.iter_mut().zip(instruments) {
            self.silent &= bus.iter().all(|channel| channel[frames.clone()].iter().all(|sample| *sample == 0.0));
            file.write(bus, frames.clone())?;
        }
        if let Some(voice) = &mut self.voice {
            voice.write(&without(main, instruments), frames)?;
        }
        Ok(())
    }

    /// Puts all files under their names.
    pub(super) fn finish(self) -> Result<()> {
        for file in self.instruments.into_iter().chain(self.voice) {
            file.finish()?;
        }
        if self.silent {
            println!("all instruments are silent: the plugin plays none in Mash, and none before somebody sings");
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
}
