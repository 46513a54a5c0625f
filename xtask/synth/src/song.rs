//! A song as four aligned parts.

use songweave_dsp::stream::layout::PARTS;

use songweave_score::notation::note::Note;

/// Two channels of the same length, `[channel][sample]`.
pub type Stereo = [Vec<f32>; 2];

/// The parts of a mixture, `[part][channel][sample]`; the mixture is their sum.
pub type Parts = [Stereo; PARTS];

/// Four aligned stereo stems.
#[derive(Debug, Clone)]
pub struct Song {
    /// Where it comes from, for the record.
    pub name: String,
    /// Samples per second.
    pub rate: u32,
    /// `[part][channel][sample]`, all of the same length; a missing part is silent.
    pub parts: Parts,
    /// Frequency in Hz above which the recordings hold nothing.
    pub bandwidth: f32,
    /// What each part plays, in seconds from the first sample, `[part]`; `None` where no score is known.
    pub notes: [Option<Vec<Note>>; PARTS],
}

impl Song {
    /// A silent song.
    #[must_use]
    pub fn silent(name: &str, rate: u32, samples: usize) -> Self {
        let parts = std::array::from_fn(|_| silence(samples));
        Self { name: name.to_owned(), rate, parts, bandwidth: rate as f32 / 2.0, notes: Default::default() }
    }

    /// Samples per channel.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.parts[0][0].len()
    }

    /// Length in seconds.
    #[must_use]
    pub fn seconds(&self) -> f64 {
        self.samples() as f64 / f64::from(self.rate)
    }
}

/// Stereo silence.
#[must_use]
pub fn silence(samples: usize) -> Stereo {
    [vec![0.0; samples], vec![0.0; samples]]
}

/// Adds a mono sound to a stereo one, `pan` from -1 (left) to 1 (right), at constant power.
pub fn add_panned(to: &mut Stereo, sound: &[f32], gain: f32, pan: f32) {
    let angle = (pan.clamp(-1.0, 1.0) + 1.0) * std::f32::consts::FRAC_PI_4;
    let gains = [gain * angle.cos() * std::f32::consts::SQRT_2, gain * angle.sin() * std::f32::consts::SQRT_2];
    for (channel, gain) in to.iter_mut().zip(gains) {
        for (out, sample) in channel.iter_mut().zip(sound) {
            *out += gain * sample;
        }
    }
}

/// Root mean square over both channels of what is louder than -60 dBFS, 10 ms at a time; 0 for silence.
#[must_use]
pub fn active_level(sound: &Stereo, rate: u32) -> f32 {
    let block = (rate as usize / 100).max(1);
    let mut sum = 0.0;
    let mut blocks = 0;
    for (left, right) in sound[0].chunks(block).zip(sound[1].chunks(block)) {
        let power = left.iter().chain(right).map(|sample| sample * sample).sum::<f32>() / (2 * left.len()) as f32;
        if power > 1e-6 {
            sum += power;
            blocks += 1;
        }
    }
    if blocks == 0 { 0.0 } else { (sum / blocks as f32).sqrt() }
}
