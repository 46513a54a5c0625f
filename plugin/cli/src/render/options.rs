//! The options of a render and what they look like.

use crate::device::DeviceChoice;
use anyhow::{Result, bail, ensure};
use clap::{Parser, ValueEnum};
use songweave_library::random::SplitMix64;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// What the command takes.
#[derive(clap::Args)]
pub struct Args {
    /// What the plugin does; the same as --param mode=…
    #[arg(long, value_enum)]
    pub(crate) mode: Option<Mode>,
    /// Song A, or the voice: WAV, FLAC, MP3, OGG or M4A
    #[arg(long)]
    pub(crate) input: PathBuf,
    /// Song B, at the plugin's side-chain
    #[arg(long)]
    pub(crate) sidechain: Option<PathBuf>,
    /// Where the rendered audio goes, 32-bit float WAV
    #[arg(long)]
    pub(crate) output: PathBuf,
    /// A parameter's value as the host shows it, e.g. vocals=25% (repeatable)
    #[arg(long = "param", value_name = "ID=VALUE")]
    pub(crate) params: Vec<String>,
    /// A parameter that moves in straight lines, e.g. vocals=0:0%,4.5:100% (repeatable)
    #[arg(long = "automate", value_name = "ID=SECONDS:VALUE,…")]
    pub(crate) automations: Vec<String>,
    /// Lanes that --mask-out wrote: the faders move as they did then, and auto is off
    #[arg(long, value_name = "FILE.lanes.json")]
    pub(crate) lanes: Option<PathBuf>,
    /// What the network of Studio runs on; `gpu` insists on one, --param device=GPU takes the CPU where there is none
    #[arg(long, value_enum)]
    pub(crate) device: Option<DeviceChoice>,
    /// The host's tempo in BPM
    #[arg(long, default_value = "120")]
    pub(crate) tempo: Tempo,
    /// The host's time signature
    #[arg(long, default_value = "4/4", value_name = "N/D")]
    pub(crate) time_signature: TimeSignature,
    /// Sample rate in Hz; without it the input's
    #[arg(long, value_name = "HZ", value_parser = clap::value_parser!(u32).range(8_000..=384_000))]
    pub(crate) sample_rate: Option<u32>,
    /// Frames per block, or random:SEED for blocks of 1 to 8192 frames
    #[arg(long, default_value = "512", value_name = "N|random:SEED")]
    pub(crate) block_size: BlockSize,
    /// Tell the plugin that it plays in real time, though it runs as fast as it can
    #[arg(long)]
    pub(crate) realtime: bool,
    /// Let the transport loop between two times, in seconds
    #[arg(long = "loop", value_name = "FROM:TO")]
    pub(crate) loop_range: Option<LoopRange>,
    /// Folder for one WAV per instrument and one of the voice; in Mash for the parts of each song and of the mash, without
    /// a side-chain for the parts of the song alone
    #[arg(long, value_name = "DIR")]
    pub(crate) stems_out: Option<PathBuf>,
    /// Standard MIDI File of what the plugin plays
    #[arg(long, value_name = "FILE.mid")]
    pub(crate) midi_out: Option<PathBuf>,
    /// Standard MIDI File that is played to the plugin
    #[arg(long, value_name = "FILE.mid")]
    pub(crate) midi_in: Option<PathBuf>,
    /// The mask as a picture, or as an array [frame][part][band] with a .json beside it; and FILE.lanes.json, the
    /// automation of the faders that plays the same back
    #[arg(long, value_name = "FILE.png|FILE.npy")]
    pub(crate) mask_out: Option<PathBuf>,
    /// The band as a piano roll: notes by instrument, drums, the sung pitch, chord names
    #[arg(long, value_name = "FILE.png")]
    pub(crate) roll_out: Option<PathBuf>,
    /// JSON with the digest of the samples and all that is needed to get the same ones again
    #[arg(long, value_name = "FILE.json")]
    pub(crate) receipt: Option<PathBuf>,
    /// Sing it to the band once before: it then knows the song, and plays with all of it in view
    #[arg(long)]
    pub(crate) learn: bool,
    /// The lead sheet of the song that was learned: sections and chords, as MusicXML with the melody (repeatable)
    #[arg(long, value_name = "FILE.txt|FILE.musicxml|FILE.pdf", requires = "learn")]
    pub(crate) sheet_out: Vec<PathBuf>,
    /// Another CLAP than the one that is built, or installed
    #[arg(long, value_name = "FILE.clap")]
    pub(crate) bundle: Option<PathBuf>,
}

/// A command line of its own.
#[derive(Parser)]
struct Line {
    #[command(flatten)]
    args: Args,
}

impl Args {
    /// The options of a command line that another command writes.
    ///
    /// # Errors
    /// The line is wrong.
    pub fn parse_line(words: &[String]) -> Result<Self> {
        let words = ["cargo xtask render".to_owned()].into_iter().chain(words.iter().cloned());
        Ok(Line::try_parse_from(words)?.args)
    }

