//! What the inference thread tells about itself.

use std::{
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{
            AtomicBool, AtomicU64, AtomicUsize,
            Ordering::{Acquire, Relaxed, Release},
        },
    },
    time::Duration,
};

use crate::{band::view::BandView, follow::Listening, placement::Placement};

/// Durations one by one, for whoever measures; in the plugin nobody asks for them, and nothing is kept.
#[derive(Debug, Default)]
pub struct Durations {
    /// Nanoseconds each.
    kept: OnceLock<Box<[AtomicU64]>>,
    recorded: AtomicUsize,
}

impl Durations {
    /// Has the next `count` durations kept. Only the first call counts.
    pub fn keep(&self, count: usize) {
        self.kept.get_or_init(|| (0..count).map(|_| AtomicU64::new(0)).collect());
    }

    /// Takes one duration, by one thread at a time; beyond those asked for nothing is kept.
    pub fn record(&self, duration: Duration) {
        let place = self.recorded.load(Relaxed);
        if let Some(kept) = self.kept.get().and_then(|kept| kept.get(place)) {
            kept.store(duration.as_nanos() as u64, Relaxed);
            self.recorded.store(place + 1, Release);
        }
    }

    /// How many are kept by now.
    #[must_use]
    pub fn count(&self) -> usize {
        self.recorded.load(Acquire)
    }

    /// Those that are kept by now, in order of time.
    #[must_use]
    pub fn all(&self) -> Vec<Duration> {
        let kept = self.kept.get().map_or(&[][..], |kept| &kept[..self.count()]);
        kept.iter().map(|nanoseconds| Duration::from_nanos(nanoseconds.load(Relaxed))).collect()
    }
}

/// Shared between the inference thread and whoever shows it.
#[derive(Debug, Default)]
pub struct Status {
    /// Time per hop.
    pub durations: Durations,
    /// Whether the system let the thread run at real-time priority.
    pub raised_priority: AtomicBool,
    /// Where the network of Studio runs.
    pub placement: Arc<Placement>,
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
    fn durations_are_kept_exactly_and_only_when_asked_for() {
        let durations = Durations::default();
        durations.record(Duration::from_nanos(7));
        assert_eq!((durations.count(), durations.all()), (0, vec![]));
        durations.keep(3);
        let taken: Vec<Duration> = [1_234_567, 0, 999, 5].map(Duration::from_nanos).to_vec();
        taken.iter().for_each(|&duration| durations.record(duration));
        assert_eq!((durations.count(), durations.all()), (3, taken[..3].to_vec()));
    }
}
