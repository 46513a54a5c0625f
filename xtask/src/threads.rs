//! What Linux tells of this program's threads; nothing elsewhere.

use std::collections::BTreeMap;
use std::fs;

/// Ticks of a second in which Linux counts, on every processor.
const TICKS: f64 = 100.0;

/// Flag of a thread that has begun to exit.
const EXITING: u32 = 4;

/// A thread, by its line of `/proc/…/stat` (manual page proc_pid_stat).
pub(crate) struct Thread {
    /// The beginning of its name, as far as Linux keeps it.
    pub(crate) name: String,
    /// Whether it has begun to exit. A thread that was waited for stays in the list for a moment more.
    pub(crate) exits: bool,
    /// Seconds of the processor that it has used.
    seconds: f64,
}

impl Thread {
    /// `id (name) state parent group session terminal owner flags …`; user and system ticks come 12th and 13th after the name.
    fn of(stat: &str) -> Option<Self> {
        let (start, rest) = stat.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let flags: u32 = fields.get(6)?.parse().ok()?;
        let ticks: f64 = fields.get(11..13)?.iter().filter_map(|ticks| ticks.parse::<f64>().ok()).sum();
        let name = start.split_once('(')?.1.to_owned();
        Some(Self { name, exits: flags & EXITING != 0, seconds: ticks / TICKS })
    }
}

/// The threads that there are.
pub(crate) fn all() -> impl Iterator<Item = Thread> {
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    tasks.filter_map(|task| Thread::of(&fs::read_to_string(task.path().join("stat")).ok()?))
}

/// Seconds of the processor that threads have used, by the beginnings of their names; of the names that there are.
pub(crate) fn used(names: &[&'static str]) -> BTreeMap<&'static str, f64> {
    let mut used = BTreeMap::new();
    for thread in all() {
        let Some(name) = names.iter().find(|known| thread.name.starts_with(**known)) else { continue };
        *used.entry(*name).or_insert(0.0) += thread.seconds;
    }
    used
}
