//! What a note of the band sounds like at one instant: what the instrument networks give and the instruments draw.

use crate::stream::layout::CHANNELS;

/// Partials of a note at most.
pub const PARTIALS: usize = 64;
/// Bands of a note's noise, see [`noise_edges`].
pub const NOISE_BANDS: usize = 24;
/// Where the highest noise band ends, in Hz.
const HIGHEST_HZ: f32 = 20_000.0;

/// The sound of one note at one instant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tone {
    /// Frequency of each partial in Hz, `[partial]`; 0 = there is none.
    pub hz: [f32; PARTIALS],
    /// Peak amplitude of each partial, linear, `[channel][partial]`.
    pub partials: [[f32; PARTIALS]; CHANNELS],
    /// Root mean square of the noise in each band, linear, `[channel][band]`.
    pub noise: [[f32; NOISE_BANDS]; CHANNELS],
}

impl Tone {
    /// Silence.
    pub const SILENT: Self =
        Self { hz: [0.0; PARTIALS], partials: [[0.0; PARTIALS]; CHANNELS], noise: [[0.0; NOISE_BANDS]; CHANNELS] };

    /// Goes a share (0…1) of the way to another tone.
    pub(crate) fn approach(&mut self, other: &Self, share: f32) {
        let toward = |from: &mut f32, to: &f32| *from += share * (to - *from);
        self.hz.iter_mut().zip(&other.hz).for_each(|(from, to)| toward(from, to));
        let partials = self.partials.iter_mut().flatten().zip(other.partials.iter().flatten());
        partials.for_each(|(from, to)| toward(from, to));
        let noise = self.noise.iter_mut().flatten().zip(other.noise.iter().flatten());
        noise.for_each(|(from, to)| toward(from, to));
    }

    /// Multiplies its amplitudes by a factor.
    pub fn fade(&mut self, factor: f32) {
        let partials = self.partials.iter_mut().flatten();
        partials.chain(self.noise.iter_mut().flatten()).for_each(|amplitude| *amplitude *= factor);
    }
}

/// Edges of the noise bands in Hz, rising from 0 to 20 kHz in even steps of the ERB rate (Glasberg and Moore, "Derivation
/// of auditory filter shapes from notched-noise data", 1990).
#[must_use]
pub fn noise_edges() -> [f32; NOISE_BANDS + 1] {
    let rate = |hz: f32| 21.4 * libm::log1pf(0.004_37 * hz) / std::f32::consts::LN_10;
    let hz = |rate: f32| libm::expm1f(rate * std::f32::consts::LN_10 / 21.4) / 0.004_37;
    std::array::from_fn(|edge| hz(rate(HIGHEST_HZ) * edge as f32 / NOISE_BANDS as f32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_bands_widen_from_zero_to_twenty_kilohertz() {
        let edges = noise_edges();
        assert_eq!(edges[0], 0.0);
        assert!((edges[NOISE_BANDS] - HIGHEST_HZ).abs() < 1.0);
        assert!(edges.windows(3).all(|edges| edges[2] - edges[1] > edges[1] - edges[0]));
    }
}
