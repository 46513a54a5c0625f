//! The inference thread: one per plugin instance, named, at raised priority where the system allows, joined on drop.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use songweave_dsp::{
    frame::{AnalysisFrame, Decision, Position},
    layout::StreamLayout,
    link::{AudioEnd, InferenceEnd, link},
};
use songweave_models::WeightError;
use thread_priority::ThreadPriority;

use crate::{
    band::{Band, BandView},
    clock::WallClock,
    listen::Listening,
    pipeline::{NetworkFault, Pipeline},
    slot::ModelSlot,
    status::Status,
};

/// Pause between two looks at the ring while frames arrive. The audio thread may make no system call, so it cannot wake
/// this thread; a tenth of a hop is soon enough.
const POLL: Duration = Duration::from_millis(1);
/// Pause once nothing has arrived for [`IDLE_AFTER`].
const IDLE_POLL: Duration = Duration::from_millis(5);
const IDLE_AFTER: Duration = Duration::from_secs(2);
/// Hops run before audio starts, so that code and weights are in the caches.
const WARM_UP: usize = 8;
/// Low among the real-time priorities: below every audio thread, above everything else.
const PRIORITY: u8 = 5;

/// Why the inference thread did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The network cannot be built.
    #[error("The network cannot be started: {0}")]
    Network(#[from] WeightError),
    /// The system refuses another thread.
    #[error("The system refuses to start the inference thread ({0}); close other programs and try again.")]
    Thread(#[from] std::io::Error),
}

/// A running inference thread.
pub struct Engine {
    stop: Arc<AtomicBool>,
    handle: Option<JoinHandle<()>>,
    layout: StreamLayout,
}

impl Engine {
    /// Starts a thread with a fresh network from the slot, warmed up before this returns.
    ///
    /// # Errors
    /// When the network or the thread cannot be had.
    pub fn start(
        layout: StreamLayout,
        slot: Arc<ModelSlot>,
        status: Arc<Status>,
    ) -> Result<(Self, AudioEnd), StartError> {
        let (audio, inference) = link();
        let mut pipeline = Pipeline::new(slot.network()?, Band::embedded()?);
        warm_up(&mut pipeline);
        status.set_fault(None);
        status.tell(&Listening::NOTHING, &BandView::default());
        let stop = Arc::new(AtomicBool::new(false));
        let worker = Worker { end: inference, pipeline, slot, status, stop: stop.clone(), broken: false };
        let handle = thread::Builder::new().name("songweave-inference".into()).spawn(move || worker.run())?;
        Ok((Self { stop, handle: Some(handle), layout }, audio))
    }

    /// The clock for this engine's audio thread; see [`WallClock`] for `offline`.
    #[must_use]
    pub fn clock(&self, offline: bool) -> Option<WallClock> {
        let thread = self.handle.as_ref()?.thread().clone();
        Some(WallClock::new(thread, self.layout.sample_rate, offline))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Release);
        if let Some(handle) = self.handle.take() {
            handle.thread().unpark();
            // The thread contains panics of the network; one of its own has already been printed.
            let _ = handle.join();
        }
    }
}

fn warm_up(pipeline: &mut Pipeline) {
    let frame = AnalysisFrame {
        // No stream begins with this generation, so the first real frame makes the network forget these.
        position: Position { generation: u32::MAX, hop: 0 },
        b_present: true,
        ..AnalysisFrame::default()
    };
    for _ in 0..WARM_UP {
        // A network that fails here fails again at the first frame, where it is reported.
        let _ = catch_unwind(AssertUnwindSafe(|| pipeline.step(&frame)));
    }
}

struct Worker {
    end: InferenceEnd,
    pipeline: Pipeline,
    slot: Arc<ModelSlot>,
    status: Arc<Status>,
    stop: Arc<AtomicBool>,
    broken: bool,
}

impl Worker {
    fn run(mut self) {
        self.raise_priority();
        // Whatever a tensor library hands to rayon stays on this thread.
        let _pool = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
        let mut last_frame = Instant::now();
        while !self.stop.load(Ordering::Acquire) {
            self.take_network();
            if let Some(frame) = self.end.next_frame() {
                last_frame = Instant::now();
                let decision = self.decide(&frame);
                self.end.send(decision, self.pipeline.tones());
                self.status.tell(self.pipeline.listening(), self.pipeline.band());
                self.status.durations.record(last_frame.elapsed());
            } else {
                let idle = last_frame.elapsed() > IDLE_AFTER;
                thread::park_timeout(if idle { IDLE_POLL } else { POLL });
            }
        }
    }

    fn take_network(&mut self) {
        if let Some(network) = self.slot.take_offered() {
            self.pipeline.replace(network);
            self.broken = false;
            self.status.set_fault(None);
        }
    }

    fn decide(&mut self, frame: &AnalysisFrame) -> Decision {
        if !self.broken {
            let outcome = catch_unwind(AssertUnwindSafe(|| self.pipeline.step(frame)));
            let fault = match outcome {
                Ok(Ok(decision)) => return decision,
                Ok(Err(fault)) => fault,
                Err(panic) => NetworkFault(message(panic.as_ref())),
            };
            self.broken = true;
            self.status.set_fault(Some(fault.to_string()));
        }
        self.pipeline.hold(frame)
    }

    fn raise_priority(&self) {
        let raised = PRIORITY.try_into().map(ThreadPriority::Crossplatform).is_ok_and(set_priority);
        self.status.raised_priority.store(raised, Ordering::Relaxed);
    }
}

#[cfg(unix)]
fn set_priority(priority: ThreadPriority) -> bool {
    use thread_priority::{
        RealtimeThreadSchedulePolicy, ThreadSchedulePolicy, set_thread_priority_and_policy, thread_native_id,
    };
    let policy = ThreadSchedulePolicy::Realtime(RealtimeThreadSchedulePolicy::Fifo);
    set_thread_priority_and_policy(thread_native_id(), priority, policy).is_ok()
}

#[cfg(not(unix))]
fn set_priority(priority: ThreadPriority) -> bool {
    thread_priority::set_current_thread_priority(priority).is_ok()
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no reason given").to_owned()
}
