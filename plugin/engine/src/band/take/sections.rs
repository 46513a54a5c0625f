//! The sections of a known song: where phrases of whole bars begin, and which of them return.
//!
//! The best division into sections by dynamic programming: they like to have four or eight bars, to begin where somebody begins to
//! sing or stops, and to begin and end where a passage that is sung again does.

use std::ops::Range;

use super::song::{KnownBar, Song};
use crate::band::harmony::memory::similarity;

/// Most bars of a section.
const LONGEST: usize = 16;
/// What a section is worth by its length in bars, `[bars - 1]`.
const LENGTHS: [f32; LONGEST] =
    [-2.0, -1.7, -1.3, -0.4, -1.1, -1.4, -1.1, 0.1, -0.9, -1.5, -1.6, -1.6, -1.8, -2.2, -1.8, -1.2];
/// What it is worth that singing begins or ends about where a section does, and that a repetition begins or ends there.
const SINGING: f32 = 1.6;
const REPEATING: f32 = 1.5;
/// Share of a bar that a phrase may begin early or late and still belong to its bar line.
const UPBEAT: f32 = 0.5;
/// Singing in a bar, in steps, below which it is instrumental.
const SUNG: f32 = 1.0;
/// Singing in two bars, in steps, below which nothing can be told of their likeness.
const LITTLE: f32 = 2.0;
/// How alike the bars of two sections must be, in the mean, for both to be the same.
const SAME: f32 = 0.5;

/// Material of choruses.
const CHORUS: u8 = 1;

/// A section.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Section {
    /// Its first bar, by the order of the song's bars.
    pub first: usize,
    /// How many bars it has.
    pub bars: usize,
    /// Which of the song's sections it is: the same number, the same melody. 0 is the first that comes.
    pub label: usize,
    /// Whether somebody sings in it.
    pub sung: bool,
    /// How much louder it is sung than the song, in dB; 0 where nobody sings.
    pub level: f32,
    /// Which material the band has for it: 1 in choruses, else 0 or 2.
    pub material: u8,
}

impl Section {
    /// Its letter: A, B, C… where somebody sings, a, b, c… where nobody does.
    #[must_use]
    pub fn letter(&self) -> char {
        let letter = (b'A' + (self.label % 26) as u8) as char;
        if self.sung { letter } else { letter.to_ascii_lowercase() }
    }
}

/// The first and the last bar in which somebody sings; `None` where nobody does.
#[must_use]
pub fn sung_bars(song: &Song, bars: &[KnownBar]) -> Option<(usize, usize)> {
    let end = |bar: usize| bars.get(bar + 1).map_or(song.heard().len(), |next| next.first);
    let sung = |bar: &usize| sung_steps(song, bars[*bar].first..end(*bar)) > SUNG;
    Some(((0..bars.len()).find(sung)?, (0..bars.len()).rev().find(sung)?))
}

/// The sections of a song in the order of time; all its bars are in them.
#[must_use]
pub fn sections(song: &Song, bars: &[KnownBar]) -> Vec<Section> {
    let bars = Bars::new(song, bars);
    let mut sections = bars.divided();
    bars.name(&mut sections);
    choose_material(&mut sections);
    sections
}

/// The loudest of the sung sections that return is the chorus.
fn choose_material(sections: &mut [Section]) {
    let mut chorus: Option<(f32, usize)> = None;
    for section in sections.iter().filter(|section| section.sung) {
        let same = || sections.iter().filter(|other| other.sung && other.label == section.label);
        let level = same().map(|section| section.level).sum::<f32>() / same().count() as f32;
        if same().count() > 1 && chorus.is_none_or(|(loudest, _)| level > loudest) {
            chorus = Some((level, section.label));
        }
    }
    for section in sections {
        let is_chorus = section.sung && chorus.is_some_and(|(_, label)| label == section.label);
        section.material = if is_chorus { CHORUS } else { 2 * u8::from(section.label % 2 == 1) };
    }
}

/// How many of some steps are sung.
fn sung_steps(song: &Song, steps: Range<usize>) -> f32 {
    song.heard()[steps].iter().map(|heard| heard.voiced()).sum()
}

