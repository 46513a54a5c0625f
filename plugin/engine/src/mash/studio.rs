//! Studio: vocals told from the rest by a large network that hears the last second and a half and decides some frames at
//! once.
//!
//! Its frames are longer than those of the stream and come every second or third hop. After every block of them the
//! network decides that many of both songs together, some layers a hop, so that its weights are read once. A song in which
//! nothing is heard is left out. A hop's shares lie between those of the two frames around it. All of it depends on nothing
//! but the samples since the last reset.

mod delayed;
mod song;
mod spectrum;

use std::ops::Range;

use songweave_dsp::stream::layout::{BANDS, CHANNELS, SONGS, StreamLayout};
use songweave_models::{
    layers::Planes,
    studio::{BINS, FRAME_SECONDS, FRAMES, LAYERS, StudioNetwork},
};

pub use delayed::DelayedDecisions;
use song::Song;

/// What latency is spent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// Frames that are decided at once. More cost less.
    pub block: usize,
    /// Frames that are heard after them. More sound better.
    pub ahead: usize,
    /// Layers that are done in a hop: the work of a block is spread over some, so that none of them takes long.
    pub layers: usize,
}

impl Timing {
    /// What the plugin does; the card has what others cost.
    pub const SHIPPED: Self = Self { block: 8, ahead: 4, layers: 2 };

    /// The frames of a window that are decided: those before the ones heard after them.
    const fn decided(self) -> Range<usize> {
        FRAMES - self.ahead - self.block..FRAMES - self.ahead
    }

    /// Hops that a block takes.
    const fn work(self) -> usize {
        LAYERS.div_ceil(self.layers)
    }

    /// Whether the work of a block is done before the next one's is due.
    #[must_use]
    pub const fn is_possible(self) -> bool {
        self.work() <= self.block
    }
}

const _: () = assert!(Timing::SHIPPED.is_possible());

/// Share of the vocals in each song's bands, `[song][band]`, 0…1.
pub type VocalShares = [[f32; BANDS]; SONGS];

/// Hops of the stream from one frame to the next.
fn stride(layout: &StreamLayout) -> usize {
    (FRAME_SECONDS / layout.hop_seconds()).round().max(1.0) as usize
}

/// A block that the network is busy with.
#[derive(Clone, Copy)]
struct Work {
    /// Number of the songs' last frame.
    newest: usize,
    /// Which of the network's windows is the song's; `None` where nothing is heard in it.
    windows: [Option<usize>; SONGS],
    /// Hops until it is taken.
    left: usize,
}

/// Tells the vocals of two songs from the rest.
pub struct Studio {
    network: StudioNetwork,
    songs: [Song; SONGS],
    work: Option<Work>,
    timing: Timing,
    stride: usize,
    /// Hops heard.
    hops: usize,
}

impl Studio {
    /// Nothing heard so far.
    #[must_use]
    pub fn new(network: StudioNetwork, layout: &StreamLayout) -> Self {
        Self::with_timing(network, layout, Timing::SHIPPED)
    }

    /// The same with another timing, to measure what it costs.
    #[must_use]
    pub fn with_timing(mut network: StudioNetwork, layout: &StreamLayout, timing: Timing) -> Self {
        // The first windows take longer: buffers get their memory.
        let silent = Planes::zeros(CHANNELS, FRAMES, BINS);
        network.begin(&[&silent; SONGS], timing.decided());
        while !network.advance() {}
        let stride = stride(layout);
        let songs = std::array::from_fn(|_| Song::new(layout, stride, timing));
        Self { network, songs, work: None, timing, stride, hops: 0 }
    }

    /// By how many hops the shares are behind what is heard.
    #[must_use]
    pub fn lag(layout: &StreamLayout) -> usize {
        Self::lag_of(layout, Timing::SHIPPED)
    }

    /// The same with another timing.
    #[must_use]
    pub fn lag_of(layout: &StreamLayout, timing: Timing) -> usize {
        let stride = stride(layout);
        // The frame after a hop may be the first of a block, and comes a stride later than the one before it.
        song::behind(layout).ceil() as usize + stride * (timing.block + timing.ahead) + timing.work()
    }

    /// Forgets everything heard.
    pub fn reset(&mut self) {
        self.hops = 0;
        self.work = None;
        self.songs.iter_mut().for_each(Song::reset);
    }

    /// Hears the newest hop of both songs `[song][channel][sample]`, and tells the shares of the hop [`Self::lag`] ago.
    pub fn hear(&mut self, samples: &[[&[f32]; CHANNELS]; SONGS]) -> VocalShares {
        for (song, samples) in self.songs.iter_mut().zip(samples) {
            song.hear(samples);
        }
        self.go_on();
        if self.hops % self.stride == self.stride - 1 {
            self.add_frames(self.hops / self.stride);
        }
        let told = self.hops as isize - Self::lag_of(self.songs[0].layout(), self.timing) as isize;
        self.hops += 1;
        std::array::from_fn(|song| self.songs[song].shares(told))
    }

    /// The newest windows become frame number `frame` of both songs; the last of a block is the network's next work.
    fn add_frames(&mut self, frame: usize) {
        self.songs.iter_mut().for_each(Song::add_frame);
        if frame % self.timing.block != self.timing.block - 1 {
            return;
        }
        let mut heard = Vec::with_capacity(SONGS);
        let windows = self.songs.each_ref().map(|song| {
            heard.extend(song.window());
            song.window().map(|_| heard.len() - 1)
        });
        if !heard.is_empty() {
            self.network.begin(&heard, self.timing.decided());
        }
        self.work = Some(Work { newest: frame, windows, left: self.timing.work() });
    }

    /// Does this hop's layers.
    fn go_on(&mut self) {
        let Some(work) = &mut self.work else { return };
        work.left -= 1;
        if work.windows.iter().any(Option::is_some) {
            (0..self.timing.layers).for_each(|_| {
                self.network.advance();
            });
        }
        if work.left == 0 {
            for (song, window) in self.songs.iter_mut().zip(work.windows) {
                song.take(window.map(|window| self.network.decided(window)), work.newest);
            }
            self.work = None;
        }
    }
}
