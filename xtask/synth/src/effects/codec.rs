//! Lossy coding as in MP3 and AAC streams: cosine blocks quantised band by band as coarsely as the ear allows.
//!
//! The mixture is coded, not its parts, and what is heard is the coded mixture. Every coefficient of the mixture is
//! replaced by its quantised value, that is, multiplied by a gain between 0 and 2; the same coefficient of each part gets
//! the same gain, in middle and side where the codec works in middle and side. So the parts add up to the coded mixture,
//! and each is given the error in proportion to what it has there.
//!
//! Written here since an encoder from a library gives a mixture back, not the gains that its parts have to share.

use crate::{
    effects::mdct::{LENGTH, Mdct},
    song::{Parts, Stereo},
};
use songweave_score::random::Random;

/// Quantised values round up from this on, as encoders do to save bits.
const ROUNDING: f32 = 0.4054;
/// Bands per octave, roughly critical bands above 500 Hz.
const BANDS_PER_OCTAVE: f32 = 4.0;

/// A codec at some bit rate.
#[derive(Debug, Clone, Copy)]
pub struct Codec {
    /// Signal to noise at 200 Hz in dB.
    pub low: f32,
    /// Signal to noise at 12 kHz in dB.
    pub high: f32,
    /// Nothing is kept above this, in Hz.
    pub top: f32,
    /// Middle and side instead of left and right.
    pub joint: bool,
    /// Above this in Hz only the middle is kept of a joint pair.
    pub mono_from: f32,
}

impl Codec {
    /// A codec between about 48 and 192 kbit/s.
    #[must_use]
    pub fn random(random: &mut Random) -> Self {
        let quality = random.unit();
        let joint = random.chance(0.75);
        Self {
            low: 9.0 + 15.0 * quality,
            high: 1.0 + 10.0 * quality,
            top: 11_000.0 + 5_000.0 * quality,
            joint,
            mono_from: if quality < 0.35 { random.between(4_000.0, 9_000.0) } else { f32::INFINITY },
        }
    }

    /// Codes a mixture: what its parts add up to afterwards is what comes out of the codec.
    pub fn apply(&self, parts: &mut Parts, rate: u32) {
        let samples = parts[0][0].len();
        let mut mdct = Mdct::default();
        if self.joint {
            parts.iter_mut().for_each(turn);
        }
        for channel in 0..2 {
            let mut coded: Vec<Vec<f32>> = parts.iter().map(|part| mdct.forward(&part[channel])).collect();
            for block in 0..coded[0].len() / LENGTH {
                let place = block * LENGTH..(block + 1) * LENGTH;
                let sum = |n: usize| coded.iter().map(|part| part[place.start + n]).sum();
                let gains = self.gains(&(0..LENGTH).map(sum).collect::<Vec<f32>>(), rate, channel == 1 && self.joint);
                for part in &mut coded {
                    part[place.clone()].iter_mut().zip(&gains).for_each(|(value, gain)| *value *= gain);
                }
            }
            for (part, coded) in parts.iter_mut().zip(&coded) {
                part[channel] = mdct.inverse(coded, samples);
            }
        }
        if self.joint {
            parts.iter_mut().for_each(turn);
        }
    }

    /// Quantised value over value for each coefficient of a block.
    fn gains(&self, block: &[f32], rate: u32, side: bool) -> Vec<f32> {
        let hz = rate as f32 / (2 * LENGTH) as f32;
        let mut gains = vec![0.0; LENGTH];
        let mut from = 0;
        while from < LENGTH && from as f32 * hz < self.top {
            let width = (from as f32 * (1.0 / BANDS_PER_OCTAVE).exp2()).ceil() as usize;
            let to = width.max(from + 4).min(LENGTH).min((self.top / hz) as usize + 1);
            let octaves = (((from + to) as f32 / 2.0 * hz).max(200.0) / 200.0).log2() / 5.9;
            let ratio = self.low + octaves.min(1.0) * (self.high - self.low);
            let power = block[from..to].iter().map(|value| value * value).sum::<f32>() / (to - from) as f32;
            // Uniform rounding with a step makes noise of a twelfth of its square.
            let step = (12.0 * power * 10f32.powf(-ratio / 10.0)).sqrt();
            let kept = !(side && from as f32 * hz > self.mono_from) && step > 1e-12;
            for (gain, value) in gains[from..to].iter_mut().zip(&block[from..to]).filter(|_| kept) {
                let steps = (value.abs() / step + ROUNDING).floor();
                *gain = if steps > 0.0 { steps * step / value.abs() } else { 0.0 };
            }
            from = to;
        }
        gains
    }
}

