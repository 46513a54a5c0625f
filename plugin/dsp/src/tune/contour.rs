//! The pitch line that is to be sung, hop by hop: what is sung, where it is pulled to, how far it goes.

use super::{
    TuneGuide,
    frame::TuneFrame,
    marks::Pitch,
    target::{FARTHEST, allowed, choose, nearest},
    voicing::{Sung, hertz},
};
use crate::{exchange::controls::TuneControls, stream::layout::StreamLayout};

/// Frames after the planned one whose pitch is known.
pub(super) const AHEAD: i64 = 2;
/// Frames before it that its slow pitch is the mean of: with the ones after it a slow vibrato's period.
const BEHIND: i64 = 11;
/// Frames on both sides whose median is the pitch.
const MEDIAN: i64 = 2;
/// Farthest in semitones that vibrato and glides go from the slow pitch.
const FREEDOM: f32 = 0.7;

/// What one frame says; it is about the middle of its window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Hop {
    /// The pitch as a MIDI key with fractions, A4 = 440 Hz.
    pub key: f32,
    /// Whether somebody sings and the tuner is on.
    pub sings: bool,
    /// What is asked of the tuner.
    pub controls: TuneControls,
    /// MIDI keys that are held.
    pub held: u128,
    /// Level in dB.
    pub level: f32,
    /// Whether notes are told over MIDI.
    pub tells: bool,
    /// What the inference thread knows.
    pub guide: TuneGuide,
    /// What comes of it.
    pub plan: Plan,
}

/// What is to be sung around the middle of a frame's window.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Plan {
    /// Whether the voice is changed at all.
    pub active: bool,
    /// What is sung, as a MIDI key with fractions, A4 = the reference.
    pub sung: Option<f32>,
    /// The key that it is pulled to.
    pub target: Option<u8>,
    /// What is to be heard, as a MIDI key with fractions, A4 = 440 Hz.
    pub key: f32,
    /// Correction in semitones.
    correction: f32,
    /// The frame with which the target began.
    since: i64,
}

impl Hop {
    const NONE: Self = Self {
        key: 0.0,
        sings: false,
        controls: TuneControls::OFF,
        held: 0,
        level: -120.0,
        tells: false,
        guide: TuneGuide { key: None, chord: None, melody: None, song: None },
        plan: Plan { active: false, sung: None, target: None, key: 0.0, correction: 0.0, since: 0 },
    };
}

/// The frames of the last moments and the line planned from them.
pub(super) struct Contour {
    hops: Vec<Hop>,
    /// Frames heard.
    count: i64,
    /// Frames that the output waits for the band's look-ahead.
    wait: i64,
    hop: f64,
    sample_rate: f32,
    hop_seconds: f32,
}

impl Contour {
    /// Nothing heard yet.
    ///
    /// # Allocates
    pub(super) fn new(layout: &StreamLayout) -> Self {
        Self {
            hops: vec![Hop::NONE; layout.look_ahead + 32],
            count: 0,
            wait: layout.look_ahead as i64,
            hop: layout.hop as f64,
            sample_rate: layout.sample_rate,
            hop_seconds: layout.hop_seconds(),
        }
    }

    /// Hops after which a frame has no say any more.
    pub(super) const fn memory(&self) -> usize {
        self.hops.len()
    }

    /// Forgets everything heard.
    pub(super) fn reset(&mut self) {
        self.hops.fill(Hop::NONE);
        self.count = 0;
    }

    /// The next frame is heard.
    pub(super) fn hear(&mut self, sung: &Sung, frame: &TuneFrame) {
        let TuneFrame { level, controls, held, tells, .. } = *frame;
        let sings = sung.sings && sung.key.is_finite() && controls.is_on();
        let guide = self.frame(self.count - 1).guide;
        let hop = Hop { key: sung.key, sings, controls, held, level, tells, guide, plan: Plan::default() };
        self.count += 1;
        *self.frame_mut(self.count - 1) = hop;
    }

    /// The inference thread knows so much about the frame of `delay` hops ago and those that followed.
    pub(super) fn guide(&mut self, guide: &TuneGuide, delay: i64) {
        for frame in (self.count - 1 - delay).max(0)..self.count {
            self.frame_mut(frame).guide = *guide;
        }
    }

    /// The newest frame that may be used.
    pub(super) const fn newest(&self) -> i64 {
        self.count - 1 - self.wait
    }

    /// The last planned frame.
    pub(super) const fn planned(&self) -> i64 {
        self.newest() - AHEAD
    }

    /// Middle of a frame's window in samples of the stream.
    pub(super) fn middle(&self, frame: i64) -> f64 {
        (frame - 1) as f64 * self.hop
    }

    /// A frame that is not too old.
    pub(super) fn frame(&self, frame: i64) -> &Hop {
        &self.hops[frame.rem_euclid(self.hops.len() as i64) as usize]
    }

    fn frame_mut(&mut self, frame: i64) -> &mut Hop {
        let length = self.hops.len() as i64;
        &mut self.hops[frame.rem_euclid(length) as usize]
    }

    /// Plans the next frame.
    pub(super) fn plan(&mut self) {
        let now = self.planned();
        if now < 0 {
            return;
        }
        let plan = self.planned_for(now);
        self.frame_mut(now).plan = plan;
    }

