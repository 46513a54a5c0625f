//! Bars of any length, played from patterns of 16 steps.
//!
//! The data are in 4/4. A 3/4 bar takes the beats 1, 2 and 4 of a pattern (in most styles kick, snare, snare); a beat of three
//! eighths stretches a beat of four 16ths, so that 6/8 has the first beat's kick and the second's snare.

use songweave_models::groove::BAR;

use crate::band::place::Place;

/// Where in a pattern each 16th of a beat of six is; `None` where nothing but a cymbal may be.
const STRETCHED: [Option<usize>; 6] = [Some(0), None, None, Some(1), Some(2), Some(3)];

/// A place that can be: at least one step in bar and beat, the step inside the bar.
pub(super) fn sane(place: &Place) -> Place {
    let steps_per_bar = place.steps_per_bar.max(1);
    let steps_per_beat = place.steps_per_beat.clamp(1, steps_per_bar);
    Place { bar: place.bar, step: place.step % steps_per_bar, steps_per_bar, steps_per_beat }
}

/// The pattern's step that is played at a step of a bar; `None` for a step that the pattern does not know.
pub(super) fn source(place: &Place) -> Option<usize> {
    let (beat, inside) = (place.step / place.steps_per_beat, (place.step % place.steps_per_beat) as usize);
    let beats = place.steps_per_bar.div_ceil(place.steps_per_beat);
    let inside = match place.steps_per_beat {
        6 => STRETCHED[inside]?,
        2 => 2 * inside,
        _ => Some(inside).filter(|inside| *inside < 4)?,
    };
    // The last beat is the pattern's last, where pick-ups and the end of fills are; of two beats the second is the snare's.
    let beat = if beats > 2 && beat + 1 == beats { 3 } else { (beat % 4) as usize };
    Some((4 * beat + inside) % BAR)
}

/// The pattern's step whose cymbal is played: in beats of three eighths every eighth has the one of its beat.
pub(super) fn cymbal_source(place: &Place) -> Option<usize> {
    let inside = place.step % place.steps_per_beat;
    if place.steps_per_beat == 6 && matches!(inside, 2 | 4) {
        let eighth = source(&Place { step: place.step - inside, ..*place }).map(|start| start + 2);
        return eighth;
    }
    source(place)
}

/// How much later than the grid a step is in swing, in steps: the off-beat eighth lies at two thirds of the beat.
pub(super) const fn swing(place: &Place) -> f32 {
    match (place.steps_per_beat, place.step % place.steps_per_beat) {
        (4, 1 | 3) => 1.0 / 3.0,
        (4, 2) => 2.0 / 3.0,
        _ => 0.0,
    }
}

/// Steps from this one to the next beat, the bar's end at the latest; at least 1.
pub(super) fn to_next_beat(place: &Place) -> u32 {
    let beat = place.steps_per_beat - place.step % place.steps_per_beat;
    beat.min(place.steps_per_bar - place.step)
}
