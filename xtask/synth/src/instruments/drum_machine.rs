//! Random electronic drum kits: every drum is made once and then struck.

use std::f32::consts::{PI, TAU};

use crate::{
    effects::{
        layer_effects::{Drive, Effects},
        state_variable::{Band, StateVariable, filter},
    },
    song::{Stereo, add_panned, silence},
};
use songweave_score::{notation::note::Note, random::Random};

/// A drum as it sounds at full strength.
#[derive(Debug, Clone)]
struct Sample {
    sound: Vec<f32>,
    gain: f32,
    pan: f32,
}

/// A kit of drums for the keys of General MIDI.
#[derive(Debug, Clone)]
pub struct DrumMachine {
    kick: Sample,
    snare: Sample,
    rim: Sample,
    clap: Sample,
    closed: Sample,
    open: Sample,
    toms: [Sample; 3],
    crash: Sample,
    ride: Sample,
    bell: Sample,
    shaker: Sample,
}

impl DrumMachine {
    /// A random kit at `rate` Hz.
    #[must_use]
    pub fn random(rate: u32, random: &mut Random) -> Self {
        let rate = rate as f32;
        let tom = random.between(70.0, 130.0);
        let metal = Metal::random(random);
        let (short, long) = (random.between(0.015, 0.09), random.between(0.15, 0.7));
        let bright = random.between(4_000.0, 9_500.0);
        Self {
            kick: sample(kick(rate, random), 1.0, 0.0, random),
            snare: sample(snare(rate, random), 0.8, 0.05, random),
            rim: sample(ping(random.between(500.0, 1_900.0), 0.02, rate, random), 0.5, 0.2, random),
            clap: sample(clap(rate, random), 0.7, 0.1, random),
            closed: sample(metal.strike(short, bright, rate, random), 0.4, 0.25, random),
            open: sample(metal.strike(long, bright, rate, random), 0.4, 0.25, random),
            toms: [1.0, 1.4, 1.9].map(|ratio| sample(tom_drum(ratio * tom, rate, random), 0.7, 0.5, random)),
            crash: sample(metal.strike(random.between(0.6, 2.0), 2_500.0, rate, random), 0.45, 0.4, random),
            ride: sample(metal.strike(random.between(0.3, 1.0), 5_000.0, rate, random), 0.3, 0.4, random),
            bell: sample(ping(random.between(500.0, 900.0), 0.12, rate, random), 0.3, 0.4, random),
            shaker: sample(shaker(rate, random), 0.35, 0.5, random),
        }
    }

    /// The drum at a key of General MIDI.
    fn drum(&self, key: u8) -> &Sample {
        match key {
            35 | 36 => &self.kick,
            38 | 40 => &self.snare,
            37 | 75..=77 => &self.rim,
            39 => &self.clap,
            42 | 44 => &self.closed,
            46 => &self.open,
            41 | 43 | 64 => &self.toms[0],
            45 | 47 | 61 | 63 => &self.toms[1],
            48 | 50 | 60 | 62 => &self.toms[2],
            49 | 52 | 55 | 57 => &self.crash,
            51 | 59 => &self.ride,
            53 | 56 | 80 | 81 => &self.bell,
            _ => &self.shaker,
        }
    }

    /// Strikes the drums at the notes, which are in order.
    #[must_use]
    pub fn play(&self, notes: &[Note], samples: usize, rate: u32) -> Stereo {
        let mut out = silence(samples);
        for (index, note) in notes.iter().enumerate() {
            let start = (note.start.max(0.0) * f64::from(rate)) as usize;
            let drum = self.drum(note.key as u8);
            let mut sound = &drum.sound[..drum.sound.len().min(samples.saturating_sub(start))];
            if note.key as u8 == 46 {
                // The pedal closes an open hat.
                let closing = notes[index + 1..].iter().find(|next| matches!(next.key as u8, 42 | 44 | 46));
                let end = closing.map_or(f64::INFINITY, |next| (next.start - note.start) * f64::from(rate));
                sound = &sound[..sound.len().min(end as usize)];
            }
            let [left, right] = &mut out;
            if let (Some(left), Some(right)) = (left.get_mut(start..), right.get_mut(start..)) {
                strike([left, right], sound, drum.gain * note.velocity.powf(1.4), drum.pan);
            }
        }
        out
    }
}

fn strike(out: [&mut [f32]; 2], sound: &[f32], gain: f32, pan: f32) {
    let angle = (pan + 1.0) * std::f32::consts::FRAC_PI_4;
    for (channel, side) in out.into_iter().zip([angle.cos(), angle.sin()]) {
        channel.iter_mut().zip(sound).for_each(|(out, sample)| *out += gain * side * sample);
    }
}

