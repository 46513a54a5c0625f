//! The windows that were heard last, and what the way down made of them: windows of one song overlap, and what overlaps is
//! not computed anew.

use std::ops::Range;

use super::SONGS;
use crate::layers::{FeatureMap, Planes};

/// Levels of the network: each halves frames and bins on the way down and doubles them on the way up.
pub(super) const LEVELS: usize = 6;
/// Frames by which a window goes on from the one before.
const STEP: usize = 8;
/// Levels at which the step is a whole number of rows.
pub(super) const SHARED: usize = STEP.ilog2() as usize;

/// A window and what the levels answer.
#[derive(Debug, Clone, Default)]
struct Window {
    magnitudes: Planes,
    /// What each level answers before its activation: the way up hears it, too.
    heard: [FeatureMap; LEVELS],
    /// Levels that have answered this window.
    done: usize,
    /// Whether what they answered before is of the window that this one goes on from.
    is_next: bool,
}

impl Window {
    /// Whether another window goes on from this one.
    fn is_before(&self, next: &Planes) -> bool {
        let window = &self.magnitudes;
        let same_size = [window.channels, window.rows, window.columns] == [next.channels, next.rows, next.columns];
        let (length, step) = (window.rows * window.columns, STEP * window.columns);
        self.done >= SHARED
            && same_size
            && (0..window.channels).all(|channel| {
                let [before, after] = [window, next].map(|window| &window.data[channel * length..][..length]);
                before[step..] == after[..length - step]
            })
    }
}

/// The windows heard last: first those that are being decided.
#[derive(Debug, Clone, Default)]
pub(super) struct Windows {
    windows: [Window; SONGS],
}

impl Windows {
    /// Takes windows `[channel][frame][bin]`, each in the place of the one that it goes on from, or else of the oldest.
    pub(super) fn begin(&mut self, windows: &[&Planes]) {
        for (place, magnitudes) in windows.iter().enumerate() {
            let before = self.windows[place..].iter().position(|window| window.is_before(magnitudes));
            self.windows[place..=before.map_or(SONGS - 1, |before| place + before)].rotate_right(1);
            let newest = &mut self.windows[place];
            newest.magnitudes.clone_from(magnitudes);
            (newest.is_next, newest.done) = (before.is_some(), 0);
        }
    }

    /// The window in a place, in the order of [`Self::begin`].
    pub(super) const fn window(&self, place: usize) -> &Planes {
        &self.windows[place].magnitudes
    }

    /// What a level answered it.
    pub(super) const fn heard(&self, place: usize, level: usize) -> &FeatureMap {
        &self.windows[place].heard[level]
    }

    /// The rows of a level's answer to a window that are to be computed, in two ranges of which the second may be empty; the
    /// others are moved to where they are now.
    pub(super) fn stale(&mut self, place: usize, level: usize, channels: usize) -> [Range<usize>; 2] {
        let Window { magnitudes, heard, done, is_next } = &mut self.windows[place];
        let (rows, columns) = (magnitudes.rows >> (level + 1), magnitudes.columns >> (level + 1));
        *done = level + 1;
        let heard = &mut heard[level];
        if !*is_next || level >= SHARED {
            heard.resize(rows, columns, channels);
            return [0..rows, rows..rows];
        }
        heard.shift(STEP >> (level + 1));
        let (head, tail) = changed(magnitudes.rows, level);
        [0..head, tail.max(head)..rows]
    }

    /// For each of so many windows: the window, what the level above answered, where there is one, and where this level's
    /// answer goes.
    pub(super) fn levels(
        &mut self,
        count: usize,
        level: usize,
    ) -> impl Iterator<Item = (&Planes, Option<&FeatureMap>, &mut FeatureMap)> {
        self.windows[..count].iter_mut().map(move |Window { magnitudes, heard, .. }| {
            let (above, here) = heard.split_at_mut(level);
            (&*magnitudes, above.last(), &mut here[0])
        })
    }
}

/// Where a level's answer differs from that to the window a step before, moved by the step: before a first row, which saw
/// frames that are gone, and from a second one on, which sees new ones.
fn changed(frames: usize, level: usize) -> (usize, usize) {
    let (mut head, mut tail) = (0, frames.saturating_sub(STEP));
    for _ in 0..=level {
        // A row sees the rows above from the one before twice its own to the third after it.
        (head, tail) = ((head + 1_usize).div_ceil(2), tail.saturating_sub(3).div_ceil(2));
    }
    (head, tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_rows_change_from_window_to_window() {
        assert_eq!([0, 1, 2].map(|level| changed(64, level)), [(1, 27), (1, 12), (1, 5)]);
    }
}
