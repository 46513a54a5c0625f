//! What can be said of drums in figures: how many, where, how loud, how alike from bar to bar, and how much is recited.

use std::collections::HashMap;

use serde::Serialize;
use songweave_models::groove::{BAR, DRUMS};

use songweave_score::{performances::drum_clips::DrumBar, random::Random};

/// Figures of performances, each a list of bars.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DrumFigures {
    /// Bars that were counted.
    pub bars: usize,
    /// Hits per bar of each class.
    pub hits_per_bar: [f64; DRUMS],
    /// Share of the kick's hits in each step of the bar.
    pub kick: [f64; BAR],
    /// The same of the snare.
    pub snare: [f64; BAR],
    /// Mean MIDI velocity of all hits.
    pub velocity: f64,
    /// Their standard deviation.
    pub velocity_deviation: f64,
    /// Hits that two successive bars have in common, of those that either has; mean over pairs.
    pub like_the_last: f64,
    /// The same of bars two apart.
    pub like_the_last_but_one: f64,
}

impl DrumFigures {
    /// The figures of some performances.
    #[must_use]
    pub fn of(performances: &[&[DrumBar]]) -> Self {
        let bars: Vec<&DrumBar> = performances.iter().copied().flatten().collect();
        let count = bars.len().max(1) as f64;
        let at = |drum: usize, step: usize| bars.iter().filter(|bar| bar[step][drum] > 0).count() as f64;
        let velocities: Vec<f64> =
            bars.iter().copied().flatten().flatten().filter(|velocity| **velocity > 0).map(|v| f64::from(*v)).collect();
        let mean = velocities.iter().sum::<f64>() / velocities.len().max(1) as f64;
        let variance = velocities.iter().map(|velocity| (velocity - mean).powi(2)).sum::<f64>();
        Self {
            bars: bars.len(),
            hits_per_bar: std::array::from_fn(|drum| (0..BAR).map(|step| at(drum, step)).sum::<f64>() / count),
            kick: shares(std::array::from_fn(|step| at(0, step))),
            snare: shares(std::array::from_fn(|step| at(1, step))),
            velocity: mean,
            velocity_deviation: (variance / velocities.len().max(1) as f64).sqrt(),
            like_the_last: similarity(performances, 1),
            like_the_last_but_one: similarity(performances, 2),
        }
    }
}

fn shares(counts: [f64; BAR]) -> [f64; BAR] {
    let sum = counts.iter().sum::<f64>().max(1.0);
    counts.map(|count| count / sum)
}

/// Half the sum of the differences of two histograms of shares, 0…1.
#[must_use]
pub fn distance(one: &[f64], other: &[f64]) -> f64 {
    0.5 * one.iter().zip(other).map(|(a, b)| (a - b).abs()).sum::<f64>()
}

fn similarity(performances: &[&[DrumBar]], apart: usize) -> f64 {
    let pairs = performances.iter().flat_map(|bars| bars.iter().zip(bars.iter().skip(apart)));
    let (sum, count) = pairs.fold((0.0, 0usize), |(sum, count), (one, other)| (sum + alike(one, other), count + 1));
    sum / count.max(1) as f64
}

/// Hits that two bars have in common, of those that either has; 1 for two empty ones.
fn alike(one: &DrumBar, other: &DrumBar) -> f64 {
    let hits = || one.iter().flatten().zip(other.iter().flatten()).map(|(a, b)| (*a > 0, *b > 0));
    let (both, either) = (hits().filter(|(a, b)| *a && *b).count(), hits().filter(|(a, b)| *a || *b).count());
    if either == 0 { 1.0 } else { both as f64 / either as f64 }
}

/// How often each class is hit in each step of a style, and how loud: the baseline.
#[derive(Debug, Clone)]
pub struct Marginals {
    /// `[step][class]`: chance of a hit, mean velocity.
    cells: [[(f32, f32); DRUMS]; BAR],
}

impl Marginals {
    /// The frequencies of some bars.
    #[must_use]
    pub fn of<'a>(bars: impl Iterator<Item = &'a DrumBar> + Clone) -> Self {
        let count = bars.clone().count().max(1) as f32;
        let cell = |step: usize, drum: usize| {
            let hits = bars.clone().map(|bar| f32::from(bar[step][drum])).filter(|velocity| *velocity > 0.0);
            let (hits, sum) = hits.fold((0.0_f32, 0.0), |(hits, sum), velocity| (hits + 1.0, sum + velocity));
            (hits / count, sum / hits.max(1.0))
        };
        Self { cells: std::array::from_fn(|step| std::array::from_fn(|drum| cell(step, drum))) }
    }

    /// Bars in which every hit is drawn for itself.
    pub fn play(&self, bars: usize, random: &mut Random) -> Vec<DrumBar> {
        let hit = |(chance, velocity): (f32, f32), random: &mut Random| {
            if random.chance(chance) { velocity.round() as u8 } else { 0 }
        };
        (0..bars).map(|_| self.cells.map(|step| step.map(|cell| hit(cell, random)))).collect()
    }
}

