//! Where sections begin: what the plan finds against labels that people wrote, beside baselines.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;
use songweave_engine::band::take::view::SongView;
use songweave_score::songs::sung_song::SungSong;

/// Bars on either side of a boundary that the novelty looks at.
const KERNEL: usize = 4;

/// F1 of the bars at which sections begin; a boundary is met by one in the same bar, so within half a bar of its line.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct SectionFigures {
    /// Songs with labels.
    pub songs: usize,
    /// Of the plan.
    pub plan: f64,
    /// Baseline: peaks of the novelty of the bars' self-similarity (Foote, "Automatic audio segmentation using a measure of audio
    /// novelty", ICME 2000).
    pub novelty: f64,
    /// Baseline: every four bars from the first sung bar on.
    pub every_four: f64,
}

/// Boundaries that were found, that there are, and that are both.
#[derive(Default)]
struct Counts {
    found: usize,
    wanted: usize,
    met: usize,
}

impl Counts {
    fn add(&mut self, found: &[usize], wanted: &[usize]) {
        self.found += found.len();
        self.wanted += wanted.len();
        self.met += found.iter().filter(|bar| wanted.contains(bar)).count();
    }

    fn f1(&self) -> f64 {
        2.0 * self.met as f64 / (self.found + self.wanted).max(1) as f64
    }
}

/// The bars at which the labelled sections of a song begin, from a file such as `i4A8B8o4`.
///
/// # Errors
/// The file cannot be read or is not of this form.
pub fn labels(path: &Path) -> Result<Vec<usize>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut bar = 0;
    let mut begins = Vec::new();
    for length in text.trim().split(|letter: char| letter.is_ascii_alphabetic()).filter(|length| !length.is_empty()) {
        begins.push(bar);
        bar +=
            length.parse::<usize>().with_context(|| format!("{}: `{length}` is no number of bars", path.display()))?;
    }
    Ok(begins)
}

/// The figures of plans, each with its song and the bars at which labelled sections begin.
#[must_use]
pub fn figures(songs: &[(&SungSong, &SongView, Vec<usize>)]) -> SectionFigures {
    let [mut plan, mut novelty, mut every_four] = std::array::from_fn(|_| Counts::default());
    for (song, view, labels) in songs {
        let bars = song.melody.len() / song.steps_per_bar.max(1) as usize;
        // The beginning of the song is no boundary that anybody has to find.
        let inner = |begins: Vec<usize>| begins.into_iter().filter(|bar| (1..bars).contains(bar)).collect::<Vec<_>>();
        let wanted = inner(labels.clone());
        let numbers = view.sections.iter().filter_map(|section| view.bars.get(section.first)).map(|bar| bar.number);
        plan.add(&inner(numbers.filter_map(|bar| usize::try_from(bar).ok()).collect()), &wanted);
        novelty.add(&inner(novel(song, bars)), &wanted);
        let first = song.melody.iter().position(|step| step.key.is_some()).unwrap_or(0);
        every_four.add(&inner((first / song.steps_per_bar as usize..bars).step_by(4).collect()), &wanted);
    }
    SectionFigures { songs: songs.len(), plan: plan.f1(), novelty: novelty.f1(), every_four: every_four.f1() }
}

/// Bars at which the novelty has a peak above its mean.
fn novel(song: &SungSong, bars: usize) -> Vec<usize> {
    let length = song.steps_per_bar as usize;
    let chroma: Vec<[f64; 12]> = (0..bars)
        .map(|bar| {
            let mut sum = [0.0; 12];
            let keys = song.melody[bar * length..(bar + 1) * length].iter().filter_map(|step| step.key);
            keys.for_each(|key| sum[usize::from(key % 12)] += 1.0);
            sum
        })
        .collect();
    let dot = |one: &[f64; 12], other: &[f64; 12]| one.iter().zip(other).map(|(one, other)| one * other).sum::<f64>();
    let like = |one: usize, other: usize| {
        let (one, other) = (&chroma[one], &chroma[other]);
        let norm = (dot(one, one) * dot(other, other)).sqrt();
        if norm > 0.0 { dot(one, other) / norm } else { f64::from(u8::from(one == other)) }
    };
    let novelty: Vec<f64> = (0..bars)
        .map(|bar| {
            if bar < KERNEL || bar + KERNEL > bars {
                return 0.0;
            }
            let within = |from: usize| -> f64 {
                (from..from + KERNEL)
                    .flat_map(|one| (from..from + KERNEL).map(move |other| (one, other)))
                    .map(|(one, other)| like(one, other))
                    .sum()
            };
            let across: f64 = (bar - KERNEL..bar)
                .flat_map(|one| (bar..bar + KERNEL).map(move |other| (one, other)))
                .map(|(one, other)| like(one, other))
                .sum();
            within(bar - KERNEL) + within(bar) - 2.0 * across
        })
        .collect();
    let mean = novelty.iter().sum::<f64>() / bars.max(1) as f64;
    let peak = |bar: &usize| {
        let at = |bar: usize| novelty.get(bar).copied().unwrap_or(0.0);
        novelty[*bar] > mean && at(*bar) >= at(bar.wrapping_sub(1)) && at(*bar) > at(bar + 1)
    };
    (0..bars).filter(peak).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use songweave_score::songs::sung_song::SungStep;

    use super::*;

    #[test]
    fn labels_are_read_and_boundaries_are_counted() {
        let path = std::env::temp_dir().join(format!("songweave-labels-{}.txt", std::process::id()));
        std::fs::write(&path, "i4A8B16o3\n").unwrap();
        let found = labels(&path).unwrap();
        std::fs::remove_file(&path).unwrap();
        assert_eq!(found, [0, 4, 12, 28]);
        let mut counts = Counts::default();
        counts.add(&[4, 8, 12], &[4, 12, 28]);
        assert!((counts.f1() - 2.0 / 3.0).abs() < 1e-9);
    }

    #[test]
    fn the_novelty_has_a_peak_where_the_notes_change() {
        let step = |key| SungStep { key: Some(key), onset: true };
        let melody = [vec![step(60); 128], vec![step(66); 128]].concat();
        let song = SungSong { melody, steps_per_bar: 16, steps_per_beat: 4, ..SungSong::default() };
        assert_eq!(novel(&song, 16), [8]);
    }
}
