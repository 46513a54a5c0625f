//! What was heard of the singer, learned per 16th of the host's timeline, small enough for the plugin's state.

use std::collections::BTreeMap;

use songweave_dsp::{
    analysis::chroma::PITCH_CLASSES,
    band::{Chord, Quality, Style},
};

use super::{
    beat::SungBeat,
    song::{KnownBar, Song},
};
use crate::band::{heard::StepHeard, place::Place};

/// Version of the bytes, and the one before, which did not tell the beat.
const VERSION: u8 = 2;
const WITHOUT_BEAT: u8 = 1;
/// Parts of a quarter in which the beginning of a bar is told.
const TICKS: f64 = 960.0;
/// Ticks of a step.
const STEP_TICKS: i64 = 240;
/// Passes that count: what was heard before them fades.
const PASSES: u8 = 4;
/// Most bars that are learned: beyond an hour in any tempo that is sung to.
pub const MOST_BARS: usize = 4096;
/// Ticks from the beginning of the timeline beyond which no song reaches: hosts tell nonsense at times.
const FARTHEST: u64 = 1 << 40;
/// Bars between two learned ones that are taken for silence; a longer gap divides the song.
const LONGEST_GAP: i64 = 32;
/// Bars of silence that are known before the first bar and after the last: for an introduction and for an end.
const AROUND: (i64, i64) = (8, 2);
/// Share of a bar's steps from which on it is known.
const KNOWN: f32 = 0.5;
/// Bytes of a step.
const STEP_BYTES: usize = 8;

/// What was learned of a step: the two classes that were sung most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct LearnedStep {
    /// The class that was sung most, and the next.
    classes: [u8; 2],
    /// Share of the step on each, 255 = all of it.
    shares: [u8; 2],
    /// Strength of a note that began on each, 255 = 1.
    onsets: [u8; 2],
    /// Mean MIDI key in halves; 0 for silence.
    key: u8,
    /// Level in dB above -120, in the lower seven bits' range.
    level: u8,
    /// How often it was heard, at most [`PASSES`]; 0 = never.
    passes: u8,
}

impl LearnedStep {
    /// With one more pass in it.
    fn heard_again(self, heard: &StepHeard) -> Self {
        let before = self.heard();
        let passes = f32::from(self.passes.min(PASSES - 1));
        let mean = |before: f32, now: f32| passes.mul_add(before, now) / (passes + 1.0);
        let pitch: [f32; PITCH_CLASSES] =
            std::array::from_fn(|class| mean(before.pitch[class], share(heard.pitch[class])));
        let onset: [f32; PITCH_CLASSES] =
            std::array::from_fn(|class| mean(before.onset[class], share(heard.onset[class])));
        let first = strongest(&pitch, None);
        let classes = [first, strongest(&pitch, Some(first))];
        let byte = |values: &[f32; PITCH_CLASSES], class: u8| (255.0 * values[usize::from(class)]).round() as u8;
        let key = match (before.key > 0.0, heard.key > 0.0) {
            (true, true) => mean(before.key, heard.key),
            (_, true) => heard.key,
            _ => before.key,
        };
        Self {
            classes,
            shares: classes.map(|class| byte(&pitch, class)),
            onsets: classes.map(|class| byte(&onset, class)),
            key: (2.0 * key).round().clamp(0.0, 254.0) as u8,
            level: (mean(before.level, if heard.level.is_finite() { heard.level } else { -120.0 }) + 120.0)
                .round()
                .clamp(0.0, 140.0) as u8,
            passes: (self.passes + 1).min(PASSES),
        }
    }

    /// As it was heard; silence where it never was.
    fn heard(&self) -> StepHeard {
        let mut heard = StepHeard { heard: 1.0, level: f32::from(self.level) - 120.0, ..StepHeard::default() };
        heard.key = f32::from(self.key) / 2.0;
        for ((class, share), onset) in self.classes.iter().zip(self.shares).zip(self.onsets) {
            heard.pitch[usize::from(*class)] += f32::from(share) / 255.0;
            heard.onset[usize::from(*class)] = f32::from(onset) / 255.0;
        }
        heard
    }

