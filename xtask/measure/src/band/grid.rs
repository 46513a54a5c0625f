//! When the band plays: how near its notes are to the grid, how often, and in which places of the bar.

use serde::Serialize;
use songweave_dsp::band::Instrument;

use songweave_score::songs::structure_song::STEPS_PER_BAR;

/// A note is on the grid within this many seconds.
pub const TOLERANCE: f64 = 0.025;
/// Notes of one instrument this near to each other, in seconds, begin together.
const TOGETHER: f64 = 0.003;
/// Bass drums and snare drums of General MIDI.
const KICKS: [u8; 2] = [35, 36];
const SNARES: [u8; 2] = [38, 40];

/// The beginning of a note.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Onset {
    /// In seconds from a downbeat on.
    pub seconds: f64,
    /// Who plays.
    pub instrument: Instrument,
    /// MIDI key.
    pub key: u8,
}

/// Where the 16th notes of a beat are, in beats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grid {
    /// Evenly.
    Straight,
    /// As swing has them: the second eighth comes after two thirds of the beat, and a 16th in the middle of each.
    Swung,
}

impl Grid {
    /// Places in a beat, the next beat among them.
    const fn places(self) -> &'static [f64] {
        match self {
            Self::Straight => &[0.0, 0.25, 0.5, 0.75, 1.0],
            Self::Swung => &[0.0, 1.0 / 3.0, 2.0 / 3.0, 5.0 / 6.0, 1.0],
        }
    }

    /// The place nearest to a time in beats.
    fn nearest(self, beats: f64) -> f64 {
        let distance = |place: &&f64| (beats.rem_euclid(1.0) - **place).abs();
        let nearest = self.places().iter().min_by(|one, other| distance(one).total_cmp(&distance(other)));
        beats.floor() + nearest.copied().unwrap_or(0.0)
    }
}

/// F1 of one instrument's onsets against the grid: the wanted ones are the places nearest to them, each once, and one of them is
/// met by the first onset within [`TOLERANCE`]. `None` without notes.
#[must_use]
pub fn onset_f1(onsets: &[Onset], instrument: Instrument, grid: Grid, beat_seconds: f64) -> Option<f64> {
    let mut times: Vec<f64> =
        onsets.iter().filter(|onset| onset.instrument == instrument).map(|onset| onset.seconds).collect();
    times.sort_by(f64::total_cmp);
    times.dedup_by(|later, earlier| *later - *earlier < TOGETHER);
    grid_f1(&times, grid, beat_seconds)
}

/// As [`onset_f1`], of times in seconds in their order.
#[must_use]
pub fn grid_f1(times: &[f64], grid: Grid, beat_seconds: f64) -> Option<f64> {
    let mut wanted: Vec<f64> = times.iter().map(|time| grid.nearest(time / beat_seconds) * beat_seconds).collect();
    let near = times.iter().zip(&wanted).filter(|(time, place)| (*time - *place).abs() <= TOLERANCE);
    let mut met: Vec<f64> = near.map(|(_, place)| *place).collect();
    met.dedup();
    wanted.dedup();
    (!times.is_empty()).then(|| 2.0 * met.len() as f64 / (times.len() + wanted.len()) as f64)
}

/// What drums and bass do in a bar of 16 steps.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Playing {
    /// Drum hits per bar.
    pub drums_per_bar: f64,
    /// Share of the bass drum's hits on the first or third beat.
    pub kick_on_one_and_three: Option<f64>,
    /// Share of the snare's hits on the second or fourth beat.
    pub snare_on_two_and_four: Option<f64>,
    /// Bass notes per bar.
    pub bass_per_bar: f64,
    /// Share of the bars with a bass note on their first beat.
    pub bass_on_one: f64,
    /// Beginnings of the keys per bar, chords counted once.
    pub keys_per_bar: f64,
}

