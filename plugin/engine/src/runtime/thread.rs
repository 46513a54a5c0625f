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
    band::instruments::ToneFrame,
    exchange::{
        controls::{Mode, TuneControls, TuneTarget},
        decision::Decision,
        frame::{AnalysisFrame, Heard, Position, SingerHeard, SongsHeard, Transport},
        link::{AudioEnd, HopSamples, InferenceEnd, link_for},
    },
    stream::layout::StreamLayout,
};

use crate::{
    band::{Band, take::shared::SharedTake, view::BandView},
    follow::Listening,
    placement::DeviceUse,
    runtime::{
        clock::WallClock,
        fault::{NetworkFault, StartError},
        inference::{Decide, answer},
        pipeline::Pipeline,
        rest::{end, serve},
        slot::ModelSlot,
        status::Status,
    },
    scheduling::{self, Urgency},
};

/// Pause between two looks at the ring while frames arrive. The audio thread may make no system call, so it cannot wake
/// this thread; a tenth of a hop is soon enough.
const POLL: Duration = Duration::from_millis(1);
/// Pause once nothing has arrived for [`IDLE_AFTER`].
const IDLE_POLL: Duration = Duration::from_millis(5);
const IDLE_AFTER: Duration = Duration::from_secs(2);
/// Hops of Mash run before audio starts, so that code and weights are in the caches.
const WARM_UP: usize = 8;
/// Hops of Accompany run before audio starts: a bar, so that every network of the band has its turn.
const WARM_UP_BAND: usize = 96;
/// Tempo of the warm-up in beats per minute.
const WARM_UP_TEMPO: f64 = 300.0;

/// A running inference thread.
pub struct Engine {
    stop: Arc<AtomicBool>,
    handle: Option<JoinHandle<()>>,
    layout: StreamLayout,
}

impl Engine {
    /// Starts a thread with a fresh network from the slot, warmed up before this returns. A `device` is asked to run the
    /// network of Studio, and the status tells where it runs. What was learned into `take` is known from the first step on.
    ///
    /// # Errors
    /// When the network or the thread cannot be had.
    pub fn start(
        layout: StreamLayout,
        slot: Arc<ModelSlot>,
        status: Arc<Status>,
        take: Arc<SharedTake>,
        device: Option<DeviceUse>,
    ) -> Result<(Self, AudioEnd), StartError> {
        let (audio, inference) = link_for(&layout);
        let mut pipeline = Pipeline::new(slot.network()?, Band::embedded()?);
        warm_up(&mut pipeline);
        pipeline.share(take)?;
        let pipeline = pipeline.with_studio(slot.studio(&layout, device, &status.placement)?);
        status.set_fault(None);
        status.tell(&Listening::NOTHING, &BandView::default());
        let stop = Arc::new(AtomicBool::new(false));
        let worker =
            Worker { end: inference, guarded: Guarded { pipeline, status, broken: false }, slot, stop: stop.clone() };
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
        if let Some(handle) = self.handle.take() {
            end(&self.stop, handle.thread());
            // The thread contains panics of the network; one of its own has already been printed.
            let _ = handle.join();
        }
    }
}

/// Runs every network once through what it does in a stream, and forgets all of it.
fn warm_up(pipeline: &mut Pipeline) {
    for frame in warm_up_frames() {
        // A network that fails here fails again at the first frame, where it is reported.
        let _ = catch_unwind(AssertUnwindSafe(|| pipeline.step(&frame)));
    }
    pipeline.forget();
}

/// Two songs, then somebody who sings to a band at 300 BPM, with a melody to be tuned to.
fn warm_up_frames() -> impl Iterator<Item = AnalysisFrame> {
    let frame = |hop: usize| {
        let position = Position { generation: 0, hop: hop as u64 };
        let heard = Heard::Mash(SongsHeard { b_present: true, ..SongsHeard::SILENT });
        AnalysisFrame { position, heard, ..AnalysisFrame::default() }
    };
    let songs = (0..WARM_UP).map(frame);
    let sung = (0..WARM_UP_BAND).map(move |hop| {
        let mut frame = frame(hop);
        frame.controls.mode = Mode::Accompany;
        frame.heard = Heard::Accompany(SingerHeard::default());
        frame.controls.band.chord_root = Some(0);
        frame.controls.tune =
            TuneControls { amount: 1.0, target: TuneTarget::Melody, key: Some(0), ..TuneControls::OFF };
        let beats = hop as f64 * f64::from(frame.hop_seconds()) * WARM_UP_TEMPO / 60.0;
        frame.transport =
            Transport { playing: true, tempo: Some(WARM_UP_TEMPO), beats: Some(beats), ..Transport::default() };
        frame
    });
    songs.chain(sung)
}

