//! A room: early reflections and a decaying noise tail, different on both sides.

use crate::{filter::convolve, random::Random, song::Stereo};

/// What a room sounds like.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// Reverberation time in seconds (to -60 dB).
    pub seconds: f32,
    /// Level of the reverberation against the dry sound, linear.
    pub wet: f32,
    /// Echo in seconds after the dry sound, repeated twice; 0 = none.
    pub echo: f32,
}

impl Room {
    /// A random room between a booth and a hall, sometimes with an echo.
    #[must_use]
    pub fn random(random: &mut Random) -> Self {
        Self {
            seconds: random.between(0.15, 1.6),
            wet: random.between(0.0, 0.35),
            echo: if random.chance(0.2) { random.between(0.12, 0.5) } else { 0.0 },
        }
    }

    /// The sound in this room, as long as the sound itself.
    #[must_use]
    pub fn apply(&self, sound: &Stereo, rate: u32, random: &mut Random) -> Stereo {
        std::array::from_fn(|channel| convolve(&sound[channel], &self.response(rate, random)))
    }

    fn response(&self, rate: u32, random: &mut Random) -> Vec<f32> {
        let rate = rate as f32;
        let length = (rate * self.seconds.max(2.2 * self.echo)) as usize + 1;
        let mut response = vec![0.0; length];
        let mut energy = 0.0;
        let mut dull = 0.0;
        let first = (0.008 * rate) as usize;
        for (n, value) in response.iter_mut().enumerate().skip(first) {
            let age = (n - first) as f32 / rate / self.seconds.max(0.01);
            // The tail gets duller with age, as air and walls make it.
            dull += (random.noise() - dull) * (0.2 + 0.6 * (-4.0 * age).exp());
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
