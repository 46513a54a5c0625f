//! How long a period of the sung wave is, by where the wave around an instant comes again: the normalised cross-correlation
//! (Talkin, "A robust algorithm for pitch tracking (RAPT)", 1995, sec. 2), near the period that the pitch tracker expects.

use super::heard::{Heard, dot};

/// Samples around an instant that are compared, in expected periods to each side.
pub(super) const REACH: f64 = 0.6;
/// What a period loses that is off by the whole tolerance.
const SURPRISE: f32 = 0.1;

/// The period at which the wave around `at` comes again, at most a share of `tolerance` away from the expected one, and how
/// alike the two are, at most 1. All in samples of the lower rate. `None` where it does not come again.
pub(super) fn likest(heard: &Heard, at: f64, expected: f64, tolerance: f64) -> Option<(f64, f32)> {
    let reach = (expected * REACH).ceil() as i64;
    let count = 2 * reach as usize + 1;
    let shortest = (expected * (1.0 - tolerance)).floor() as i64;
    let longest = (expected * (1.0 + tolerance)).ceil() as i64;
    let first = at.round() as i64 - reach;
    let here = heard.coarse(first, count);
    let energy = f64::from(dot(here, here));
    // From one lag before the shortest to one after the longest.
    let there = heard.coarse(first + shortest - 1, count + (longest - shortest + 2) as usize);
    let mut moving = f64::from(dot(&there[..count], &there[..count]));
    let mut last = [0.0_f32; 2];
    let mut best: Option<(f32, f64, f32)> = None;
    for (index, lag) in (shortest - 1..=longest + 1).enumerate() {
        let similarity = dot(here, &there[index..index + count]) / (energy * moving).max(1e-20).sqrt() as f32;
        if index >= 2 && last[1] >= last[0] && last[1] > similarity {
            let [before, now] = last;
            let surprise = (((lag - 1) as f64 / expected - 1.0) / tolerance).abs() as f32;
            let score = now - SURPRISE * surprise;
            if best.is_none_or(|(most, ..)| score > most) {
                let shift = 0.5 * (before - similarity) / (before - 2.0 * now + similarity);
                best = Some((score, (lag - 1) as f64 + f64::from(shift), now));
            }
        }
        last = [last[1], similarity];
        if let Some(new) = there.get(index + count) {
            moving += f64::from(new * new) - f64::from(there[index] * there[index]);
        }
    }
    best.map(|(_, period, similarity)| (period, similarity))
}
