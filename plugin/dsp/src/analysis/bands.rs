//! Ninety-six bands, evenly spaced on the ERB-rate scale (Glasberg and Moore, "Derivation of auditory filter shapes from
//! notched-noise data", 1990, eq. 4) from 20 Hz to 20 kHz. Bands are placed in Hz, so networks see the same bands at
//! every sample rate; those above Nyquist are silent.

use realfft::num_complex::Complex32;

use crate::{
    exchange::frame::SongBands,
    stream::layout::{BANDS, CHANNELS, StreamLayout},
};

/// Lowest band's centre in Hz.
pub const LOWEST_HZ: f32 = 20.0;
/// Highest band's centre in Hz.
pub const HIGHEST_HZ: f32 = 20_000.0;

fn erb_rate(hz: f32) -> f32 {
    21.4 * libm::log10f(1.0 + 0.004_37 * hz)
}

fn spacing() -> f32 {
    (erb_rate(HIGHEST_HZ) - erb_rate(LOWEST_HZ)) / (BANDS - 1) as f32
}

/// Centre of a band in Hz.
#[must_use]
pub fn centre_hz(band: usize) -> f32 {
    let rate = erb_rate(LOWEST_HZ) + band as f32 * spacing();
    (libm::powf(10.0, rate / 21.4) - 1.0) / 0.004_37
}

/// A frequency's place on the band axis, 0 = centre of the first band … 95 = centre of the last; clamped to that range.
#[must_use]
pub fn band_position(hz: f32) -> f32 {
    ((erb_rate(hz.max(0.0)) - erb_rate(LOWEST_HZ)) / spacing()).clamp(0.0, (BANDS - 1) as f32)
}

/// The bins that a band hears: `weights[i]` belongs to bin `first + i`. The weights add up to 1.
#[derive(Debug, Clone, Default)]
struct Band {
    first: usize,
    weights: Vec<f32>,
}

/// The bands of one layout: from bins to band powers and from band gains to bin gains.
#[derive(Debug, Clone)]
pub struct ErbBands {
    bands: Vec<Band>,
    /// `[bin]`: lower band and the share of the next one.
    places: Vec<(u8, f32)>,
    /// Power of both channels and of their difference, `[bin]`; scratch of [`Self::hear`].
    whole: Vec<f32>,
    side: Vec<f32>,
}

/// Sum of products, in eight running sums, so that the compiler may take eight at a time.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (eights_a, rest_a) = a.as_chunks::<8>();
    let (eights_b, rest_b) = b.as_chunks::<8>();
    let mut sums = [0.0_f32; 8];
    for (a, b) in eights_a.iter().zip(eights_b) {
        for lane in 0..8 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f32 = rest_a.iter().zip(rest_b).map(|(a, b)| a * b).sum();
    sums.into_iter().sum::<f32>() + rest
}

impl ErbBands {
    /// Bands for a layout.
    ///
    /// # Allocates
    #[must_use]
    pub fn new(layout: &StreamLayout) -> Self {
        let places: Vec<(u8, f32)> = (0..layout.bins())
            .map(|bin| {
                let position = band_position(layout.bin_hz(bin));
                let lower = (position as usize).min(BANDS - 2);
                (lower as u8, position - lower as f32)
            })
            .collect();
        Self {
            bands: (0..BANDS).map(|band| Self::band(layout, &places, band)).collect(),
            whole: vec![0.0; places.len()],
            side: vec![0.0; places.len()],
            places,
        }
    }

    fn band(layout: &StreamLayout, places: &[(u8, f32)], band: usize) -> Band {
        let weight = |bin: usize| match places[bin] {
            (lower, share) if lower as usize == band => 1.0 - share,
            (lower, share) if lower as usize + 1 == band => share,
            _ => 0.0,
        };
        let inside = |bin: &usize| layout.bin_hz(*bin) <= HIGHEST_HZ && weight(*bin) > 0.0;
        let heard: Vec<usize> = (0..places.len()).filter(inside).collect();
        let sum: f32 = heard.iter().map(|&bin| weight(bin)).sum();
        if sum > 0.5 {
            let first = heard[0];
            let last = heard[heard.len() - 1];
            return Band { first, weights: (first..=last).map(|bin| weight(bin) / sum).collect() };
        }
        // A band narrower than a bin hears the two bins around its centre.
        let bin = centre_hz(band) / layout.bin_hz(1);
        let first = bin as usize;
        if first + 1 >= places.len() {
            return Band::default();
        }
        let share = bin - first as f32;
        Band { first, weights: vec![1.0 - share, share] }
    }

