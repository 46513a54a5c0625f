//! One song: its last frames, what the network says of them, and the shares of the stream's bands.

use songweave_dsp::{
    analysis::bands::{ErbBands, centre_hz},
    stream::layout::{BANDS, CHANNELS, StreamLayout},
};
use songweave_models::{
    layers::Planes,
    studio::{BIN_HZ, BINS, FRAMES},
};

use super::{
    Timing,
    spectrum::{Spectrum, window_samples},
};

/// Bands from here on are beyond what the network hears; they do as those do that it hears above the second frequency.
const HIGHEST_HZ: f32 = BINS as f32 * BIN_HZ * 0.97;
const GUIDE_HZ: f32 = 5_000.0;
/// Magnitude that no bin reaches in the dither of 16 bits on a silent track, and some bin does in noise of -80 dBFS, where a
/// song begins to count as present, and in any tone from -108 dBFS on.
const SILENCE: f32 = 4e-3;

/// Hops from the one whose window has the same middle to the one that ends with the network's window.
pub(super) fn behind(layout: &StreamLayout) -> f32 {
    (window_samples(layout) - layout.window) as f32 / 2.0 / layout.hop as f32
}

pub(super) struct Song {
    layout: StreamLayout,
    stride: usize,
    timing: Timing,
    spectrum: Spectrum,
    bands: ErbBands,
    guides: std::ops::Range<usize>,
    /// Magnitudes of the last frames, `[channel][frame][bin]`, oldest first.
    magnitudes: Planes,
    /// Shares of the last frames, more than a hop's shares are behind: `[frame % length][band]`.
    shares: Vec<[f32; BANDS]>,
}

impl Song {
    pub(super) fn new(layout: &StreamLayout, stride: usize, timing: Timing) -> Self {
        // The network's bins, as if they were a stream's.
        let heard = StreamLayout { sample_rate: 2.0 * BINS as f32 * BIN_HZ, window: 2 * BINS, ..*layout };
        let first_above = |hz: f32| (0..BANDS).find(|band| centre_hz(*band) > hz).unwrap_or(BANDS);
        Self {
            layout: *layout,
            stride,
            timing,
            spectrum: Spectrum::new(layout),
            bands: ErbBands::new(&heard),
            guides: first_above(GUIDE_HZ)..first_above(HIGHEST_HZ),
            magnitudes: Planes::zeros(CHANNELS, FRAMES, BINS),
            shares: vec![[0.0; BANDS]; 4 * (timing.block + timing.ahead)],
        }
    }

    pub(super) const fn layout(&self) -> &StreamLayout {
        &self.layout
    }

    pub(super) fn reset(&mut self) {
        self.spectrum.reset();
        self.magnitudes.data.fill(0.0);
        self.shares.fill([0.0; BANDS]);
    }

    pub(super) fn hear(&mut self, samples: &[&[f32]; CHANNELS]) {
        self.spectrum.hear(samples);
    }

    /// The newest window becomes a frame.
    pub(super) fn add_frame(&mut self) {
        for channel in 0..CHANNELS {
            let start = channel * FRAMES * BINS;
            self.magnitudes.data.copy_within(start + BINS..start + FRAMES * BINS, start);
            self.spectrum.magnitudes(channel, self.magnitudes.row_mut(channel, FRAMES - 1));
        }
    }

    /// The newest frames, where anything is heard in them.
    pub(super) fn window(&self) -> Option<&Planes> {
        let is_heard = self.magnitudes.data.iter().any(|magnitude| *magnitude >= SILENCE);
        is_heard.then_some(&self.magnitudes)
    }