    fn bytes(self) -> [u8; STEP_BYTES] {
        let [first, second] = self.classes;
        let [most, more] = self.shares;
        let [begins, also] = self.onsets;
        [first << 4 | second, most, more, begins, also, self.key, self.level, self.passes]
    }

    fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let &[classes, most, more, begins, also, key, level, passes] = bytes else { return None };
        let classes = [classes >> 4, classes & 15];
        let sane = classes.iter().all(|class| usize::from(*class) < PITCH_CLASSES) && classes[0] != classes[1];
        let sane = passes == 0 || (sane && passes <= PASSES && u16::from(most) + u16::from(more) <= 256);
        sane.then_some(Self { classes, shares: [most, more], onsets: [begins, also], key, level, passes })
            .map(|step| if passes == 0 { Self::default() } else { step })
    }
}

/// A share of a step; silence for what is none.
fn share(value: f32) -> f32 {
    if value.is_finite() { value.clamp(0.0, 1.0) } else { 0.0 }
}

/// The class that was sung most, but for one.
fn strongest(pitch: &[f32; PITCH_CLASSES], but: Option<u8>) -> u8 {
    let others = (0..PITCH_CLASSES as u8).filter(|class| but != Some(*class));
    others.max_by(|one, other| pitch[usize::from(*one)].total_cmp(&pitch[usize::from(*other)])).unwrap_or(0)
}

/// What was learned of a bar.
#[derive(Debug, Clone, PartialEq, Eq)]
struct LearnedBar {
    /// Its number when it was heard last.
    number: i32,
    steps_per_beat: u16,
    /// `[step]`
    steps: Vec<LearnedStep>,
}

impl LearnedBar {
    fn is_known(&self) -> bool {
        let known = self.steps.iter().filter(|step| step.passes > 0).count();
        known as f32 >= KNOWN * self.steps.len() as f32
    }

    fn place(&self, step: usize) -> Place {
        Place {
            bar: self.number.into(),
            step: step as u32,
            steps_per_bar: self.steps.len() as u32,
            steps_per_beat: u32::from(self.steps_per_beat),
        }
    }
}

/// Where a step is on the host's timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot {
    /// Where its bar begins (see [`bar_ticks`]).
    pub ticks: i64,
    /// The step.
    pub place: Place,
}

/// Where a bar begins on the host's timeline, in 960ths of a quarter.
#[must_use]
pub fn bar_ticks(quarters: f64) -> i64 {
    (quarters * TICKS).round() as i64
}

/// Ticks of so many steps.
#[must_use]
pub const fn step_ticks(steps: usize) -> i64 {
    steps as i64 * STEP_TICKS
}

/// A chord that the user has put down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lock {
    /// For how long it holds, in ticks.
    pub ticks: i64,
    /// The chord.
    pub chord: Chord,
}

/// What the user has put down on a learned song, by the ticks at which it begins (see [`bar_ticks`]).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sheet {
    /// Chords.
    pub chords: BTreeMap<i64, Lock>,
    /// Styles, from the first bar of a section to its end.
    pub styles: BTreeMap<i64, Style>,
}

/// What was learned of a song, bar by bar, and what the user has put down on it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Take {
    /// By the ticks at which they begin.
    bars: BTreeMap<i64, LearnedBar>,
    /// What the user has put down.
    pub sheet: Sheet,
    /// What beat it was sung to.
    pub beat: SungBeat,
}