/// How alike two bars are, by what is sung in each of their steps: 0 where they are of different lengths, silent, or the same one.
fn alike(song: &Song, first: &[usize], one: usize, other: usize) -> f32 {
    let (one_bar, other_bar) = (first[one]..first[one + 1], first[other]..first[other + 1]);
    if one == other || one_bar.len() != other_bar.len() {
        return 0.0;
    }
    let (mut same, mut sung) = (0.0, 0.0);
    for (one, other) in one_bar.zip(other_bar) {
        let (one, other) = (song.sung(one as i64), song.sung(other as i64));
        same += similarity(one, other);
        sung += one.iter().chain(other).sum::<f32>() / 2.0;
    }
    if sung < LITTLE { 0.0 } else { (same / sung).clamp(0.0, 1.0) }
}

/// What is looked at of the bars.
struct Bars<'a> {
    song: &'a Song,
    first: Vec<usize>,
    /// How alike two bars are, 0…1, `[bar][bar]`; two silent ones are not.
    alike: Vec<Vec<f32>>,
}

impl<'a> Bars<'a> {
    fn new(song: &'a Song, bars: &[KnownBar]) -> Self {
        let mut first: Vec<usize> = bars.iter().map(|bar| bar.first).collect();
        first.push(song.heard().len());
        let earlier = |one: usize| (0..one).map(|other| alike(song, &first, one, other)).collect();
        let half: Vec<Vec<f32>> = (0..bars.len()).map(earlier).collect();
        let either = |one: usize, other: usize| {
            let (later, earlier) = (one.max(other), one.min(other));
            half[later].get(earlier).copied().unwrap_or(0.0)
        };
        let alike = (0..bars.len()).map(|one| (0..bars.len()).map(|other| either(one, other)).collect());
        Self { song, alike: alike.collect(), first }
    }

    fn count(&self) -> usize {
        self.alike.len()
    }

    /// Steps that are sung in a bar.
    fn sung(&self, bar: usize) -> f32 {
        sung_steps(self.song, self.first[bar]..self.first[bar + 1])
    }

    /// How much louder it is sung in some bars than in the song, in dB.
    fn level(&self, first: usize, end: usize) -> f32 {
        let mean = |first: usize, end: usize| {
            let sung = || self.song.heard()[first..end].iter().filter(|heard| heard.voiced() > 0.5);
            let levels: f32 = sung().map(|heard| heard.level).sum();
            (sung().count() > 0).then(|| levels / sung().count() as f32)
        };
        let here = mean(self.first[first], self.first[end]);
        here.zip(mean(0, self.song.heard().len())).map_or(0.0, |(here, song)| here - song)
    }

    /// Whether somebody sings in a bar.
    fn is_sung(&self, bar: usize) -> bool {
        self.sung(bar) > SUNG
    }

    /// What speaks for a section that begins with a bar.
    fn boundary(&self, bar: usize) -> f32 {
        if bar == 0 || bar >= self.count() {
            return 0.0;
        }
        let line = self.first[bar];
        let room = (UPBEAT * (self.first[bar + 1] - line) as f32) as usize;
        let begins = (line.saturating_sub(room)..line + room).any(|step| {
            let phrase = self.song.phrase(step);
            phrase.first == step && phrase.opens.is_some()
        });
        let changes = self.is_sung(bar) != self.is_sung(bar - 1);
        let singing = (f32::from(u8::from(begins)) + f32::from(u8::from(changes))) / 2.0;
        SINGING * singing + REPEATING * self.edge(bar)
    }

    /// How alike two bars are; those beyond the song are like none.
    fn like(&self, one: usize, other: usize) -> f32 {
        self.alike.get(one).and_then(|row| row.get(other)).copied().unwrap_or(0.0)
    }

    /// How clearly a passage of at least two bars that is sung elsewhere as well begins with a bar, or has ended before it.
    fn edge(&self, bar: usize) -> f32 {
        let apart = |other: usize| other != bar;
        let before = |at: usize, bars: usize| at.checked_sub(bars).unwrap_or(usize::MAX);
        let begins = (0..self.count()).filter(|other| apart(*other)).map(|other| {
            let goes_on = self.like(bar, other) * self.like(bar + 1, other + 1);
            goes_on * (1.0 - self.like(bar - 1, before(other, 1)))
        });
        let ended = (1..=self.count()).filter(|other| apart(*other)).map(|other| {
            let went_on = self.like(bar - 1, other - 1) * self.like(before(bar, 2), before(other, 2));
            went_on * (1.0 - self.like(bar, other))
        });
        begins.chain(ended).fold(0.0, f32::max)
    }

