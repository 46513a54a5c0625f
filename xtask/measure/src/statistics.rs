//! Means, medians, percentiles and shares of figures, and how sure a mean is: bootstrap intervals (Efron, "Bootstrap methods:
//! another look at the jackknife", 1979).

use serde::{Deserialize, Serialize};

use songweave_score::random::Random;

/// Times that is drawn.
const DRAWS: usize = 1_000;
/// Shares of the draws below and above the interval: it holds 95 %.
const TAIL: f64 = 0.025;

/// Pairs that an interval over pairs needs; of fewer, drawing them anew says next to nothing.
const ENOUGH: usize = 6;

/// A mean with its spread, in the unit of the figure.
///
/// ```
/// use songweave_measure::statistics::Estimate;
///
/// let estimate = Estimate::of(&[1.0, 2.0, 3.0]).unwrap();
/// assert_eq!((estimate.mean, estimate.pairs), (2.0, 3));
/// assert_eq!(estimate.by_pairs, None, "three say next to nothing of how sure it is");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// Mean over the pairs of songs.
    pub mean: f64,
    /// Lowest pair.
    pub min: f64,
    /// Highest pair.
    pub max: f64,
    /// Pairs behind it.
    pub pairs: usize,
    /// 95 % interval of the mean when pairs are drawn anew, of six or more. With few songs it is too narrow: pairs share
    /// songs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_pairs: Option<[f64; 2]>,
    /// 95 % interval of the mean when the ten-second stretches of every pair are drawn anew, where the figure is made of
    /// such stretches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_stretches: Option<[f64; 2]>,
}

impl Estimate {
    /// The mean of the figures of some pairs; `None` of nothing. The same figures always give the same interval.
    #[must_use]
    pub fn of(figures: &[f64]) -> Option<Self> {
        let draw = |random: &mut Random| {
            let drawn = figures.iter().map(|_| figures[random.index(figures.len())]);
            drawn.sum::<f64>() / figures.len() as f64
        };
        mean(figures.iter().copied()).map(|mean| Self {
            mean,
            min: figures.iter().copied().fold(f64::INFINITY, f64::min),
            max: figures.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            pairs: figures.len(),
            by_pairs: (figures.len() >= ENOUGH).then(|| interval(draw)),
            by_stretches: None,
        })
    }

    /// With an interval over stretches: `stretches[pair]` is how many a pair has, `figure(pair, drawn)` the figure of a pair
    /// made of the drawn stretches, `None` where it has none.
    #[must_use]
    pub fn with_stretches(
        mut self,
        stretches: &[usize],
        mut figure: impl FnMut(usize, &[usize]) -> Option<f64>,
    ) -> Self {
        let draw = |random: &mut Random| {
            let mut figures = Vec::with_capacity(stretches.len());
            for (pair, &count) in stretches.iter().enumerate() {
                let drawn: Vec<usize> = (0..count).map(|_| random.index(count)).collect();
                figures.extend(figure(pair, &drawn));
            }
            mean(figures).unwrap_or(self.mean)
        };
        // One stretch is always the same one.
        self.by_stretches = stretches.iter().any(|&count| count > 1).then(|| interval(draw));
        self
    }
}

impl Estimate {
    /// The intervals in brackets, by pairs and by stretches, as far as there are any: ` (1.20 … 3.40; 1.50 … 3.10)`.
    #[must_use]
    pub fn brackets(&self, scale: f64, digits: usize) -> String {
        let interval = |[low, high]: [f64; 2]| format!("{:.digits$} … {:.digits$}", scale * low, scale * high);
        let by_pairs = self.by_pairs.filter(|_| self.pairs >= ENOUGH);
        let intervals: Vec<String> = [by_pairs, self.by_stretches].into_iter().flatten().map(interval).collect();
        if intervals.is_empty() { String::new() } else { format!(" ({})", intervals.join("; ")) }
    }
}

fn interval(mut draw: impl FnMut(&mut Random) -> f64) -> [f64; 2] {
    let mut random = Random::new(1);
    let mut drawn: Vec<f64> = (0..DRAWS).map(|_| draw(&mut random)).collect();
    drawn.sort_by(f64::total_cmp);
    [TAIL, 1.0 - TAIL].map(|share| drawn[((DRAWS - 1) as f64 * share).round() as usize])
}