impl Playing {
    /// Of `bars` bars of music at `beat_seconds` per beat; `None` of none.
    #[must_use]
    pub fn of(onsets: &[Onset], bars: f64, beat_seconds: f64) -> Option<Self> {
        let step = |onset: &Onset| (4.0 * onset.seconds / beat_seconds).round() as i64;
        let in_bar = |onset: &Onset| step(onset).rem_euclid(i64::from(STEPS_PER_BAR));
        let of = |wanted: Instrument| onsets.iter().filter(move |onset| onset.instrument == wanted);
        let placed = |keys: [u8; 2], places: [i64; 2]| {
            let hits = of(Instrument::Drums).filter(|onset| keys.contains(&onset.key));
            crate::statistics::share(hits.map(|onset| places.contains(&in_bar(onset))))
        };
        let distinct = |steps: &mut Vec<i64>| {
            steps.sort_unstable();
            steps.dedup();
            steps.len() as f64
        };
        let bass: Vec<&Onset> = of(Instrument::Bass).collect();
        let mut ones = bass.iter().filter(|onset| in_bar(onset) == 0).map(|onset| step(onset)).collect();
        let mut keys = of(Instrument::Keys).map(step).collect();
        (bars > 0.0).then(|| Self {
            drums_per_bar: of(Instrument::Drums).count() as f64 / bars,
            kick_on_one_and_three: placed(KICKS, [0, 8]),
            snare_on_two_and_four: placed(SNARES, [4, 12]),
            bass_per_bar: bass.len() as f64 / bars,
            bass_on_one: distinct(&mut ones) / bars,
            keys_per_bar: distinct(&mut keys) / bars,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn onset(seconds: f64, instrument: Instrument, key: u8) -> Onset {
        Onset { seconds, instrument, key }
    }

    #[test]
    fn onsets_off_the_grid_and_flams_cost_and_chords_do_not() {
        let keys = |times: &[f64]| times.iter().map(|time| onset(*time, Instrument::Keys, 60)).collect::<Vec<_>>();
        let f1 = |times: &[f64], grid| onset_f1(&keys(times), Instrument::Keys, grid, 0.6).unwrap();
        assert_eq!(f1(&[0.0, 0.001, 0.15, 0.32, 0.6], Grid::Straight), 1.0);
        // Half way between two steps: neither found nor met.
        assert!((f1(&[0.0, 0.225], Grid::Straight) - 0.5).abs() < 1e-9);
        assert!((f1(&[0.0, 0.02], Grid::Straight) - 2.0 / 3.0).abs() < 1e-9, "the second of a flam is one too many");
        assert_eq!(f1(&[0.0, 0.4, 0.6], Grid::Swung), 1.0);
        assert!(f1(&[0.0, 0.4, 0.6], Grid::Straight) < 0.7);
        assert_eq!(onset_f1(&keys(&[0.0]), Instrument::Pad, Grid::Straight, 0.6), None);
    }

    #[test]
    fn places_in_the_bar_are_counted() {
        let mut onsets = Vec::new();
        for bar in 0..4 {
            let at = |beat: f64| 0.5 * (4.0 * f64::from(bar) + beat);
            onsets.extend([onset(at(0.0), Instrument::Drums, 36), onset(at(2.5), Instrument::Drums, 36)]);
            onsets.extend([onset(at(1.0), Instrument::Drums, 38), onset(at(3.0), Instrument::Drums, 38)]);
            onsets.push(onset(at(if bar == 0 { 1.0 } else { 0.0 }), Instrument::Bass, 40));
            onsets.extend([60, 64].map(|key| onset(at(0.5), Instrument::Keys, key)));
        }
        let playing = Playing::of(&onsets, 4.0, 0.5).unwrap();
        assert_eq!((playing.drums_per_bar, playing.bass_per_bar, playing.keys_per_bar), (4.0, 1.0, 1.0));
        assert_eq!((playing.kick_on_one_and_three, playing.snare_on_two_and_four), (Some(0.5), Some(1.0)));
        assert_eq!(playing.bass_on_one, 0.75);
    }
}
