//! A small band of our own: tones of partials and drums of swept sines and noise. Needs no file.

use std::f32::consts::TAU;

use songweave_score::{notation::note::Note, random::Random};

/// A pitched instrument: partials that die away.
#[derive(Debug, Clone, Copy)]
pub struct Tone {
    /// Levels of the partials, the first is the note itself.
    pub partials: &'static [f32],
    /// Time to full level in seconds.
    pub attack: f32,
    /// Time in which the first partial falls to a third, in seconds; higher ones die sooner.
    pub decay: f32,
    /// Time in which a released note falls to a third, in seconds.
    pub release: f32,
}

impl Tone {
    /// Adds the notes to a recording at `rate` Hz.
    pub fn play(&self, notes: &[Note], gain: f32, out: &mut [f32], rate: u32) {
        let rate = rate as f32;
        for note in notes {
            let hz = 440.0 * ((note.key - 69.0) / 12.0).exp2();
            let start = (note.start as f32 * rate) as usize;
            let samples = ((note.length as f32 + 5.0 * self.release) * rate) as usize;
            for (index, level) in self.partials.iter().enumerate() {
                let partial = (index + 1) as f32;
                let step = f64::from(hz * partial / rate);
                if step > 0.45 {
                    break;
                }
                for (n, out) in out.iter_mut().skip(start).take(samples).enumerate() {
                    let now = n as f32 / rate;
                    let released = (now - note.length as f32).max(0.0);
                    let fall = (-now * partial.sqrt() / self.decay - released / self.release).exp();
                    let loud = gain * level * note.velocity * (now / self.attack).min(1.0) * fall;
                    // In double precision: a single one drifts out of tune within seconds.
                    *out += loud * ((step * n as f64).fract() as f32 * TAU).sin();
                }
            }
        }
    }
}

/// A drum of the kit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drum {
    /// Bass drum: a sine that falls to 45 Hz.
    Kick,
    /// Snare drum: noise and a short tone.
    Snare,
    /// Hi-hat: very short high noise.
    Hat,
}

impl Drum {
    /// Adds a hit at `start` seconds to a recording at `rate` Hz.
    pub fn hit(self, start: f64, gain: f32, out: &mut [f32], rate: u32, random: &mut Random) {
        let from = (start * f64::from(rate)) as usize;
        let samples = (0.3 * f64::from(rate)) as usize;
        let (mut phase, mut last) = (0.0f32, 0.0f32);
        for (n, out) in out.iter_mut().skip(from).take(samples).enumerate() {
            let now = n as f32 / rate as f32;
            let noise = random.noise();
            // The difference of successive samples takes the low end out of noise.
            let hiss = noise - last;
            last = noise;
            let (hz, tone, rustle) = match self {
                Self::Kick => (45.0 + 130.0 * (-now / 0.03).exp(), (-now / 0.09).exp(), 0.0),
                Self::Snare => (190.0, 0.6 * (-now / 0.05).exp(), 0.35 * (-now / 0.07).exp()),
                Self::Hat => (0.0, 0.0, 0.3 * (-now / 0.02).exp()),
            };
            phase = (phase + hz / rate as f32).fract();
            *out += gain * (tone * (TAU * phase).sin() + rustle * hiss);
        }
    }
}
