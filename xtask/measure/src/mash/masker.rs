//! Band gains applied to two songs offline, with the plugin's windows, bands and overlap-add: for the oracle mask, the
//! ducker and single parts, which the plugin itself never plays.

use realfft::num_complex::Complex32;
use songweave_dsp::{
    analysis::bands::ErbBands,
    exchange::frame::SongBands,
    mash::mask::SongGains,
    stream::{
        layout::{BANDS, PARTS, SONGS, StreamLayout},
        stft::Stft,
    },
};

use songweave_synth::song::{Parts, Stereo, silence};

/// Applies band gains to two songs.
pub struct Masker {
    layout: StreamLayout,
    stft: Stft,
    bands: ErbBands,
}

impl Masker {
    /// For a sample rate in Hz.
    #[must_use]
    pub fn new(rate: u32) -> Self {
        let layout = StreamLayout::for_sample_rate(rate as f32);
        Self { layout, stft: Stft::new(layout.window), bands: ErbBands::new(&layout) }
    }

    /// Window, hop and rate.
    #[must_use]
    pub const fn layout(&self) -> &StreamLayout {
        &self.layout
    }

    /// Frames of songs of `samples` samples.
    #[must_use]
    pub const fn frames(&self, samples: usize) -> usize {
        if samples < self.layout.window { 0 } else { (samples - self.layout.window) / self.layout.hop + 1 }
    }

    /// The sum of both songs under `gains(frame, what both songs sound like in it)`. Frame `n` begins at sample
    /// `n * hop`; the first and last window of the result fade in and out.
    pub fn apply(
        &mut self,
        songs: [&Stereo; SONGS],
        mut gains: impl FnMut(usize, &[SongBands; SONGS]) -> SongGains,
    ) -> Stereo {
        let samples = songs[0][0].len().min(songs[1][0].len());
        let (window, hop, bins) = (self.layout.window, self.layout.hop, self.layout.bins());
        let mut out = silence(samples);
        let mut spectra = [[vec![Complex32::default(); bins], vec![Complex32::default(); bins]], Default::default()];
        spectra[1] = spectra[0].clone();
        let mut heard = [SongBands::SILENT; SONGS];
        let mut bin_gains = [vec![0.0; bins], vec![0.0; bins]];
        let mut mixed = vec![Complex32::default(); bins];
        for frame in 0..self.frames(samples) {
            let range = frame * hop..frame * hop + window;
            for ((song, spectra), heard) in songs.iter().zip(&mut spectra).zip(&mut heard) {
                for (channel, spectrum) in song.iter().zip(spectra.iter_mut()) {
                    self.stft.analyse(&channel[range.clone()], spectrum);
                }
                self.bands.hear([&spectra[0], &spectra[1]], self.stft.power_scale(), heard);
            }
            for (gains, bins) in gains(frame, &heard).iter().zip(&mut bin_gains) {
                self.bands.interpolate(gains, bins);
            }
            for (channel, out) in out.iter_mut().enumerate() {
                for (bin, mixed) in mixed.iter_mut().enumerate() {
                    *mixed =
                        spectra[0][channel][bin] * bin_gains[0][bin] + spectra[1][channel][bin] * bin_gains[1][bin];
                }
                self.stft.synthesise(&mixed, &mut out[range.clone()]);
            }
        }
        out
    }
}

impl Masker {
    /// One song taken apart by shares `shares(frame)[part][band]`: `[part][channel][sample]`. Frames as in [`Self::apply`].
    pub fn separate<'a>(&mut self, song: &Stereo, shares: impl Fn(usize) -> &'a [[f32; BANDS]; PARTS]) -> Parts {
        let samples = song[0].len();
        let (window, hop, bins) = (self.layout.window, self.layout.hop, self.layout.bins());
        let mut parts: Parts = std::array::from_fn(|_| silence(samples));
        let mut spectra = [vec![Complex32::default(); bins], vec![Complex32::default(); bins]];
        let (mut gains, mut masked) = (vec![0.0; bins], vec![Complex32::default(); bins]);
        for frame in 0..self.frames(samples) {
            let range = frame * hop..frame * hop + window;
            for (channel, spectrum) in song.iter().zip(&mut spectra) {
                self.stft.analyse(&channel[range.clone()], spectrum);
            }
            for (share, part) in shares(frame).iter().zip(&mut parts) {
                self.bands.interpolate(share, &mut gains);
                for (spectrum, out) in spectra.iter().zip(part) {
                    for (masked, (bin, gain)) in masked.iter_mut().zip(spectrum.iter().zip(&gains)) {
                        *masked = bin * gain;
                    }
                    self.stft.synthesise(&masked, &mut out[range.clone()]);
                }
            }
        }
        parts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use songweave_score::random::Random;

    #[test]
    fn masks_that_add_up_to_one_give_the_song_back() {
        let mut random = Random::new(2);
        let noise = |random: &mut Random| -> Vec<f32> { (0..20_000).map(|_| random.noise()).collect() };
        let song: Stereo = [noise(&mut random), noise(&mut random)];
        let other = silence(20_000);
        let mut masker = Masker::new(44_100);
        let mut share = |part: usize| {
            // Shares of two parts that change from frame to frame and band to band.
            masker.apply([&song, &other], |frame, _| {
                let low = |band: usize| (frame * 31 + band * 17) as f32 % 100.0 / 100.0;
                let gains = std::array::from_fn(|band| if part == 0 { low(band) } else { 1.0 - low(band) });
                [gains, [0.0; BANDS]]
            })
        };
        let (one, two) = (share(0), share(1));
        let error = (2_048..17_000)
            .flat_map(|n| (0..2).map(move |channel| (channel, n)))
            .map(|(channel, n)| (one[channel][n] + two[channel][n] - song[channel][n]).abs())
            .fold(0.0, f32::max);
        assert!(error < 1e-4, "error {error}");
    }

    #[test]
    fn separated_parts_are_what_single_masks_give() {
        let mut random = Random::new(3);
        let noise = |random: &mut Random| -> Vec<f32> { (0..9_000).map(|_| random.noise()).collect() };
        let song: Stereo = [noise(&mut random), noise(&mut random)];
        let shares: [[f32; BANDS]; PARTS] =
            std::array::from_fn(|part| std::array::from_fn(|band| (band * 7 + part * 31) as f32 % 10.0 / 10.0));
        let mut masker = Masker::new(44_100);
        let parts = masker.separate(&song, |_| &shares);
        for (part, share) in parts.iter().zip(shares) {
            let alone = masker.apply([&song, &silence(9_000)], |_, _| [share, [0.0; BANDS]]);
            assert!(part.iter().flatten().zip(alone.iter().flatten()).all(|(one, other)| (one - other).abs() < 1e-5));
        }
    }
}