impl Take {
    /// Whether nothing was learned.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bars.is_empty()
    }

    /// Learns a complete step of the bar that begins at `ticks`. What was heard of it before stays in the mean; a bar in
    /// another metre is learned anew. Beyond [`MOST_BARS`] nothing is added.
    pub fn learn(&mut self, ticks: i64, place: &Place, heard: &StepHeard) {
        let (steps, beat) = (place.steps_per_bar as usize, place.steps_per_beat.min(u16::MAX.into()) as u16);
        if ticks.unsigned_abs() >= FARTHEST {
            return;
        }
        let known = self.bars.get(&ticks).is_some_and(|bar| bar.steps.len() == steps && bar.steps_per_beat == beat);
        if !known {
            if self.bars.len() >= MOST_BARS || steps > usize::from(u16::MAX) {
                return;
            }
            let end = ticks.saturating_add(step_ticks(steps));
            self.bars.retain(|start, bar| *start >= end || start.saturating_add(step_ticks(bar.steps.len())) <= ticks);
            let steps = vec![LearnedStep::default(); steps];
            self.bars.insert(ticks, LearnedBar { number: 0, steps_per_beat: beat, steps });
        }
        if let Some(bar) = self.bars.get_mut(&ticks) {
            bar.number = place.bar.clamp(i32::MIN.into(), i32::MAX.into()) as i32;
            if let Some(step) = bar.steps.get_mut(place.step as usize) {
                *step = step.heard_again(heard);
            }
        }
    }

    /// The song that is known, gaps filled with silence, and its bars.
    #[must_use]
    pub fn song(&self) -> (Song, Vec<KnownBar>) {
        let mut laid = Laid::default();
        let mut last: Option<(i64, &LearnedBar)> = None;
        for (&start, bar) in self.bars.iter().filter(|(_, bar)| bar.is_known()) {
            let length = step_ticks(bar.steps.len());
            match last {
                None => (1..=AROUND.0).rev().filter(|ago| start >= ago * length).for_each(|ago| {
                    laid.silence(Some(start - ago * length), -ago, bar);
                }),
                Some((before, had)) => {
                    let gap = start - before - step_ticks(had.steps.len());
                    if gap % length == 0 && gap / length <= LONGEST_GAP {
                        (1..=gap / length).rev().for_each(|ago| laid.silence(None, -ago, bar));
                    }
                }
            }
            laid.bar(start, bar);
            last = Some((start, bar));
        }
        if let Some((start, bar)) = last {
            (1..=AROUND.1)
                .for_each(|after| laid.silence(Some(start + after * step_ticks(bar.steps.len())), after, bar));
        }
        (Song::new(laid.steps), laid.bars)
    }

    /// As it is saved.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        bytes.extend(beat_bytes(self.beat));
        bytes.extend((self.sheet.chords.len() as u16).to_le_bytes());
        for (start, lock) in &self.sheet.chords {
            bytes.extend(start.to_le_bytes());
            bytes.extend((lock.ticks as u32).to_le_bytes());
            bytes.extend([lock.chord.root, lock.chord.quality as u8, lock.chord.bass]);
        }
        bytes.extend((self.sheet.styles.len() as u16).to_le_bytes());
        for (start, style) in &self.sheet.styles {
            bytes.extend(start.to_le_bytes());
            bytes.push(*style as u8);
        }
        for (start, bar) in &self.bars {
            bytes.extend(start.to_le_bytes());
            bytes.extend(bar.number.to_le_bytes());
            bytes.extend((bar.steps.len() as u16).to_le_bytes());
            bytes.extend(bar.steps_per_beat.to_le_bytes());
            bar.steps.iter().for_each(|step| bytes.extend(step.bytes()));
        }
        bytes
    }

    /// What was saved; `None` for what is no take.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(bytes);
        let beat = match bytes.take()? {
            [VERSION] => bytes.beat()?,
            [WITHOUT_BEAT] => SungBeat::Unknown,
            _ => return None,
        };
        let sheet = Sheet { chords: bytes.many(Bytes::lock)?, styles: bytes.many(Bytes::style)? };
        let mut bars = BTreeMap::new();
        while !bytes.0.is_empty() {
            let (start, bar) = bytes.bar()?;
            bars.insert(start, bar);
        }
        let ends =
            bars.iter().map(|(start, bar): (&i64, &LearnedBar)| start.saturating_add(step_ticks(bar.steps.len())));
        let apart = ends.zip(bars.keys().skip(1)).all(|(end, next)| end <= *next);
        (apart && bars.len() <= MOST_BARS).then_some(Self { bars, sheet, beat })
    }
}