/// Brings a drum to its level and place; now and then it is driven or crushed as a sample would be.
fn sample(sound: Vec<f32>, gain: f32, width: f32, random: &mut Random) -> Sample {
    let mut both = [sound, Vec::new()];
    Effects { drive: Drive::random(0.2, random), ..Effects::default() }.drive.apply(&mut both);
    let [mut sound, _] = both;
    let peak = sound.iter().fold(1e-6f32, |peak, sample| peak.max(sample.abs()));
    let fade = 200.min(sound.len());
    let end = sound.len();
    for (n, sample) in sound.iter_mut().enumerate() {
        *sample *= ((end - n) as f32 / fade as f32).min(1.0) / peak;
    }
    Sample { sound, gain: gain * random.between(0.6, 1.2), pan: random.between(-width, width) }
}

/// A sound of `seconds` from a function of the time.
fn made(seconds: f32, rate: f32, sound: impl FnMut(f32) -> f32) -> Vec<f32> {
    (0..(seconds * rate) as usize).map(|n| n as f32 / rate).map(sound).collect()
}

/// A sine that falls in two steps, with a click.
fn kick(rate: f32, random: &mut Random) -> Vec<f32> {
    let end = random.between(38.0, 62.0);
    let (knock, thud) = (random.between(100.0, 900.0), random.between(20.0, 160.0));
    let (fast, slow) = (random.between(0.004, 0.012), random.between(0.02, 0.07));
    let long = random.chance(0.25);
    let decay = if long { random.between(0.3, 0.7) } else { random.between(0.06, 0.2) };
    let click = if random.chance(0.7) { random.between(0.05, 0.6) } else { 0.0 };
    let drive = random.between(0.8, 4.0);
    let mut phase = 0.0f32;
    let mut noise = Random::new(random.bits());
    let mut sound = made((5.0 * decay).min(1.6), rate, |now| {
        let hz = end + thud * (-now / slow).exp() + knock * (-now / fast).exp();
        phase = (phase + hz / rate).fract();
        let body = (TAU * phase).sin() * (-now / decay).exp();
        (drive * (body + click * noise.noise() * (-now / 0.003).exp())).tanh()
    });
    filter(&mut sound, Band::High, 25.0, 0.7, rate);
    sound
}

/// Two tones of the skin and the wires' noise.
fn snare(rate: f32, random: &mut Random) -> Vec<f32> {
    let hz = random.between(140.0, 280.0);
    let (skin, wires) = (random.between(0.03, 0.12), random.between(0.06, 0.3));
    let (tone, noise) = (random.between(0.1, 1.0), random.between(0.5, 1.2));
    let bend = random.between(0.0, 1.0);
    let mut rustle: Vec<f32> = made(5.0 * wires, rate, |now| random.noise() * (-now / wires).exp());
    filter(&mut rustle, Band::High, random.between(700.0, 3_500.0), random.between(0.5, 1.5), rate);
    filter(&mut rustle, Band::Low, random.between(5_000.0, 16_000.0), 0.7, rate);
    let mut phase = 0.0f32;
    for (n, sample) in rustle.iter_mut().enumerate() {
        let now = n as f32 / rate;
        phase += hz * (1.0 + bend * (-now / 0.02).exp()) / rate;
        let drum = (TAU * phase.fract()).sin() + 0.5 * (TAU * (1.58 * phase).fract()).sin();
        *sample = noise * *sample + tone * drum * (-now / skin).exp();
    }
    rustle
}

/// Several bursts of noise and a tail.
fn clap(rate: f32, random: &mut Random) -> Vec<f32> {
    let (gap, bursts) = (random.between(0.007, 0.014), 2 + random.index(3));
    let tail = random.between(0.05, 0.2);
    let mut noise = Random::new(random.bits());
    let mut sound = made(0.05 + 5.0 * tail, rate, |now| {
        let burst = ((now / gap) as usize).min(bursts);
        let age = now - burst as f32 * gap;
        let level = if burst < bursts { (-age / 0.003).exp() } else { 0.8 * (-age / tail).exp() };
        noise.noise() * level
    });
    filter(&mut sound, Band::Band, random.between(900.0, 2_500.0), random.between(0.6, 2.0), rate);
    filter(&mut sound, Band::High, random.between(300.0, 900.0), 0.7, rate);
    sound
}

/// A skin without wires.
fn tom_drum(hz: f32, rate: f32, random: &mut Random) -> Vec<f32> {
    let (bend, decay) = (random.between(0.1, 0.8), random.between(0.08, 0.3));
    let mut phase = 0.0f32;
    let mut noise = Random::new(random.bits());
    made(5.0 * decay, rate, |now| {
        phase = (phase + hz * (1.0 + bend * (-now / 0.04).exp()) / rate).fract();
        (TAU * phase).sin() * (-now / decay).exp() + 0.15 * noise.noise() * (-now / 0.01).exp()
    })
}

/// Two short tones: rim, cowbell.
fn ping(hz: f32, decay: f32, rate: f32, random: &mut Random) -> Vec<f32> {
    let ratio = random.between(1.35, 1.7);
    let square = |phase: f32| if phase.fract() < 0.5 { 0.5 } else { -0.5 };
    let mut sound = made(6.0 * decay, rate, |now| {
        (square(hz * now) + square(hz * ratio * now)) * (0.7 * (-now / decay).exp() + 0.3 * (-now / 0.01).exp())
    });
    filter(&mut sound, Band::Band, 1.3 * hz, 1.2, rate);
    sound
}

