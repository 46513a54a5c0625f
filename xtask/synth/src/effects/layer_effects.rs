//! Effects of electronic music: drive, crusher, chorus, gate, echo and pumping, all in time with the beat.

use std::f32::consts::TAU;

use crate::{
    effects::state_variable::{Band, filter},
    song::Stereo,
};
use songweave_score::random::Random;

/// How a sound is bent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Drive {
    /// Not at all.
    None,
    /// Softly, with this gain.
    Soft(f32),
    /// Folded back, with this gain.
    Fold(f32),
    /// Cut to this many steps and held for this many samples.
    Crush(f32, usize),
}

/// Echoes in time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Echo {
    /// Distance in beats.
    pub beats: f32,
    /// Level of an echo against the one before.
    pub feedback: f32,
    /// Level of the echoes.
    pub level: f32,
}

/// What happens to a sound on its way to the mixture. `Default` does nothing.
#[derive(Debug, Clone, PartialEq)]
pub struct Effects {
    /// Frequency in Hz below which the sound is cut away, to leave room for the bass; 0 = none.
    pub low_cut: f32,
    /// Distortion.
    pub drive: Drive,
    /// Level of the chorus, 0…1.
    pub chorus: f32,
    /// Level of each sixteenth, 0…1; empty = no gate.
    pub gate: Vec<f32>,
    /// Echoes.
    pub echo: Option<Echo>,
    /// Share that goes to the room, 0…1.
    pub send: f32,
    /// How far each kick pushes the sound down, 0…1.
    pub pump: f32,
}

impl Default for Effects {
    fn default() -> Self {
        Self { low_cut: 0.0, drive: Drive::None, chorus: 0.0, gate: Vec::new(), echo: None, send: 0.0, pump: 0.0 }
    }
}

impl Effects {
    /// Effects as producers put on a layer.
    #[must_use]
    pub fn random(random: &mut Random) -> Self {
        let echo = Echo {
            beats: [0.25, 0.5, 0.75, 0.75, 1.0, 1.5, 1.0 / 3.0][random.index(7)],
            feedback: random.between(0.15, 0.6),
            level: random.between(0.1, 0.5),
        };
        Self {
            low_cut: if random.chance(0.75) { random.between(40.0, 280.0) } else { 0.0 },
            drive: Drive::random(0.25, random),
            chorus: if random.chance(0.35) { random.between(0.2, 0.8) } else { 0.0 },
            gate: if random.chance(0.12) { gate(random) } else { Vec::new() },
            echo: random.chance(0.4).then_some(echo),
            send: if random.chance(0.7) { random.between(0.05, 0.6) } else { 0.0 },
            pump: 0.0,
        }
    }

    /// Applies everything but the room and the pumping; `beat` is the length of a beat in seconds.
    pub fn apply(&self, sound: &mut Stereo, beat: f64, rate: u32) {
        self.drive.apply(sound);
        if self.low_cut > 0.0 {
            sound.iter_mut().for_each(|channel| filter(channel, Band::High, self.low_cut, 0.7, rate as f32));
        }
        if self.chorus > 0.0 {
            chorus(sound, self.chorus, rate as f32);
        }
        if !self.gate.is_empty() {
            chop(sound, &self.gate, beat, rate);
        }
        if let Some(echo) = self.echo {
            echoes(sound, echo, beat, rate);
        }
    }
}

impl Drive {
    /// A random distortion with this probability.
    #[must_use]
    pub fn random(probability: f32, random: &mut Random) -> Self {
        if !random.chance(probability) {
            return Self::None;
        }
        match random.index(8) {
            0..5 => Self::Soft(2f32.powf(random.between(0.5, 4.5))),
            5 | 6 => Self::Fold(random.between(1.0, 3.0)),
            _ => Self::Crush(2f32.powf(random.between(3.0, 8.0)), 1 + random.index(12)),
        }
    }

    /// Bends a sound; what it is meant to do depends on the level, so the peak is brought to 1 first.
    pub fn apply(&self, sound: &mut Stereo) {
        if *self == Self::None {
            return;
        }
        let peak = sound.iter().flatten().fold(1e-6f32, |peak, sample| peak.max(sample.abs()));
        for channel in sound {
            let mut held = 0.0;
            for (n, sample) in channel.iter_mut().enumerate() {
                let value = *sample / peak;
                *sample = match *self {
                    Self::None => value,
                    Self::Soft(gain) => (gain * value).tanh(),
                    Self::Fold(gain) => (TAU * 0.25 * gain * value).sin(),
                    Self::Crush(steps, hold) => {
                        if n % hold.max(1) == 0 {
                            held = (value * steps).round() / steps;
                        }
                        held
                    }
                };
            }
        }
    }
}

/// A random rhythm of sixteenths, or a tremolo.
fn gate(random: &mut Random) -> Vec<f32> {
    let floor = random.between(0.0, 0.3);
    if random.chance(0.3) {
        return vec![1.0, floor];
    }
    (0..16).map(|place| if place == 0 || random.chance(0.6) { 1.0 } else { floor }).collect()
}