/// Mean; `None` of nothing.
#[must_use]
pub fn mean(figures: impl IntoIterator<Item = f64>) -> Option<f64> {
    let (sum, count) = figures.into_iter().fold((0.0, 0usize), |(sum, count), figure| (sum + figure, count + 1));
    (count > 0).then(|| sum / count as f64)
}

/// Middle of some figures; of an even number of them the mean of the middle two; `None` of nothing.
#[must_use]
pub fn median(figures: &[f64]) -> Option<f64> {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let upper = *sorted.get(middle)?;
    Some(if sorted.len().is_multiple_of(2) { 0.5 * (sorted[middle - 1] + upper) } else { upper })
}

/// The value below which a share (0…1) of all lies; 0 of none.
#[must_use]
pub fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let index = (share * values.len().saturating_sub(1) as f64).round() as usize;
    values.get(index).copied().unwrap_or(0.0)
}

/// The figure that a share (0…1) of all stays at or below (nearest rank); 0 of none. `sorted` from small to large.
#[must_use]
pub fn percentile(sorted: &[f64], share: f64) -> f64 {
    let rank = (sorted.len() as f64 * share).ceil().max(1.0) as usize;
    sorted.get(rank - 1).copied().unwrap_or(0.0)
}

/// Share of what is true; `None` of nothing.
#[must_use]
pub fn share(facts: impl Iterator<Item = bool>) -> Option<f64> {
    let (right, all) = facts.fold((0usize, 0usize), |(right, all), fact| (right + usize::from(fact), all + 1));
    (all > 0).then(|| right as f64 / all as f64)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_interval_is_as_wide_as_the_standard_error_says() {
        let mut random = Random::new(7);
        let figures: Vec<f64> = (0..400).map(|_| 5.0 + 2.0 * f64::from(random.normal())).collect();
        let estimate = Estimate::of(&figures).unwrap();
        let [low, high] = estimate.by_pairs.unwrap();
        // 2 · 1.96 · 2 / sqrt(400) = 0.392
        assert!((high - low - 0.392).abs() < 0.06, "{low} … {high}");
        assert!(low < estimate.mean && estimate.mean < high && (estimate.mean - 5.0).abs() < 0.4);
        assert_eq!(Estimate::of(&figures), Some(estimate), "seeded");
        assert_eq!(Estimate::of(&[]), None);
    }

    #[test]
    fn equal_figures_have_no_spread_and_stretches_are_drawn_within_their_pair() {
        let same = Estimate::of(&[3.0; 6]).unwrap();
        assert_eq!((same.min, same.max, same.by_pairs), (3.0, 3.0, Some([3.0, 3.0])));
        let values = [[0.0, 2.0], [10.0, 12.0]];
        let figure = |pair: usize, drawn: &[usize]| Some(drawn.iter().map(|&n| values[pair][n]).sum::<f64>() / 2.0);
        let drawn = Estimate::of(&[1.0, 11.0]).unwrap().with_stretches(&[2, 2], figure);
        let [low, high] = drawn.by_stretches.unwrap();
        assert!(low >= 5.0 && high <= 7.0 && low < 6.0 && high > 6.0, "{low} … {high}");
    }

    #[test]
    fn few_pairs_have_no_interval() {
        let figures = [1.0, 11.0, 4.0, 6.0, 2.0, 9.0];
        assert!(Estimate::of(&figures).unwrap().by_pairs.is_some());
        assert_eq!(Estimate::of(&figures[..5]).unwrap().by_pairs, None);
        // Figures of before were written with an interval of any two pairs.
        let old = Estimate {
            by_pairs: Some([1.0, 11.0]),
            by_stretches: Some([5.0, 7.0]),
            ..Estimate::of(&figures[..2]).unwrap()
        };
        assert_eq!(old.brackets(1.0, 1), " (5.0 … 7.0)");
    }

    #[test]
    fn middles_and_percentiles_are_those_of_the_figures_and_no_others() {
        let figures: Vec<f64> = (1..=1_000).map(f64::from).collect();
        assert_eq!([0.5, 0.99, 1.0].map(|share| percentile(&figures, share)), [500.0, 990.0, 1_000.0]);
        assert_eq!((percentile(&figures[..1], 0.99), percentile(&[], 0.5)), (1.0, 0.0));
        assert_eq!((median(&[3.0, 1.0, 2.0, 10.0]), median(&[])), (Some(2.5), None));
        assert_eq!(quantile(&mut [3.0, 1.0, 2.0], 0.5), 2.0);
        assert_eq!((mean([1.0, 2.0, 6.0]), mean([])), (Some(3.0), None));
    }
}
