//! The rings between the audio thread and the inference thread.
//!
//! Frames go out, tones and decisions come back, each in order, each addressed by its [`Position`]. A full ring loses a frame, a
//! late decision is dropped by its number; neither ever blocks.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use ringbuf::{
    HeapCons, HeapProd,
    traits::{Consumer, Observer, Producer},
};

use crate::{
    band::instruments::ToneFrame,
    exchange::{
        decision::Decision,
        frame::{AnalysisFrame, Position},
    },
    stream::{
        layout::{CHANNELS, SONGS, StreamLayout},
        ring::touched,
    },
};

/// Frames that may wait for the inference thread: about two and a half seconds.
pub const CAPACITY: usize = 256;
/// Tones that may wait for the audio thread: a quarter of a second of every voice at its busiest.
const TONES: usize = 4096;

/// The newest hop of both songs, `[song][channel][sample]`.
pub type HopSamples<'a> = [[&'a [f32]; CHANNELS]; SONGS];

/// Decides how long the audio thread may look for a missing decision.
pub trait WaitPolicy {
    /// Called while the decision for a frame is missing, `done` samples into the host's block. Returns `true` to look
    /// once more, having given the inference thread some time, or `false` to go on without. Must not allow waiting for
    /// ever.
    fn wait(&mut self, done: usize) -> bool;
}

/// Never waits.
#[derive(Debug, Clone, Copy, Default)]
pub struct NeverWait;

impl WaitPolicy for NeverWait {
    fn wait(&mut self, _done: usize) -> bool {
        false
    }
}

/// The audio thread's end.
pub struct AudioEnd {
    frames: HeapProd<AnalysisFrame>,
    decisions: HeapCons<Decision>,
    tones: HeapCons<ToneFrame>,
    /// The samples that came with the frames, in the same order; only where masks are decided from them.
    samples: Option<HeapProd<f32>>,
    oldest_wanted: Arc<AtomicU32>,
}

/// The inference thread's end.
pub struct InferenceEnd {
    frames: HeapCons<AnalysisFrame>,
    decisions: HeapProd<Decision>,
    tones: HeapProd<ToneFrame>,
    samples: Option<HeapCons<f32>>,
    /// Samples of the frame that was taken last, `[song][channel][sample]`.
    newest: Vec<f32>,
    oldest_wanted: Arc<AtomicU32>,
}

/// How much the rings hold.
struct Sizes {
    /// Frames, and as many decisions.
    frames: usize,
    tones: usize,
    /// Samples that go with a frame; none where 0.
    samples: usize,
}

/// New rings for frames without their samples.
///
/// # Allocates
#[must_use]
pub fn link() -> (AudioEnd, InferenceEnd) {
    link_with(&Sizes { frames: CAPACITY, tones: TONES, samples: 0 })
}

/// New rings for a stream; the samples go with the frames where its masks are decided from them.
///
/// # Allocates
#[must_use]
pub fn link_for(layout: &StreamLayout) -> (AudioEnd, InferenceEnd) {
    let samples = if layout.mask_delay > 0 { SONGS * CHANNELS * layout.hop } else { 0 };
    link_with(&Sizes { frames: CAPACITY, tones: TONES, samples })
}

fn link_with(&Sizes { frames, tones, samples }: &Sizes) -> (AudioEnd, InferenceEnd) {
    let (samples_in, samples_out) = (samples > 0).then(|| touched((frames + 1) * samples, 0.0)).unzip();
    let (frames_in, frames_out) = touched(frames, AnalysisFrame::default());
    let (decisions_in, decisions_out) = touched(frames, Decision::UNDECIDED);
    let (tones_in, tones_out) = touched(tones, ToneFrame::SILENT);
    let oldest_wanted = Arc::new(AtomicU32::new(0));
    (
        AudioEnd {
            frames: frames_in,
            decisions: decisions_out,
            tones: tones_out,
            samples: samples_in,
            oldest_wanted: oldest_wanted.clone(),
        },
        InferenceEnd {
            frames: frames_out,
            decisions: decisions_in,
            tones: tones_in,
            samples: samples_out,
            newest: vec![0.0; samples],
            oldest_wanted,
        },
    )
}

