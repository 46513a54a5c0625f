//! Bars of any length, played from patterns of 16 steps.
//!
//! The data are in 4/4. A 3/4 bar takes the beats 1, 2 and 4 of a pattern (in most styles kick, snare, snare); a beat of three
//! eighths stretches a beat of four 16ths, so that 6/8 has the first beat's kick and the second's snare.
//!
//! Odd metres are grouped as they are felt, in beats of four 16ths of which the last is longer or shorter: 7/8 is 2+2+3 eighths,
//! 11/16 is 4+4+3 16ths, 5/4 is 3+2 quarters. One of these beats is the backbeat, all others come from the pattern's first and
//! third, which have none.

use songweave_models::groove::BAR;

use crate::band::place::Place;

/// Where in a pattern each 16th of a beat of six is; `None` where nothing but a cymbal may be.
const STRETCHED: [Option<usize>; 6] = [Some(0), None, None, Some(1), Some(2), Some(3)];

/// Steps of a felt beat.
const FELT: u32 = 4;
/// Beats of a pattern: the first, the backbeats, and the third.
const FIRST: usize = 0;
const SECOND: usize = 1;
const THIRD: usize = 2;
const LAST: usize = 3;
/// Duration in seconds of the shorter note of a swung pair that drummers keep at fast tempi, which straightens the pair (A. Friberg
/// and A. Sundström, "Swing ratios and ensemble timing in jazz performance", Music Perception 19, 2002).
const SHORT: f64 = 0.1;

/// A beat as it is felt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Beat {
    /// Its number in the bar.
    number: u32,
    /// Beats in the bar.
    count: u32,
    /// Its first step in the bar.
    start: u32,
    /// Steps of a whole beat of its kind.
    length: u32,
    /// Whether the bar has a single backbeat.
    odd: bool,
}

/// A place that can be: at least one step in bar and beat, the step inside the bar.
pub(super) fn sane(place: &Place) -> Place {
    let steps_per_bar = place.steps_per_bar.max(1);
    let steps_per_beat = place.steps_per_beat.clamp(1, steps_per_bar);
    Place { bar: place.bar, step: place.step % steps_per_bar, steps_per_bar, steps_per_beat }
}

/// The felt beat of a place.
fn beat(place: &Place) -> Beat {
    let (bar, unit) = (place.steps_per_bar, place.steps_per_beat);
    let count = bar.div_ceil(unit);
    // Few short beats, as in 3/8, are felt as they are; more of them, and very long ones, are not.
    let simple = matches!(unit, 4 | 6) || unit == 2 && count <= 4;
    if simple {
        let number = place.step / unit;
        return Beat { number, count, start: number * unit, length: unit, odd: count >= 5 && count % 2 == 1 };
    }
    if unit == 1 && bar > 3 && bar.is_multiple_of(3) {
        let number = place.step / 3;
        return Beat { number, count: bar / 3, start: number * 3, length: 3, odd: bar % 2 == 1 && bar > 9 };
    }
    // The last beat takes up to two steps more, so that no beat is shorter than three.
    let count = ((bar + 1) / FELT).max(1);
    let number = (place.step / FELT).min(count - 1);
    let start = number * FELT;
    let length = if number + 1 == count { bar - start } else { FELT };
    Beat { number, count, start, length, odd: count > 2 && !bar.is_multiple_of(FELT) || count >= 5 && count % 2 == 1 }
}

impl Beat {
    /// The pattern's beat that is played.
    const fn source(self) -> usize {
        if self.odd {
            return match self.number {
                0 => FIRST,
                number if number == self.count.div_ceil(2) => LAST,
                _ => THIRD,
            };
        }
        // The last beat is the pattern's last, where pick-ups and the end of fills are; of two beats the second is the snare's.
        if self.count > 2 && self.number + 1 == self.count { LAST } else { (self.number % 4) as usize }
    }
}

/// Whether the snare may have an accent at a place: everywhere in even metres, in one felt beat in odd ones.
pub(super) fn may_accent_snare(place: &Place) -> bool {
    let beat = beat(place);
    !beat.odd || matches!(beat.source(), SECOND | LAST)
}

/// The pattern's step that is played at a step of a bar; `None` for a step that the pattern does not know.
pub(super) fn source(place: &Place) -> Option<usize> {
    let beat = beat(place);
    let inside = (place.step - beat.start) as usize;
    let inside = match beat.length {
        6 => (*STRETCHED.get(inside)?)?,
        2 => 2 * inside,
        _ => Some(inside).filter(|inside| *inside < 4)?,
    };
    Some((4 * beat.source() + inside) % BAR)
}