fn shaker(rate: f32, random: &mut Random) -> Vec<f32> {
    let (rise, decay) = (random.between(0.005, 0.03), random.between(0.02, 0.07));
    let mut noise = Random::new(random.bits());
    let mut sound = made(rise + 6.0 * decay, rate, |now| {
        noise.noise() * (now / rise).min(1.0) * (-(now - rise).max(0.0) / decay).exp()
    });
    filter(&mut sound, Band::High, random.between(3_000.0, 7_000.0), 0.9, rate);
    sound
}

/// Six square waves without a common pitch, and noise: what hats and cymbals of machines are made of.
struct Metal {
    hertz: [f32; 6],
    noise: f32,
}

impl Metal {
    fn random(random: &mut Random) -> Self {
        let low = random.between(200.0, 700.0);
        let ratios = [1.0, 1.34, 1.65, 1.93, 2.55, 3.41];
        Self { hertz: ratios.map(|ratio| low * ratio * random.between(0.93, 1.07)), noise: random.between(0.0, 1.0) }
    }

    fn strike(&self, decay: f32, corner: f32, rate: f32, random: &mut Random) -> Vec<f32> {
        let mut noise = Random::new(random.bits());
        let square = |phase: f32| if phase.fract() < 0.5 { 0.3 } else { -0.3 };
        let mut sound = made(5.0 * decay, rate, |now| {
            let metal: f32 = self.hertz.iter().map(|hz| square(hz * now)).sum();
            let level = 0.8 * (-now / decay).exp() + 0.2 * (-now / 0.006).exp();
            level * ((1.0 - self.noise) * metal + self.noise * noise.noise())
        });
        filter(&mut sound, Band::High, corner, random.between(0.6, 1.8), rate);
        filter(&mut sound, Band::High, 0.6 * corner, 0.7, rate);
        sound
    }
}

/// A noise that rises or falls over `seconds`, as before and after a drop.
#[must_use]
pub fn sweep(seconds: f32, rising: bool, rate: u32, random: &mut Random) -> Stereo {
    let rate = rate as f32;
    let (tonal, resonance) = (random.chance(0.4), random.between(0.7, 5.0));
    let (low, octaves) = (random.between(150.0, 800.0), random.between(3.0, 5.5));
    let mut out = silence((seconds * rate) as usize);
    for side in [-0.6, 0.6] {
        let mut sound = Vec::with_capacity(out[0].len());
        let mut bands = StateVariable::default();
        let mut phase = 0.0f32;
        for n in 0..out[0].len() {
            let way = n as f32 / out[0].len() as f32;
            let way = if rising { way } else { 1.0 - way };
            let hz = low * (octaves * way).exp2();
            phase = (phase + 0.25 * hz / rate).fract();
            let tone = if tonal { 0.4 * (TAU * phase).sin() } else { 0.0 };
            let mut sample = [random.noise()];
            bands.run(Band::Band, (PI * (hz / rate).min(0.45)).tan(), resonance, &mut sample);
            sound.push((sample[0] + tone) * way * way);
        }
        add_panned(&mut out, &sound, 0.5, side);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_drum_of_every_kit_is_heard_within_level_and_where_it_is_struck() {
        for seed in 0..12 {
            let machine = DrumMachine::random(44_100, &mut Random::new(seed));
            for key in 35..82 {
                let note = Note { start: 0.1, length: 0.1, key: key as f32, velocity: 1.0 };
                let sound = machine.play(&[note], 22_050, 44_100);
                let peak = |from: usize, to: usize| sound[0][from..to].iter().fold(0.0f32, |a, b| a.max(b.abs()));
                assert_eq!(peak(0, 4_409), 0.0);
                assert!((0.02..1.3).contains(&peak(4_410, 10_000)), "seed {seed}, key {key}: {}", peak(4_410, 10_000));
            }
        }
    }

    #[test]
    fn a_closed_hat_ends_an_open_one() {
        let machine = DrumMachine::random(44_100, &mut Random::new(2));
        let hat = |start, key| Note { start, length: 0.1, key, velocity: 0.8 };
        let (alone, both) = ([hat(0.0, 46.0)], [hat(0.0, 46.0), hat(0.1, 42.0)]);
        let late = |notes: &[Note]| machine.play(notes, 22_050, 44_100)[0][4_900..].iter().map(|s| s * s).sum::<f32>();
        let closed = machine.play(&[hat(0.1, 42.0)], 22_050, 44_100)[0][4_900..].iter().map(|s| s * s).sum::<f32>();
        assert!((late(&both) - closed).abs() < 1e-3 * closed + 1e-6 && late(&alone) > 0.0);
    }

    #[test]
    fn a_rising_sweep_gets_louder() {
        let sound = sweep(1.0, true, 44_100, &mut Random::new(1));
        let level = |from: usize| sound[0][from..from + 4_000].iter().map(|sample| sample * sample).sum::<f32>();
        assert!(level(40_000) > 10.0 * level(4_000));
    }
}
