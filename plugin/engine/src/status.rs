//! What the inference thread tells about itself.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
    },
    time::Duration,
};

use crate::{band::BandView, listen::Listening};

/// Buckets per octave of [`Durations`].
const PER_OCTAVE: f64 = 8.0;
const BUCKETS: usize = 192;

/// Counts of durations in buckets of an eighth of an octave from 1 µs on, so percentiles are right to 9 %.
#[derive(Debug)]
pub struct Durations([AtomicU32; BUCKETS]);

impl Default for Durations {
    fn default() -> Self {
        Self(std::array::from_fn(|_| AtomicU32::new(0)))
    }
}

impl Durations {
    /// Counts one duration.
    pub fn record(&self, duration: Duration) {
        let micros = (duration.as_secs_f64() * 1e6).max(1.0);
        let bucket = (micros.log2() * PER_OCTAVE) as usize;
        self.0[bucket.min(BUCKETS - 1)].fetch_add(1, Relaxed);
    }

    /// How many were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.0.iter().map(|count| u64::from(count.load(Relaxed))).sum()
    }

    /// The duration in µs that a share (0…1) of all stays below, 0 when nothing was counted.
    #[must_use]
    pub fn percentile(&self, share: f64) -> f64 {
        let wanted = (self.count() as f64 * share).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (bucket, count) in self.0.iter().enumerate() {
            seen += u64::from(count.load(Relaxed));
            if seen >= wanted {
                return ((bucket + 1) as f64 / PER_OCTAVE).exp2();
            }
        }
        0.0
    }
}

/// Shared between the inference thread and whoever shows it.
#[derive(Debug, Default)]
pub struct Status {
    /// Time per hop.
    pub durations: Durations,
    /// Whether the system let the thread run at real-time priority.
    pub raised_priority: AtomicBool,
    fault: Mutex<Option<String>>,
    listening: Mutex<Listening>,
    band: Mutex<BandView>,
}

impl Status {
    /// The sentence about what went wrong, if anything did.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sets or clears the sentence.
    pub fn set_fault(&self, fault: Option<String>) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }

    /// What is known of the songs' keys and tempi.
    #[must_use]
    pub fn listening(&self) -> Listening {
        *self.listening.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is known of the music that the band accompanies.
    #[must_use]
    pub fn band(&self) -> BandView {
        *self.band.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells what is known of the songs and of the band's music. Left out while somebody reads: the next hop tells it again.
    pub fn tell(&self, listening: &Listening, band: &BandView) {
        if let Ok(mut told) = self.listening.try_lock() {
            *told = *listening;
        }
        if let Ok(mut told) = self.band.try_lock() {
            *told = *band;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_right_to_a_bucket() {
        let durations = Durations::default();
        assert_eq!(durations.percentile(0.5), 0.0);
        (1..=1000).for_each(|micros| durations.record(Duration::from_micros(micros)));
        for (share, wanted) in [(0.5, 500.0), (0.99, 990.0)] {
            let found = durations.percentile(share);
            assert!((found / wanted - 1.0_f64).abs() < 0.1, "{share}: {found}");
        }
    }
}