/// The pattern's step whose cymbal is played: in beats of three eighths every eighth has the one of its beat.
pub(super) fn cymbal_source(place: &Place) -> Option<usize> {
    let beat = beat(place);
    let inside = place.step - beat.start;
    if beat.length == 6 && matches!(inside, 2 | 4) {
        return source(&Place { step: beat.start, ..*place }).map(|start| start + 2);
    }
    source(place)
}

/// How much later than the grid a step of so many seconds is in swing, in steps: the off-beat eighth lies at two thirds of the
/// beat, earlier where the rest of the beat would be shorter than [`SHORT`], and never before its middle.
pub(super) fn swing(place: &Place, step_seconds: f64) -> f32 {
    let straight = SHORT / (f64::from(FELT) * step_seconds);
    let swung = (6.0 * (0.5 - straight)).clamp(0.0, 1.0) as f32;
    match (place.steps_per_beat, place.step % place.steps_per_beat) {
        (4, 1 | 3) => swung * (1.0 / 3.0),
        (4, 2) => swung * (2.0 / 3.0),
        _ => 0.0,
    }
}

/// Steps from this one to the next beat, the bar's end at the latest; at least 1.
pub(super) fn to_next_beat(place: &Place) -> u32 {
    let beat = place.steps_per_beat - place.step % place.steps_per_beat;
    beat.min(place.steps_per_bar - place.step)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lengths of the felt beats of a bar, and which of them may have the snare's accent.
    fn felt(steps_per_bar: u32, steps_per_beat: u32) -> (Vec<u32>, Vec<u32>) {
        let place = |step| Place { bar: 0, step, steps_per_bar, steps_per_beat };
        let mut starts: Vec<u32> = (0..steps_per_bar).map(|step| beat(&place(step)).start).collect();
        starts.dedup();
        let ends = starts.iter().skip(1).copied().chain([steps_per_bar]);
        let lengths = starts.iter().zip(ends).map(|(start, end)| end - start).collect();
        let accents = (0..).zip(&starts).filter(|(_, start)| may_accent_snare(&place(**start)));
        (lengths, accents.map(|(number, _)| number).collect())
    }

    #[test]
    fn odd_metres_are_grouped_and_have_one_backbeat() {
        for (metre, bar, unit, lengths, backbeat) in [
            ("5/8", 10, 2, vec![4, 6], None),
            ("7/8", 14, 2, vec![4, 4, 6], Some(2)),
            ("11/8", 22, 2, vec![4, 4, 4, 4, 6], Some(3)),
            ("5/4", 20, 4, vec![4; 5], Some(3)),
            ("7/4", 28, 4, vec![4; 7], Some(4)),
            ("7/16", 7, 1, vec![4, 3], None),
            ("11/16", 11, 1, vec![4, 4, 3], Some(2)),
            ("13/16", 13, 1, vec![4, 4, 5], Some(2)),
        ] {
            let (found, accents) = felt(bar, unit);
            assert_eq!(found, lengths, "{metre}");
            // Of two beats the second has the pattern's backbeat.
            let wanted = backbeat.map_or_else(|| vec![0, 1], |beat| vec![beat]);
            assert_eq!(accents, wanted, "{metre}");
        }
    }

    #[test]
    fn other_metres_are_felt_as_they_are_written() {
        for (metre, bar, unit, lengths) in [
            ("4/4", 16, 4, vec![4; 4]),
            ("3/4", 12, 4, vec![4; 3]),
            ("6/8", 12, 6, vec![6; 2]),
            ("12/8", 24, 6, vec![6; 4]),
            ("8/8", 16, 2, vec![4; 4]),
            ("2/2", 16, 8, vec![4; 4]),
            ("3/8", 6, 2, vec![2; 3]),
            ("12/16", 12, 1, vec![3; 4]),
            ("1/16", 1, 1, vec![1]),
        ] {
            assert_eq!(felt(bar, unit).0, lengths, "{metre}");
        }
    }

    #[test]
    fn swing_is_two_to_one_up_to_200_bpm_and_straight_at_300() {
        let off_beat = Place { bar: 0, step: 2, steps_per_bar: 16, steps_per_beat: 4 };
        // Where the off-beat eighth lies in the beat, to the ratio of the two notes.
        let ratio = |tempo: f64| {
            let place = (2.0 + swing(&off_beat, 15.0 / tempo)) / 4.0;
            place / (1.0 - place)
        };
        for (tempo, wanted) in [(60.0, 2.0), (200.0, 2.0), (240.0, 1.5), (280.0, 8.0 / 7.0), (300.0, 1.0), (400.0, 1.0)]
        {
            assert!((ratio(tempo) - wanted).abs() < 1e-5, "{} at {tempo} BPM", ratio(tempo));
        }
        assert_eq!(swing(&off_beat, 0.1), 2.0 / 3.0);
        assert_eq!(swing(&Place { step: 3, ..off_beat }, 0.1), 1.0 / 3.0);
    }
}
