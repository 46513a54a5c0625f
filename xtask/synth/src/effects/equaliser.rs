//! Random equalisers: bells, a tilt and band limits in one curve.
//!
//! Written here since the curve of a song acts on all its parts alike, so that they still add up to the song exactly.

use songweave_dsp::stream::layout::Part;

use crate::{
    effects::filter::{bell, low_pass, shape, tilt},
    song::Stereo,
};
use songweave_score::random::Random;

/// Points of a curve per octave: a steep low-pass needs one about every 1.5 %.
const PER_OCTAVE: f32 = 48.0;
/// First point of a curve in Hz.
const LOWEST: f32 = 15.0;
/// Points of a curve, up to above 24 kHz.
const POINTS: usize = 520;

/// Gains over frequency, linear.
#[derive(Debug, Clone)]
pub struct Curve(Vec<f32>);

impl Curve {
    /// The curve of a function of the frequency in Hz.
    #[must_use]
    pub fn of(gain: impl Fn(f32) -> f32) -> Self {
        Self((0..POINTS).map(|point| gain(LOWEST * (point as f32 / PER_OCTAVE).exp2())).collect())
    }

    /// A random equaliser for one part: two to four bells and a tilt; now and then a part without its bottom, without its
    /// top or a voice through a telephone.
    #[must_use]
    pub fn of_part(part: Part, random: &mut Random) -> Self {
        let bells: Vec<[f32; 3]> = (0..2 + random.index(3))
            .map(|_| [2f32.powf(random.between(6.0, 13.2)), random.between(0.3, 2.0), 4.0 * random.normal()])
            .collect();
        let slope = 1.2 * random.normal();
        // A bass without its bottom is no bass.
        let highest = if part == Part::Bass { 6.5 } else { 9.0 };
        let mut high_pass = if random.chance(0.15) { 2f32.powf(random.between(5.3, highest)) } else { 0.0 };
        let mut top = if random.chance(0.15) { 2f32.powf(random.between(9.5, 13.0)) } else { f32::INFINITY };
        if part == Part::Vocals && random.chance(0.05) {
            (high_pass, top) = (random.between(250.0, 500.0), random.between(2_500.0, 4_000.0));
        }
        Self::of(|hz| {
            let bells: f32 = bells.iter().map(|&[centre, octaves, gain]| bell(hz, centre, octaves, gain)).product();
            // Second order: 12 dB per octave, as on a mixing desk.
            let below = 1.0 / (1.0 + (high_pass / hz).powi(4)).sqrt();
            let above = 1.0 / (1.0 + (hz / top).powi(4)).sqrt();
            bells * tilt(hz, slope) * below * above
        })
    }

    /// A gentle random equaliser for a whole song.
    #[must_use]
    pub fn of_song(random: &mut Random) -> Self {
        let bells: [[f32; 3]; 2] = std::array::from_fn(|_| {
            [2f32.powf(random.between(6.0, 13.2)), random.between(0.7, 2.0), 2.5 * random.normal()]
        });
        let (slope, thin) =
            (0.7 * random.normal(), if random.chance(0.15) { random.between(60.0, 250.0) } else { 0.0 });
        Self::of(|hz| {
            let bells: f32 = bells.iter().map(|&[centre, octaves, gain]| bell(hz, centre, octaves, gain)).product();
            bells * tilt(hz, slope) / (1.0 + (thin / hz).powi(4)).sqrt()
        })
    }

    /// The same curve with nothing above `cutoff` Hz.
    #[must_use]
    pub fn limited(mut self, cutoff: f32) -> Self {
        for (gain, limit) in self.0.iter_mut().zip(Self::of(|hz| low_pass(hz, cutoff)).0) {
            *gain *= limit;
        }
        self
    }

    /// Gain at a frequency in Hz.
    #[must_use]
    pub fn at(&self, hz: f32) -> f32 {
        let place = (hz.max(LOWEST) / LOWEST).log2() * PER_OCTAVE;
        let lower = (place as usize).min(POINTS - 2);
        let share = (place - lower as f32).min(1.0);
        self.0[lower] + share * (self.0[lower + 1] - self.0[lower])
    }

    /// The sound through this equaliser, without delay.
    #[must_use]
    pub fn apply(&self, sound: &Stereo, rate: u32) -> Stereo {
        sound.each_ref().map(|channel| shape(channel, rate, |hz| self.at(hz)))
    }
}

/// A common limit of the bandwidth, as old recordings, small speakers and lean streams have; infinite for most.
#[must_use]
pub fn band_limit(random: &mut Random) -> f32 {
    if random.chance(0.1) {
        [3_800.0, 5_300.0, 7_700.0, 10_800.0, 15_500.0][random.index(5)]
    } else if random.chance(0.08) {
        2f32.powf(random.between(11.5, 14.0))
    } else {
        f32::INFINITY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_is_what_it_was_made_of_and_ends_at_its_limit() {
        let curve = Curve::of(|hz| tilt(hz, 2.0)).limited(10_000.0);
        for hz in [60.0, 440.0, 1_000.0, 9_000.0] {
            assert!((curve.at(hz) / tilt(hz, 2.0) - 1.0).abs() < 0.01, "{hz} Hz");
        }
        assert_eq!((curve.at(10_800.0), curve.at(23_900.0)), (0.0, 0.0));
    }

    #[test]
    fn random_equalisers_differ_and_stay_within_reason() {
        let mut random = Random::new(3);
        for _ in 0..200 {
            for curve in [Curve::of_part(Part::Vocals, &mut random), Curve::of_song(&mut random)] {
                assert!(curve.0.iter().all(|gain| gain.is_finite() && *gain < 1_000.0));
            }
        }
        let curves =
            [Curve::of_part(Part::Other, &mut Random::new(1)), Curve::of_part(Part::Other, &mut Random::new(2))];
        assert_ne!(curves[0].at(1_000.0), curves[1].at(1_000.0));
    }
}
