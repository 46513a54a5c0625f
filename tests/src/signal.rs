//! Test signals, the same on every machine.

/// White noise in -1…1 from a seed (xorshift; Marsaglia, "Xorshift RNGs", 2003).
pub fn noise(seed: u64, samples: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    })
    .take(samples)
    .collect()
}

/// Sizes of blocks in 1…`largest` from a seed, without end.
pub fn block_sizes(seed: u64, largest: usize) -> impl Iterator<Item = usize> {
    let draws = noise(seed, 4096);
    draws.into_iter().cycle().map(move |draw| 1 + ((draw.abs() * largest as f32) as usize).min(largest - 1))
}

/// Level of the difference of two signals against the first, in dB.
pub fn error_db(wanted: &[f32], found: &[f32]) -> f64 {
    let power = |values: &mut dyn Iterator<Item = f64>| values.map(|value| value * value).sum::<f64>();
    let error = power(&mut wanted.iter().zip(found).map(|(a, b)| f64::from(a - b)));
    10.0 * (error / power(&mut wanted.iter().map(|a| f64::from(*a))).max(1e-30)).max(1e-30).log10()
}
