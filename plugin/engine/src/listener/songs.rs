//! What is playing now: the songs of a stream, slice after slice.

use songweave_dsp::{
    exchange::link::HopSamples,
    stream::layout::{SONGS, StreamLayout},
};
use songweave_models::WeightError;

use super::{
    GENRES, NUMBERS, Slice, SliceListener, mono,
    music::{Music, MusicListener},
};

/// Seconds from one slice of a song to the next.
const EVERY: f32 = 10.0;
/// Slices that count: the last minute.
const REMEMBERED: usize = 6;
/// Places of the trail on the map: some minutes.
const TRAIL: usize = 40;
/// Probability from which on a genre is told.
const SURE: f32 = 0.35;

/// What a song sounds like by its last slices.
#[derive(Debug, Clone, PartialEq)]
pub struct SongSound {
    /// Mean of the slices' vectors, unit length.
    pub vector: [f32; NUMBERS],
    /// Mean probability of each genre.
    pub genres: [f32; GENRES.len()],
    /// Where the slices lie on the map, the newest last; see [`Slice::place`].
    pub trail: Vec<[f32; 2]>,
    /// Frequency in Hz with as much of the last slice's power above it as below.
    pub register_hz: f32,
    /// Key, tempo and what else is told of it.
    pub music: Music,
}

