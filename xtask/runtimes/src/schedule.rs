//! Who runs when, and what was measured.

use crate::Runtime;
use anyhow::Result;
use serde_json::{Value, json};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Hops of one turn in the tight loop.
const TURN: usize = 20;
/// From one hop to the next while playing: 512 samples at 48 kHz.
const HOP: Duration = Duration::from_nanos(10_666_667);

/// Microseconds of each hop, ascending.
pub(crate) struct Cost(Vec<f64>);

impl Cost {
    fn new(mut microseconds: Vec<f64>) -> Self {
        microseconds.sort_by(f64::total_cmp);
        Self(microseconds)
    }

    fn percentile(&self, share: f64) -> f64 {
        let last = self.0.len().saturating_sub(1) as f64;
        self.0.get((last * share).round() as usize).copied().unwrap_or(f64::NAN)
    }

    /// For the report.
    pub(crate) fn figures(&self) -> Value {
        json!({"hops": self.0.len(), "p50": self.percentile(0.5), "p99": self.percentile(0.99)})
    }

    /// Our median as a multiple of theirs: below 1 we are faster.
    pub(crate) fn over(&self, theirs: &Self) -> f64 {
        self.percentile(0.5) / theirs.percentile(0.5)
    }
}

/// One hop after the other, in turns of a few hops.
pub(crate) fn tight(runtimes: &mut [Box<dyn Runtime + '_>], hops: usize) -> Result<Vec<Cost>> {
    let mut cost = vec![Vec::with_capacity(hops); runtimes.len()];
    for start in (0..hops).step_by(TURN) {
        for (runtime, cost) in runtimes.iter_mut().zip(&mut cost) {
            cost.extend(runtime.run(start..hops.min(start + TURN))?);
        }
    }
    Ok(cost.into_iter().map(Cost::new).collect())
}

/// One hop of each when a hop is due, so that the caches hold what others left there. Who is first changes every hop.
pub(crate) fn paced(runtimes: &mut [Box<dyn Runtime + '_>], hops: usize) -> Result<Vec<Cost>> {
    let mut cost = vec![Vec::with_capacity(hops); runtimes.len()];
    let started = Instant::now();
    for hop in 0..hops {
        sleep((HOP * hop as u32).saturating_sub(started.elapsed()));
        for turn in 0..runtimes.len() {
            let i = (hop + turn) % runtimes.len();
            cost[i].extend(runtimes[i].run(hop..hop + 1)?);
        }
    }
    Ok(cost.into_iter().map(Cost::new).collect())
}
