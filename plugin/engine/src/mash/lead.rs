//! Who leads each part: from the network's opinion in every hop to few changes, made at beats, each a short fade.
//!
//! Changes come at beats of the host while it plays with tempo and position, else at pulses of about half a second of the
//! stream's own. All parts change at the same moments, and between two of them lies at least half a bar and half a
//! second: there are never more than two in a bar. A part that the network is undecided about stays where it is.

use songweave_dsp::{
    exchange::{controls::Controls, frame::AnalysisFrame},
    mash::mask::effective_faders,
    stream::layout::PARTS,
};

/// Hops between two pulses of the own clock, and pulses in what is its bar: half a second and two seconds.
const OWN_PULSE: i64 = 46;
const OWN_BAR: i64 = 4;
/// Shortest time between two changes in seconds, however fast the bars are.
const SHORTEST: f64 = 0.5;
/// Weight of the newest opinion in the mean that decides: a memory of about 0.3 s, so that one hop cannot.
const NEWEST: f32 = 1.0 / 24.0;
/// How far the mean must be from undecided at the beginning of a bar, and at any other beat.
const AT_A_BAR: f32 = 0.1;
const AT_A_BEAT: f32 = 0.2;
/// Way of a fade in one hop: five hops, about 55 ms.
const FADE: f32 = 0.2;

/// Keeps who leads steady.
#[derive(Debug, Clone, Default)]
pub struct Lead {
    /// Mean opinion, -0.5 = A … 0.5 = B, `[part]`.
    opinion: [f32; PARTS],
    /// Who leads, 0 = A, 1 = B, `[part]`; `None`: nobody yet, the user's fader is followed.
    leader: [Option<f32>; PARTS],
    /// Where the lead stands, on its way to the leader, `[part]`.
    place: [f32; PARTS],
    pulse: Option<Pulse>,
    /// Pulses since the last change; `None` before the first.
    quiet: Option<i64>,
}

/// A moment at which the lead may change.
#[derive(Debug, Clone, Copy)]
struct Pulse {
    /// Whether the host counts.
    hosts: bool,
    number: i64,
    bar: i64,
    /// Fewest pulses between two changes.
    fewest: i64,
}

impl Pulse {
    fn of(frame: &AnalysisFrame) -> Self {
        match frame.transport.beat() {
            Some(beat) => {
                let half_a_bar = (beat.per_bar + 1) / 2;
                let fewest = half_a_bar.max((SHORTEST / beat.seconds).ceil() as i64);
                Self { hosts: true, number: beat.number, bar: beat.bar, fewest }
            }
            None => {
                let number = frame.position.hop as i64 / OWN_PULSE;
                Self { hosts: false, number, bar: number / OWN_BAR, fewest: OWN_BAR / 2 }
            }
        }
    }
}

impl Lead {
    /// The lead for a frame, `[part]`, 0 = A … 1 = B, from the network's opinion `raw` `[part]` about it.
    pub fn step(&mut self, frame: &AnalysisFrame, raw: &[f32; PARTS]) -> [f32; PARTS] {
        for (opinion, raw) in self.opinion.iter_mut().zip(raw) {
            *opinion += NEWEST * (raw - 0.5 - *opinion);
        }
        let now = Pulse::of(frame);
        let before = self.pulse.replace(now);
        // Where the clocks change over there is no beat, only another count.
        if let Some(before) = before.filter(|before| before.hosts == now.hosts && before.number < now.number) {
            let passed = now.number.saturating_sub(before.number);
            self.quiet = self.quiet.map(|quiet| quiet.saturating_add(passed));
            if self.quiet.is_none_or(|quiet| quiet >= now.fewest) {
                self.decide(if now.bar > before.bar { AT_A_BAR } else { AT_A_BEAT });
            }
        }
        self.fade(&frame.controls);
        self.place
    }

    fn decide(&mut self, enough: f32) {
        for (leader, opinion) in self.leader.iter_mut().zip(self.opinion) {
            let wanted = if opinion > 0.0 { 1.0 } else { 0.0 };
            let enough = if leader.is_none() { AT_A_BAR } else { enough };
            if opinion.abs() > enough && *leader != Some(wanted) {
                *leader = Some(wanted);
                self.quiet = Some(0);
            }
        }
    }

    fn fade(&mut self, controls: &Controls) {
        let faders = effective_faders(&Controls { auto: 0.0, ..*controls }, &self.place);
        for ((place, leader), fader) in self.place.iter_mut().zip(self.leader).zip(faders) {
            *place = leader.map_or(fader, |leader| *place + (leader - *place).clamp(-FADE, FADE));
        }
    }
}

#[cfg(test)]
mod tests;