impl SongSound {
    /// The three likeliest genres with their probabilities, the likeliest first; none while it is not sure.
    #[must_use]
    pub fn likeliest(&self) -> Option<[(&'static str, f32); 3]> {
        likeliest(&self.genres)
    }
}

/// The three likeliest genres with their probabilities, the likeliest first; none where no one is likely.
#[must_use]
pub fn likeliest(genres: &[f32; GENRES.len()]) -> Option<[(&'static str, f32); 3]> {
    let mut ranked: Vec<usize> = (0..GENRES.len()).collect();
    ranked.sort_by(|one, other| genres[*other].total_cmp(&genres[*one]));
    (genres[ranked[0]] >= SURE).then(|| [0, 1, 2].map(|place| (GENRES[ranked[place]], genres[ranked[place]])))
}

/// How alike two songs sound, 0…1.
#[must_use]
pub fn similarity(one: &[f32; NUMBERS], other: &[f32; NUMBERS]) -> f32 {
    one.iter().zip(other).map(|(a, b)| a * b).sum::<f32>().clamp(0.0, 1.0)
}

/// Listens to both songs of a stream.
pub struct SongsListener {
    layout: StreamLayout,
    listener: SliceListener,
    music: [MusicListener; SONGS],
    /// Samples from one slice to the next.
    every: usize,
    songs: [SongHeard; SONGS],
}

/// What was heard of one song.
#[derive(Default)]
struct SongHeard {
    /// The newest sound and what came before it, `[channel][sample]`.
    newest: [Vec<f32>; 2],
    /// Samples since the last slice.
    since: usize,
    slices: Vec<Slice>,
    trail: Vec<[f32; 2]>,
    register_hz: f32,
    /// Whether it went away and nobody was told yet.
    gone: bool,
}

impl SongsListener {
    /// A listener for a stream.
    ///
    /// # Errors
    /// When the binary was built with a damaged weight file.
    pub fn new(layout: &StreamLayout) -> Result<Self, WeightError> {
        let listener = SliceListener::embedded(layout.sample_rate)?;
        let every = (EVERY * layout.sample_rate) as usize;
        let mut songs: [SongHeard; SONGS] = Default::default();
        // The first slice is told as soon as it is complete, and the songs take turns.
        songs[0].since = every;
        songs[1].since = every - (0.5 * EVERY * layout.sample_rate).min(every as f32) as usize;
        let music = [(); SONGS].map(|()| MusicListener::new(layout));
        Ok(Self { layout: *layout, listener, music, every, songs })
    }

    /// Hears the newest hop of both songs; a song that is not there is forgotten.
    pub fn hear(&mut self, samples: &HopSamples<'_>, present: [bool; SONGS]) {
        let length = self.listener.samples();
        let songs = self.songs.iter_mut().zip(&mut self.music);
        for (((song, music), samples), present) in songs.zip(samples).zip(present) {
            if present {
                song.hear(samples, length);
                song.newest_window(self.layout.window).into_iter().for_each(|[left, right]| {
                    // Most tracks are the same on both sides.
                    music.hear(left, (left != right).then_some(right));
                });
            } else if song.is_known() {
                *song = SongHeard { since: self.every, gone: true, ..SongHeard::default() };
                *music = MusicListener::new(&self.layout);
            }
        }
    }

    /// Lets the network hear the slices that are due; returns whether there is something new. Takes some ten milliseconds.
    pub fn listen(&mut self) -> bool {
        let mut new = false;
        for song in &mut self.songs {
            new |= std::mem::take(&mut song.gone);
            if song.since < self.every {
                continue;
            }
            let Some(sound) = song.newest_slice(self.listener.samples()) else { continue };
            song.since = 0;
            if let Some(slice) = self.listener.hear(&sound) {
                song.keep(slice, self.listener.register_hz());
                new = true;
            }
        }
        new
    }

    /// Where each of [`GENRES`] lies on the map.
    #[must_use]
    pub const fn places(&self) -> &[[f32; 2]; GENRES.len()] {
        self.listener.places()
    }

    /// What the songs sound like, `[song]`; `None` of one that has not been heard for long enough.
    #[must_use]
    pub fn sounds(&self) -> [Option<SongSound>; SONGS] {
        std::array::from_fn(|song| self.songs[song].sound(self.music[song].music()))
    }
}

impl SongHeard {
    fn hear(&mut self, samples: &[&[f32]; 2], length: usize) {
        self.since += samples[0].len();
        for (newest, samples) in self.newest.iter_mut().zip(samples) {
            // What is old goes when as much has come again, so that a hop moves next to nothing.
            if newest.len() >= 2 * length {
                newest.drain(..newest.len() - length);
            }
            newest.extend_from_slice(samples);
        }
    }

    /// The newest window of so many samples of both channels, once there are so many.
    fn newest_window(&self, length: usize) -> Option<[&[f32]; 2]> {
        let start = self.newest[0].len().checked_sub(length)?;
        Some(self.newest.each_ref().map(|newest| &newest[start..]))
    }

    /// The newest slice of so many samples, in mono; `None` before there are so many.
    fn newest_slice(&self, length: usize) -> Option<Vec<f32>> {
        self.newest_window(length).map(mono)
    }

    fn is_known(&self) -> bool {
        !self.slices.is_empty() || !self.newest[0].is_empty()
    }

    fn keep(&mut self, slice: Slice, register_hz: f32) {
        self.register_hz = register_hz;
        self.trail.push(slice.place);
        self.slices.push(slice);
        self.trail.drain(..self.trail.len().saturating_sub(TRAIL));
        self.slices.drain(..self.slices.len().saturating_sub(REMEMBERED));
    }

    fn sound(&self, music: Music) -> Option<SongSound> {
        let count = self.slices.len() as f32;
        (!self.slices.is_empty()).then(|| {
            let mut sound = SongSound {
                vector: [0.0; NUMBERS],
                genres: [0.0; GENRES.len()],
                trail: self.trail.clone(),
                register_hz: self.register_hz,
                music,
            };
            for slice in &self.slices {
                sound.vector.iter_mut().zip(slice.vector).for_each(|(sum, number)| *sum += number);
                sound.genres.iter_mut().zip(slice.genres).for_each(|(sum, number)| *sum += number / count);
            }
            let length = sound.vector.iter().map(|number| number * number).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
            sound.vector.iter_mut().for_each(|number| *number /= length);
            sound
        })
    }
}