    /// The division into sections that is worth most.
    fn divided(&self) -> Vec<Section> {
        let count = self.count();
        let boundaries: Vec<f32> = (0..count).map(|bar| self.boundary(bar)).collect();
        let mut best = vec![(0.0_f32, 0_usize); count + 1];
        for end in 1..=count {
            best[end].0 = f32::MIN;
            for bars in 1..=LONGEST.min(end) {
                let first = end - bars;
                let worth = best[first].0 + boundaries[first] + LENGTHS[bars - 1];
                if worth > best[end].0 {
                    best[end] = (worth, first);
                }
            }
        }
        let mut sections = Vec::new();
        let mut end = count;
        while end > 0 {
            let first = best[end].1;
            let sung = (first..end).any(|bar| self.is_sung(bar));
            let level = self.level(first, end);
            sections.push(Section { first, bars: end - first, label: 0, sung, level, material: 0 });
            end = first;
        }
        sections.reverse();
        sections
    }

    /// Gives equal sections equal labels.
    fn name(&self, sections: &mut [Section]) {
        let mut labels = [0, 0];
        for index in 0..sections.len() {
            let section = sections[index];
            let earlier = sections[..index].iter().find(|earlier| self.same(earlier, &section));
            sections[index].label = earlier.map_or_else(
                || {
                    let label = &mut labels[usize::from(section.sung)];
                    *label += 1;
                    *label - 1
                },
                |earlier| earlier.label,
            );
        }
    }

    fn same(&self, one: &Section, other: &Section) -> bool {
        if one.sung != other.sung {
            return false;
        }
        if !one.sung {
            return one.bars == other.bars;
        }
        let bars = one.bars.min(other.bars);
        let alike: f32 = (0..bars).map(|bar| self.alike[one.first + bar][other.first + bar]).sum();
        alike >= SAME * one.bars.max(other.bars) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::band::{heard::StepHeard, place::Place};

    /// A song of sections, each as many bars of the melody with a seed; seed 0 is silence.
    fn song(form: &[(usize, usize)]) -> (Song, Vec<KnownBar>) {
        let class = |seed: usize, step: usize| {
            let eighth = (step / 2 + 1000 * seed) as u32;
            (eighth.wrapping_mul(2_654_435_761) >> 16) as usize % 12
        };
        let steps = form.iter().flat_map(|(seed, bars)| {
            // The last quarter of every section is a rest.
            (0..16 * bars).map(move |step| (*seed > 0 && step + 4 < 16 * bars).then(|| class(*seed, step)))
        });
        let song = Song::new(steps.enumerate().map(|(step, class)| {
            let place =
                Place { bar: (step / 16) as i64, step: (step % 16) as u32, steps_per_bar: 16, steps_per_beat: 4 };
            let mut heard = StepHeard { heard: 1.0, ..StepHeard::default() };
            class.into_iter().for_each(|class| heard.pitch[class] = 1.0);
            (place, heard)
        }));
        let bars = (0..song.heard().len() / 16).map(|bar| KnownBar { ticks: None, first: 16 * bar }).collect();
        (song, bars)
    }

    #[test]
    fn sections_begin_where_verses_and_choruses_do_and_those_that_return_have_one_letter() {
        let (song, bars) = song(&[(0, 4), (1, 8), (2, 8), (0, 4), (1, 8), (2, 8), (3, 4), (2, 8)]);
        let found = sections(&song, &bars);
        let written: String = found.iter().map(|section| format!("{}{} ", section.letter(), section.bars)).collect();
        assert_eq!(written.trim(), "a4 A8 B8 a4 A8 B8 C4 B8");
    }

    #[test]
    fn every_bar_is_in_a_section_whatever_is_sung() {
        for form in [&[][..], &[(0, 1)], &[(0, 40)], &[(1, 3)], &[(1, 37), (0, 5)]] {
            let (song, bars) = song(form);
            let found = sections(&song, &bars);
            let mut next = 0;
            for section in &found {
                assert_eq!(section.first, next);
                next += section.bars;
            }
            assert_eq!(next, bars.len());
        }
    }
}