/// A moment between two accesses of rings, at which the other thread may do anything. Tests try the orders in which it does.
#[inline]
fn interleave() {
    #[cfg(test)]
    tests::interleave();
}

impl AudioEnd {
    /// Sends a frame and its newest hop. A frame that finds the ring full is lost; its decision will be missed.
    pub fn send(&mut self, frame: AnalysisFrame, samples: &HopSamples<'_>) {
        interleave();
        if self.frames.is_full() {
            return;
        }
        // Whoever finds the frame finds the samples as well. There is room: for those of one more than there are frames, since
        // a frame is taken before its samples are.
        if let Some(ring) = &mut self.samples {
            interleave();
            samples.as_flattened().iter().for_each(|samples| _ = ring.push_slice(samples));
        }
        interleave();
        let _ = self.frames.try_push(frame);
    }

    /// Tells the inference thread that frames of generations before this one need no decision any more.
    pub fn forget_before(&mut self, generation: u32) {
        self.oldest_wanted.store(generation, Ordering::Release);
    }

    /// The decision for a frame, waiting as long as `policy` allows; older ones are dropped. `done` samples of the
    /// host's block have been heard.
    pub fn receive(&mut self, wanted: Position, done: usize, policy: &mut impl WaitPolicy) -> Option<Decision> {
        loop {
            interleave();
            while let Some(decision) = self.decisions.try_peek() {
                let found = decision.position;
                if found == wanted {
                    return self.decisions.try_pop();
                }
                if is_older(wanted, found) {
                    return None;
                }
                let _ = self.decisions.try_pop();
            }
            if !policy.wait(done) {
                return None;
            }
        }
    }

    /// The tones that came with the decision for a frame; older ones are dropped.
    pub fn tones(&mut self, wanted: Position) -> impl Iterator<Item = ToneFrame> {
        std::iter::from_fn(move || {
            while self.tones.try_peek().is_some_and(|tone| is_older(tone.position, wanted)) {
                let _ = self.tones.try_pop();
            }
            self.tones.try_peek().filter(|tone| tone.position == wanted)?;
            self.tones.try_pop()
        })
    }
}

const fn is_older(position: Position, than: Position) -> bool {
    position.generation < than.generation || (position.generation == than.generation && position.hop < than.hop)
}

impl InferenceEnd {
    /// The next frame that is still wanted.
    pub fn next_frame(&mut self) -> Option<AnalysisFrame> {
        let oldest = self.oldest_wanted.load(Ordering::Acquire);
        loop {
            interleave();
            let frame = self.frames.try_pop()?;
            if let Some(ring) = &mut self.samples {
                interleave();
                ring.pop_slice(&mut self.newest);
            }
            if frame.position.generation >= oldest {
                return Some(frame);
            }
        }
    }

    /// The samples that came with the frame that was taken last; `None` where none are sent.
    #[must_use]
    pub fn samples(&self) -> Option<HopSamples<'_>> {
        self.samples.as_ref()?;
        let hop = self.newest.len() / (SONGS * CHANNELS);
        let of = |index: usize| &self.newest[index * hop..(index + 1) * hop];
        Some(std::array::from_fn(|song| std::array::from_fn(|channel| of(song * CHANNELS + channel))))
    }

    /// Sends a decision and its tones. What finds a ring full is lost: nobody has collected anything for seconds.
    pub fn send(&mut self, decision: Decision, tones: &[ToneFrame]) {
        // The tones first: whoever finds the decision finds them as well.
        self.tones.push_slice(tones);
        interleave();
        let _ = self.decisions.try_push(decision);
    }
}

#[cfg(test)]
mod tests;
