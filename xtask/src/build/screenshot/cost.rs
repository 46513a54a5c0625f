//! What an open editor costs: processor time of its threads, as Linux counts it.

use std::collections::BTreeMap;
use std::time::Instant;

use crate::threads::used;

/// Beginnings of the names of the threads that an editor has: its own, and those of Mesa's software renderer.
const EDITOR: [&str; 2] = ["baseview-window", "llvmpipe"];

/// A measurement that has begun.
pub(super) struct Cost {
    before: BTreeMap<&'static str, f64>,
    since: Instant,
}

impl Cost {
    /// Begins to measure.
    pub(super) fn begin() -> Self {
        Self { before: used(&EDITOR), since: Instant::now() }
    }

    /// The cost since the beginning in words; `None` where the system does not count it.
    pub(super) fn told(&self) -> Option<String> {
        let seconds = self.since.elapsed().as_secs_f64();
        let share = |(name, used): (&&str, f64)| {
            let before = self.before.get(name).copied().unwrap_or(0.0);
            format!("{name} {:.1} %", 100.0 * (used - before) / seconds)
        };
        let now = used(&EDITOR);
        let shares: Vec<String> = now.iter().map(|(name, used)| share((name, *used))).collect();
        (!shares.is_empty()).then(|| format!("open for {seconds:.0} s, of a core: {}", shares.join(", ")))
    }
}
