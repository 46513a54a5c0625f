//! Numbers at random, the same for the same seed on every system.

/// The generator of Steele, Lea and Flood ("Fast splittable pseudorandom number generators", 2014), of 64 bits.
///
/// ```
/// use songweave_library::random::SplitMix64;
///
/// let (mut one, mut other) = (SplitMix64(7), SplitMix64(7));
/// assert_eq!(one.bits(), other.bits());
/// assert!((-0.5..0.5).contains(&one.centred()));
/// ```
#[derive(Debug, Clone)]
pub struct SplitMix64(pub u64);

impl SplitMix64 {
    /// 64 random bits.
    pub const fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut value = self.0;
        value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        value ^ (value >> 31)
    }

    /// A number from -0.5 to 0.5.
    pub fn centred(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1 << 24) as f32 - 0.5
    }
}
