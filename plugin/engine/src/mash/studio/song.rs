//! One song: its last frames, what the network says of them, and the shares of the stream's bands.

use songweave_dsp::{
    analysis::bands::{ErbBands, centre_hz},
    stream::layout::{BANDS, CHANNELS, StreamLayout},
};
use songweave_models::{
    layers::Planes,
    studio::{BIN_HZ, BINS, FRAMES, StudioNetwork},
};

use super::{
    Timing,
    spectrum::{Spectrum, window_samples},
};

/// Bands from here on are beyond what the network hears; they do as those do that it hears above the second frequency.
const HIGHEST_HZ: f32 = BINS as f32 * BIN_HZ * 0.97;
const GUIDE_HZ: f32 = 5_000.0;
/// Power of a frame in which nothing is heard, of a full-scale sine's.
const SILENCE: f32 = 1e-4;

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

    /// Lets the network begin with the newest frames; returns whether there is anything to decide.
    pub(super) fn begin(&mut self, network: &mut StudioNetwork) -> bool {
        let is_heard = self.magnitudes.data.iter().any(|magnitude| *magnitude >= SILENCE);
        if is_heard {
            network.begin(&self.magnitudes, self.timing.block + self.timing.ahead);
        }
        is_heard
    }

    /// Takes what the network decided about a block, [`Timing::ahead`] frames before number `newest`; `None` where there was nothing to decide.
    pub(super) fn take(&mut self, network: Option<&StudioNetwork>, newest: usize) {
        let Timing { block, ahead, .. } = self.timing;
        let kept = self.shares.len();
        for row in 0..block {
            let Some(frame) = (newest + row + 1).checked_sub(block + ahead) else { continue };
            let shares = &mut self.shares[frame % kept];
            *shares = [0.0; BANDS];
            if let Some(network) = network {
                pool(&self.bands, network.decided(), row, shares);
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

/// Share of the vocals in each band of a frame, where the network says which part of a bin's magnitude is the rest: a
/// bin's power is divided as the squares of both magnitudes are.
fn pool(bands: &ErbBands, (magnitudes, rest): (&Planes, &Planes), row: usize, shares: &mut [f32; BANDS]) {
    let frame = magnitudes.rows - rest.rows + row;
    let both = [0, 1].map(|channel| (magnitudes.row(channel, frame), rest.row(channel, row)));
    // One bin more than is heard belongs to the bands: half the sample rate.
    let (mut power, mut vocals) = ([0.0_f32; BINS + 1], [0.0_f32; BINS + 1]);
    for (magnitudes, rest) in both {
        let bins = power.iter_mut().zip(&mut vocals).zip(magnitudes.iter().zip(rest));
        for ((power, vocals), (magnitude, rest)) in bins {
            let (whole, others) = (magnitude * magnitude, (1.0 - rest) * (1.0 - rest));
            *power += whole;
            *vocals += whole * others / (rest * rest + others);
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