/// Bars that are laid one after the other.
#[derive(Default)]
struct Laid {
    steps: Vec<(Place, StepHeard)>,
    bars: Vec<KnownBar>,
}

impl Laid {
    fn bar(&mut self, start: i64, bar: &LearnedBar) {
        self.bars.push(KnownBar { ticks: Some(start), first: self.steps.len() });
        self.steps.extend(bar.steps.iter().enumerate().map(|(step, learned)| (bar.place(step), learned.heard())));
    }

    /// A silent bar in the metre of another, so many bars after it.
    fn silence(&mut self, ticks: Option<i64>, after: i64, bar: &LearnedBar) {
        self.bars.push(KnownBar { ticks, first: self.steps.len() });
        let silent = StepHeard { heard: 1.0, level: -120.0, ..StepHeard::default() };
        let place = |step| Place { bar: i64::from(bar.number) + after, ..bar.place(step) };
        self.steps.extend((0..bar.steps.len()).map(|step| (place(step), silent)));
    }
}

/// A beat as it is saved: its kind, and its tempo where it is another than the host's.
fn beat_bytes(beat: SungBeat) -> [u8; 5] {
    let (kind, tempo) = match beat {
        SungBeat::Unknown => (0, 0.0),
        SungBeat::OnTheBeat => (1, 0.0),
        SungBeat::Otherwise(tempo) => (2, tempo),
        SungBeat::Unsteady => (3, 0.0),
    };
    let [first, second, third, fourth] = f32::to_le_bytes(tempo);
    [kind, first, second, third, fourth]
}

/// Bytes that are being read.
struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn slice(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.slice(N)?.try_into().ok()
    }

    /// As many of a kind as the next two bytes say.
    fn many<T>(&mut self, one: impl Fn(&mut Self) -> Option<(i64, T)>) -> Option<BTreeMap<i64, T>> {
        let count = u16::from_le_bytes(self.take()?);
        (0..count).map(|_| one(self)).collect()
    }

    fn beat(&mut self) -> Option<SungBeat> {
        let [kind] = self.take()?;
        let tempo = f32::from_le_bytes(self.take()?);
        match kind {
            0 => Some(SungBeat::Unknown),
            1 => Some(SungBeat::OnTheBeat),
            2 if tempo.is_finite() && tempo > 0.0 => Some(SungBeat::Otherwise(tempo)),
            3 => Some(SungBeat::Unsteady),
            _ => None,
        }
    }

    fn lock(&mut self) -> Option<(i64, Lock)> {
        let start = i64::from_le_bytes(self.take()?);
        let ticks = i64::from(u32::from_le_bytes(self.take()?));
        let [root, quality, bass] = self.take()?;
        let quality = *Quality::ALL.get(usize::from(quality))?;
        (root < 12 && bass < 12).then_some((start, Lock { ticks, chord: Chord { root, quality, bass } }))
    }

    fn style(&mut self) -> Option<(i64, Style)> {
        let start = i64::from_le_bytes(self.take()?);
        let [style] = self.take()?;
        Some((start, *Style::ALL.get(usize::from(style))?))
    }

    fn bar(&mut self) -> Option<(i64, LearnedBar)> {
        let start = i64::from_le_bytes(self.take()?);
        let number = i32::from_le_bytes(self.take()?);
        let count = usize::from(u16::from_le_bytes(self.take()?));
        let steps_per_beat = u16::from_le_bytes(self.take()?);
        let steps = self.slice(count * STEP_BYTES)?.chunks_exact(STEP_BYTES);
        let steps = steps.map(LearnedStep::of_bytes).collect::<Option<Vec<_>>>()?;
        let sane = !steps.is_empty() && steps_per_beat > 0 && start.unsigned_abs() < FARTHEST;
        sane.then_some((start, LearnedBar { number, steps_per_beat, steps }))
    }
}

#[cfg(test)]
mod tests;
