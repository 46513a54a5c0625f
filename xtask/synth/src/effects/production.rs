//! What studios do to voices: compression, equalisers, doubling, echoes, rooms and special effects.

use crate::{
    effects::{
        filter::{bell, shape},
        room::Room,
        voice_effects::{chorus, compress, de_ess, drive, echo, gate},
    },
    song::{Stereo, add_panned, silence},
};
use songweave_score::random::Random;

/// Peak of a finished part.
const PEAK: f32 = 0.7;

/// The takes of a vocal part before production.
#[derive(Debug, Clone)]
pub struct Layers {
    /// The lead, mono.
    pub lead: Vec<f32>,
    /// Everyone else.
    pub backing: Stereo,
    /// Seconds from beat to beat.
    pub beat: f64,
}

impl Layers {
    /// Silent layers.
    #[must_use]
    pub fn new(samples: usize, beat: f64) -> Self {
        Self { lead: vec![0.0; samples], backing: silence(samples), beat }
    }

    /// Adds a take twice, left and right, the copies moved and detuned against each other.
    pub fn add_pair(&mut self, take: &[f32], gain: f32, rate: u32, random: &mut Random) {
        let width = random.between(0.3, 1.0);
        for side in [-1.0, 1.0] {
            let copy = detuned(take, rate, random);
            add_panned(&mut self.backing, &copy, gain, side * width);
        }
    }

    /// Adds a take four times around a place, as a group of a choir.
    pub fn add_choir(&mut self, take: &[f32], pan: f32, rate: u32, random: &mut Random) {
        for _ in 0..4 {
            let copy = detuned(take, rate, random);
            let place = (pan + random.between(-0.4, 0.4)).clamp(-1.0, 1.0);
            add_panned(&mut self.backing, &copy, random.between(0.2, 0.4), place);
        }
    }
}

fn detuned(take: &[f32], rate: u32, random: &mut Random) -> Vec<f32> {
    // A slowly moving delay: a few cents up and down.
    let (depth, pace) = (random.between(0.001, 0.005), random.between(0.2, 1.2));
    chorus(take, rate, random.between(0.008, 0.03), depth, pace, random.unit())
}

/// Produces a part: lead near the centre, backing around it, effects in the proportions of modern records. Peak at most 0.7.
#[must_use]
pub fn produce(layers: Layers, rate: u32, random: &mut Random) -> Stereo {
    let Layers { mut lead, backing, beat } = layers;
    let mut out = backing;
    if random.chance(0.5) {
        de_ess(&mut lead, rate, random.between(0.3, 0.8));
    }
    if random.chance(0.85) {
        compress(&mut lead, rate, random.between(-30.0, -14.0), random.between(2.0, 8.0));
    }
    if random.chance(0.2) {
        drive(&mut lead, random.between(1.5, 10.0), random.between(0.0, 0.3));
    }
    add_panned(&mut out, &lead, 0.7, random.between(-0.1, 0.1));
    if random.chance(0.15) {
        widen(&mut out, &lead, rate, random);
    }
    out = equalised(out, rate, random);
    if random.chance(0.25) {
        let seconds = beat as f32 * [0.5, 0.75, 1.0, 0.25][random.index(4)];
        echo(&mut out, rate, seconds, random.between(0.1, 0.45), random.between(0.1, 0.5));
    }
    out = Room::random(random).apply(&out, rate, random);
    if random.chance(0.04) {
        gate(&mut out, rate, beat * [0.25, 0.125][random.index(2)], random);
    }
    limit(&mut out);
    out
}

/// Chorus, flanger or a double of the whole lead, different on both sides.
fn widen(out: &mut Stereo, lead: &[f32], rate: u32, random: &mut Random) {
    let flanger = random.chance(0.3);
    let delay = if flanger { 0.003 } else { random.between(0.01, 0.025) };
    let (depth, pace) = (0.5 * delay * random.unit(), random.between(0.1, 2.5));
    for (channel, phase) in out.iter_mut().zip([0.0, 0.25]) {
        let copy = chorus(lead, rate, delay, depth, pace, phase);
        channel.iter_mut().zip(&copy).for_each(|(out, sample)| *out += 0.5 * sample);
    }
}

/// High-pass, presence, air and mud; now and then a telephone.
fn equalised(sound: Stereo, rate: u32, random: &mut Random) -> Stereo {
    let low = random.between(80.0, 150.0);
    let (presence, mud) = (random.between(-2.0, 6.0), random.between(-6.0, 2.0));
    let (air, centre) = (random.between(-4.0, 8.0), random.between(2_000.0, 6_000.0));
    let telephone = random.chance(0.05);
    let (from, to) = (random.between(250.0, 600.0), random.between(2_200.0, 4_500.0));
    let gain = |hz: f32| {
        let cut = (hz / low).powi(3).min(1.0);
        let gain = cut * bell(hz, centre, 1.5, presence) * bell(hz, 300.0, 1.0, mud) * bell(hz, 13_000.0, 1.2, air);
        if telephone { gain * (hz / from).powi(4).min(1.0) * (to / hz.max(1.0)).powi(4).min(1.0) } else { gain }
    };
    sound.map(|channel| shape(&channel, rate, gain))
}

fn limit(sound: &mut Stereo) {
    let samples = || sound.iter().flatten();
    if samples().any(|sample| !sample.is_finite()) {
        sound.iter_mut().flatten().for_each(|sample| *sample = 0.0);
        return;
    }
    let peak = samples().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
    if peak > 1e-6 {
        sound.iter_mut().flatten().for_each(|sample| *sample *= PEAK / peak);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layers() -> Layers {
        let mut layers = Layers::new(66_150, 0.5);
        for (n, sample) in layers.lead.iter_mut().take(44_100).enumerate() {
            *sample = (n as f32 * 0.03).sin();
        }
        layers
    }

    #[test]
    fn every_production_is_finite_in_range_and_decided_by_the_seed() {
        for seed in 0..40 {
            let make = || {
                let mut random = Random::new(seed);
                let mut layers = layers();
                let take = layers.lead.clone();
                layers.add_pair(&take, 0.3, 44_100, &mut random);
                produce(layers, 44_100, &mut random)
            };
            let out = make();
            let peak = out.iter().flatten().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
            assert!((peak - PEAK).abs() < 1e-4, "seed {seed}: peak {peak}");
            assert_eq!(out, make());
        }
    }

    #[test]
    fn silence_stays_silent_and_broken_sound_becomes_silence() {
        let quiet = produce(Layers::new(5_000, 0.5), 48_000, &mut Random::new(1));
        assert!(quiet.iter().flatten().all(|sample| sample.abs() < 1e-6));
        let mut broken = Layers::new(5_000, 0.5);
        broken.lead[100] = f32::NAN;
        let out = produce(broken, 48_000, &mut Random::new(1));
        assert!(out.iter().flatten().all(|&sample| sample == 0.0));
    }
}
