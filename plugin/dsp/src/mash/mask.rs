//! From shares and faders to what is heard: one gain per song and band.

use crate::{
    analysis::bands::band_position,
    exchange::{controls::Controls, decision::MashDecision},
    mash::shares::PartBands,
    stream::layout::{BANDS, PARTS, SONGS},
};

/// Gains of both songs, `[song][band]`, linear, 0…1.
pub type SongGains = [[f32; BANDS]; SONGS];

/// Equal-power gains of A and B for an A…B value; exactly 1 and 0 at the ends.
#[must_use]
pub fn crossfade(value: f32) -> [f32; SONGS] {
    if value <= 0.0 {
        [1.0, 0.0]
    } else if value >= 1.0 {
        [0.0, 1.0]
    } else {
        let (b, a) = libm::sincosf(value * std::f32::consts::FRAC_PI_2);
        [a, b]
    }
}

/// Positions of a fader between A and B. Automation carries each of them exactly, so what `auto` does can be written down
/// and played back with the same bits.
const FADER_STEPS: f32 = 1000.0;

/// Where each part's fader stands after balance and auto, `[part]`, 0 = A … 1 = B, in steps of a thousandth.
#[must_use]
pub fn effective_faders(controls: &Controls, lead: &[f32; PARTS]) -> [f32; PARTS] {
    let shift = 2.0 * controls.balance - 1.0;
    std::array::from_fn(|part| {
        let fader = (controls.faders[part] + shift).clamp(0.0, 1.0);
        let moved = fader + controls.auto * (lead[part] - fader);
        (moved * FADER_STEPS).round() / FADER_STEPS
    })
}

/// Gains with which the faders have each part heard, `[song][part][band]`, linear, 0…1.
///
/// `depth` fades from the plain crossfade (the mean over the parts, everywhere the same) to the part's own; outside
/// `low`…`high` the crossfade is plain.
fn faded(controls: &Controls, lead: &[f32; PARTS]) -> PartBands {
    let parts = effective_faders(controls, lead).map(crossfade);
    let (low, high) = (band_position(controls.low), band_position(controls.high));
    let depth: [f32; BANDS] = std::array::from_fn(|band| controls.depth * inside(band, low, high));
    std::array::from_fn(|song| {
        let plain = parts.iter().map(|gains| gains[song]).sum::<f32>() / PARTS as f32;
        parts.map(|gains| depth.map(|depth| plain + depth * (gains[song] - plain)))
    })
}

/// Gains that the faders make of a decision's shares: in a band, the sum of the parts' shares times the gains with which
/// they are heard.
///
/// ```
/// use songweave_dsp::{exchange::{controls::Controls, decision::MashDecision}, mash::mask::gains};
///
/// // All faders at A: song A as it is, nothing of song B.
/// let [a, b] = gains(&MashDecision::UNDECIDED, &Controls { faders: [0.0; 4], ..Controls::default() });
/// assert!(a.iter().all(|gain| *gain == 1.0) && b.iter().all(|gain| *gain == 0.0));
/// ```
#[must_use]
pub fn gains(decision: &MashDecision, controls: &Controls) -> SongGains {
    let controls = Controls { delta: false, ..*controls };
    part_gains(&decision.shares, &decision.lead, &controls).each_ref().map(sum)
}

/// What each part contributes to the gains of both songs: its share times the gain with which it is heard, with `delta` the
/// rest of its share; with `solo`, one part does.
pub(crate) fn part_gains(shares: &PartBands, lead: &[f32; PARTS], controls: &Controls) -> PartBands {
    let mut gains = faded(controls, lead);
    let pairs = gains.as_flattened_mut().as_flattened_mut().iter_mut().zip(shares.as_flattened().as_flattened());
    for (gain, share) in pairs {
        *gain = share * if controls.delta { 1.0 - *gain } else { *gain };
    }
    if let Some(solo) = controls.solo {
        let others = |song: &mut [[f32; BANDS]; PARTS]| {
            song.iter_mut().enumerate().filter(|(part, _)| *part != solo as usize).for_each(|(_, part)| part.fill(0.0));
        };
        gains.iter_mut().for_each(others);
    }
    gains
}

/// The gain of a song, `[band]`, of what its parts contribute.
pub(crate) fn sum(parts: &[[f32; BANDS]; PARTS]) -> [f32; BANDS] {
    std::array::from_fn(|band| parts.iter().map(|part| part[band]).sum())
}

