//! Short recordings repeated over a song: a cappella clips as voices, loops as drums or accompaniment.

use songweave_audio::{decode::decode, resample::resample};
use std::path::Path;

use crate::song::{Stereo, silence};
use songweave_score::{error::Result, random::Random};

/// A short recording.
#[derive(Debug)]
pub struct Clip {
    /// File name without extension.
    pub name: String,
    rate: u32,
    channels: Stereo,
}

impl Clip {
    /// Reads a recording.
    ///
    /// # Errors
    /// The file is missing or no audio.
    pub fn load(path: &Path) -> Result<Self> {
        let audio = decode(path)?;
        let name = path.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        Ok(Self { name, rate: audio.rate, channels: audio.into_stereo() })
    }

    /// Frequency in Hz above which the recording holds nothing.
    #[must_use]
    pub fn bandwidth(&self) -> f32 {
        0.47 * self.rate as f32
    }

    /// The recording from end to end, over and over, from a random place on, up to a fifth slower or faster;
    /// `pause` is the longest silence between two rounds in seconds.
    ///
    /// # Errors
    /// The rate cannot be converted.
    pub fn repeat(&self, samples: usize, rate: u32, pause: f32, random: &mut Random) -> Result<Stereo> {
        let speed = random.between(0.84, 1.2);
        // Multiples of 300 Hz keep the converter's blocks short.
        let played = ((self.rate as f32 * speed / 300.0).round() * 300.0) as u32;
        let round = resample(&self.channels, played, rate)?;
        let length = round[0].len().max(1);
        let mut out = silence(samples);
        let mut at = -(random.index(length) as i64);
        while at < samples as i64 {
            let skip = (-at).max(0) as usize;
            for (out, round) in out.iter_mut().zip(&round) {
                let out = &mut out[at.max(0) as usize..];
                out.iter_mut().zip(round.get(skip..).unwrap_or_default()).for_each(|(out, sample)| *out = *sample);
            }
            at += length as i64 + (random.between(0.0, pause) * rate as f32) as i64;
        }
        Ok(out)
    }
}

/// Whether a loop of the data set is drums (`true`), accompaniment (`false`) or a mixture of both (`None`).
#[must_use]
pub fn loop_is_drums(name: &str) -> Option<bool> {
    match name {
        "loop_amen" | "loop_amen_full" | "loop_breakbeat" | "loop_industrial" | "loop_perc1" | "loop_perc2"
        | "loop_tabla" | "loop_compus" | "loop_mehackit1" | "loop_mehackit2" => Some(true),
        "loop_drone_g_97" | "loop_garzul" | "loop_mika" | "loop_electric" => Some(false),
        _ => None,
    }
}
