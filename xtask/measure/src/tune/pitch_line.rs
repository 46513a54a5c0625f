//! Pitch over time on a common grid, and how two such lines agree: the measures of MIREX's audio melody extraction (Poliner et
//! al., "Melody transcription from music audio: approaches and evaluation", 2007).

use serde::Serialize;

/// Seconds between two points of a line.
pub const STEP: f64 = 0.01;
/// A pitch within so many semitones is right.
const RIGHT: f32 = 0.5;
/// A voiced line that moves by more than this in semitones from one point to the next jumps.
const JUMP: f32 = 2.0;

/// The pitch at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PitchPoint {
    /// MIDI key with fractions; 0 where there is no idea.
    pub key: f32,
    /// Whether somebody sings.
    pub voiced: bool,
}

/// A pitch line, one point every [`STEP`] seconds from 0 on.
pub type PitchLine = Vec<PitchPoint>;

/// How a line agrees with the true one.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize)]
pub struct Agreement {
    /// Share of the truly voiced points whose pitch is within 50 cents, whatever is said of the voicing.
    pub raw_pitch: f64,
    /// The same with octaves forgiven.
    pub raw_chroma: f64,
    /// Share of the truly voiced points that are said to be.
    pub recall: f64,
    /// Share of the truly unvoiced points that are said to be voiced.
    pub false_alarm: f64,
    /// Harmonic mean of recall and precision of the voicing.
    pub voicing_f1: f64,
    /// Truly voiced points.
    pub voiced: usize,
    /// All points.
    pub points: usize,
}

/// The key of a frequency in Hz; 0 of none.
#[must_use]
pub fn key_of(hz: f32) -> f32 {
    if hz > 0.0 { 69.0 + 12.0 * (hz / 440.0).log2() } else { 0.0 }
}

/// A line from what was told at other times, in order: each point is that of the nearest one, between two voiced ones in line.
#[must_use]
pub fn resampled(told: &[(f64, PitchPoint)], points: usize) -> PitchLine {
    let mut line = Vec::with_capacity(points);
    let mut next = 0;
    for index in 0..points {
        let at = index as f64 * STEP;
        while next < told.len() && told[next].0 < at {
            next += 1;
        }
        let (before, after) = (next.checked_sub(1).and_then(|last| told.get(last)), told.get(next));
        line.push(match (before, after) {
            (Some((then, one)), Some((later, other)))
                if one.voiced && other.voiced && (one.key - other.key).abs() < 1.0 =>
            {
                let part = ((at - then) / (later - then).max(1e-9)) as f32;
                PitchPoint { key: one.key + part * (other.key - one.key), voiced: true }
            }
            (Some((then, one)), Some((later, other))) => {
                if at - then < later - at {
                    *one
                } else {
                    *other
                }
            }
            (Some((_, one)), None) | (None, Some((_, one))) => *one,
            (None, None) => PitchPoint::default(),
        });
    }
    line
}

impl Agreement {
    /// How `found` agrees with `truth`, together over pairs of lines.
    #[must_use]
    pub fn of<'a>(pairs: impl Iterator<Item = (&'a [PitchPoint], &'a [PitchPoint])>) -> Self {
        let (mut right, mut right_class, mut voiced, mut recalled, mut alarms, mut points) = (0, 0, 0, 0, 0, 0usize);
        for (found, truth) in pairs.flat_map(|(found, truth)| found.iter().zip(truth)) {
            points += 1;
            if !truth.voiced {
                alarms += usize::from(found.voiced);
                continue;
            }
            let error = found.key - truth.key;
            let class = error - 12.0 * (error / 12.0).round();
            voiced += 1;
            recalled += usize::from(found.voiced);
            right += usize::from(found.key > 0.0 && error.abs() <= RIGHT);
            right_class += usize::from(found.key > 0.0 && class.abs() <= RIGHT);
        }
        let share = |part: usize, all: usize| part as f64 / all.max(1) as f64;
        Self {
            raw_pitch: share(right, voiced),
            raw_chroma: share(right_class, voiced),
            recall: share(recalled, voiced),
            false_alarm: share(alarms, points - voiced),
            voicing_f1: share(2 * recalled, 2 * recalled + alarms + voiced - recalled),
            voiced,
            points,
        }
    }
}

/// Seconds between two points at which a voiced line moves by more than two semitones, counted per minute of voice.
#[must_use]
pub fn jumps_per_minute(line: &[PitchPoint]) -> f64 {
    let voiced = line.iter().filter(|point| point.voiced).count() as f64 * STEP / 60.0;
    let jumps = line
        .windows(2)
        .filter(|pair| pair.iter().all(|point| point.voiced) && (pair[0].key - pair[1].key).abs() > JUMP);
    jumps.count() as f64 / voiced.max(STEP / 60.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(key: f32, voiced: bool) -> PitchPoint {
        PitchPoint { key, voiced }
    }

    #[test]
    fn every_kind_of_error_is_counted_where_it_belongs() {
        let truth = [60.0, 60.0, 60.0, 60.0, 0.0, 0.0].map(|key| point(key, key > 0.0));
        let found = [(60.4, true), (72.0, true), (60.0, false), (61.0, false), (61.0, true), (61.0, false)];
        let found = found.map(|(key, voiced)| point(key, voiced));
        let figures = Agreement::of(std::iter::once((found.as_slice(), truth.as_slice())));
        assert_eq!((figures.raw_pitch, figures.raw_chroma), (0.5, 0.75));
        assert_eq!((figures.recall, figures.false_alarm), (0.5, 0.5));
        assert!((figures.voicing_f1 - 4.0 / 7.0).abs() < 1e-9);
    }

    #[test]
    fn a_line_at_other_times_is_read_between_its_points() {
        let told = [(0.005, point(60.0, true)), (0.025, point(61.0 - 1e-3, true)), (0.05, point(0.0, false))];
        let line = resampled(&told, 7);
        assert_eq!((line[0].key, line[6].voiced), (60.0, false));
        assert!((line[1].key - 60.25).abs() < 1e-2 && line[3].voiced && !line[4].voiced);
        assert!(resampled(&[], 2).iter().all(|point| !point.voiced));
    }

    #[test]
    fn only_voiced_steps_jump() {
        let line = [(60.0, true), (60.5, true), (72.0, true), (0.0, false), (60.0, true)];
        let line = line.map(|(key, voiced)| point(key, voiced));
        assert!((jumps_per_minute(&line) - 60.0 / (4.0 * STEP)).abs() < 1e-6);
    }
}