/// How far a band lies inside the limits `low`…`high`, both as places on the band axis, 0…1.
fn inside(band: usize, low: f32, high: f32) -> f32 {
    let position = band as f32;
    // One band wide edges, so that a moving limit does not click.
    (position - low + 1.0).clamp(0.0, 1.0) * (high - position + 1.0).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn separated() -> MashDecision {
        let mut decision = MashDecision::UNDECIDED;
        for song in &mut decision.shares {
            for (part, shares) in song.iter_mut().enumerate() {
                // Each quarter of the bands belongs to one part.
                *shares = std::array::from_fn(|band| if band / 24 == part { 1.0 } else { 0.0 });
            }
        }
        decision
    }

    #[test]
    fn faders_choose_the_song_of_each_part() {
        let gains = gains(&separated(), &Controls::default());
        for (band, (a, b)) in gains[0].into_iter().zip(gains[1]).enumerate() {
            assert_eq!([a, b], if band < 24 { [1.0, 0.0] } else { [0.0, 1.0] }, "band {band}");
        }
    }

    #[test]
    fn of_a_part_alone_nothing_else_is_heard() {
        use crate::stream::layout::Part;
        for solo in Part::ALL {
            let controls = Controls { solo: Some(solo), ..Controls::default() };
            let (all, alone) = (gains(&separated(), &Controls::default()), gains(&separated(), &controls));
            for (band, (all, alone)) in all.as_flattened().iter().zip(alone.as_flattened()).enumerate() {
                assert_eq!(*alone, if band % BANDS / 24 == solo as usize { *all } else { 0.0 }, "{solo:?} {band}");
            }
        }
    }

    #[test]
    fn balance_at_an_end_is_only_that_song() {
        for (balance, wanted) in [(0.0, [1.0, 0.0]), (1.0, [0.0, 1.0])] {
            let gains = gains(&MashDecision::UNDECIDED, &Controls { balance, ..Controls::default() });
            assert!((0..BANDS).all(|band| [gains[0][band], gains[1][band]] == wanted));
        }
    }

    #[test]
    fn without_depth_and_outside_the_limits_the_crossfade_is_plain() {
        let shallow = gains(&separated(), &Controls { depth: 0.0, ..Controls::default() });
        assert!(shallow[0].iter().all(|gain| *gain == 0.25) && shallow[1].iter().all(|gain| *gain == 0.75));
        let limited = gains(&separated(), &Controls { low: 500.0, high: 2_000.0, ..Controls::default() });
        assert_eq!((limited[0][0], limited[1][95]), (0.25, 0.75));
        assert_eq!(limited[1][45], 1.0);
    }

    #[test]
    fn parts_add_up_to_what_is_heard_and_to_what_is_not() {
        let decision = separated();
        for controls in [
            Controls::default(),
            Controls { faders: [0.3, 0.6, 0.2, 0.9], depth: 0.7, low: 300.0, auto: 0.3, ..Controls::default() },
        ] {
            let whole = gains(&decision, &controls);
            let heard = part_gains(&decision.shares, &decision.lead, &controls);
            let taken = part_gains(&decision.shares, &decision.lead, &Controls { delta: true, ..controls });
            for (song, band) in (0..SONGS).flat_map(|song| (0..BANDS).map(move |band| (song, band))) {
                for part in 0..PARTS {
                    let of_this_band = band / 24 == part;
                    let wanted = if of_this_band { [whole[song][band], 1.0 - whole[song][band]] } else { [0.0; 2] };
                    for (gain, wanted) in [heard[song][part][band], taken[song][part][band]].into_iter().zip(wanted) {
                        assert!((gain - wanted).abs() < 1e-6, "song {song}, part {part}, band {band}: {gain}");
                    }
                }
            }
        }
    }

    #[test]
    fn auto_follows_the_lead() {
        let decision = MashDecision { lead: [1.0, 0.0, 1.0, 0.0], ..separated() };
        let faders = effective_faders(&Controls { auto: 1.0, ..Controls::default() }, &decision.lead);
        assert_eq!(faders, decision.lead);
        let half = effective_faders(&Controls { auto: 0.5, ..Controls::default() }, &decision.lead);
        assert_eq!(half, [0.5, 0.5, 1.0, 0.5]);
    }

    #[test]
    fn automation_carries_every_position_of_a_fader() {
        for step in 0..=1000_u16 {
            let lead = [f32::from(step) / FADER_STEPS; PARTS];
            let auto = effective_faders(&Controls { auto: 1.0, ..Controls::default() }, &lead);
            // As a host reads it from a text in percent, and as a number of its own.
            let percent = f32::from(step) / 10.0 / 100.0;
            for fader in [percent, (f64::from(step) / 1000.0 + 2e-7) as f32] {
                let controls = Controls { faders: [fader; PARTS], ..Controls::default() };
                assert_eq!(effective_faders(&controls, &[0.5; PARTS]), auto, "{step}");
            }
        }
    }
}
