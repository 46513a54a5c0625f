//! Chance that depends on nothing but what is asked: the same seed, place and question give the same answer.

/// A number in 0…1 (1 excluded) for a question, a hash of its parts (the finaliser of `SplitMix64` after each).
pub(super) fn roll(question: &[u64]) -> f32 {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    for part in question {
        state = mix(state ^ part.wrapping_mul(0xD6E8_FEB8_6659_FD93)).wrapping_add(0x9E37_79B9_7F4A_7C15);
    }
    (mix(state) >> 40) as f32 / (1_u32 << 24) as f32
}

const fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}