/// Which steps have hits of which class, in one number per step: what recitation is judged by.
type Shape = [u16; BAR];

fn shape(bar: &DrumBar) -> Shape {
    bar.map(|step| step.iter().enumerate().filter(|(_, hit)| **hit > 0).map(|(drum, _)| 1 << drum).sum())
}

/// Bars of training performances, to look up what else plays them.
#[derive(Debug)]
pub struct Recitation {
    performances: Vec<Vec<Shape>>,
    places: HashMap<Shape, Vec<(usize, usize)>>,
}

/// How much of some performances is in the training data.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Recited {
    /// The longest run of bars that is also somewhere in the training data, hit for hit, without regard to loudness.
    pub longest_run: usize,
    /// The same, where a bar that repeats the one before it or the one before that counts no further.
    pub longest_run_of_new_bars: usize,
    /// Share of the bars that are somewhere in the training data.
    pub bars_known: f64,
}

impl Recitation {
    /// Remembers training performances.
    #[must_use]
    pub fn new(training: &[&[DrumBar]]) -> Self {
        let performances: Vec<Vec<Shape>> = training.iter().map(|bars| bars.iter().map(shape).collect()).collect();
        let mut places: HashMap<Shape, Vec<(usize, usize)>> = HashMap::new();
        for (performance, bars) in performances.iter().enumerate() {
            for (bar, shape) in bars.iter().enumerate() {
                places.entry(*shape).or_default().push((performance, bar));
            }
        }
        Self { performances, places }
    }

    /// How much of some performances is known.
    #[must_use]
    pub fn of(&self, played: &[&[DrumBar]]) -> Recited {
        let mut recited = Recited { longest_run: 0, longest_run_of_new_bars: 0, bars_known: 0.0 };
        let (mut known, mut all) = (0usize, 0usize);
        for bars in played {
            let shapes: Vec<Shape> = bars.iter().map(shape).collect();
            for start in 0..shapes.len() {
                all += 1;
                known += usize::from(self.places.contains_key(&shapes[start]));
                for place in self.places.get(&shapes[start]).into_iter().flatten() {
                    let run = self.run(&shapes[start..], *place);
                    recited.longest_run = recited.longest_run.max(run);
                    recited.longest_run_of_new_bars =
                        recited.longest_run_of_new_bars.max(new_bars(&shapes[start..start + run]));
                }
            }
        }
        recited.bars_known = known as f64 / all.max(1) as f64;
        recited
    }

    fn run(&self, shapes: &[Shape], (performance, bar): (usize, usize)) -> usize {
        shapes.iter().zip(&self.performances[performance][bar..]).take_while(|(one, other)| one == other).count()
    }
}

/// Bars of a run that repeat neither of the two before.
fn new_bars(run: &[Shape]) -> usize {
    (0..run.len()).filter(|bar| !run[bar.saturating_sub(2)..*bar].contains(&run[*bar])).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bar(hits: &[(usize, usize, u8)]) -> DrumBar {
        let mut bar = [[0; DRUMS]; BAR];
        hits.iter().for_each(|(step, drum, velocity)| bar[*step][*drum] = *velocity);
        bar
    }

    #[test]
    fn hits_are_counted_and_compared() {
        let (one, other) = (bar(&[(0, 0, 100), (4, 1, 80)]), bar(&[(0, 0, 60)]));
        let figures = DrumFigures::of(&[&[one, other, one]]);
        assert_eq!((figures.bars, figures.hits_per_bar[0], figures.snare[4]), (3, 1.0, 1.0));
        assert!((figures.velocity - 84.0).abs() < 1e-9);
        assert_eq!((figures.like_the_last, figures.like_the_last_but_one), (0.5, 1.0));
        assert_eq!(distance(&figures.kick, &figures.snare), 1.0);
    }

    #[test]
    fn marginals_play_what_is_always_there_and_never_what_is_not() {
        let bars = [bar(&[(0, 0, 90), (2, 2, 50)]), bar(&[(0, 0, 110)])];
        let played = Marginals::of(bars.iter()).play(200, &mut Random::new(1));
        assert!(played.iter().all(|bar| bar[0][0] == 100 && bar[1] == [0; DRUMS]));
        let hats = played.iter().filter(|bar| bar[2][2] > 0).count();
        assert!((60..140).contains(&hats), "{hats}");
    }

    #[test]
    fn recited_bars_are_found() {
        let bars: Vec<DrumBar> = (0..6).map(|step| bar(&[(step, 0, 90)])).collect();
        let recitation = Recitation::new(&[&bars]);
        let played = [bars[5], bars[1], bars[2], bars[3], bars[0]];
        let recited = recitation.of(&[&played]);
        assert_eq!((recited.longest_run, recited.longest_run_of_new_bars, recited.bars_known), (3, 3, 1.0));
        assert_eq!(recitation.of(&[&[bar(&[(9, 0, 90)])]]).longest_run, 0);
        assert_eq!(new_bars(&[shape(&bars[0]), shape(&bars[1]), shape(&bars[0]), shape(&bars[1])]), 2);
    }
}
