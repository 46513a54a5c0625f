//! A room: early reflections and a decaying noise tail, different on both sides.

use crate::{effects::filter::convolve, song::Stereo};
use songweave_score::random::Random;

/// What a room sounds like.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// Reverberation time in seconds (to -60 dB).
    pub seconds: f32,
    /// Seconds before the first reflection.
    pub before: f32,
    /// Level of the reverberation against the dry sound, linear.
    pub wet: f32,
    /// Share of high frequencies that a reflection keeps at first, 0…1: low = a dull hall, high = a plate.
    pub bright: f32,
    /// Echo in seconds after the dry sound, repeated twice; 0 = none.
    pub echo: f32,
}

impl Room {
    /// A random room: booth, plate, hall or a slap-back.
    #[must_use]
    pub fn random(random: &mut Random) -> Self {
        let booth = Self {
            seconds: random.between(0.1, 0.5),
            before: random.between(0.001, 0.008),
            wet: random.between(0.0, 0.2),
            bright: random.between(0.4, 0.8),
            echo: if random.chance(0.12) { random.between(0.07, 0.16) } else { 0.0 },
        };
        match random.unit() {
            kind if kind < 0.4 => booth,
            kind if kind < 0.75 => Self {
                seconds: random.between(0.8, 2.2),
                before: random.between(0.0, 0.03),
                wet: random.between(0.05, 0.35),
                bright: random.between(0.6, 0.95),
                ..booth
            },
            _ => Self {
                seconds: random.between(1.2, 3.0),
                before: random.between(0.015, 0.07),
                wet: random.between(0.05, 0.4),
                bright: random.between(0.15, 0.5),
                ..booth
            },
        }
    }

    /// The sound in this room, as long as the sound itself.
    #[must_use]
    pub fn apply(&self, sound: &Stereo, rate: u32, random: &mut Random) -> Stereo {
        std::array::from_fn(|channel| convolve(&sound[channel], &self.response(rate, random)))
    }

    fn response(&self, rate: u32, random: &mut Random) -> Vec<f32> {
        let rate = rate as f32;
        let length = (rate * (self.before + self.seconds).max(2.2 * self.echo)) as usize + 1;
        let mut response = vec![0.0; length];
        let mut energy = 0.0;
        let mut dull = 0.0;
        let first = ((self.before * rate) as usize).max(1);
        for (n, value) in response.iter_mut().enumerate().skip(first) {
            let age = (n - first) as f32 / rate / self.seconds.max(0.01);
            // The tail gets duller with age, as air and walls make it.
            dull += (random.noise() - dull) * (0.15 + 0.85 * self.bright * (-4.0 * age).exp()).min(1.0);
            *value = dull * (-6.9 * age).exp();
            energy += *value * *value;
        }
        let scale = self.wet / energy.max(1e-9).sqrt();
        response.iter_mut().for_each(|value| *value *= scale);
        response[0] = 1.0;
        for repeat in 1..=2 {
            if let Some(value) =
                response.get_mut((self.echo * repeat as f32 * rate) as usize).filter(|_| self.echo > 0.0)
            {
                *value += 0.4f32.powi(repeat);
            }
        }
        response
    }
}
