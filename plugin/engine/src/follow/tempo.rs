//! Tempo and beat of a song, causally: the rises of the last seconds are correlated with themselves, a tempo scores by its
//! beat and the multiples of it, and people's preference decides between octaves (Ellis, "Beat tracking by dynamic
//! programming", 2007, for autocorrelation with a log-normal tempo prior).

/// Slowest and fastest tempo in beats per minute.
const RANGE: (f32, f32) = (50.0, 210.0);
/// Tempi per octave that are tried.
const PER_OCTAVE: usize = 120;
/// The tempo that people prefer in beats per minute, and how much in octaves (standard deviation).
const PREFERRED: (f32, f32) = (105.0, 0.75);
/// Beats over which a tempo scores.
const BEATS: u8 = 4;
/// Time in seconds after which a third of the correlation is left.
const MEMORY: f32 = 10.0;
/// Time in seconds over which the usual rise is taken.
const USUAL: f32 = 0.5;
/// Seconds before there is an answer.
const FIRST_ANSWER: f32 = 6.0;
/// A correlation below this is "not sure".
const SURE: f32 = 0.2;
/// Share of that below which a tempo that was sure is not any more.
const STAYS_SURE: f32 = 0.75;
/// Seconds for which another tempo has to be the better one before the answer changes.
const CHANGE_AFTER: f32 = 2.0;
/// Tempi nearer to each other than this ratio are one.
const SAME: f32 = 1.04;
/// Seconds between two answers.
const ANSWER_EVERY: f32 = 0.17;

/// A tempo with how sure it is and where the beat is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TempoEstimate {
    /// Beats per minute.
    pub bpm: f32,
    /// How alike the rises are one beat apart, 0 = not at all … 1 = the same.
    pub confidence: f32,
    /// Part of a beat since the last beat, 0…1.
    pub phase: f32,
}

/// Follows the tempo of one song.
#[derive(Debug, Clone)]
pub struct TempoTracker {
    hop_seconds: f32,
    /// The last rises, newest at `newest`, `[hop]`; a ring.
    rises: Vec<f32>,
    newest: usize,
    /// Correlation of the rises with those some hops ago, `[lag]`.
    correlation: Vec<f32>,
    /// Sum of the rises and of their number, both forgetting like the correlation.
    sums: [f32; 2],
    usual: f32,
    heard: f32,
    since_answer: f32,
    present: Option<TempoEstimate>,
    /// Another tempo that scores better, and for how many seconds.
    rival: Option<(f32, f32)>,
}

impl TempoTracker {
    /// A tracker that has heard nothing, for hops of so many seconds.
    ///
    /// # Allocates
    #[must_use]
    pub fn new(hop_seconds: f32) -> Self {
        let lags = (f32::from(BEATS) * 60.0 / (RANGE.0 * hop_seconds)) as usize + 2;
        Self {
            hop_seconds,
            rises: vec![0.0; lags],
            newest: 0,
            correlation: vec![0.0; lags],
            sums: [0.0; 2],
            usual: 0.0,
            heard: 0.0,
            since_answer: 0.0,
            present: None,
            rival: None,
        }
    }

    /// Hears the rise of the next hop (see [`super::onset`]).
    pub fn hear(&mut self, rise: f32) {
        let rise = if rise.is_finite() { rise } else { 0.0 };
        self.usual += (rise - self.usual) * self.hop_seconds / USUAL;
        let above = (rise - self.usual).max(0.0);
        self.newest = (self.newest + 1) % self.rises.len();
        self.rises[self.newest] = above;
        let keep = libm::expf(-self.hop_seconds / MEMORY);
        let (wrapped, first) = self.rises.split_at(self.newest + 1);
        let back_in_time = wrapped.iter().rev().chain(first.iter().rev());
        for (correlation, before) in self.correlation.iter_mut().zip(back_in_time) {
            *correlation = *correlation * keep + above * before;
        }
        self.sums = [self.sums[0] * keep + above, self.sums[1] * keep + 1.0];
        self.heard += self.hop_seconds;
        self.since_answer += self.hop_seconds;
        if self.since_answer >= ANSWER_EVERY && self.heard >= FIRST_ANSWER {
            self.answer();
            self.since_answer = 0.0;
        }
    }