    /// Weighted mean over each band's bins of `value(bin)`, `[band]`. Bands above Nyquist are 0.
    ///
    /// # Real-time safety
    /// Neither allocates nor blocks.
    pub fn means(&self, value: impl Fn(usize) -> f32, out: &mut [f32; BANDS]) {
        for (out, band) in out.iter_mut().zip(&self.bands) {
            *out = band.weights.iter().enumerate().map(|(i, weight)| weight * value(band.first + i)).sum();
        }
    }

    /// Power and width of a song per band, from its left and right spectra `[channel][bin]` and the factor of
    /// [`crate::stream::stft::Stft::power_scale`].
    ///
    /// # Real-time safety
    /// Neither allocates nor blocks.
    pub fn hear(&mut self, spectra: [&[Complex32]; CHANNELS], scale: f32, song: &mut SongBands) {
        let [left, right] = spectra;
        let powers = self.whole.iter_mut().zip(&mut self.side);
        for ((whole, side), (l, r)) in powers.zip(left.iter().zip(right)) {
            *whole = l.norm_sqr() + r.norm_sqr();
            *side = (l - r).norm_sqr();
        }
        for (band, (power, width)) in self.bands.iter().zip(song.power.iter_mut().zip(&mut song.width)) {
            let bins = band.first..band.first + band.weights.len();
            let whole = dot(&band.weights, &self.whole[bins.clone()]);
            let side = dot(&band.weights, &self.side[bins]);
            *power = whole * scale * 0.5;
            *width = if whole > 0.0 { (side * 0.5 / whole).min(1.0) } else { 0.0 };
        }
    }

    /// Gains per bin, interpolated from gains per band: `out[bin]`.
    ///
    /// # Real-time safety
    /// Neither allocates nor blocks.
    pub fn interpolate(&self, gains: &[f32; BANDS], out: &mut [f32]) {
        for (out, &(lower, share)) in out.iter_mut().zip(&self.places) {
            let (low, high) = (gains[lower as usize], gains[lower as usize + 1]);
            *out = low + share * (high - low);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layouts() -> impl Iterator<Item = StreamLayout> {
        [8_000.0, 22_050.0, 44_100.0, 48_000.0, 96_000.0, 192_000.0].into_iter().map(StreamLayout::for_sample_rate)
    }

    #[test]
    fn equal_band_gains_are_equal_bin_gains() {
        for layout in layouts() {
            let mut out = vec![0.0; layout.bins()];
            ErbBands::new(&layout).interpolate(&[0.7; BANDS], &mut out);
            assert!(out.iter().all(|gain| *gain == 0.7));
        }
    }

    #[test]
    fn a_flat_spectrum_is_flat_in_every_band_below_nyquist_and_silent_above() {
        for layout in layouts() {
            let mut means = [0.0; BANDS];
            ErbBands::new(&layout).means(|_| 1.0, &mut means);
            for (band, mean) in means.iter().enumerate() {
                let nyquist = layout.sample_rate / 2.0;
                if centre_hz(band) < nyquist * 0.97 {
                    assert!((mean - 1.0).abs() < 1e-5, "{} Hz, band {band}: {mean}", layout.sample_rate);
                } else if centre_hz(band) > nyquist * 1.05 {
                    assert_eq!(*mean, 0.0, "{} Hz, band {band}", layout.sample_rate);
                }
            }
        }
    }

    #[test]
    fn a_sine_is_loudest_in_its_own_band_at_every_rate() {
        for layout in layouts() {
            for band in [20, 40, 60] {
                let bin = (centre_hz(band) / layout.bin_hz(1)).round() as usize;
                let mut means = [0.0; BANDS];
                ErbBands::new(&layout).means(|k| if k == bin { 1.0 } else { 0.0 }, &mut means);
                let loudest = (0..BANDS).max_by(|a, b| means[*a].total_cmp(&means[*b]));
                assert!(
                    loudest.is_some_and(|found| found.abs_diff(band) <= 1),
                    "{} Hz, band {band}",
                    layout.sample_rate
                );
            }
        }
    }

    #[test]
    fn centres_and_positions_are_inverse() {
        for band in 0..BANDS {
            assert!((band_position(centre_hz(band)) - band as f32).abs() < 1e-2);
        }
    }
}
