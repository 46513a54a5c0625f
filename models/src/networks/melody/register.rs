//! Where a melody lies.

use super::{PITCHES, REACH, WIDEST};

/// The key and the range of a melody. Pitches are counted from the tonic in its middle, so that a melody is the same in every
/// key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Register {
    /// Pitch class of the tonic, 0 = C … 11 = B.
    pub tonic: u8,
    /// Whether the key is minor.
    pub minor: bool,
    /// Lowest MIDI key.
    pub low: u8,
    /// Highest MIDI key, at least the lowest.
    pub high: u8,
}

impl Register {
    /// A register of any two keys: the lower one first, at most [`WIDEST`] semitones around the middle.
    #[must_use]
    pub fn new(tonic: u8, minor: bool, ends: (u8, u8)) -> Self {
        let (low, high) = (ends.0.min(ends.1).min(127), ends.0.max(ends.1).min(127));
        let too_wide = (high - low).saturating_sub(WIDEST);
        Self { tonic: tonic % 12, minor, low: low + too_wide.div_ceil(2), high: high - too_wide / 2 }
    }

    /// MIDI key of the tonic nearest to the middle; the lower one of two.
    #[must_use]
    pub const fn anchor(&self) -> i32 {
        let middle = (self.low as i32 + self.high as i32).div_euclid(2);
        middle - 5 + (self.tonic as i32 - (middle - 5)).rem_euclid(12)
    }

    /// The pitch of a MIDI key, 1…[`PITCHES`] − 1; `None` where it is out of reach.
    #[must_use]
    pub fn pitch(&self, key: u8) -> Option<usize> {
        let above = i32::from(key) - self.anchor() + REACH;
        (0..=2 * REACH).contains(&above).then_some(above as usize + 1)
    }

    /// The MIDI key of a pitch; `None` of a rest or where there is no such key.
    #[must_use]
    pub fn key(&self, pitch: usize) -> Option<u8> {
        let above = i32::try_from(pitch.checked_sub(1).filter(|_| pitch < PITCHES)?).ok()?;
        u8::try_from(self.anchor() - REACH + above).ok().filter(|key| *key < 128)
    }

    /// Whether a pitch is a rest or lies in the range.
    #[must_use]
    pub fn allows(&self, pitch: usize) -> bool {
        pitch == 0 || self.key(pitch).is_some_and(|key| (self.low..=self.high).contains(&key))
    }

    /// The range as the network hears it: its ends in units of the reach above the anchor.
    pub(super) fn ends(&self) -> [f32; 2] {
        [self.low, self.high].map(|key| (i32::from(key) - self.anchor()) as f32 / REACH as f32)
    }
}