/// Left and right to middle and side and back.
fn turn(sound: &mut Stereo) {
    let [left, right] = sound;
    for (left, right) in left.iter_mut().zip(right) {
        (*left, *right) =
            ((*left + *right) * std::f32::consts::FRAC_1_SQRT_2, (*left - *right) * std::f32::consts::FRAC_1_SQRT_2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{demo_songs::song_a, effects::filter::shape};

    fn parts() -> Parts {
        song_a().parts.map(|part| part.map(|channel| channel[60_000..120_000].to_vec()))
    }

    fn sum(parts: &Parts) -> Stereo {
        std::array::from_fn(|channel| (0..60_000).map(|n| parts.iter().map(|part| part[channel][n]).sum()).collect())
    }

    fn coded(parts: &Parts, quality: f32, joint: bool) -> Parts {
        let mut parts = parts.clone();
        let codec = Codec { low: 24.0 * quality, high: 12.0 * quality, top: 12_000.0, joint, mono_from: f32::INFINITY };
        codec.apply(&mut parts, 44_100);
        parts
    }

    fn sdr(estimate: &Stereo, truth: &Stereo) -> f64 {
        let power =
            |samples: &mut dyn Iterator<Item = f32>| samples.map(|sample| f64::from(sample).powi(2)).sum::<f64>();
        let error =
            &mut estimate.iter().flatten().zip(truth.iter().flatten()).map(|(estimate, truth)| estimate - truth);
        10.0 * (power(&mut truth.iter().flatten().copied()) / power(error)).log10()
    }

    fn level(sound: &Stereo) -> f32 {
        sound.iter().flatten().map(|sample| sample * sample).sum::<f32>().sqrt()
    }

    #[test]
    fn coding_keeps_the_level_and_adds_less_noise_at_higher_rates() {
        let parts = parts();
        let (good, bad) = (coded(&parts, 1.0, true), coded(&parts, 0.4, true));
        let (good_sdr, bad_sdr) = (sdr(&sum(&good), &sum(&parts)), sdr(&sum(&bad), &sum(&parts)));
        assert!(good_sdr > bad_sdr + 4.0 && bad_sdr > 4.0 && good_sdr < 40.0, "{good_sdr} {bad_sdr}");
        for coded in [&good, &bad] {
            let ratio = level(&sum(coded)) / level(&sum(&parts));
            assert!((ratio - 1.0).abs() < 0.12, "{ratio}");
        }
    }

    #[test]
    fn nothing_is_kept_above_the_top() {
        let mut random = Random::new(1);
        let mut noise = || std::array::from_fn(|_| (0..60_000).map(|_| 0.1 * random.noise()).collect());
        let parts: Parts = std::array::from_fn(|_| noise());
        let above = |sound: &Stereo| {
            level(&sound.each_ref().map(|channel| shape(channel, 44_100, |hz| f32::from(u8::from(hz > 12_500.0)))))
        };
        let (before, after) = (above(&sum(&parts)), above(&sum(&coded(&parts, 1.0, true))));
        assert!(after < 0.03 * before, "{after} of {before}");
    }

    #[test]
    fn the_parts_add_up_to_what_a_codec_of_the_mixture_alone_gives() {
        let parts = parts();
        let mut mixture: Parts = std::array::from_fn(|_| crate::song::silence(60_000));
        mixture[2] = sum(&parts);
        for joint in [false, true] {
            let (apart, whole) = (sum(&coded(&parts, 0.5, joint)), coded(&mixture, 0.5, joint));
            // Rounding decides differently now and then where sums differ in the last bit.
            assert!(sdr(&apart, &whole[2]) > 30.0);
        }
    }
}
