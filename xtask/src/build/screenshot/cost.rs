//! What an open editor costs: processor time of its threads, as Linux counts it.

use std::collections::BTreeMap;
use std::fs;
use std::time::Instant;

/// Ticks of a second in which Linux counts, on every processor.
const TICKS: f64 = 100.0;
/// Beginnings of the names of the threads that an editor has: its own, and those of Mesa's software renderer.
const EDITOR: [&str; 2] = ["baseview-window", "llvmpipe"];

/// A measurement that has begun.
pub(super) struct Cost {
    before: BTreeMap<String, f64>,
    since: Instant,
}

impl Cost {
    /// Begins to measure.
    pub(super) fn begin() -> Self {
        Self { before: used(), since: Instant::now() }
    }

    /// The cost since the beginning in words; `None` where the system does not count it.
    pub(super) fn told(&self) -> Option<String> {
        let seconds = self.since.elapsed().as_secs_f64();
        let share = |(name, used): (&String, f64)| {
            let before = self.before.get(name).copied().unwrap_or(0.0);
            format!("{name} {:.1} %", 100.0 * (used - before) / seconds)
        };
        let now = used();
        let shares: Vec<String> = now.iter().map(|(name, used)| share((name, *used))).collect();
        (!shares.is_empty()).then(|| format!("open for {seconds:.0} s, of a core: {}", shares.join(", ")))
    }
}

/// Seconds of the processor that the threads of an editor have used, by name.
fn used() -> BTreeMap<String, f64> {
    let mut all = BTreeMap::new();
    for thread in fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        let read = |file: &str| fs::read_to_string(thread.path().join(file)).unwrap_or_default();
        let name = read("comm");
        let Some(name) = EDITOR.into_iter().find(|known| name.starts_with(known)) else { continue };
        // What follows the name in parentheses: the 12th and 13th are user and system ticks.
        let stat = read("stat");
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let ticks: f64 = fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum();
        *all.entry(name.to_owned()).or_insert(0.0) += ticks / TICKS;
    }
    all
}
