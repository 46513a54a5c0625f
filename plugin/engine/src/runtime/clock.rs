//! How long the audio thread may wait for a decision: exactly as long as the stream is ahead of the wall clock.
//!
//! In playback the stream is not ahead, so nothing is waited for. A host that renders faster than real time gets ahead,
//! whether or not it says that it is offline, and then nothing is missed. Inside a block longer than a hop the later
//! hops are ahead by what of the block has been heard.
//!
//! Blocks that come early are not always a render: a driver makes up for one that came late, and a sound card's clock may run a
//! little fast. So a lead of a few blocks counts for one block at most, and every lead melts while time passes.

use std::{
    thread::Thread,
    time::{Duration, Instant},
};

use songweave_dsp::exchange::link::WaitPolicy;

use super::rest::Wake;

/// How long an offline render waits for one decision before it gives up on the inference thread.
const OFFLINE_LIMIT: Duration = Duration::from_secs(20);
/// How long to spin before sleeping.
const SPIN: Duration = Duration::from_micros(200);
/// Sleep between two looks after that.
const NAP: Duration = Duration::from_micros(50);
/// Share of the passing time by which a lead melts. No sound card is that fast; a render that is no faster needs no lead.
const LEAK: f64 = 0.1;
/// A lead of more blocks than this is a render's: drivers have no more buffers to make up for.
const BUFFERS: f64 = 4.0;
/// The longest lead in seconds, so that a render's is soon gone when it goes over into playback.
const LONGEST: f64 = 1.0;

/// Tells the time and lets it pass.
pub trait Time {
    /// Time since some moment in the past. Never goes back.
    fn now(&self) -> Duration;
    /// Gives way to other threads, for at least so long.
    fn nap(&self, length: Duration);
}

/// The system's monotonic clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemTime(Instant);

impl Default for SystemTime {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Time for SystemTime {
    fn now(&self) -> Duration {
        self.0.elapsed()
    }

    fn nap(&self, length: Duration) {
        if length.is_zero() {
            std::thread::yield_now();
        } else {
            std::thread::sleep(length);
        }
    }
}

/// The stream's position against the wall clock.
///
/// # Real-time safety
/// [`Self::begin_block`] reads the monotonic clock and does nothing else. [`WaitPolicy::wait`], which is called only where a
/// decision is missing, reads it too; it wakes the inference thread and sleeps only while the stream is ahead.
pub struct WallClock<T = SystemTime, W = Thread> {
    time: T,
    inference: W,
    sample_rate: f64,
    offline: bool,
    /// When the present block began, and how far ahead the stream was then; `None` before the first.
    begun: Option<(Duration, f64)>,
    /// Length of the present block in seconds.
    block: f64,
    waiting: Option<(usize, Duration)>,
    gave_up: bool,
}

impl WallClock {
    /// A clock for a stream at a sample rate in Hz. `offline`: wait as long as it takes.
    #[must_use]
    pub fn new(inference: Thread, sample_rate: f32, offline: bool) -> Self {
        Self::with_time(SystemTime::default(), inference, sample_rate, offline)
    }
}

impl<T: Time, W: Wake> WallClock<T, W> {
    /// A clock by another time than the system's; see [`WallClock::new`].
    #[must_use]
    pub const fn with_time(time: T, inference: W, sample_rate: f32, offline: bool) -> Self {
        Self {
            time,
            inference,
            sample_rate: sample_rate as f64,
            offline,
            begun: None,
            block: 0.0,
            waiting: None,
            gave_up: false,
        }
    }

    /// Must be called at the start of every block of `frames` samples.
    pub fn begin_block(&mut self, frames: usize) {
        let now = self.time.now();
        let lead = self.begun.map_or(0.0, |(begun, lead)| {
            let passed = now.saturating_sub(begun).as_secs_f64();
            lead + self.block - (1.0 + LEAK) * passed
        });
        // A late block takes no lead away that is not there: time once lost is not made up for by waiting less than nothing.
        self.begun = Some((now, lead.clamp(0.0, LONGEST)));
        self.block = frames as f64 / self.sample_rate;
        self.waiting = None;
    }

    /// The stream starts over.
    pub const fn reset(&mut self) {
        (self.begun, self.block, self.waiting) = (None, 0.0, None);
    }

    fn may_wait(&mut self, done: usize, since: Duration, now: Duration) -> bool {
        if self.offline {
            self.gave_up = self.gave_up || now.saturating_sub(since) > OFFLINE_LIMIT;
            return !self.gave_up;
        }
        self.begun.is_some_and(|(begun, lead)| {
            let counts = if lead > BUFFERS * self.block { lead } else { lead.min(self.block) };
            now.saturating_sub(begun).as_secs_f64() < counts + done as f64 / self.sample_rate
        })
    }
}

impl<T: Time, W: Wake> WaitPolicy for WallClock<T, W> {
    fn wait(&mut self, done: usize) -> bool {
        let now = self.time.now();
        let since = match self.waiting {
            Some((at, since)) if at == done => since,
            _ => now,
        };
        if !self.may_wait(done, since, now) {
            return false;
        }
        self.waiting = Some((done, since));
        self.inference.wake();
        self.time.nap(if now.saturating_sub(since) < SPIN { Duration::ZERO } else { NAP });
        true
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, rc::Rc};