fn chop(sound: &mut Stereo, gate: &[f32], beat: f64, rate: u32) {
    let sixteenth = beat * f64::from(rate) / 4.0;
    // 3 ms from level to level, so that nothing clicks.
    let speed = 1.0 / (0.003 * rate as f32);
    for channel in sound {
        let mut level = gate[0];
        for (n, sample) in channel.iter_mut().enumerate() {
            let target = gate[(n as f64 / sixteenth) as usize % gate.len()];
            level += (target - level).clamp(-speed, speed);
            *sample *= level;
        }
    }
}

/// Two taps per side that move a little.
fn chorus(sound: &mut Stereo, level: f32, rate: f32) {
    for (side, channel) in sound.iter_mut().enumerate() {
        let dry = channel.clone();
        for tap in 0..2 {
            let (turn, middle) = (0.4 + 0.23 * tap as f32, (0.011 + 0.006 * tap as f32) * rate);
            let mut way = 0.0;
            for n in 0..channel.len() {
                if n % 32 == 0 {
                    let phase = turn * n as f32 / rate + 0.25 * (side + 2 * tap) as f32;
                    way = middle + 0.003 * rate * (TAU * phase.fract()).sin();
                }
                let at = n as f32 - way;
                if at >= 0.0 {
                    let index = at as usize;
                    let between = at - index as f32;
                    let next = dry[(index + 1).min(n)];
                    channel[n] += 0.6 * level * (dry[index] + between * (next - dry[index]));
                }
            }
        }
    }
}

/// Echoes that change sides and get duller.
fn echoes(sound: &mut Stereo, echo: Echo, beat: f64, rate: u32) {
    let distance = ((f64::from(echo.beats) * beat * f64::from(rate)) as usize).max(1);
    let mut lines = [vec![0.0f32; distance], vec![0.0f32; distance]];
    let mut dull = [0.0f32; 2];
    for n in 0..sound[0].len() {
        let place = n % distance;
        let heard = [lines[1][place], lines[0][place]];
        for side in 0..2 {
            dull[side] += 0.5 * (heard[side] - dull[side]);
            lines[side][place] = sound[side][n] + echo.feedback * dull[side];
            sound[side][n] += echo.level * heard[side];
        }
    }
}

/// Pushes a sound down at each of the moments (seconds, in order); it is back after `recovery` seconds.
pub fn pump(sound: &mut Stereo, moments: &[f64], depth: f32, recovery: f64, rate: u32) {
    if depth <= 0.0 {
        return;
    }
    let length = ((recovery * f64::from(rate)) as usize).max(1);
    let attack = 0.004 * rate as f32;
    for (index, &moment) in moments.iter().enumerate() {
        let start = (moment.max(0.0) * f64::from(rate)) as usize;
        let next = moments.get(index + 1).map_or(usize::MAX, |next| (next.max(0.0) * f64::from(rate)) as usize);
        let length = length.min(next.saturating_sub(start)).max(1);
        let end = (start + length).min(sound[0].len());
        for n in start..end {
            let age = (n - start) as f32;
            let way = age / length as f32;
            let gain = 1.0 - depth * (1.0 - way * way * (3.0 - 2.0 * way)) * (age / attack).min(1.0);
            sound.iter_mut().for_each(|channel| channel[n] *= gain);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_echo_comes_in_time_and_on_the_other_side() {
        let mut sound = [vec![0.0; 4_000], vec![0.0; 4_000]];
        sound[0][0] = 1.0;
        let echo = Some(Echo { beats: 0.5, feedback: 0.5, level: 0.4 });
        Effects { echo, ..Effects::default() }.apply(&mut sound, 2.0, 1_000);
        assert!((sound[1][1_000] - 0.4).abs() < 1e-6 && sound[0][2_000] > 0.0);
    }

    #[test]
    fn pumping_follows_the_kicks_and_a_gate_the_sixteenths() {
        let mut sound = [vec![1.0; 4_000], vec![1.0; 4_000]];
        pump(&mut sound, &[1.0, 2.0], 0.8, 0.5, 1_000);
        assert!(sound[0][500] == 1.0 && sound[0][1_010] < 0.25 && sound[1][1_600] == 1.0);
        let mut sound = [vec![1.0; 4_000], vec![1.0; 4_000]];
        Effects { gate: vec![1.0, 0.0], ..Effects::default() }.apply(&mut sound, 4.0, 1_000);
        assert!(sound[0][900] == 1.0 && sound[0][1_900] == 0.0);
    }

    #[test]
    fn every_drive_stays_within_one() {
        for drive in [Drive::Soft(20.0), Drive::Fold(2.5), Drive::Crush(8.0, 5)] {
            let mut sound: Stereo = std::array::from_fn(|_| (0..999).map(|n| (n as f32 * 0.1).sin() * 7.0).collect());
            drive.apply(&mut sound);
            assert!(sound.iter().flatten().all(|sample| sample.abs() <= 1.001), "{drive:?}");
        }
    }

    #[test]
    fn random_effects_leave_finite_sound() {
        for seed in 0..40 {
            let random = &mut Random::new(seed);
            let mut sound: Stereo = std::array::from_fn(|_| (0..9_000).map(|_| random.noise()).collect());
            Effects::random(random).apply(&mut sound, 0.1, 44_100);
            let peak = sound.iter().flatten().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
            assert!(peak.is_finite() && peak > 0.05 && peak < 8.0, "seed {seed}: {peak}");
        }
    }
}
