//! The mask that `freeze` holds, where the saved state can read and replace it: without it a frozen mask would be lost with
//! every new stream, and a bounce would not be what was heard.

use std::sync::atomic::{
    AtomicBool, AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
    fence,
};

use crate::{
    exchange::decision::MashDecision,
    stream::layout::{BANDS, PARTS, SONGS},
};

/// Numbers in a mask.
const NUMBERS: usize = SONGS * PARTS * BANDS + PARTS;

/// What is held of a [`MashDecision`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeldMask {
    /// Share of each part in each song, `[song][part][band]`, 0…1.
    pub shares: [[[f32; BANDS]; PARTS]; SONGS],
    /// Who leads, `[part]`, 0 = A … 1 = B.
    pub lead: [f32; PARTS],
}

impl HeldMask {
    /// What is held of a decision.
    #[must_use]
    pub const fn of(decision: &MashDecision) -> Self {
        Self { shares: decision.shares, lead: decision.lead }
    }

    /// Its numbers as bits: the shares, then the lead.
    pub fn bits(&self) -> impl Iterator<Item = u32> {
        self.shares.iter().flatten().flatten().chain(&self.lead).map(|number| number.to_bits())
    }

    /// The mask of such numbers; `None` when they are too few, too many or no shares.
    #[must_use]
    pub fn from_bits(bits: &[u32]) -> Option<Self> {
        let usable = bits.iter().all(|bits| (0.0..=1.0).contains(&f32::from_bits(*bits)));
        (usable && bits.len() == NUMBERS).then(|| {
            let mut mask = Self::of(&MashDecision::UNDECIDED);
            let places = mask.shares.iter_mut().flatten().flatten().chain(&mut mask.lead);
            places.zip(bits).for_each(|(place, bits)| *place = f32::from_bits(*bits));
            mask
        })
    }
}

/// Somebody else writes the mask at this moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Busy;

/// A [`HeldMask`], or none, between the audio thread and the saved state. Nobody ever waits: who comes while another one
/// writes is told so (a sequence lock; Boehm, "Can Seqlocks Get Along With Programming Language Memory Models?", 2012).
#[derive(Debug)]
pub struct FrozenMask {
    /// Odd while somebody writes.
    version: AtomicU32,
    is_there: AtomicBool,
    /// Whether it comes from a state that the audio thread has not taken up yet.
    is_loaded: AtomicBool,
    numbers: [AtomicU32; NUMBERS],
}

impl Default for FrozenMask {
    /// None.
    fn default() -> Self {
        Self {
            version: AtomicU32::new(0),
            is_there: AtomicBool::new(false),
            is_loaded: AtomicBool::new(false),
            numbers: std::array::from_fn(|_| AtomicU32::new(0)),
        }
    }
}

impl FrozenMask {
    /// What is there.
    ///
    /// # Errors
    /// When somebody writes it meanwhile.
    ///
    /// # Real-time safety
    /// Neither allocates nor blocks.
    pub fn read(&self) -> Result<Option<HeldMask>, Busy> {
        let version = self.version.load(Acquire);
        let mut mask = HeldMask::of(&MashDecision::UNDECIDED);
        let places = mask.shares.iter_mut().flatten().flatten().chain(&mut mask.lead);
        places.zip(&self.numbers).for_each(|(place, bits)| *place = f32::from_bits(bits.load(Relaxed)));
        let is_there = self.is_there.load(Relaxed);
        fence(Acquire);
        if version % 2 == 1 || self.version.load(Relaxed) != version {
            return Err(Busy);
        }
        Ok(is_there.then_some(mask))
    }

    /// Replaces it.
    ///
    /// # Errors
    /// When somebody else writes it.
    ///
    /// # Real-time safety
    /// Neither allocates nor blocks.
    pub fn write(&self, mask: Option<&HeldMask>) -> Result<(), Busy> {
        let version = self.version.load(Relaxed);
        if version % 2 == 1 || self.version.compare_exchange(version, version + 1, Acquire, Relaxed).is_err() {
            return Err(Busy);
        }
        fence(Release);
        self.is_there.store(mask.is_some(), Relaxed);
        if let Some(mask) = mask {
            self.numbers.iter().zip(mask.bits()).for_each(|(place, bits)| place.store(bits, Relaxed));
        }
        self.version.store(version.wrapping_add(2), Release);
        Ok(())
    }

    /// Replaces it by what a state holds; the audio thread takes that up while it is frozen.
    ///
    /// # Errors
    /// When the audio thread writes it.
    pub fn load(&self, mask: Option<&HeldMask>) -> Result<(), Busy> {
        self.write(mask)?;
        self.is_loaded.store(mask.is_some(), Release);
        Ok(())
    }

    /// Whether a state has brought one since [`Self::take_up`].
    #[must_use]
    pub(crate) fn is_loaded(&self) -> bool {
        self.is_loaded.load(Acquire)
    }

    /// The audio thread knows what is there.
    pub(crate) fn take_up(&self) {
        self.is_loaded.store(false, Release);
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn mask(value: f32) -> HeldMask {
        HeldMask { shares: [[[value; BANDS]; PARTS]; SONGS], lead: [value; PARTS] }
    }

    #[test]
    fn a_mask_comes_back_from_its_bits_and_damaged_ones_do_not() {
        let mut mask = mask(0.1);
        mask.shares[1][2][3] = 0.7;
        mask.lead[3] = 1.0;
        let bits: Vec<u32> = mask.bits().collect();
        assert_eq!(HeldMask::from_bits(&bits), Some(mask));
        assert_eq!(HeldMask::from_bits(&bits[1..]), None);
        for damage in [f32::NAN, -0.5, 1.5, f32::INFINITY] {
            let mut bits = bits.clone();
            bits[100] = damage.to_bits();
            assert_eq!(HeldMask::from_bits(&bits), None, "{damage}");
        }
    }

    #[test]
    fn a_reader_never_sees_half_a_mask() {
        let frozen = FrozenMask::default();
        assert_eq!(frozen.read(), Ok(None));
        std::thread::scope(|scope| {
            let writer =
                scope.spawn(|| (0..2_000_u16).for_each(|n| frozen.write(Some(&mask(f32::from(n % 2)))).unwrap()));
            while !writer.is_finished() {
                if let Ok(Some(found)) = frozen.read() {
                    assert!(found == mask(0.0) || found == mask(1.0));
                }
            }
        });
        assert_eq!(frozen.read(), Ok(Some(mask(1.0))));
    }
}
