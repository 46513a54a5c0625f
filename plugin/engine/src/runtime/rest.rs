//! How the inference thread rests while there is nothing to answer, is woken, and ends; the tests try it in many orders.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread::Thread,
    time::Duration,
};

/// Ends the rest of a thread.
pub trait Wake {
    /// Ends the rest that the thread takes, or else the next one.
    fn wake(&self);
}

impl Wake for Thread {
    fn wake(&self) {
        self.unpark();
    }
}

/// Takes turns until [`end`] is called. A turn with nothing to do says how long to `rest` at most.
pub(super) fn serve(stop: &AtomicBool, mut turn: impl FnMut() -> Option<Duration>, mut rest: impl FnMut(Duration)) {
    while !stop.load(Ordering::Acquire) {
        if let Some(longest) = turn() {
            rest(longest);
        }
    }
}

/// Ends [`serve`] on another thread after the turn that it is taking.
pub(super) fn end(stop: &AtomicBool, thread: &impl Wake) {
    stop.store(true, Ordering::Release);
    thread.wake();
}

#[cfg(test)]
mod tests;
