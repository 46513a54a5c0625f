//! Seeded random numbers (xoshiro256++), the same on every machine.
//!
//! Written here since training sets are told by their seeds and must come out the same for ever: no release of a library may change
//! how a number, a choice or a distribution is drawn.

/// A random number generator.
///
/// ```
/// use songweave_score::random::Random;
///
/// let (mut one, mut other) = (Random::new(7), Random::new(7));
/// assert_eq!(one.unit(), other.unit());
/// assert!((-1.0..=1.0).contains(&one.noise()));
/// ```
#[derive(Debug, Clone)]
pub struct Random {
    state: [u64; 4],
}

impl Random {
    /// A generator that gives the same numbers for the same seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut mixed = seed;
        Self { state: std::array::from_fn(|_| split_mix(&mut mixed)) }
    }

    /// A generator for one of many independent tasks of the same seed.
    #[must_use]
    pub fn for_task(seed: u64, task: u64) -> Self {
        let mut mixed = seed;
        Self::new(split_mix(&mut mixed) ^ task.wrapping_mul(0xD6E8_FEB8_6659_FD93))
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        let state = &mut self.state;
        let out = state[0].wrapping_add(state[3]).rotate_left(23).wrapping_add(state[0]);
        let shifted = state[1] << 17;
        state[2] ^= state[0];
        state[3] ^= state[1];
        state[1] ^= state[2];
        state[0] ^= state[3];
        state[2] ^= shifted;
        state[3] = state[3].rotate_left(45);
        out
    }

    /// Uniform in 0…1.
    pub fn unit(&mut self) -> f32 {
        (self.bits() >> 40) as f32 / (1u32 << 24) as f32
    }

    /// Uniform between two values.
    pub fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// Uniform in -1…1: white noise.
    pub fn noise(&mut self) -> f32 {
        2.0 * self.unit() - 1.0
    }

    /// Normal distribution with mean 0 and deviation 1 (twelve uniform numbers; ends at ±6).
    pub fn normal(&mut self) -> f32 {
        (0..12).map(|_| self.unit()).sum::<f32>() - 6.0
    }

    /// True with this probability.
    pub fn chance(&mut self, probability: f32) -> bool {
        self.unit() < probability
    }

    /// An index below `count`; 0 for none.
    pub fn index(&mut self, count: usize) -> usize {
        if count == 0 { 0 } else { (self.bits() % count as u64) as usize }
    }

    /// One of the items; `None` of nothing.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.index(items.len()))
    }
}

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut out = *state;
    out = (out ^ (out >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    out = (out ^ (out >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    out ^ (out >> 31)
}

/// A number from a name (FNV-1a), for splits that do not change when songs are added.
#[must_use]
pub fn hash(name: &str) -> u64 {
    name.bytes().fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_numbers_and_another_seed_others() {
        let draw = |mut random: Random| -> Vec<u64> { (0..8).map(|_| random.bits()).collect() };
        assert_eq!(draw(Random::for_task(1, 2)), draw(Random::for_task(1, 2)));
        assert_ne!(draw(Random::for_task(1, 2)), draw(Random::for_task(1, 3)));
        assert_ne!(draw(Random::for_task(1, 2)), draw(Random::for_task(2, 2)));
    }

    #[test]
    fn numbers_are_spread_as_they_should_be() {
        let mut random = Random::new(5);
        let units: Vec<f32> = (0..20_000).map(|_| random.unit()).collect();
        let mean = units.iter().sum::<f32>() / 20_000.0;
        assert!((mean - 0.5).abs() < 0.01, "mean {mean}");
        assert!(units.iter().all(|unit| (0.0..1.0).contains(unit)));
        let deviation = ((0..20_000).map(|_| random.normal().powi(2)).sum::<f32>() / 20_000.0).sqrt();
        assert!((deviation - 1.0).abs() < 0.05, "deviation {deviation}");
        assert_eq!(random.index(0), 0);
        assert!(random.pick::<u8>(&[]).is_none());
    }
}
