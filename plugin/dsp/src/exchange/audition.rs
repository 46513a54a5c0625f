//! What is listened to on its own while the user holds the mouse button on the mask: a range of frequencies, of one part or of
//! all.
//!
//! It is a monitor, not a setting: no state has it, it is heard at once and not with the audio that it was asked over, and
//! whoever asks must do so again and again. A bounce must not hear it, so only paths that play in real time are given one.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use crate::stream::layout::{BANDS, PARTS, Part};

/// Hops for which a wish is heard, about 0.7 seconds: an editor that no longer draws lets go.
const HOPS: u32 = 64;
/// Places of the numbers in the wish: lowest band, highest band, part (0 = all), hops that are left.
const HIGHEST: u32 = 8;
const PART: u32 = 16;
const LEFT: u32 = 24;

/// A range of frequencies of one part or of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    /// Lowest band.
    pub low: u8,
    /// Highest band.
    pub high: u8,
    /// The part, `None` for all.
    pub part: Option<Part>,
}

impl Region {
    /// Silences everything else in gains `[part][band]`.
    pub(crate) fn keep_in(&self, gains: &mut [[f32; BANDS]; PARTS]) {
        for (part, gains) in gains.iter_mut().enumerate() {
            if self.part.is_some_and(|kept| kept as usize != part) {
                gains.fill(0.0);
            }
            for (band, gain) in gains.iter_mut().enumerate() {
                if band < self.low.into() || band > self.high.into() {
                    *gain = 0.0;
                }
            }
        }
    }
}

/// A [`Region`] or none, from the editor to the audio thread.
///
/// # Real-time safety
/// One atomic number, for which nobody waits.
#[derive(Debug, Default)]
pub struct Audition(AtomicU32);

impl Audition {
    /// Listens to a region for the next 0.7 seconds, or with `None` to everything again at once.
    pub fn hold(&self, region: Option<Region>) {
        let wish = region.map_or(0, |Region { low, high, part }| {
            let part = part.map_or(0, |part| part as u32 + 1);
            u32::from(low) | u32::from(high) << HIGHEST | part << PART | HOPS << LEFT
        });
        self.0.store(wish, Relaxed);
    }

    /// What is to be heard in the next hop.
    #[must_use]
    pub fn next(&self) -> Option<Region> {
        let wish = self.0.load(Relaxed);
        if wish >> LEFT == 0 {
            return None;
        }
        // Fails where the editor has just renewed the wish, which then counts from the beginning.
        let _ = self.0.compare_exchange(wish, wish - (1 << LEFT), Relaxed, Relaxed);
        let part = ((wish >> PART & 0xff) as usize).checked_sub(1).and_then(|part| Part::ALL.get(part).copied());
        Some(Region { low: wish as u8, high: (wish >> HIGHEST) as u8, part })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_is_heard_until_it_is_taken_back_or_no_longer_renewed() {
        let audition = Audition::default();
        assert_eq!(audition.next(), None);
        for part in [None, Some(Part::Vocals), Some(Part::Other)] {
            let region = Region { low: 3, high: 95, part };
            audition.hold(Some(region));
            assert_eq!(audition.next(), Some(region));
        }
        audition.hold(None);
        assert_eq!(audition.next(), None);
        audition.hold(Some(Region { low: 0, high: 0, part: None }));
        assert_eq!((0..2 * HOPS).filter(|_| audition.next().is_some()).count(), HOPS as usize);
    }

    #[test]
    fn of_the_gains_those_of_the_region_stay() {
        let mut gains = [[1.0; BANDS]; PARTS];
        Region { low: 10, high: 12, part: Some(Part::Bass) }.keep_in(&mut gains);
        for (part, gains) in gains.iter().enumerate() {
            for (band, gain) in gains.iter().enumerate() {
                let inside = part == Part::Bass as usize && (10..=12).contains(&band);
                assert_eq!(*gain, f32::from(inside), "part {part}, band {band}");
            }
        }
        let mut gains = [[1.0; BANDS]; PARTS];
        Region { low: 0, high: 95, part: None }.keep_in(&mut gains);
        assert_eq!(gains, [[1.0; BANDS]; PARTS]);
    }
}
