//! What the plugin's Listen page costs while it is open.

use std::time::Instant;

use serde::Serialize;
use songweave_dsp::stream::layout::StreamLayout;
use songweave_engine::listener::songs::SongsListener;
use songweave_score::error::Result;

use crate::statistics::percentile;

/// Samples per second at which the page listens.
const RATE: u32 = 48_000;

/// What it costs to listen to two songs at once.
#[derive(Debug, Clone, Serialize)]
pub struct PageCost {
    /// Seconds of sound that were heard.
    pub seconds: f64,
    /// Slices that the network heard.
    pub slices: usize,
    /// Milliseconds of a slice: half of all stay below, and 99 of 100.
    pub slice_p50_ms: f64,
    /// See above.
    pub slice_p99_ms: f64,
    /// Share of one core, slices, keys and tempi included.
    pub core_share: f64,
}

/// Listens to a sound at [`RATE`] as both songs, at once instead of at the pace of the clock. Time is that of the thread on a core, where the
/// system tells (Linux), so that other programs count for little.
///
/// # Errors
/// The binary was built with a damaged weight file.
pub fn measure(sound: &[f32]) -> Result<PageCost> {
    let layout = StreamLayout::for_sample_rate(RATE as f32);
    let mut listener = SongsListener::new(&layout)?;
    let (begun, clock) = (on_core(), Instant::now());
    let now = || on_core().zip(begun).map_or_else(|| clock.elapsed().as_secs_f64(), |(now, begun)| now - begun);
    let mut times = Vec::new();
    for hop in sound.chunks_exact(layout.hop) {
        listener.hear(&[[hop; 2]; 2], [true; 2]);
        let before = now();
        if listener.listen() {
            times.push((now() - before) * 1e3);
        }
    }
    let seconds = sound.len() as f64 / f64::from(RATE);
    let core_share = now() / seconds;
    times.sort_by(f64::total_cmp);
    let [slice_p50_ms, slice_p99_ms] = [0.5, 0.99].map(|share| percentile(&times, share));
    Ok(PageCost { seconds, slices: times.len(), slice_p50_ms, slice_p99_ms, core_share })
}

/// Seconds that this thread has been on a core.
fn on_core() -> Option<f64> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split(' ').next()?.parse::<f64>().ok().map(|nanoseconds| nanoseconds / 1e9)
}