    use super::*;

    const BLOCK: usize = 480;
    /// Its length in microseconds at 48 kHz.
    const LENGTH: u64 = 10_000;

    /// A time that passes when the test says so, and while somebody naps.
    #[derive(Clone, Default)]
    struct SetTime(Rc<Cell<Duration>>);

    impl SetTime {
        fn pass(&self, microseconds: u64) {
            self.0.set(self.0.get() + Duration::from_micros(microseconds));
        }
    }

    impl Time for SetTime {
        fn now(&self) -> Duration {
            self.0.get()
        }

        fn nap(&self, length: Duration) {
            self.0.set(self.0.get() + length.max(Duration::from_micros(10)));
        }
    }

    fn clock(offline: bool) -> (WallClock<SetTime>, SetTime) {
        let time = SetTime::default();
        (WallClock::with_time(time.clone(), std::thread::current(), 48_000.0, offline), time)
    }

    /// Waits for what never comes; microseconds until it is given up.
    fn waited(clock: &mut WallClock<SetTime>, time: &SetTime, done: usize) -> u128 {
        let started = time.now();
        while clock.wait(done) {}
        (time.now() - started).as_micros()
    }

    /// Plays blocks that begin some microseconds apart; whether the last ones of them would have waited.
    fn play(clock: &mut WallClock<SetTime>, time: &SetTime, blocks: usize, apart: u64) -> bool {
        let mut waits = false;
        for _ in 0..blocks {
            clock.begin_block(BLOCK);
            let before = time.now();
            waits = clock.wait(0);
            // The test has to look without letting time pass.
            time.0.set(before);
            time.pass(apart);
        }
        waits
    }

    #[test]
    fn playback_never_waits() {
        // On time, and with a callback a little late now and then.
        for apart in [LENGTH, LENGTH + 1, LENGTH + 2_000] {
            let (mut clock, time) = clock(false);
            for _ in 0..1_000 {
                clock.begin_block(BLOCK);
                assert_eq!(waited(&mut clock, &time, 0), 0, "blocks {apart} µs apart");
                time.pass(apart);
            }
        }
    }

    #[test]
    fn a_sound_card_that_is_a_little_fast_never_waits() {
        let (mut clock, time) = clock(false);
        // 1,000 ppm, a hundred times what is usual.
        for _ in 0..10_000 {
            assert!(!play(&mut clock, &time, 1, LENGTH - LENGTH / 1_000));
        }
    }

    #[test]
    fn a_late_callback_that_the_driver_makes_up_for_is_forgotten() {
        let (mut clock, time) = clock(false);
        play(&mut clock, &time, 10, LENGTH);
        time.pass(30_000);
        play(&mut clock, &time, 3, 100);
        clock.begin_block(BLOCK);
        assert!((1..=u128::from(LENGTH) + 50).contains(&waited(&mut clock, &time, 0)), "a block at most");
        time.pass(LENGTH);
        assert!(!play(&mut clock, &time, 40, LENGTH), "it waits on and on");
    }

    #[test]
    fn blocks_that_came_early_for_a_while_are_forgotten() {
        let (mut clock, time) = clock(false);
        play(&mut clock, &time, 20, 9_000);
        assert!(!play(&mut clock, &time, 20, LENGTH));
        // Even after a render the lead is gone within seconds.
        assert!(play(&mut clock, &time, 2_000, 100));
        assert!(!play(&mut clock, &time, 1_100, LENGTH));
    }

    #[test]
    fn a_stream_ahead_of_the_clock_waits_for_just_that_long() {
        let (mut clock, time) = clock(false);
        for _ in 0..10 {
            clock.begin_block(BLOCK);
        }
        let waited = waited(&mut clock, &time, BLOCK);
        assert!((100_000..100_100).contains(&waited), "100 ms ahead, waited {waited} µs");
    }

    #[test]
    fn a_late_block_does_not_leave_the_stream_behind() {
        let (mut clock, time) = clock(false);
        clock.begin_block(BLOCK);
        time.pass(50_000);
        clock.begin_block(4_800);
        assert!(clock.wait(4_800), "inside a long block the later hops are ahead");
        assert!((99_000..100_100).contains(&waited(&mut clock, &time, 4_800)));
    }

    #[test]
    fn an_offline_render_waits_for_twenty_seconds_and_then_never_again() {
        let (mut clock, time) = clock(true);
        clock.begin_block(BLOCK);
        assert!((20_000_000..20_001_000).contains(&waited(&mut clock, &time, 0)));
        clock.begin_block(BLOCK);
        assert_eq!(waited(&mut clock, &time, 0), 0);
    }
}