    /// The tempo, `None` while it is not sure.
    #[must_use]
    pub const fn estimate(&self) -> Option<TempoEstimate> {
        self.present
    }

    /// How alike the rises are so many hops apart, between hops interpolated; 1 = the same, 0 = unrelated.
    fn similarity(&self, lag: f32) -> f32 {
        let at = (lag as usize).min(self.correlation.len() - 2);
        let share = (lag - at as f32).clamp(0.0, 1.0);
        let mean = self.sums[0] * self.sums[0] / self.sums[1].max(1.0);
        let found = self.correlation[at] + share * (self.correlation[at + 1] - self.correlation[at]);
        (found - mean) / (self.correlation[0] - mean).max(1e-9)
    }

    /// Similarity over one to four beats of a tempo.
    fn score(&self, bpm: f32) -> f32 {
        let lag = 60.0 / (bpm * self.hop_seconds);
        let sum: f32 = (1..=BEATS).map(|beats| self.similarity(f32::from(beats) * lag)).sum();
        sum / f32::from(BEATS)
    }

    /// The tempo that scores best with what people prefer.
    fn best(&self) -> f32 {
        let steps = (libm::log2f(RANGE.1 / RANGE.0) * PER_OCTAVE as f32) as usize;
        let tempi = (0..=steps).map(|step| RANGE.0 * libm::exp2f(step as f32 / PER_OCTAVE as f32));
        let rated = tempi.map(|bpm| {
            let away = libm::log2f(bpm / PREFERRED.0) / PREFERRED.1;
            (bpm, self.score(bpm) * libm::expf(-0.5 * away * away))
        });
        rated.reduce(|best, next| if next.1 > best.1 { next } else { best }).map_or(RANGE.0, |best| best.0)
    }

    fn answer(&mut self) {
        let best = self.best();
        let bpm = match (self.present, self.rival) {
            (None, _) => best,
            (Some(present), _) if same(present.bpm, best) => best,
            (Some(_), Some((rival, waited))) if same(rival, best) && waited >= CHANGE_AFTER => best,
            (Some(present), rival) => {
                let waited = rival.filter(|(rival, _)| same(*rival, best)).map_or(0.0, |(_, waited)| waited);
                self.rival = Some((best, waited + self.since_answer));
                present.bpm
            }
        };
        if same(bpm, best) {
            self.rival = None;
        }
        let confidence = self.score(bpm).clamp(0.0, 1.0);
        let sure = confidence >= if self.present.is_some() { SURE * STAYS_SURE } else { SURE };
        self.present = sure.then(|| TempoEstimate { bpm, confidence, phase: self.phase(bpm) });
    }

    /// Part of a beat since the last beat: where the rises of the last beats add up to most.
    fn phase(&self, bpm: f32) -> f32 {
        let beat = 60.0 / (bpm * self.hop_seconds);
        let places = beat as usize;
        let strength = |place: usize| -> f32 {
            let back = (0..).map(|beats| (place as f32 + beat * beats as f32).round() as usize);
            back.take_while(|back| *back < self.rises.len()).map(|back| self.back(back)).sum()
        };
        let strongest = (0..places).map(|place| (place, strength(place)));
        let found = strongest.reduce(|best, next| if next.1 > best.1 { next } else { best });
        found.map_or(0.0, |(place, _)| place as f32 / beat)
    }

    /// The rise so many hops ago.
    fn back(&self, hops: usize) -> f32 {
        self.rises[(self.newest + self.rises.len() - hops % self.rises.len()) % self.rises.len()]
    }
}

fn same(one: f32, other: f32) -> bool {
    one / other < SAME && other / one < SAME
}
