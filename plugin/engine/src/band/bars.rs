//! Which bar it is: begins where the host says, is counted on through changes of the metre, and keeps its number when it returns.
//!
//! Hosts tell where a bar begins, but not all of them which one it is, and after a change of metre its beginning is no multiple
//! of its length. So bars are counted while the host plays; what the count has become after a change is remembered, so
//! that a loop or a seek finds the same numbers again.

use songweave_dsp::exchange::frame::bar_start;

/// Beginnings that are closer than this, in quarters, are the same.
const SAME: f64 = 1e-3;
/// Changes of metre that are remembered.
const MOST_CHANGES: usize = 4096;

/// A bar on the host's timeline.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bar {
    /// Where it begins, in quarters.
    pub(super) start: f64,
    /// Its number, 0 = the host's first.
    pub(super) number: i64,
}

/// Counts the bars.
#[derive(Debug, Clone, Default)]
pub(super) struct Bars {
    /// The present bar and the length in quarters that it had when it was last asked for.
    now: Option<(Bar, f64)>,
    /// Bars from which on the count is no longer what the one before makes of it, in order of their beginnings.
    changes: Vec<Bar>,
}

impl Bars {
    /// The bar at `beats`, in a metre whose bars have `length`, all in quarters. `told` is the beginning that the host tells, for
    /// this position or one a little earlier; `continues` says whether the host has played on since the last call.
    pub(super) fn follow(&mut self, beats: f64, length: f64, told: Option<f64>, continues: bool) -> Bar {
        let told = told.filter(|told| (0.0..2.0 * length).contains(&(beats - told)));
        let bar = match self.now.filter(|_| continues) {
            Some(last) => {
                let bar = self.after(last, beats, length, told);
                if bar.number != last.0.number {
                    self.learn(bar, length);
                }
                bar
            }
            None => {
                let start = bar_start(beats, length, told);
                Bar { start, number: self.number(start, length) }
            }
        };
        self.now = Some((bar, length));
        bar
    }

    /// The bar that is reached by playing on from another, which had a length of its own.
    fn after(&self, (last, had): (Bar, f64), beats: f64, length: f64, told: Option<f64>) -> Bar {
        let counted = counted(last, had, beats, length);
        let Some(start) = told.map(|told| bar_start(beats, length, Some(told))) else { return counted };
        let number = if (start - counted.start).abs() < SAME {
            counted.number
        } else if (start - last.start).abs() < SAME {
            last.number
        } else if start > last.start {
            // The host has cut bars short.
            last.number.saturating_add(((start - last.start) / had).round().max(1.0) as i64)
        } else {
            // The host has laid its bars out anew.
            self.number(start, length)
        };
        Bar { start, number }
    }

    /// The number of a bar that begins at `start`, counted from the last change before it.
    fn number(&self, start: f64, length: f64) -> i64 {
        let change = self.changes.iter().rev().find(|change| change.start <= start + SAME);
        let from = change.copied().unwrap_or(Bar { start: 0.0, number: 0 });
        from.number.saturating_add(((start - from.start) / length + SAME).floor() as i64)
    }

    fn learn(&mut self, bar: Bar, length: f64) {
        if self.number(bar.start, length) == bar.number {
            return;
        }
        self.changes.retain(|change| change.start < bar.start - SAME);
        if self.changes.len() == MOST_CHANGES {
            self.changes.remove(0);
        }
        self.changes.push(bar);
    }
}

/// The bar at `beats` by counting alone: the last one keeps the length it `had`, unless that has become shorter meanwhile.
fn counted(last: Bar, had: f64, beats: f64, length: f64) -> Bar {
    let passed = beats - last.start;
    let first = if passed >= had { had } else { had.min(length) };
    if passed < first {
        return last;
    }
    let more = ((passed - first) / length).floor().max(0.0);
    let number = last.number.saturating_add(1).saturating_add(more as i64);
    Bar { start: last.start + first + more * length, number }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A timeline of bars: their lengths in quarters, each with how often it comes.
    type Metres = &'static [(f64, usize)];

    const SHORT_BAR: Metres = &[(4.0, 10), (2.0, 1), (4.0, 20)];

    /// Beginning, length and number of the bar at a position.
    fn truth(metres: Metres, beats: f64) -> (f64, f64, i64) {
        let (mut start, mut number) = (0.0, 0);
        for length in metres.iter().flat_map(|(length, count)| std::iter::repeat_n(*length, *count)) {
            if beats < start + length {
                return (start, length, number);
            }
            (start, number) = (start + length, number + 1);
        }
        unreachable!("the timeline is longer")
    }

    /// Plays from one position to another in steps of a hop, in blocks of some hops; what the host says is that of the block.
    fn play(bars: &mut Bars, metres: Metres, from: f64, to: f64, block: usize, tells: bool) {
        const HOP: f64 = 0.0213;
        for hop in 0..((to - from) / HOP) as usize {
            let beats = from + hop as f64 * HOP;
            let (told, length, _) = truth(metres, from + (hop - hop % block) as f64 * HOP);
            let (start, _, number) = truth(metres, beats);
            let bar = bars.follow(beats, length, tells.then_some(told), hop > 0);
            // Where the metre changes inside a block, the host tells it with the next.
            if truth(metres, from + (hop - hop % block) as f64 * HOP).2 == number {
                assert_eq!(bar.number, number, "at {beats}");
                assert!((bar.start - start).abs() < 1e-9, "{bar:?} at {beats}, not {start}");
            }
        }
    }

    #[test]
    fn bars_are_counted_through_changes_of_metre() {
        let odd: Metres = &[(4.0, 3), (3.5, 2), (3.0, 4), (2.75, 3), (4.0, 1), (1.0, 1), (5.0, 3), (4.0, 4)];
        for (metres, end) in [(SHORT_BAR, 120.0), (odd, 70.0)] {
            for block in [1, 2, 16] {
                play(&mut Bars::default(), metres, 0.0, end, block, true);
            }
            play(&mut Bars::default(), metres, 0.0, end, 1, false);
        }
    }

    #[test]
    fn a_loop_and_a_seek_find_the_numbers_that_playing_through_gave() {
        let mut bars = Bars::default();
        play(&mut bars, SHORT_BAR, 0.0, 60.0, 1, true);
        for from in [46.0, 43.1, 41.0, 12.0, 90.5] {
            play(&mut bars, SHORT_BAR, from, from + 9.0, 1, true);
        }
    }

    #[test]
    fn a_position_that_is_rounded_down_at_half_a_bar_changes_no_number() {
        let mut bars = Bars::default();
        let numbers = [0.0, 1e-9, -1e-9, 2e-7].map(|off| bars.follow(43.0 + off, 4.0, Some(42.0 + off), false).number);
        assert_eq!(numbers, [10; 4]);
    }

    #[test]
    fn a_bar_cut_short_by_the_host_is_followed_by_the_next() {
        let mut bars = Bars::default();
        assert_eq!(bars.follow(8.5, 4.0, Some(8.0), false), Bar { start: 8.0, number: 2 });
        assert_eq!(bars.follow(9.01, 4.0, Some(9.0), true), Bar { start: 9.0, number: 3 });
        assert_eq!(bars.follow(13.2, 4.0, Some(9.0), true), Bar { start: 13.0, number: 4 });
    }
}
