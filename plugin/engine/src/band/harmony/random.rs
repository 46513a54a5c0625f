//! Chance that depends on nothing but the seed and the place in the song, so that a bounce repeats what was heard.

/// A number around 0 as random as a throw, of Gumbel's distribution with mean 0: adding it to logarithms of
/// probabilities and taking the largest draws from them.
#[must_use]
pub fn noise(seed: u32, bar: i64, item: u32) -> f32 {
    /// Mean of the standard distribution: Euler's constant.
    const MEAN: f32 = 0.577_215_7;
    let mixed = mix(mix(u64::from(seed) << 32 | u64::from(item)) ^ bar as u64);
    // The upper 24 bits, in the middle of their steps: neither 0 nor 1.
    let unit = ((mixed >> 40) as f32 + 0.5) / (1_u32 << 24) as f32;
    -libm::logf(-libm::logf(unit)) - MEAN
}

/// The finaliser of `SplitMix64`.
const fn mix(bits: u64) -> u64 {
    let bits = bits.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_finite_of_mean_zero_and_bound_to_its_place() {
        let draws: Vec<f32> = (0..200).flat_map(|bar| (0..120).map(move |item| noise(7, bar, item))).collect();
        assert!(draws.iter().all(|draw| draw.is_finite()));
        assert!((draws.iter().sum::<f32>() / draws.len() as f32).abs() < 0.03);
        assert_eq!(noise(7, -3, 5), noise(7, -3, 5));
        assert_ne!(noise(7, -3, 5), noise(7, -2, 5));
        assert_ne!(noise(7, -3, 5), noise(8, -3, 5));
    }
}
