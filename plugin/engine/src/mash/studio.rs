//! Studio: vocals told from the rest by a large network that hears the last second and a half and decides some frames at
//! once.
//!
//! Its frames are longer than those of the stream and come every second or third hop. After every block of them the
//! network decides that many of both songs together, on a thread of its own, so that its weights are read once and no hop
//! waits for it before the block is due. A song in which nothing is heard is left out. A hop's shares lie between those of
//! the two frames around it. All of it depends on nothing but the samples since the last reset.

mod decider;
mod delayed;
mod division;
mod song;
mod spectrum;
mod worker;

use std::{io, ops::Range};

use songweave_dsp::stream::layout::{BANDS, CHANNELS, SONGS, StreamLayout};
use songweave_models::{
    layers::Planes,
    studio::{BINS, FRAME_SECONDS, FRAMES},
};

pub use decider::{Asked, Decider};
pub use delayed::DelayedDecisions;
use song::Song;
use worker::Worker;

/// What latency is spent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    /// Frames that are decided at once. More cost less.
    pub block: usize,
    /// Frames that are heard after them. More sound better.
    pub ahead: usize,
    /// Hops from the end of a block until what the network says of it is due. More bear slower machines and worse moments.
    pub work: usize,
}

impl Timing {
    /// What the plugin does; the card has what others cost.
    pub const SHIPPED: Self = Self { block: 8, ahead: 4, work: 7 };

    /// The frames of a window that are decided: those before the ones heard after them.
    const fn decided(self) -> Range<usize> {
        FRAMES - self.ahead - self.block..FRAMES - self.ahead
    }

    /// Whether a block is due before the next one ends.
    #[must_use]
    pub const fn is_possible(self) -> bool {
        self.work <= self.block
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
    worker: Worker,
    songs: [Song; SONGS],
    work: Option<Work>,
    timing: Timing,
    stride: usize,
    /// Hops heard.
    hops: usize,
}

impl Studio {
    /// Nothing heard so far.
    ///
    /// # Errors
    /// When the system refuses another thread.
    pub fn new(network: impl Into<Decider>, layout: &StreamLayout) -> io::Result<Self> {
        Self::with_timing(network, layout, Timing::SHIPPED)
    }

    /// The same with another timing, to measure what it costs.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn with_timing(network: impl Into<Decider>, layout: &StreamLayout, timing: Timing) -> io::Result<Self> {
        let mut network = network.into();
        // The first windows take longer: buffers get their memory.
        let silent = Planes::zeros(CHANNELS, FRAMES, BINS);
        network.begin(&[&silent; SONGS], timing.decided());
        network.finish();
        let stride = stride(layout);
        let songs = std::array::from_fn(|_| Song::new(layout, stride, timing));
        Ok(Self { worker: Worker::start(network)?, songs, work: None, timing, stride, hops: 0 })
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
        song::behind(layout).ceil() as usize + stride * (timing.block + timing.ahead) + timing.work
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
        self.take_due();
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
            self.worker.begin(&heard, self.timing.decided());
        }
        self.work = Some(Work { newest: frame, windows, left: self.timing.work });
    }

    /// Takes what the network says of the last block in the hop in which it is due.
    fn take_due(&mut self) {
        let Some(work) = &mut self.work else { return };
        work.left -= 1;
        if work.left == 0 {
            for (song, window) in self.songs.iter_mut().zip(work.windows) {
                song.take(window.map(|window| self.worker.finished().decided(window)), work.newest);
            }
            self.work = None;
        }
    }
}
