//! What happens to a whole mixture: equaliser, compressor, drive, mono, bandwidth, lossy coding, level. Everything is done
//! alike to all parts or, what depends on level, as a gain that they share, so that they still add up to what is heard.

use crate::{
    effects::{
        codec::Codec,
        dynamics::{Compressor, peak_of_all, saturate_all},
        equaliser::Curve,
        filter::decibels,
        stereo::widened,
    },
    song::Parts,
};
use songweave_score::random::Random;

/// Chance of an equaliser.
const EQUALISED: f32 = 0.3;
/// Chance of a compressor or limiter.
const COMPRESSED: f32 = 0.35;
/// Chance of a driven output.
const DRIVEN: f32 = 0.1;
/// Chance of a mono or narrow mixture.
const NARROW: f32 = 0.1;
/// Chance of lossy coding.
const CODED: f32 = 0.25;

/// Masters a mixture in which nothing may be above `cutoff` Hz; `limited` if nothing is there already. All
/// chances are multiplied by `often`.
pub fn master(parts: &mut Parts, rate: u32, cutoff: f32, limited: bool, often: f32, random: &mut Random) {
    if random.chance(often * COMPRESSED) {
        compress(parts, rate, random);
    }
    let driven = random.chance(often * DRIVEN);
    if driven {
        saturate_all(parts, decibels(random.between(0.0, 10.0)) / peak_of_all(parts).max(1e-6));
    }
    let equalised = random.chance(often * EQUALISED);
    if random.chance(often * NARROW) {
        let width = if random.chance(0.6) { 0.0 } else { random.between(0.2, 0.8) };
        parts.iter_mut().for_each(|part| *part = widened(part, width));
    }
    // Drive makes overtones above what the recordings hold: they go, too.
    if driven || equalised || !limited {
        let curve = if equalised { Curve::of_song(random) } else { Curve::of(|_| 1.0) }.limited(cutoff);
        parts.iter_mut().for_each(|part| *part = curve.apply(part, rate));
    }
    if random.chance(often * CODED) {
        Codec::random(random).apply(parts, rate);
    }
    set_level(parts, random);
}

/// A bus compressor or a limiter.
fn compress(parts: &mut Parts, rate: u32, random: &mut Random) {
    let mut compressor = Compressor::random(peak_of_all(parts), random);
    if random.chance(0.4) {
        compressor = Compressor { ratio: 20.0, attack: 0.000_5, release: random.between(0.02, 0.2), ..compressor };
    }
    compressor.apply_to_all(parts, rate);
}

/// Brings the mixture's peak to a random level, -30 to -1 dBFS, loud ones more often.
fn set_level(parts: &mut Parts, random: &mut Random) {
    let level = random.between(-30.0, -1.0).max(random.between(-30.0, -1.0));
    let peak = peak_of_all(parts);
    if peak > 1e-6 {
        let gain = decibels(level) / peak;
        parts.iter_mut().flatten().flatten().for_each(|sample| *sample *= gain);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo_songs::song_a;

    fn mastered(parts: &Parts, seed: u64) -> Parts {
        let mut parts = parts.clone();
        master(&mut parts, 44_100, 22_050.0, true, 1.0, &mut Random::new(seed));
        parts
    }

    #[test]
    fn a_master_of_parts_adds_up_to_the_master_of_their_sum() {
        let parts: Parts = song_a().parts.map(|part| part.map(|channel| channel[60_000..80_000].to_vec()));
        let sum = |parts: &Parts, n: usize| parts.iter().map(|part| part[1][n]).sum::<f32>();
        let mut mixture: Parts = std::array::from_fn(|_| crate::song::silence(20_000));
        for channel in 0..2 {
            for n in 0..20_000 {
                mixture[3][channel][n] = parts.iter().map(|part| part[channel][n]).sum();
            }
        }
        for seed in 0..30 {
            let (apart, whole) = (mastered(&parts, seed), mastered(&mixture, seed));
            let energy: f32 = whole[3][1].iter().map(|sample| sample * sample).sum();
            let error: f32 = (0..20_000).map(|n| (sum(&apart, n) - whole[3][1][n]).powi(2)).sum();
            assert!(error < 1e-3 * energy, "seed {seed}: {error} of {energy}");
        }
    }

    #[test]
    fn the_seed_decides_and_the_peak_is_in_range() {
        let parts: Parts = song_a().parts.map(|part| part.map(|channel| channel[60_000..70_000].to_vec()));
        assert_eq!(mastered(&parts, 4), mastered(&parts, 4));
        assert_ne!(mastered(&parts, 4), mastered(&parts, 5));
        for seed in 0..30 {
            let peak = peak_of_all(&mastered(&parts, seed));
            assert!((decibels(-30.1)..=decibels(-0.9)).contains(&peak), "seed {seed}: {peak}");
        }
    }
}
