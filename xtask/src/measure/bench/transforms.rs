//! What the transforms of a hop cost without anything around them.

use super::{FRAMES, Played, RATE, playback::raise_priority, wait_for};
use songweave_dsp::stream::layout::StreamLayout;
use songweave_dsp::stream::stft::Stft;
use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

/// The time of every hop at the pace of the clock: both channels of the songs that a mode analyses, and both of its output.
pub(super) fn alone(played: Played, hops: usize) -> Vec<Duration> {
    let forward = if played.accompanies() { 2 } else { 4 };
    let measure = move || {
        raise_priority();
        let layout = StreamLayout::for_sample_rate(RATE as f32);
        let mut stft = Stft::new(layout.window);
        let mut samples: Vec<f32> = (0..layout.window).map(|n| ((n * n) % 101) as f32 / 101.0 - 0.5).collect();
        let (mut spectrum, mut overlap) = (vec![Default::default(); layout.bins()], vec![0.0; layout.window]);
        let started = Instant::now();
        let hop = |number: usize| {
            samples.rotate_left(FRAMES);
            wait_for(started, number);
            let begun = Instant::now();
            (0..forward).for_each(|_| stft.analyse(black_box(&samples), &mut spectrum));
            (0..2).for_each(|_| stft.synthesise(black_box(&spectrum), &mut overlap));
            begun.elapsed()
        };
        (0..hops).map(hop).collect()
    };
    // A thread that panicked has said why; there are no figures then.
    thread::spawn(measure).join().unwrap_or_default()
}
