//! Pitch marks: the instants, a period apart, at which a voice begins its wave anew.
//!
//! The first one of a voiced stretch is at its largest excursion; each next one is where the wave around the last one comes
//! again, by the normalised cross-correlation around the pitch that was heard. So marks are locked to the wave, and what the
//! pitch tracker errs does not add up.

use super::{
    heard::Heard,
    periods::{self, REACH},
};
use crate::stream::layout::StreamLayout;

/// How much shorter and longer than expected a period may be.
const TOLERANCE: f64 = 0.14;
/// Similarity of two periods below which the expected period is better than the likest.
const ALIKE: f32 = 0.3;
/// Marks that are remembered.
const CAPACITY: usize = 1024;

/// A pitch mark.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Mark {
    /// Its place in samples of the stream.
    pub at: f64,
    /// Samples since the last one, of the first of a stretch the expected period.
    pub period: f64,
    /// Whether a voiced stretch begins with it.
    pub first: bool,
    /// Whether it is known that a voiced stretch ends with it.
    pub last: bool,
}

/// What is known of the pitch around an instant.
pub(super) trait Pitch {
    /// The expected period in samples at a sample of the stream; `None` where nothing is sung.
    fn period(&self, at: f64) -> Option<f64>;
}

/// The marks of the last moments.
pub(super) struct Marks {
    marks: Vec<Mark>,
    /// Marks ever made.
    count: usize,
    /// Where the next stretch is looked for.
    seek: f64,
    hop: f64,
}

impl Marks {
    /// No marks yet.
    ///
    /// # Allocates
    pub(super) fn new(layout: &StreamLayout) -> Self {
        Self { marks: vec![Mark::default(); CAPACITY], count: 0, seek: 0.0, hop: layout.hop as f64 }
    }

    /// Forgets all marks.
    pub(super) fn reset(&mut self) {
        (self.count, self.seek) = (0, 0.0);
    }

    /// Number of the first mark that is not made yet.
    pub(super) const fn end(&self) -> usize {
        self.count
    }

    /// Number of the oldest mark that is remembered.
    pub(super) const fn begin(&self) -> usize {
        self.count.saturating_sub(CAPACITY)
    }

    /// A mark; the numbers run from [`Self::begin`] to [`Self::end`].
    pub(super) fn get(&self, number: usize) -> Option<Mark> {
        (self.begin()..self.count).contains(&number).then(|| self.marks[number % CAPACITY])
    }

    /// Samples on both sides of a mark that belong to it: since the last one, and to the next one.
    pub(super) fn reach(&self, number: usize) -> (f64, f64) {
        let period = self.get(number).map_or(0.0, |mark| mark.period);
        let next = self.get(number + 1).filter(|next| !next.first).map_or(period, |next| next.period);
        (period, next)
    }

    /// Makes all marks up to a sample of the stream.
    pub(super) fn advance(&mut self, horizon: f64, heard: &Heard, pitch: &impl Pitch) {
        // Every round makes a mark or moves on by a hop.
        for _ in 0..CAPACITY {
            let stretch = self.count.checked_sub(1).and_then(|last| self.get(last)).filter(|mark| !mark.last);
            let moved = match stretch {
                Some(mark) => self.go_on(mark, horizon, heard, pitch),
                None => self.begin_stretch(horizon, heard, pitch),
            };
            if !moved {
                break;
            }
        }
    }

    fn begin_stretch(&mut self, horizon: f64, heard: &Heard, pitch: &impl Pitch) -> bool {
        if self.seek + self.hop > horizon {
            return false;
        }
        let Some(period) = pitch.period(self.seek) else {
            self.seek += self.hop;
            return true;
        };
        let step = heard.decimation() as f64;
        let (first, count) = ((self.seek / step) as i64, (period / step) as usize);
        if first + count as i64 >= heard.coarse_end() {
            return false;
        }
        let samples = heard.coarse(first, count).iter().enumerate();
        let loudest = samples.max_by(|(_, a), (_, b)| a.abs().total_cmp(&b.abs())).map_or(0, |(index, _)| index);
        let at = (first + loudest as i64) as f64 * step;
        self.add(Mark { at, period, first: true, last: false });
        true
    }

    fn go_on(&mut self, mark: Mark, horizon: f64, heard: &Heard, pitch: &impl Pitch) -> bool {
        let Some(period) = pitch.period(mark.at + mark.period) else {
            if mark.at + mark.period > horizon {
                return false;
            }
            if let Some(mark) = self.count.checked_sub(1).map(|last| &mut self.marks[last % CAPACITY]) {
                mark.last = true;
            }
            self.seek = ((mark.at + mark.period) / self.hop).ceil() * self.hop;
            return true;
        };
        let step = heard.decimation() as f64;
        let needed = (mark.at + period * (1.0 + TOLERANCE + REACH)) / step + 3.0;
        if mark.at + period > horizon || needed > heard.coarse_end() as f64 {
            return false;
        }
        let found =
            periods::likest(heard, mark.at / step, period / step, TOLERANCE).filter(|(_, alike)| *alike > ALIKE);
        let period = found.map_or(period, |(found, _)| found * step);
        self.add(Mark { at: mark.at + period, period, first: false, last: false });
        true
    }

    fn add(&mut self, mark: Mark) {
        self.marks[self.count % CAPACITY] = mark;
        self.count += 1;
    }
}
