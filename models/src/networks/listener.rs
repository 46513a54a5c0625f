//! Listener: what three seconds of music sound like, as a vector, and which genre they are.
//!
//! The layers and weights of `MSD_musicnn` and `MTT_musicnn` (Pons and Serra, "musicnn: pre-trained convolutional neural networks for music
//! audio tagging", 2019; Pons et al., "End-to-end learning for music audio tagging at scale", ISMIR 2018) up to their last
//! hidden layers, and on these two layers of our own. Filters that their training had driven to zero are left out.

mod tagger;

use candle_core::{D, Tensor};
use serde::Deserialize;

use crate::{
    format::{Architecture, Divide, Forward, Network, Subnetwork, WeightError, WeightFile, check_sizes},
    layers::{Linear, Memory, softmax},
};
use tagger::{FRONTS, Tagger};

/// Samples per second of what it hears.
pub const RATE: u32 = 16_000;
/// Samples of a frame's window.
pub const WINDOW: usize = 512;
/// Samples from one frame to the next.
pub const HOP: usize = 256;
/// Mel bands of a frame.
pub const BANDS: usize = 96;
/// Frames of a slice.
pub const FRAMES: usize = 187;
/// Tagging networks.
pub const TAGGERS: usize = 2;
/// Numbers of a tagging network's last hidden layer.
pub const HIDDEN: usize = 200;
/// Numbers of a vector.
pub const NUMBERS: usize = 100;
/// Genres in index order.
pub const GENRES: [&str; 16] = [
    "blues",
    "classical",
    "country",
    "electronic",
    "folk",
    "hip-hop",
    "jazz",
    "latin",
    "metal",
    "ambient",
    "pop",
    "punk",
    "reggae",
    "soul",
    "rock",
    "world",
];

/// The network with its weights.
pub type ListenerNetwork = Network<Ears>;

/// What a slice sounds like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Slice {
    /// Unit length; slices that sound alike have a large inner product.
    pub vector: [f32; NUMBERS],
    /// Probability of each of [`GENRES`]; they add up to one.
    pub genres: [f32; GENRES.len()],
    /// Where it lies on the map, each coordinate about -1…1; slices that sound alike lie together.
    pub place: [f32; 2],
}

/// The tagging networks and the two layers on them.
#[derive(Debug, Clone)]
pub struct Ears {
    taggers: Vec<Tagger>,
    vector: Linear<1>,
    genres: Linear<1>,
    map: Linear<1>,
    /// Where each genre's slices lie on the map.
    places: [[f32; 2]; GENRES.len()],
}

/// Sizes of the layers, from the weight file.
#[derive(Debug, Clone, Deserialize)]
struct Sizes {
    /// Filters, rows and columns of each tagging network's first convolutions.
    fronts: [[[usize; 3]; FRONTS]; TAGGERS],
}

impl Divide for Ears {
    fn divide(self) -> Vec<Subnetwork> {
        vec![Subnetwork::new("slices", self)]
    }
}

impl Architecture for Ears {
    const KIND: &'static str = "listener";
    const EMBEDDED: &'static [u8] = include_bytes!("../../weights/listener.safetensors");

    fn read(file: &mut WeightFile<'_>) -> Result<Self, WeightError> {
        let metadata = file.metadata();
        if metadata.features != BANDS || metadata.parts.len() != TAGGERS {
            let (features, parts) = (metadata.features, metadata.parts.len());
            return Err(WeightError::Unfit(format!("it hears {features} bands with {parts} networks")));
        }
        let (names, Sizes { fronts }) = (metadata.parts.clone(), file.architecture()?);
        let mut taggers = Vec::new();
        for (name, fronts) in names.iter().zip(&fronts) {
            fronts.iter().try_for_each(|[filters, rows, _]| check_sizes(&[*filters, *rows], &(1..=1024)))?;
            fronts.iter().try_for_each(|[.., columns]| check_sizes(&[*columns], &(1..=BANDS)))?;
            taggers.push(Tagger::read(file, name, fronts)?);
        }
        let found = file.take_table("places", &[GENRES.len(), 2])?.to_vec2::<f32>()?;
        let mut places = [[0.0; 2]; GENRES.len()];
        places.iter_mut().zip(&found).for_each(|(place, found)| place.copy_from_slice(found));
        Ok(Self {
            taggers,
            vector: file.take_linear("vector", NUMBERS, TAGGERS * HIDDEN)?,
            genres: file.take_linear("genres", GENRES.len(), TAGGERS * HIDDEN)?,
            map: file.take_linear("map", 2, NUMBERS)?,
            places,
        })
    }

