//! Processor time of this program's threads, as Linux counts it; nothing elsewhere.

use std::collections::BTreeMap;
use std::fs;

/// Ticks of a second in which Linux counts, on every processor.
const TICKS: f64 = 100.0;

/// Seconds of the processor that threads have used, by the beginnings of their names; of the names that there are.
pub(crate) fn used(names: &[&'static str]) -> BTreeMap<&'static str, f64> {
    let mut all = BTreeMap::new();
    for thread in fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        let read = |file: &str| fs::read_to_string(thread.path().join(file)).unwrap_or_default();
        let name = read("comm");
        let Some(name) = names.iter().find(|known| name.starts_with(**known)) else { continue };
        // What follows the name in parentheses: the 12th and 13th are user and system ticks.
        let stat = read("stat");
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let ticks: f64 = fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum();
        *all.entry(*name).or_insert(0.0) += ticks / TICKS;
    }
    all
}
