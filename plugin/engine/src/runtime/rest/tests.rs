//! The audio thread and the inference thread on threads of Shuttle, which tries the orders in which they run. A rest never
//! ends by itself here: the thread that waits has to be the one that wakes.
#![allow(clippy::unwrap_used)]

use std::sync::{Arc, atomic::AtomicU64};

use shuttle::thread;
use songweave_dsp::exchange::{
    decision::Decision,
    frame::{AnalysisFrame, Position},
    link::{AudioEnd, link},
};

use super::*;
use crate::runtime::{
    clock::{Time, WallClock},
    inference::answer,
};

/// Samples in a block, which is a hop.
const BLOCK: usize = 512;
/// Hops after which a decision is due.
const DELAY: u64 = 2;
/// Orders that are tried, by a fixed seed.
const ORDERS: usize = 300;

/// What wakes the thread that decides.
#[derive(Clone)]
struct Waker {
    thread: thread::Thread,
    woken: Arc<AtomicBool>,
}

impl Wake for Waker {
    fn wake(&self) {
        self.woken.store(true, Ordering::Relaxed);
        self.thread.unpark();
    }
}

/// Time in microseconds, which passes only while somebody naps.
#[derive(Clone, Default)]
struct ModelledTime(Arc<AtomicU64>);

impl Time for ModelledTime {
    fn now(&self) -> Duration {
        Duration::from_micros(self.0.load(Ordering::Relaxed))
    }

    fn nap(&self, length: Duration) {
        self.0.fetch_add(length.as_micros().max(10) as u64, Ordering::Relaxed);
        thread::yield_now();
    }
}

/// A thread that answers every frame, and what wakes it.
fn inference(stop: Arc<AtomicBool>) -> (AudioEnd, thread::JoinHandle<()>, Waker) {
    let (audio, mut end) = link();
    let mut decide = |frame: &AnalysisFrame| {
        thread::yield_now();
        Some(Decision { position: frame.position, ..Decision::UNDECIDED })
    };
    let turn = move || (!answer(&mut end, &mut decide)).then_some(Duration::ZERO);
    let woken = Arc::new(AtomicBool::new(false));
    let wakes = woken.clone();
    let rest = move |_| {
        // Between the last look and the rest anything may happen.
        thread::yield_now();
        // Shuttle's threads wake without a reason too, which would hide that nobody wakes them.
        while !wakes.swap(false, Ordering::Relaxed) {
            thread::park();
        }
    };
    let inference = thread::spawn(move || serve(&stop, turn, rest));
    let waker = Waker { thread: inference.thread().clone(), woken };
    (audio, inference, waker)
}

/// Renders without pause; every decision has to come.
fn render(offline: bool) {
    let stop = Arc::new(AtomicBool::new(false));
    let (mut audio, inference, waker) = inference(stop.clone());
    let mut clock = WallClock::with_time(ModelledTime::default(), waker.clone(), 48_000.0, offline);
    for hop in 0..6 {
        clock.begin_block(BLOCK);
        audio.send(
            AnalysisFrame { position: Position { generation: 0, hop }, ..AnalysisFrame::default() },
            &[[&[]; 2]; 2],
        );
        let Some(due) = hop.checked_sub(DELAY) else { continue };
        let wanted = Position { generation: 0, hop: due };
        let decision = audio.receive(wanted, 0, &mut clock);
        assert_eq!(decision.map(|decision| decision.position), Some(wanted), "nobody has decided");
        thread::yield_now();
    }
    end(&stop, &waker);
    inference.join().unwrap();
}

#[test]
fn in_every_order_an_offline_render_wakes_whom_it_waits_for() {
    shuttle::check_random_with_seed(|| render(true), 1, ORDERS);
}

#[test]
fn in_every_order_a_render_that_does_not_say_so_wakes_whom_it_waits_for() {
    shuttle::check_random_with_seed(|| render(false), 1, ORDERS);
}

#[test]
fn in_every_order_the_end_ends_a_rest() {
    let play = || {
        let stop = Arc::new(AtomicBool::new(false));
        let (mut audio, inference, waker) = inference(stop.clone());
        audio.send(AnalysisFrame::default(), &[[&[]; 2]; 2]);
        thread::yield_now();
        end(&stop, &waker);
        inference.join().unwrap();
    };
    shuttle::check_random_with_seed(play, 1, ORDERS);
}
