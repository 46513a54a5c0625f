//! From host blocks of any size to hops: the last window of every channel, moved on hop by hop.

use crate::stream::layout::{CHANNELS, SONGS, StreamLayout};

/// Samples louder than this (120 dB above full scale) are taken for damage.
pub const LOUDEST: f32 = 1e6;

/// Returns the sample, or silence and `false` where it is not a usable number. Subnormal numbers become silence.
#[must_use]
pub fn repaired(sample: f32) -> (f32, bool) {
    if sample.is_nan() || sample.abs() > LOUDEST {
        return (0.0, false);
    }
    (if sample.is_normal() { sample } else { 0.0 }, true)
}

/// The last window of both songs, `[song][channel][sample]`.
pub struct Framer {
    windows: [[Vec<f32>; CHANNELS]; SONGS],
    hop: usize,
    filled: usize,
}

impl Framer {
    /// A framer full of silence.
    ///
    /// # Allocates
    #[must_use]
    pub fn new(layout: &StreamLayout) -> Self {
        let silence = || std::array::from_fn(|_| vec![0.0; layout.window]);
        Self { windows: std::array::from_fn(|_| silence()), hop: layout.hop, filled: 0 }
    }

    /// Forgets everything heard.
    pub fn reset(&mut self) {
        self.windows.iter_mut().flatten().for_each(|window| window.fill(0.0));
        self.filled = 0;
    }

    /// Samples of the present hop heard so far.
    #[must_use]
    pub const fn filled(&self) -> usize {
        self.filled
    }

    /// Takes one sample of each song, `[song][channel]`. Call [`Self::advance`] once the hop is full.
    pub fn push(&mut self, samples: [[f32; CHANNELS]; SONGS]) {
        for (windows, samples) in self.windows.iter_mut().zip(samples) {
            for (window, sample) in windows.iter_mut().zip(samples) {
                let at = window.len() - self.hop + self.filled;
                window[at] = sample;
            }
        }
        self.filled += 1;
    }

    /// Whether the present hop is full.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.filled == self.hop
    }

    /// The last window of a song, `[channel]`, oldest sample first.
    #[must_use]
    pub fn window(&self, song: usize) -> [&[f32]; CHANNELS] {
        [&self.windows[song][0], &self.windows[song][1]]
    }

    /// The newest hop of a song, `[channel]`.
    #[must_use]
    pub fn newest(&self, song: usize) -> [&[f32]; CHANNELS] {
        self.window(song).map(|window| &window[window.len() - self.hop..])
    }

    /// Makes room for the next hop.
    pub fn advance(&mut self) {
        for window in self.windows.iter_mut().flatten() {
            window.copy_within(self.hop.., 0);
        }
        self.filled = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_move_on_by_a_hop() {
        let layout = StreamLayout::for_sample_rate(48_000.0);
        let mut framer = Framer::new(&layout);
        let mut next = 0.0;
        for _ in 0..6 {
            while !framer.is_full() {
                framer.push([[next, -next], [2.0 * next, 0.0]]);
                next += 1.0;
            }
            let window = framer.window(0)[0];
            assert_eq!(window[window.len() - 1], next - 1.0);
            assert_eq!(window[window.len() - layout.hop], next - layout.hop as f32);
            assert_eq!(framer.newest(1)[0][0], 2.0 * (next - layout.hop as f32));
            framer.advance();
        }
        assert_eq!(framer.window(0)[0][0], next - layout.window as f32 + layout.hop as f32);
    }

    #[test]
    fn damage_is_silence_and_reported() {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1e30] {
            assert_eq!(repaired(bad), (0.0, false));
        }
        assert_eq!(repaired(1e-40), (0.0, true));
        assert_eq!(repaired(-0.25), (-0.25, true));
    }
}
