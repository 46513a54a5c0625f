//! Both ends on threads of Shuttle, which tries the orders in which their accesses of the rings can come.

use std::{
    cell::Cell,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use shuttle::thread;

use super::*;
use crate::exchange::decision::{Decided, MashDecision};

/// Samples of a channel in a hop.
const HOP: usize = 3;
/// Tones that come with a decision.
const CHORD: usize = 2;
/// Hops after which a decision is due.
const DELAY: u64 = 2;

thread_local! {
    /// Whether this thread is one of Shuttle's; all of its threads take turns on one of the system's.
    static MODELLED: Cell<bool> = const { Cell::new(false) };
}

pub(crate) fn interleave() {
    if MODELLED.get() {
        thread::yield_now();
    }
}

/// Lets the other thread go on, whosever threads these are.
fn pause() {
    if MODELLED.get() { thread::yield_now() } else { std::thread::yield_now() }
}

/// What happened in all orders that were tried.
#[derive(Debug, Default)]
struct Seen {
    found: AtomicUsize,
    missed: AtomicUsize,
    /// Frames that were lost or not wanted any more.
    skipped: AtomicUsize,
}

impl Seen {
    fn assert_all(&self) {
        for (happened, what) in [(&self.found, "found"), (&self.missed, "missed"), (&self.skipped, "skipped")] {
            assert!(happened.load(Relaxed) > 100, "hardly any {what}: {self:?}");
        }
    }
}

/// A stream that is reset.
#[derive(Clone, Copy)]
struct Stream {
    hops: u64,
    /// Hops before the reset.
    reset: u64,
    /// How many frames the rings hold.
    frames: usize,
    /// How often the inference thread looks for a frame.
    looks: usize,
}

impl Stream {
    fn position(self, hop: u64) -> Position {
        // Numbers of hops begin anew, so only the generation tells their frames apart.
        let generation = u32::from(hop >= self.reset);
        Position { generation, hop: hop - u64::from(generation) * self.reset }
    }

    /// Plays it once, in the order that Shuttle chooses.
    fn play(self, seen: &Arc<Seen>) {
        MODELLED.set(true);
        let (audio, inference) = link_with(&self.sizes());
        let decides = thread::spawn({
            let seen = seen.clone();
            move || self.decide(inference, &seen)
        });
        self.hear(audio, seen);
        decides.join().unwrap();
        MODELLED.set(false);
    }

    /// Plays it on two threads of the system: for Miri, which tries what a processor may do with each access.
    fn play_for_real(self, seen: &Arc<Seen>) {
        let (audio, inference) = link_with(&self.sizes());
        let decides = std::thread::spawn({
            let seen = seen.clone();
            move || self.decide(inference, &seen)
        });
        self.hear(audio, seen);
        decides.join().unwrap();
    }

    const fn sizes(self) -> Sizes {
        Sizes { frames: self.frames, tones: 64, samples: SONGS * CHANNELS * HOP }
    }

    /// The audio thread: sends a frame a hop and takes what has been decided about the one before the one before.
    fn hear(self, mut audio: AudioEnd, seen: &Seen) {
        for hop in 0..self.hops {
            if hop == self.reset {
                audio.forget_before(1);
            }
            let position = self.position(hop);
            let samples = sound(position);
            audio.send(
                AnalysisFrame { position, ..AnalysisFrame::default() },
                &samples.each_ref().map(|song| song.each_ref().map(|channel| &channel[..])),
            );
            let Some(due) = position.hop.checked_sub(DELAY) else { continue };
            let wanted = Position { hop: due, ..position };
            let Some(decision) = audio.receive(wanted, 0, &mut NeverWait) else {
                seen.missed.fetch_add(1, Relaxed);
                continue;
            };
            assert_eq!(decision, decided(wanted), "a decision about another frame");
            assert_eq!(audio.tones(wanted).count(), CHORD, "a decision without its tones");
            seen.found.fetch_add(1, Relaxed);
        }
    }

    /// The inference thread: decides about every frame that it finds.
    fn decide(self, mut inference: InferenceEnd, seen: &Seen) {
        let mut last = None;
        for _ in 0..self.looks {
            let Some(frame) = inference.next_frame() else {
                pause();
                continue;
            };
            let position = frame.position;
            assert!(last.is_none_or(|last| is_older(last, position)), "a frame comes twice or out of its order");
            let next =
                last.filter(|last: &Position| last.generation == position.generation).map_or(0, |last| last.hop + 1);
            seen.skipped.fetch_add((position.hop - next) as usize, Relaxed);
            last = Some(position);
            let sent = sound(position);
            let heard = inference.samples().unwrap();
            for (sent, heard) in sent.iter().flatten().zip(heard.as_flattened()) {
                assert_eq!(sent, heard, "the samples of another frame");
            }
            inference.send(decided(position), &[ToneFrame { position, ..ToneFrame::SILENT }; CHORD]);
        }
    }
}

/// Samples of a frame, `[song][channel][sample]`, no two of them alike.
fn sound(position: Position) -> [[[f32; HOP]; CHANNELS]; SONGS] {
    let first = (100 * position.generation as usize + position.hop as usize) * SONGS * CHANNELS * HOP;
    let sample = |song: usize, channel: usize, n: usize| first + (song * CHANNELS + channel) * HOP + n;
    std::array::from_fn(|song| std::array::from_fn(|channel| std::array::from_fn(|n| sample(song, channel, n) as f32)))
}

fn decided(position: Position) -> Decision {
    let lead = [position.hop as f32, position.generation as f32, 0.0, 0.0];
    Decision { position, decided: Decided::Mash(MashDecision { lead, ..MashDecision::UNDECIDED }) }
}

#[test]
#[cfg_attr(miri, ignore = "Shuttle switches stacks by itself")]
fn in_no_order_does_a_decision_reach_another_frame() {
    let seen = Arc::new(Seen::default());
    let stream = Stream { hops: 9, reset: 5, frames: 2, looks: 16 };
    let played = seen.clone();
    shuttle::check_random_with_seed(move || stream.play(&played), 1, 3_000);
    seen.assert_all();
}

#[test]
#[cfg_attr(miri, ignore = "Shuttle switches stacks by itself")]
fn in_none_of_all_orders_of_three_hops_does_it_either() {
    let seen = Arc::new(Seen::default());
    let stream = Stream { hops: DELAY + 1, reset: DELAY + 1, frames: 1, looks: 3 };
    let played = seen.clone();
    shuttle::check_dfs(move || stream.play(&played), None);
    seen.assert_all();
}

#[test]
fn on_threads_of_the_system_no_decision_reaches_another_frame() {
    let seen = Arc::new(Seen::default());
    Stream { hops: 9, reset: 5, frames: 2, looks: 60 }.play_for_real(&seen);
}