struct Worker {
    end: InferenceEnd,
    guarded: Guarded,
    slot: Arc<ModelSlot>,
    stop: Arc<AtomicBool>,
}

impl Worker {
    fn run(mut self) {
        self.guarded.status.raised_priority.store(scheduling::raise(Urgency::Hop), Ordering::Relaxed);
        let _fine_sleep = scheduling::FineSleep::new();
        let (stop, mut last_frame) = (self.stop.clone(), Instant::now());
        serve(&stop, || self.turn(&mut last_frame), thread::park_timeout);
    }

    /// Answers a frame; where none has come, says how long to rest.
    fn turn(&mut self, last_frame: &mut Instant) -> Option<Duration> {
        self.take_network();
        let now = Instant::now();
        if !answer(&mut self.end, &mut self.guarded) {
            return Some(if last_frame.elapsed() > IDLE_AFTER { IDLE_POLL } else { POLL });
        }
        *last_frame = now;
        let Guarded { pipeline, status, .. } = &self.guarded;
        status.tell(pipeline.listening(), pipeline.band());
        status.durations.record(now.elapsed());
        None
    }

    fn take_network(&mut self) {
        if let Some(network) = self.slot.take_offered() {
            self.guarded.pipeline.replace(network);
            self.guarded.broken = false;
            self.guarded.status.set_fault(None);
        }
    }
}

/// The pipeline, whose faults and panics end its deciding and are told.
struct Guarded {
    pipeline: Pipeline,
    status: Arc<Status>,
    broken: bool,
}

impl Guarded {
    /// From here on the last decision is held.
    fn give_up(&mut self, fault: &NetworkFault) {
        self.broken = true;
        self.status.set_fault(Some(fault.to_string()));
    }
}

impl Decide for Guarded {
    fn hear(&mut self, frame: &AnalysisFrame, samples: &HopSamples<'_>) {
        if self.broken {
            return;
        }
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.pipeline.hear(frame, samples))) {
            self.give_up(&NetworkFault(message(panic.as_ref())));
        }
    }

    fn decide(&mut self, frame: &AnalysisFrame) -> Option<Decision> {
        if !self.broken {
            let outcome = catch_unwind(AssertUnwindSafe(|| self.pipeline.step(frame)));
            let fault = match outcome {
                Ok(Ok(decision)) => return Some(decision),
                Ok(Err(fault)) => fault,
                Err(panic) => NetworkFault(message(panic.as_ref())),
            };
            self.give_up(&fault);
        }
        Some(self.pipeline.hold(frame))
    }

    fn tones(&self) -> &[ToneFrame] {
        self.pipeline.tones()
    }
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied().or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("no reason given").to_owned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use songweave_dsp::exchange::decision::MashDecision;

    use super::*;

    fn pipeline() -> Pipeline {
        Pipeline::new(ModelSlot::embedded().unwrap().network().unwrap(), Band::embedded().unwrap())
    }

    #[test]
    fn the_warm_up_runs_every_network() {
        let mut pipeline = pipeline();
        let (mut shares, mut notes, mut tones, mut melody) = (0, 0, 0, 0);
        for frame in warm_up_frames() {
            let decision = pipeline.step(&frame).unwrap();
            if let Some(mash) = decision.mash() {
                shares += usize::from(mash.shares != MashDecision::UNDECIDED.shares);
            }
            if let Some(band) = decision.accompany() {
                notes += band.step.notes().count();
                melody += usize::from(band.tune.melody.is_some());
            }
            tones += pipeline.tones().len();
        }
        assert!(shares > 0 && notes > 0 && tones > 0 && melody > 0, "{shares} {notes} {tones} {melody}");
    }

    #[test]
    fn nothing_of_the_warm_up_is_remembered() {
        let (mut fresh, mut warm) = (pipeline(), pipeline());
        warm_up(&mut warm);
        for frame in warm_up_frames() {
            assert_eq!(fresh.step(&frame), warm.step(&frame));
            assert_eq!(fresh.tones(), warm.tones());
        }
    }
}
