//! What a stretch of music sounds like and which genre it is: for the plugin's Listen page and for whole libraries.
//!
//! Nothing here is on the path of a decision, so bounces are the same whether it runs or not.

mod log_mel;
pub mod music;
pub mod songs;
pub mod thread;

use songweave_models::{
    ListenerNetwork, WeightError,
    format::Architecture,
    listener::{Ears, FRAMES, TAGGERS},
};

use log_mel::LogMel;
pub use songweave_models::listener::{GENRES, NUMBERS, Slice};

/// The weight file in the binary.
pub const WEIGHTS: &[u8] = Ears::EMBEDDED;
/// Numbers of the network's last hidden layers.
pub const HIDDEN: usize = TAGGERS * songweave_models::listener::HIDDEN;

/// Root mean square of full scale below which there is nothing to hear: -70 dBFS.
const SILENCE: f32 = 3.2e-4;
/// Root mean square that slices are brought to, so that nothing depends on the gain: -16 dBFS, as records have it.
const LEVEL: f32 = 0.16;

/// Hears slices of three seconds.
///
/// ```
/// use songweave_engine::listener::{GENRES, SliceListener};
///
/// let mut listener = SliceListener::embedded(48_000.0)?;
/// let tone: Vec<f32> = (0..listener.samples()).map(|n| (n as f32 * 0.06).sin() * 0.2).collect();
/// let slice = listener.hear(&tone).expect("a tone can be heard");
/// let length: f32 = slice.vector.iter().map(|number| number * number).sum();
/// assert!((length - 1.0).abs() < 1e-4 && slice.genres.len() == GENRES.len());
/// assert!(listener.hear(&vec![0.0; listener.samples()]).is_none());
/// # Ok::<(), songweave_models::WeightError>(())
/// ```
pub struct SliceListener {
    network: ListenerNetwork,
    log_mel: LogMel,
    sound: Vec<f32>,
    picture: Vec<f32>,
}

impl SliceListener {
    /// A listener with the network in the binary, for sound at a sample rate in Hz.
    ///
    /// # Errors
    /// When the binary was built with a damaged weight file.
    pub fn embedded(sample_rate: f32) -> Result<Self, WeightError> {
        Ok(Self::new(ListenerNetwork::embedded()?, sample_rate))
    }

    /// A listener with a network, for sound at a sample rate in Hz.
    #[must_use]
    pub fn new(network: ListenerNetwork, sample_rate: f32) -> Self {
        Self { network, log_mel: LogMel::new(sample_rate), sound: Vec::new(), picture: Vec::new() }
    }

    /// Samples of a slice.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.log_mel.samples(FRAMES)
    }

    /// SHA-256 of the network's weights.
    #[must_use]
    pub fn digest(&self) -> &str {
        self.network.digest()
    }

    /// Hears the first [`Self::samples`] of a mono sound; `None` where it is shorter or there is nothing to hear. The same
    /// sound gives the same bits. What is not finite counts as silence, a constant and the gain count for nothing.
    pub fn hear(&mut self, sound: &[f32]) -> Option<Slice> {
        self.picture_of(sound)?;
        Some(self.network.hear(&self.picture))
    }

    /// The picture `[frame][band]` of a sound that the network would hear; `None` as in [`Self::hear`].
    pub fn prepare(&mut self, sound: &[f32]) -> Option<&[f32]> {
        self.picture_of(sound)?;
        Some(&self.picture)
    }

    /// What the network's last two layers make of the hidden ones' answer to a picture.
    pub fn told(&mut self, hidden: &[f32; HIDDEN]) -> Slice {
        self.network.told(hidden)
    }

    /// The picture that the network heard last, `[frame][band]`.
    #[must_use]
    pub fn picture(&self) -> &[f32] {
        &self.picture
    }

    /// Frequency in Hz with as much of the last slice's power above it as below; 0 before the first one.
    #[must_use]
    pub fn register_hz(&self) -> f32 {
        log_mel::register_hz(&self.picture)
    }

    /// Where a unit vector lies on the map; see [`Slice::place`].
    pub fn place(&mut self, vector: &[f32; NUMBERS]) -> [f32; 2] {
        self.network.place(vector)
    }

    /// Where each of [`GENRES`] lies on the map.
    #[must_use]
    pub const fn places(&self) -> &[[f32; 2]; GENRES.len()] {
        self.network.places()
    }

    /// What the network's last hidden layers answer: what the two layers on them are trained on. `None` as in [`Self::hear`].
    pub fn hidden(&mut self, sound: &[f32]) -> Option<[f32; HIDDEN]> {
        self.picture_of(sound)?;
        Some(self.network.hidden(&self.picture))
    }

    /// What is heard and, beside it, [`Self::hidden`], which the network answers on the way.
    pub fn hear_with_hidden(&mut self, sound: &[f32]) -> Option<(Slice, [f32; HIDDEN])> {
        let hidden = self.hidden(sound)?;
        Some((self.network.told(&hidden), hidden))
    }

    /// Writes the picture that the network sees.
    fn picture_of(&mut self, sound: &[f32]) -> Option<()> {
        let sound = sound.get(..self.samples())?;
        self.sound.clear();
        self.sound.extend(sound.iter().map(|sample| if sample.is_finite() { sample.clamp(-8.0, 8.0) } else { 0.0 }));
        let count = sound.len() as f64;
        let mean = (self.sound.iter().map(|&sample| f64::from(sample)).sum::<f64>() / count) as f32;
        self.sound.iter_mut().for_each(|sample| *sample -= mean);
        let power = self.sound.iter().map(|&sample| f64::from(sample).powi(2)).sum::<f64>() / count;
        let level = power.sqrt() as f32;
        if level < SILENCE {
            return None;
        }
        self.sound.iter_mut().for_each(|sample| *sample *= LEVEL / level);
        self.log_mel.picture(&self.sound, FRAMES, &mut self.picture);
        Some(())
    }
}

/// One channel of two: their mean, or half their difference where that is stronger, so that what is in opposite phase is
/// heard.
#[must_use]
pub fn mono(channels: [&[f32]; 2]) -> Vec<f32> {
    let combined = |sign: f32| channels[0].iter().zip(channels[1]).map(move |(a, b)| 0.5 * (a + sign * b));
    let power = |sign: f32| combined(sign).map(|sample| f64::from(sample).powi(2)).sum::<f64>();
    combined(if power(-1.0) > power(1.0) { -1.0 } else { 1.0 }).collect()
}

#[cfg(test)]
mod tests;
