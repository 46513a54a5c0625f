//! What the Mash network hears of a song and what it should answer: features and shares, frame by frame.

use realfft::num_complex::Complex32;
use songweave_dsp::{
    analysis::bands::ErbBands,
    exchange::frame::SongBands,
    stream::{
        layout::{BANDS, PARTS, StreamLayout},
        stft::Stft,
    },
};

use songweave_synth::song::Parts;

/// One frame of a mixture whose parts are known.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// What the song sounds like.
    pub bands: SongBands,
    /// True share of each part, `[part][band]`, 0…1, adding up to 1.
    pub shares: [[f32; BANDS]; PARTS],
    /// Level of each part in dB: mean power of its bands, -90 for silence.
    pub part_level: [f32; PARTS],
}

/// Turns mixtures into frames with the plugin's own windows and bands.
pub struct Analyser {
    layout: StreamLayout,
    stft: Stft,
    bands: ErbBands,
    /// `[part][channel][bin]`
    spectra: Vec<[Vec<Complex32>; 2]>,
    mixture: [Vec<Complex32>; 2],
}

impl Analyser {
    /// For a sample rate in Hz.
    #[must_use]
    pub fn new(rate: u32) -> Self {
        let layout = StreamLayout::for_sample_rate(rate as f32);
        let empty = || [vec![Complex32::default(); layout.bins()], vec![Complex32::default(); layout.bins()]];
        Self {
            layout,
            stft: Stft::new(layout.window),
            bands: ErbBands::new(&layout),
            spectra: (0..PARTS).map(|_| empty()).collect(),
            mixture: empty(),
        }
    }

    /// Window, hop and rate.
    #[must_use]
    pub const fn layout(&self) -> &StreamLayout {
        &self.layout
    }

    /// Samples that give `frames` frames.
    #[must_use]
    pub const fn samples(&self, frames: usize) -> usize {
        self.layout.window + (frames - 1) * self.layout.hop
    }

    /// The frame whose window begins at sample `from`. Beyond the end of the parts there is silence.
    pub fn frame(&mut self, parts: &Parts, from: usize) -> Frame {
        self.transform(parts, from);
        let scale = self.stft.power_scale();
        let mut frame = Frame { bands: SongBands::SILENT, shares: [[0.0; BANDS]; PARTS], part_level: [0.0; PARTS] };
        self.bands.hear([&self.mixture[0], &self.mixture[1]], scale, &mut frame.bands);
        let mut heard = SongBands::SILENT;
        for (part, [left, right]) in self.spectra.iter().enumerate() {
            let common = |bin: usize| {
                (left[bin] * self.mixture[0][bin].conj()).re + (right[bin] * self.mixture[1][bin].conj()).re
            };
            self.bands.means(common, &mut frame.shares[part]);
            self.bands.hear([left, right], scale, &mut heard);
            frame.part_level[part] = 10.0 * (heard.power.iter().sum::<f32>() / BANDS as f32 + 1e-9).log10();
        }
        let energy = |bin: usize| self.mixture[0][bin].norm_sqr() + self.mixture[1][bin].norm_sqr();
        let mut whole = [0.0; BANDS];
        self.bands.means(energy, &mut whole);
        to_shares(&mut frame.shares, &whole);
        frame
    }

    fn transform(&mut self, parts: &Parts, from: usize) {
        let window = self.layout.window;
        let mut samples = vec![0.0; window];
        self.mixture.iter_mut().for_each(|channel| channel.fill(Complex32::default()));
        for (part, spectra) in parts.iter().zip(&mut self.spectra) {
            for ((channel, spectrum), sum) in part.iter().zip(spectra).zip(&mut self.mixture) {
                samples.fill(0.0);
                let cut = channel.get(from..(from + window).min(channel.len())).unwrap_or_default();
                samples[..cut.len()].copy_from_slice(cut);
                self.stft.analyse(&samples, spectrum);
                sum.iter_mut().zip(spectrum.iter()).for_each(|(sum, bin)| *sum += bin);
            }
        }
    }
}

/// From energies in common with the mixture to shares: 0…1, adding up to 1; equal shares where there is nothing.
fn to_shares(shares: &mut [[f32; BANDS]; PARTS], whole: &[f32; BANDS]) {
    for (band, &whole) in whole.iter().enumerate() {
        let mut sum = 0.0;
        for share in shares.iter_mut() {
            share[band] = if whole > 1e-12 { (share[band] / whole).clamp(0.0, 1.0) } else { 0.0 };
            sum += share[band];
        }
        for share in shares.iter_mut() {
            share[band] = if sum > 1e-6 { share[band] / sum } else { 1.0 / PARTS as f32 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use songweave_score::random::Random;

    fn parts(random: &mut Random, samples: usize) -> Parts {
        std::array::from_fn(|part| {
            std::array::from_fn(|_| {
                let tone = |n: usize| (n as f32 * 0.02 * (part * part + 1) as f32).sin();
                (0..samples).map(|n| 0.2 * tone(n) + 0.02 * random.noise()).collect()
            })
        })
    }

    #[test]
    fn shares_add_up_to_one_and_each_tone_belongs_to_its_part() {
        let parts = parts(&mut Random::new(4), 4_096);
        let frame = Analyser::new(44_100).frame(&parts, 1_000);
        for band in 0..BANDS {
            let sum: f32 = frame.shares.iter().map(|share| share[band]).sum();
            assert!((sum - 1.0).abs() < 1e-5, "band {band}: {sum}");
            assert!(frame.shares.iter().all(|share| (0.0..=1.0).contains(&share[band])));
        }
        for part in 0..PARTS {
            let hz = 0.02 * (part * part + 1) as f32 * 44_100.0 / std::f32::consts::TAU;
            let band = songweave_dsp::analysis::bands::band_position(hz).round() as usize;
            assert!(frame.shares[part][band] > 0.9, "part {part}: {}", frame.shares[part][band]);
        }
    }

    #[test]
    fn silence_is_shared_equally_and_has_finite_features() {
        let silent: Parts = std::array::from_fn(|_| songweave_synth::song::silence(2_048));
        let frame = Analyser::new(48_000).frame(&silent, 0);
        assert!(frame.shares.iter().flatten().all(|&share| share == 0.25));
        assert!(frame.part_level.iter().all(|level| (level + 90.0).abs() < 0.1));
        assert!(
            songweave_models::mash::features(&frame.bands.power, &frame.bands.width)
                .iter()
                .all(|feature| feature.is_finite())
        );
    }
}