    /// Takes what the network decided about a block, [`Timing::ahead`] frames before number `newest`: the window and the share
    /// of the rest in its bins. `None` where there was nothing to decide.
    pub(super) fn take(&mut self, decided: Option<(&Planes, &Planes)>, newest: usize) {
        let Timing { block, ahead, .. } = self.timing;
        let kept = self.shares.len();
        for (row, heard) in self.timing.decided().enumerate() {
            let Some(frame) = (newest + row + 1).checked_sub(block + ahead) else { continue };
            let shares = &mut self.shares[frame % kept];
            *shares = [0.0; BANDS];
            if let Some((magnitudes, rest)) = decided {
                let both = [0, 1].map(|channel| (magnitudes.row(channel, heard), rest.row(channel, row)));
                pool(&self.bands, both, shares);
                extend(shares, self.guides.clone());
            }
        }
    }

    /// Shares of a hop, between those of the two frames around it.
    pub(super) fn shares(&self, hop: isize) -> [f32; BANDS] {
        // Frame f ends with hop (f + 1) * stride - 1.
        let place = (hop as f32 + behind(&self.layout) + 1.0) / self.stride as f32 - 1.0;
        if place < 0.0 {
            return [0.0; BANDS];
        }
        let (first, between) = (place as usize, place.fract());
        let [before, after] = [first, first + 1].map(|frame| &self.shares[frame % self.shares.len()]);
        std::array::from_fn(|band| before[band] + between * (after[band] - before[band]))
    }
}

/// Share of the vocals in each band of a frame, where the network says which part of a bin is the rest: so a bin's power is
/// divided. `both` are magnitudes and rest of each channel.
///
/// Spleeter divides it as the squares of both parts are. On the validation set that is 0.2 dB worse, and no other exponent is
/// better.
fn pool(bands: &ErbBands, both: [(&[f32], &[f32]); CHANNELS], shares: &mut [f32; BANDS]) {
    // One bin more than is heard belongs to the bands: half the sample rate.
    let (mut power, mut vocals) = ([0.0_f32; BINS + 1], [0.0_f32; BINS + 1]);
    for (magnitudes, rest) in both {
        let bins = power.iter_mut().zip(&mut vocals).zip(magnitudes.iter().zip(rest));
        for ((power, vocals), (magnitude, rest)) in bins {
            let whole = magnitude * magnitude;
            *power += whole;
            *vocals += whole * (1.0 - rest);
        }
    }
    let (mut whole, mut sung) = ([0.0; BANDS], [0.0; BANDS]);
    bands.means(|bin| power[bin], &mut whole);
    bands.means(|bin| vocals[bin], &mut sung);
    for (share, (whole, sung)) in shares.iter_mut().zip(whole.iter().zip(&sung)) {
        *share = if *whole > 0.0 { (sung / whole).clamp(0.0, 1.0) } else { 0.0 };
    }
}

/// Bands that the network does not hear do as the highest do that it hears.
fn extend(shares: &mut [f32; BANDS], guides: std::ops::Range<usize>) {
    let mean = shares[guides.clone()].iter().sum::<f32>() / guides.len().max(1) as f32;
    shares[guides.end..].fill(mean);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noise of a level, evenly distributed.
    fn noise(rms: f32, hop: usize) -> Vec<f32> {
        let number = |n: usize| {
            let mixed = ((hop * 512 + n) as u32 + 1).wrapping_mul(2_654_435_761);
            let mixed = (mixed ^ (mixed >> 15)).wrapping_mul(2_246_822_519);
            (mixed ^ (mixed >> 13)) as f32 / u32::MAX as f32
        };
        (0..512).map(|n| (2.0 * number(n) - 1.0) * rms * libm::sqrtf(3.0)).collect()
    }

    #[test]
    fn there_is_no_window_of_silence() {
        let layout = StreamLayout::for_sample_rate(48_000.0);
        let mut song = Song::new(&layout, 2, Timing::SHIPPED);
        let mut hear = |rms: f32| {
            for hop in 0..2 * FRAMES {
                song.hear(&[&noise(rms, hop); CHANNELS]);
                if hop % 2 == 1 {
                    song.add_frame();
                }
            }
            song.window().is_some()
        };
        assert!(!hear(0.0));
        assert!(!hear(1.5e-5), "the dither of 16 bits is a song");
        assert!(hear(1e-4), "a song of -80 dBFS is not heard");
    }
}
