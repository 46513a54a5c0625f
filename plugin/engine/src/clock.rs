//! How long the audio thread may wait for a decision: exactly as long as the stream is ahead of the wall clock.
//!
//! In playback the stream is not ahead, so nothing is waited for. A host that renders faster than real time gets ahead,
//! whether or not it says that it is offline, and then nothing is missed. Inside a block longer than a hop the later
//! hops are ahead by what of the block has been heard.

use std::{
    thread::Thread,
    time::{Duration, Instant},
};

use songweave_dsp::link::Patience;

/// How long an offline render waits for one decision before it gives up on the inference thread.
const OFFLINE_LIMIT: Duration = Duration::from_secs(20);
/// How long to spin before sleeping.
const SPIN: Duration = Duration::from_micros(200);
/// Sleep between two looks after that.
const NAP: Duration = Duration::from_micros(50);

/// The stream's position against the wall clock.
///
/// # Real-time safety
/// [`Self::begin_block`] reads the monotonic clock and does nothing else. [`Patience::wait`] wakes the inference thread
/// and sleeps, and is entered only while the stream is ahead.
pub struct WallClock {
    inference: Thread,
    sample_rate: f64,
    offline: bool,
    /// When the stream's first sample was due.
    origin: Option<Instant>,
    /// Samples before the present block.
    samples: u64,
    block: u64,
    waiting: Option<(usize, Instant)>,
    gave_up: bool,
}

impl WallClock {
    /// A clock for a stream at a sample rate in Hz. `offline`: wait as long as it takes.
    #[must_use]
    pub const fn new(inference: Thread, sample_rate: f32, offline: bool) -> Self {
        Self {
            inference,
            sample_rate: sample_rate as f64,
            offline,
            origin: None,
            samples: 0,
            block: 0,
            waiting: None,
            gave_up: false,
        }
    }

    /// Must be called at the start of every block of `frames` samples.
    pub fn begin_block(&mut self, frames: usize) {
        self.samples += self.block;
        self.block = frames as u64;
        self.waiting = None;
        let now = Instant::now();
        let due = self.origin.map(|origin| origin + self.seconds(self.samples));
        // A late block moves the origin: time once lost is not made up for by waiting less than nothing.
        if due.is_none_or(|due| due < now) {
            self.origin = now.checked_sub(self.seconds(self.samples));
            if self.origin.is_none() {
                (self.origin, self.samples) = (Some(now), 0);
            }
        }
    }

    /// The stream starts over.
    pub fn reset(&mut self) {
        (self.origin, self.samples, self.block, self.waiting) = (None, 0, 0, None);
    }

    fn seconds(&self, samples: u64) -> Duration {
        Duration::from_secs_f64(samples as f64 / self.sample_rate)
    }

    fn may_wait(&mut self, done: usize, since: Instant, now: Instant) -> bool {
        if self.offline {
            self.gave_up = self.gave_up || now - since > OFFLINE_LIMIT;
            return !self.gave_up;
        }
        self.origin.is_some_and(|origin| now < origin + self.seconds(self.samples + done as u64))
    }
}

impl Patience for WallClock {
    fn wait(&mut self, done: usize) -> bool {
        let now = Instant::now();
        let since = match self.waiting {
            Some((at, since)) if at == done => since,
            _ => now,
        };
        if !self.may_wait(done, since, now) {
            return false;
        }
        self.waiting = Some((done, since));
        self.inference.unpark();
        if now - since < SPIN {
            std::thread::yield_now();
        } else {
            std::thread::sleep(NAP);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock(offline: bool) -> WallClock {
        WallClock::new(std::thread::current(), 48_000.0, offline)
    }

    #[test]
    fn playback_never_waits() {
        let mut clock = clock(false);
        for _ in 0..5 {
            clock.begin_block(480);
            assert!(!clock.wait(0), "a block that is on time is not ahead");
            std::thread::sleep(Duration::from_millis(12));
        }
    }

    #[test]
    fn a_stream_ahead_of_the_clock_waits_for_just_that_long() {
        let mut clock = clock(false);
        for _ in 0..10 {
            clock.begin_block(480);
        }
        let started = Instant::now();
        while clock.wait(480) {}
        let waited = started.elapsed().as_millis();
        // The upper bound is wide, since a busy machine may keep this thread from looking.
        assert!((80..2000).contains(&waited), "100 ms ahead, waited {waited} ms");
    }

    #[test]
    fn a_late_block_does_not_leave_the_stream_behind() {
        let mut clock = clock(false);
        clock.begin_block(480);
        std::thread::sleep(Duration::from_millis(50));
        clock.begin_block(4800);
        assert!(clock.wait(4800), "inside a long block the later hops are ahead");
    }
}