    fn planned_for(&self, now: i64) -> Plan {
        let hop = self.frame(now);
        if !hop.sings {
            return Plan::default();
        }
        let controls = &hop.controls;
        let detune = 12.0 * libm::log2f(controls.reference / 440.0);
        let before = self.frame(now - 1).plan;
        let sung = self.pitch(now) - detune;
        let slow = self.mean(now, if before.active { before.since } else { now }) - detune;
        // Vibrato and glides around a note do not leave it; who is farther away sings another one.
        let meant = if (sung - slow).abs() > FREEDOM { sung } else { slow };
        let keys = allowed(controls, &hop.guide, hop.held, meant);
        let target = self.settled(now, keys, choose(keys, meant, before.target), before.target, detune);
        let target = target.filter(|_| controls.amount > 0.0);
        let stays = before.active && target == before.target;
        let (since, slow) = if stays { (before.since, slow) } else { (now, self.mean(now, now) - detune) };
        // What humanise keeps is not corrected.
        let free = controls.humanise * (sung - slow).clamp(-FREEDOM, FREEDOM);
        let wanted = target.map_or(0.0, |key| controls.amount * (f32::from(key) - (sung - free)));
        let step = if controls.speed > 0.0 { 1.0 - libm::expf(-self.hop_seconds / controls.speed) } else { 1.0 };
        let from = if before.active { before.correction } else { 0.0 };
        let correction = (from + step * (wanted - from)).clamp(-FARTHEST, FARTHEST);
        let active = target.is_some() || controls.formant != 0.0;
        Plan { active, sung: Some(sung), target, key: sung + correction + detune, correction, since }
    }

    /// The chosen target once the voice stays there; on its way past it, the last one.
    fn settled(&self, now: i64, keys: u128, chosen: Option<u8>, last: Option<u8>, detune: f32) -> Option<u8> {
        let Some(last) = last.filter(|last| keys >> last & 1 == 1) else { return chosen };
        let coming = self.frame(*self.stretch(now, 0, AHEAD).end()).key - detune;
        let passes = chosen != Some(last) && nearest(keys, coming) != chosen;
        if passes && (f32::from(last) - coming).abs() <= FARTHEST { Some(last) } else { chosen }
    }

    /// Median of the pitch around a frame, as far as it is sung without a break.
    fn pitch(&self, now: i64) -> f32 {
        let mut keys = [0.0; 2 * MEDIAN as usize + 1];
        let mut count = 0;
        for frame in self.stretch(now, MEDIAN, MEDIAN) {
            keys[count] = self.frame(frame).key;
            count += 1;
        }
        // An even number has two middles; the sung frame's own key decides.
        let keys = &mut keys[..count];
        keys.sort_unstable_by(f32::total_cmp);
        let own = self.frame(now).key;
        // Not `clamp`, which panics where a bound is no number.
        own.max(keys[(count - 1) / 2]).min(keys[count / 2])
    }

    /// Mean of the pitch around a frame, as far as it is sung without a break, not from before the frame `since`.
    fn mean(&self, now: i64, since: i64) -> f32 {
        let frames = self.stretch(now, BEHIND.min(now - since), AHEAD);
        let count = (frames.end() - frames.start() + 1) as f32;
        frames.map(|frame| self.frame(frame).key).sum::<f32>() / count
    }

    /// The frames around one, at most so many before and after it, without a break.
    fn stretch(&self, now: i64, before: i64, after: i64) -> std::ops::RangeInclusive<i64> {
        let sung = |frame: &i64| self.frame(*frame).sings;
        let first = (now - before.min(now)..now).rev().take_while(sung).last().unwrap_or(now);
        let last = (now + 1..=(now + after).min(self.newest())).take_while(sung).last().unwrap_or(now);
        first..=last
    }

    /// What is to be heard at a sample of the stream: the period in samples; `None` where the voice is left alone.
    pub(super) fn period(&self, at: f64) -> Option<f64> {
        let place = at / self.hop + 1.0;
        let (before, share) = (place.floor(), place - place.floor());
        let last = self.planned();
        let plan = |frame: i64| self.frame(frame.clamp(0, last.max(0))).plan;
        let (before, after) = (plan(before as i64), plan(before as i64 + 1));
        let nearer = if share < 0.5 { before } else { after };
        if !nearer.active {
            return None;
        }
        let key = match (before.active, after.active) {
            (true, true) => f64::from(before.key) + share * f64::from(after.key - before.key),
            _ => f64::from(nearer.key),
        };
        Some(f64::from(self.sample_rate) / hertz(key))
    }

    /// What is asked of the tuner at a sample of the stream.
    pub(super) fn controls(&self, at: f64) -> &TuneControls {
        &self.frame(self.nearest(at)).controls
    }

    fn nearest(&self, at: f64) -> i64 {
        ((at / self.hop + 1.0).round() as i64).clamp(0, self.newest().max(0))
    }
}

impl Pitch for Contour {
    fn period(&self, at: f64) -> Option<f64> {
        let frame = self.nearest(at);
        self.frame(frame).sings.then(|| f64::from(self.sample_rate) / hertz(f64::from(self.pitch(frame))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pitch_that_is_no_number_ends_nothing() {
        let mut contour = Contour::new(&StreamLayout::for_sample_rate(48_000.0));
        let controls = TuneControls { amount: 1.0, ..TuneControls::OFF };
        let frame = TuneFrame { listens: true, pitch: None, level: -20.0, controls, held: 0, tells: true };
        // Both middles of an even number of frames are no numbers, then the voice is back.
        for key in [60.0, f32::NAN, f32::NAN, f32::NAN, 61.0, f32::NAN].into_iter().chain([62.0; 16]) {
            contour.hear(&Sung { key, similarity: 1.0, sings: true }, &frame);
            contour.plan();
        }
        assert_eq!(contour.frame(contour.planned()).plan.sung, Some(62.0));
    }
}
