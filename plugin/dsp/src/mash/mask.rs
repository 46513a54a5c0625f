//! From shares and faders to what is heard: one gain per song and band.

use crate::{
    analysis::bands::band_position,
    exchange::{controls::Controls, frame::Decision},
    stream::layout::{BANDS, PARTS, Part, SONGS, StreamLayout},
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
        let (b, a) = (value * std::f32::consts::FRAC_PI_2).sin_cos();
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

/// Gains that the faders make of a decision's shares.
///
/// A song's gain in a band is the sum of its parts' shares times their crossfade gains. `depth` fades from the plain
/// crossfade (the mean over the parts, everywhere the same) to that mask; outside `low`…`high` the crossfade is plain.
#[must_use]
pub fn gains(decision: &Decision, controls: &Controls) -> SongGains {
    let parts = effective_faders(controls, &decision.lead).map(crossfade);
    let plain: [f32; SONGS] =
        std::array::from_fn(|song| parts.iter().map(|gains| gains[song]).sum::<f32>() / PARTS as f32);
    let (low, high) = (band_position(controls.low), band_position(controls.high));
    let mut gains = [[0.0; BANDS]; SONGS];
    for (song, gains) in gains.iter_mut().enumerate() {
        for (band, gain) in gains.iter_mut().enumerate() {
            let mask: f32 = (0..PARTS).map(|part| decision.shares[song][part][band] * parts[part][song]).sum();
            *gain = plain[song] + controls.depth * inside(band, low, high) * (mask - plain[song]);
        }
    }
    gains
}

/// How far a band lies inside the limits `low`…`high`, both as places on the band axis, 0…1.
fn inside(band: usize, low: f32, high: f32) -> f32 {
    let position = band as f32;
    // One band wide edges, so that a moving limit does not click.
    (position - low + 1.0).clamp(0.0, 1.0) * (high - position + 1.0).clamp(0.0, 1.0)
}

/// What belongs to song B's drums of the gains with which song B is heard, `[band]`.
///
/// `target` `[band]` is what [`gains`] makes for song B, `smoothed` `[band]` what became of it in time. With `delta` it
/// is what belongs to the drums of what the mask takes away.
#[must_use]
pub fn drum_gains(
    decision: &Decision,
    controls: &Controls,
    target: &[f32; BANDS],
    smoothed: &[f32; BANDS],
) -> [f32; BANDS] {
    const B: usize = 1;
    let parts = effective_faders(controls, &decision.lead).map(|fader| crossfade(fader)[B]);
    let plain = parts.iter().sum::<f32>() / PARTS as f32;
    let (low, high) = (band_position(controls.low), band_position(controls.high));
    std::array::from_fn(|band| {
        let share = decision.shares[B][Part::Drums as usize][band];
        let faded = plain + controls.depth * inside(band, low, high) * (parts[Part::Drums as usize] - plain);
        let heard = if target[band] > 1e-6 { (share * faded / target[band]).clamp(0.0, 1.0) } else { share };
        let gain = heard * smoothed[band];
        if controls.delta { share - gain } else { gain }
    })
}

/// Attack and release of the gains.
#[derive(Debug, Clone)]
pub struct GainSmoother {
    gains: SongGains,
    hop_seconds: f32,
    fresh: bool,
}

impl GainSmoother {
    /// A smoother that takes its first gains as they are.
    #[must_use]
    pub fn new(layout: &StreamLayout) -> Self {
        Self { gains: [[0.0; BANDS]; SONGS], hop_seconds: layout.hop_seconds(), fresh: true }
    }

    /// Forgets the present gains.
    pub fn reset(&mut self) {
        self.fresh = true;
    }

    /// Moves one hop towards `target`; rising gains with the `attack`, falling ones with the `release` time constant in
    /// seconds.
    pub fn step(&mut self, target: &SongGains, attack: f32, release: f32) -> &SongGains {
        if self.fresh {
            self.fresh = false;
            self.gains = *target;
        }
        let share = |seconds: f32| if seconds > 0.0 { 1.0 - (-self.hop_seconds / seconds).exp() } else { 1.0 };
        let (rise, fall) = (share(attack), share(release));
        for (gain, target) in self.gains.iter_mut().flatten().zip(target.iter().flatten()) {
            let towards = if target > gain { rise } else { fall };
            *gain = if towards >= 1.0 { *target } else { *gain + towards * (target - *gain) };
        }
        &self.gains
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn separated() -> Decision {
        let mut decision = Decision::UNDECIDED;
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
    fn balance_at_an_end_is_only_that_song() {
        for (balance, wanted) in [(0.0, [1.0, 0.0]), (1.0, [0.0, 1.0])] {
            let gains = gains(&Decision::UNDECIDED, &Controls { balance, ..Controls::default() });
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
    fn drums_and_the_rest_add_up_to_song_b() {
        let decision = separated();
        for delta in [false, true] {
            for controls in [
                Controls { delta, ..Controls::default() },
                Controls { delta, faders: [0.3, 0.6, 0.2, 0.9], depth: 0.7, low: 300.0, ..Controls::default() },
            ] {
                let target = gains(&decision, &controls)[1];
                let drums = drum_gains(&decision, &controls, &target, &target);
                for (band, (drums, whole)) in drums.into_iter().zip(target).enumerate() {
                    let whole = if delta { 1.0 - whole } else { whole };
                    let wanted = if band / 24 == Part::Drums as usize { whole } else { 0.0 };
                    assert!((drums - wanted).abs() < 1e-6, "band {band}: {drums} instead of {wanted}");
                }
            }
        }
    }

    #[test]
    fn auto_follows_the_lead() {
        let decision = Decision { lead: [1.0, 0.0, 1.0, 0.0], ..separated() };
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

    #[test]
    fn smoothing_rises_with_attack_and_falls_with_release() {
        let layout = StreamLayout::for_sample_rate(48_000.0);
        let mut smoother = GainSmoother::new(&layout);
        smoother.step(&[[0.0; BANDS]; SONGS], 0.0, 0.0);
        let rising = smoother.step(&[[1.0; BANDS]; SONGS], layout.hop_seconds(), 0.0)[0][0];
        assert!((rising - (1.0 - (-1.0_f32).exp())).abs() < 1e-6);
        assert_eq!(smoother.step(&[[0.0; BANDS]; SONGS], 1.0, 0.0)[0][0], 0.0);
    }
}
