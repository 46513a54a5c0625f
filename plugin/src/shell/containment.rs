//! What the host hears when the audio path panics: its input, as late as the plugin says.
//!
//! A panic that reaches a host ends it. It is caught here, and nothing of the path is trusted any more until the host starts
//! the stream anew. The delayed input comes from a line of its own, which the path has no part in.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, atomic::Ordering::Relaxed},
};

use songweave_dsp::{
    exchange::telemetry::Telemetry,
    stream::{framer::repaired, layout::CHANNELS},
};

/// Runs the audio path, block by block, until it panics.
pub(super) struct Containment {
    dry: DelayLine,
    telemetry: Arc<Telemetry>,
}

impl Containment {
    /// For a path with a latency in samples and blocks of at most `longest` samples.
    ///
    /// # Allocates
    pub(super) fn new(latency: usize, longest: usize, telemetry: Arc<Telemetry>) -> Self {
        telemetry.stopped.store(false, Relaxed);
        Self { dry: DelayLine::new(latency, longest), telemetry }
    }

    /// Runs `work` on a block of the main bus `[channel][sample]`. Returns whether it ended well; if it did not, or an
    /// earlier one has not, the block holds the delayed input.
    ///
    /// # Real-time safety
    /// Neither allocates nor blocks, unless `work` panics.
    pub(super) fn run(&mut self, main: &mut [&mut [f32]], work: impl FnOnce(&mut [&mut [f32]])) -> bool {
        self.dry.hear(main);
        let runs = !self.telemetry.stopped.load(Relaxed) && self.contains(|| work(main));
        if !runs {
            self.dry.play(main);
        }
        runs
    }

    /// The stream begins anew with `work`, whatever was before.
    pub(super) fn restart(&mut self, work: impl FnOnce()) {
        self.dry.reset();
        self.telemetry.stopped.store(false, Relaxed);
        self.contains(work);
    }

    /// Whether `work` ends well; if not, the path is stopped and the panic counted.
    fn contains(&self, work: impl FnOnce()) -> bool {
        // Nobody looks at what a panic has left behind before all of it is reset.
        let ends_well = catch_unwind(AssertUnwindSafe(work)).is_ok();
        if !ends_well {
            self.telemetry.stopped.store(true, Relaxed);
            self.telemetry.panics.fetch_add(1, Relaxed);
        }
        ends_well
    }
}

/// The last samples of the main input.
struct DelayLine {
    /// `[channel][sample]`, as long as the latency and a block.
    samples: [Vec<f32>; CHANNELS],
    /// Where the next sample goes.
    at: usize,
    latency: usize,
}

impl DelayLine {
    fn new(latency: usize, longest: usize) -> Self {
        Self { samples: std::array::from_fn(|_| vec![0.0; latency + longest.max(1)]), at: 0, latency }
    }

    fn reset(&mut self) {
        self.samples.iter_mut().for_each(|samples| samples.fill(0.0));
    }

    /// Takes a block `[channel][sample]`.
    fn hear(&mut self, main: &[&mut [f32]]) {
        let length = self.samples[0].len();
        for (line, block) in self.samples.iter_mut().zip(main) {
            for (n, sample) in block.iter().enumerate() {
                line[(self.at + n) % length] = *sample;
            }
        }
        self.at = (self.at + main.first().map_or(0, |block| block.len())) % length;
    }

    /// Fills a block with what came one latency before the block taken last.
    fn play(&self, main: &mut [&mut [f32]]) {
        let length = self.samples[0].len();
        for (line, block) in self.samples.iter().zip(main) {
            let frames = block.len();
            for (n, sample) in block.iter_mut().enumerate() {
                let age = self.latency + frames - n;
                // A block longer than the host has promised has overwritten its own past.
                *sample = if age <= length { repaired(line[(self.at + length - age) % length]).0 } else { 0.0 };
            }
        }
    }
}