    /// Whether everything that is to be written has a folder to go to.
    pub(crate) fn check_outputs(&self) -> Result<()> {
        let options = [&self.midi_out, &self.mask_out, &self.roll_out, &self.receipt];
        for file in options.into_iter().flatten().chain(&self.sheet_out).chain([&self.output]) {
            let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            ensure!(folder.is_dir(), "the folder {} does not exist", folder.display());
            ensure!(!file.is_dir(), "{} is a folder; name a file", file.display());
        }
        if let Some(mask) = &self.mask_out {
            let kind = mask.extension().and_then(|kind| kind.to_str());
            ensure!(matches!(kind, Some("png" | "npy")), "{} ends neither in .png nor in .npy", mask.display());
        }
        self.sheet_out.iter().try_for_each(|path| songweave_sheet::check(path))?;
        if let Some(roll) = &self.roll_out {
            ensure!(roll.extension().is_some_and(|kind| kind == "png"), "{} does not end in .png", roll.display());
        }
        Ok(())
    }
}

/// What the plugin does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Mode {
    /// A band follows a voice.
    Accompany,
    /// A learned mask between two songs.
    Mash,
}

impl Mode {
    /// The text of the parameter `mode`.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Accompany => "accompany",
            Self::Mash => "mash",
        }
    }
}

/// How long blocks are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BlockSize {
    /// All alike.
    Fixed(u32),
    /// Each of another length, drawn with this seed.
    Random(u64),
}

/// Longest block of random length.
const LONGEST: u32 = 8192;
/// Longest block a user may ask for: a host's offline bounce never has longer ones.
const LONGEST_FIXED: u32 = 1 << 20;

impl BlockSize {
    /// Longest block there can be.
    pub(crate) fn longest(self) -> u32 {
        match self {
            Self::Fixed(frames) => frames,
            Self::Random(_) => LONGEST,
        }
    }

    /// Lengths of one block after the other.
    pub(crate) fn lengths(self) -> impl Iterator<Item = usize> {
        let mut random = match self {
            Self::Fixed(_) => SplitMix64(0),
            Self::Random(seed) => SplitMix64(seed),
        };
        std::iter::repeat_with(move || match self {
            Self::Fixed(frames) => frames as usize,
            Self::Random(_) => (random.bits() % u64::from(LONGEST)) as usize + 1,
        })
    }
}

impl std::fmt::Display for BlockSize {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Fixed(frames) => write!(formatter, "{frames}"),
            Self::Random(seed) => write!(formatter, "random:{seed}"),
        }
    }
}

impl FromStr for BlockSize {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        if let Some(seed) = text.strip_prefix("random:") {
            return match seed.parse() {
                Ok(seed) => Ok(Self::Random(seed)),
                Err(_) => bail!("a seed is a whole number, as in random:7"),
            };
        }
        match text.parse() {
            Ok(frames) if (1..=LONGEST_FIXED).contains(&frames) => Ok(Self::Fixed(frames)),
            _ => bail!("a block has 1 to {LONGEST_FIXED} frames, or is random:SEED"),
        }
    }
}

/// Quarter notes per minute.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Tempo(pub(crate) f64);

impl FromStr for Tempo {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        match text.parse() {
            Ok(tempo) if (10.0..=1000.0).contains(&tempo) => Ok(Self(tempo)),
            _ => bail!("a tempo is 10 to 1000 BPM"),
        }
    }
}

/// Beats in a bar, and the note value of a beat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TimeSignature(pub(crate) u16, pub(crate) u16);

impl FromStr for TimeSignature {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let parts = text.split_once('/').and_then(|(beats, value)| Some((beats.parse().ok()?, value.parse().ok()?)));
        match parts {
            Some((beats @ 1..=64, value @ (1 | 2 | 4 | 8 | 16 | 32))) => Ok(Self(beats, value)),
            _ => bail!("a time signature looks like 3/4 or 7/8"),
        }
    }
}

/// From, to; in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LoopRange(pub(crate) f64, pub(crate) f64);

impl FromStr for LoopRange {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> Result<Self> {
        let parts = text.split_once(':').and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
        match parts {
            Some((from, to)) if 0.0 <= from && from < to && f64::is_finite(to) => Ok(Self(from, to)),
            _ => bail!("a loop goes from one time in seconds to a later one, as in 2:6.5"),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn random_blocks_stay_in_bounds_and_depend_on_the_seed() {
        let lengths = |seed| BlockSize::Random(seed).lengths().take(1000).collect::<Vec<_>>();
        assert!(lengths(1).iter().all(|length| (1..=LONGEST as usize).contains(length)));
        assert_eq!(lengths(1), lengths(1));
        assert_ne!(lengths(1), lengths(2));
    }

    #[test]
    fn wrong_texts_are_refused() {
        for text in ["0", "-1", "random", "random:x", "9999999", ""] {
            assert!(text.parse::<BlockSize>().is_err(), "{text}");
        }
        for text in ["2:1", "1:1", "-1:2", "nan:2", "1:inf", "1", ""] {
            assert!(text.parse::<LoopRange>().is_err(), "{text}");
        }
        for text in ["0/4", "4/3", "4", "4/0"] {
            assert!(text.parse::<TimeSignature>().is_err(), "{text}");
        }
        for text in ["nan", "0", "-120", "inf"] {
            assert!(text.parse::<Tempo>().is_err(), "{text}");
        }
    }
}