    /// Nothing is remembered from slice to slice.
    fn reset(&mut self) {}
}

/// A step is a slice, `[frame * band]`, and its answer what [`ListenerNetwork::hidden`] gives.
impl Forward for Ears {
    fn inputs(&self) -> usize {
        FRAMES * BANDS
    }

    fn outputs(&self) -> usize {
        TAGGERS * HIDDEN
    }

    fn forward(&self, log_mel: &Tensor, _memory: &mut Memory) -> candle_core::Result<Tensor> {
        let (batch, slices, _) = log_mel.dims3()?;
        let log_mel = log_mel.reshape((batch * slices, FRAMES, BANDS))?;
        let hidden: Vec<_> = self.taggers.iter().map(|tagger| tagger.forward(&log_mel)).collect::<Result<_, _>>()?;
        Tensor::cat(&hidden, D::Minus1)?.reshape((batch, slices, TAGGERS * HIDDEN))
    }
}

impl ListenerNetwork {
    /// Hears a slice.
    ///
    /// `log_mel` `[frame][band]` of [`FRAMES`] frames: `log10(10000 x + 1)` of the powers `x` of Slaney's mel bands at
    /// [`RATE`], periodic Hann windows of [`WINDOW`] samples, [`HOP`] apart, full scale 1. Nothing is remembered.
    ///
    /// # Panics
    /// When `log_mel` is not of that shape.
    pub fn hear(&mut self, log_mel: &[f32]) -> Slice {
        let hidden = self.hidden(log_mel);
        self.told(&hidden)
    }

    /// What the layers on [`Self::hidden`] answer to it.
    pub fn told(&mut self, hidden: &[f32; TAGGERS * HIDDEN]) -> Slice {
        let mut slice = Slice { vector: [0.0; NUMBERS], genres: [0.0; GENRES.len()], place: [0.0; 2] };
        let [vector] = self.layers.vector.step([hidden]);
        let length = vector.iter().map(|number| number * number).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        slice.vector.iter_mut().zip(vector).for_each(|(place, number)| *place = number / length);
        slice.genres.copy_from_slice(self.layers.genres.step([hidden])[0]);
        softmax(&mut slice.genres);
        slice.place = self.place(&slice.vector);
        slice
    }

    /// Where a unit vector lies on the map. It is a linear map, so a mean of vectors lies at the mean of their places.
    pub fn place(&mut self, vector: &[f32; NUMBERS]) -> [f32; 2] {
        let [place] = self.layers.map.step([vector]);
        [place[0], place[1]]
    }

    /// Where each of [`GENRES`] lies on the map.
    #[must_use]
    pub const fn places(&self) -> &[[f32; 2]; GENRES.len()] {
        &self.layers.places
    }

    /// What the tagging networks' last hidden layers answer to a slice, one after the other: what the two layers on them are
    /// trained on.
    ///
    /// # Panics
    /// As [`Self::hear`].
    pub fn hidden(&mut self, log_mel: &[f32]) -> [f32; TAGGERS * HIDDEN] {
        let mut hidden = [0.0; TAGGERS * HIDDEN];
        for (place, tagger) in hidden.chunks_exact_mut(HIDDEN).zip(&mut self.layers.taggers) {
            place.copy_from_slice(&tagger.hidden(log_mel));
        }
        hidden
    }
}

#[cfg(test)]
mod tests;
