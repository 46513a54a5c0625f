//! What the library knows of a recording.

use std::fmt;

use songweave_dsp::{analysis::chroma::PITCH_CLASSES, stream::layout::BANDS};
pub use songweave_engine::listener::{GENRES, NUMBERS};
use songweave_engine::{
    follow::{key::Key, tempo::TempoEstimate},
    listener::music::Music,
};

/// What a slice or a song sounds like, of unit length.
pub type Vector = [f32; NUMBERS];

/// SHA-256 of a recording's coded sound: what a track is known by, wherever its file lies and whatever its tags say.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{self}")
    }
}

/// A track's number in its store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TrackId(pub i64);

/// What the file says of itself; empty texts are none.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tags {
    /// Name of the song.
    pub title: Option<String>,
    /// Who plays it.
    pub artist: Option<String>,
    /// The record it is on.
    pub album: Option<String>,
}

/// What was heard of a recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Sound {
    /// Length in seconds.
    pub seconds: f64,
    /// Integrated loudness of the excerpts heard (EBU R128), LUFS; `None` in silence.
    pub loudness: Option<f32>,
    /// The key, `None` where it is not sure.
    pub key: Option<Key>,
    /// The tempo, `None` where it is not sure. Its phase means nothing.
    pub tempo: Option<TempoEstimate>,
    /// Onsets per second.
    pub density: f32,
    /// Pitch classes, adding up to 1.
    pub chroma: [f32; PITCH_CLASSES],
    /// Probability of each set of seven notes by the tonic of its major key, `None` without pitch.
    pub scales: Option<[f32; PITCH_CLASSES]>,
    /// Mean power, `[band]`.
    pub power: [f32; BANDS],
    /// Probabilities, `[genre]`.
    pub genres: [f32; GENRES.len()],
    /// What its slices sound like, in the order of their times, at least one.
    pub slices: Vec<Vector>,
    /// Chromaprint fingerprints, one an excerpt.
    pub prints: Vec<Vec<u32>>,
}

impl Sound {
    /// What is told of it as music.
    #[must_use]
    pub const fn music(&self) -> Music {
        let &Self { key, tempo, density, chroma, scales, power, .. } = self;
        Music { key, tempo, density, chroma, scales, power }
    }
}

/// A recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Track {
    /// What it is known by.
    pub digest: Digest,
    /// What the file says.
    pub tags: Tags,
    /// What was heard.
    pub sound: Sound,
}

/// The likeliest genre and its probability.
#[must_use]
pub fn likeliest_genre(genres: &[f32; GENRES.len()]) -> (usize, f32) {
    let known = genres.iter().copied().enumerate().filter(|(_, probability)| probability.is_finite());
    known.fold((0, 0.0), |best, next| if next.1 > best.1 { next } else { best })
}

/// Scales a vector to unit length; `None` where it has no direction.
#[must_use]
pub fn unit(vector: &Vector) -> Option<Vector> {
    let length = vector.iter().map(|number| number * number).sum::<f32>().sqrt();
    (length.is_finite() && length > 1e-12).then(|| vector.map(|number| number / length))
}
