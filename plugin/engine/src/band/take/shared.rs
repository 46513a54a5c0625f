//! The take as the inference thread, the saved state and the editor share it. The audio thread uses nothing of it.

use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use super::{
    beat::SungBeat,
    learned::{Sheet, Take},
    view::SongView,
};
use crate::band::{heard::StepHeard, place::Place};

/// A take with whoever wants to know whether it has changed.
#[derive(Debug, Default)]
pub struct SharedTake {
    take: Mutex<Take>,
    /// Counts changes of what was heard, and of what the user has put down.
    heard: AtomicU64,
    sheet: AtomicU64,
    shown: Mutex<Arc<SongView>>,
}

/// How often a take has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Changes {
    /// What was heard.
    pub heard: u64,
    /// What the user has put down.
    pub sheet: u64,
}

impl SharedTake {
    /// The take as it is now.
    #[must_use]
    pub fn take(&self) -> Take {
        locked(&self.take).clone()
    }

    /// Whether nothing was learned.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        locked(&self.take).is_empty()
    }

    /// Puts another take in its place: one that was saved, or an empty one to forget.
    pub fn replace(&self, take: Take) {
        let mut present = locked(&self.take);
        if *present != take {
            *present = take;
            self.heard.fetch_add(1, Ordering::Release);
        }
    }

    /// Learns a complete step; see [`Take::learn`].
    pub fn learn(&self, ticks: i64, place: &Place, heard: &StepHeard) {
        locked(&self.take).learn(ticks, place, heard);
        self.heard.fetch_add(1, Ordering::Release);
    }

    /// Tells what beat the song was sung to.
    pub fn tell(&self, beat: SungBeat) {
        locked(&self.take).beat = beat;
    }

    /// What beat the song was sung to.
    #[must_use]
    pub fn beat(&self) -> SungBeat {
        locked(&self.take).beat
    }

    /// Changes what the user has put down.
    pub fn edit(&self, change: impl FnOnce(&mut Sheet)) {
        change(&mut locked(&self.take).sheet);
        self.sheet.fetch_add(1, Ordering::Release);
    }

    /// How often it has changed.
    #[must_use]
    pub fn changes(&self) -> Changes {
        Changes { heard: self.heard.load(Ordering::Acquire), sheet: self.sheet.load(Ordering::Acquire) }
    }

    /// The song as it is planned.
    #[must_use]
    pub fn shown(&self) -> Arc<SongView> {
        locked(&self.shown).clone()
    }

    /// Shows the song as it is planned.
    pub fn show(&self, view: SongView) {
        *locked(&self.shown) = Arc::new(view);
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
