//! Compression, pumping, limiting and saturation of parts and of whole mixtures.
//!
//! What is done to a mixture is done as one gain per sample that all its parts share, so that the parts still add up to it.

use crate::{
    effects::filter::decibels,
    song::{Parts, Stereo},
};
use songweave_score::random::Random;

/// Samples per step of a gain.
const STEP: usize = 32;

/// A feed-forward compressor.
#[derive(Debug, Clone, Copy)]
pub struct Compressor {
    /// Level from which it works, linear peak.
    pub threshold: f32,
    /// Decibels in per decibel out above the threshold.
    pub ratio: f32,
    /// Seconds in which the gain falls to a third of the way.
    pub attack: f32,
    /// Seconds in which the gain rises to a third of the way.
    pub release: f32,
}

impl Compressor {
    /// A random compressor for a sound that peaks at `peak`, working on its upper `3…18` dB.
    #[must_use]
    pub fn random(peak: f32, random: &mut Random) -> Self {
        Self {
            threshold: peak * decibels(-random.between(3.0, 18.0)),
            ratio: random.between(1.5, 8.0),
            attack: random.between(0.001, 0.03),
            release: random.between(0.05, 0.4),
        }
    }

    /// Its gain for an envelope with a value per step.
    fn gain(&self, envelope: &[f32], rate: u32) -> Vec<f32> {
        let wanted = |level: &f32| (level.max(1e-9) / self.threshold).max(1.0).powf(1.0 / self.ratio - 1.0);
        let target: Vec<f32> = envelope.iter().map(wanted).collect();
        smooth(&target, self.attack, self.release, rate)
    }

    /// Compresses a sound by its own level.
    pub fn apply(&self, sound: &mut Stereo, rate: u32) {
        let gain = self.gain(&envelope(&[&*sound]), rate);
        scale(sound, &gain);
    }

    /// Compresses a mixture by its own level: one gain for all parts.
    pub fn apply_to_all(&self, parts: &mut Parts, rate: u32) {
        let gain = self.gain(&envelope(&parts.iter().collect::<Vec<_>>()), rate);
        parts.iter_mut().for_each(|part| scale(part, &gain));
    }
}

/// Turns a sound down by up to `depth` (linear gain) wherever the key's low end is loud, as a side-chain in dance music.
pub fn pump(sound: &mut Stereo, key: &[f32], depth: f32, release: f32, rate: u32) {
    let loudest = key.iter().copied().fold(1e-9, f32::max);
    let target: Vec<f32> = key.iter().map(|level| 1.0 + (depth - 1.0) * (1.5 * level / loudest).min(1.0)).collect();
    scale(sound, &smooth(&target, 0.004, release, rate));
}

/// What pumping follows: the low end of the drums, a value per step.
#[must_use]
pub fn kick(drums: &Stereo, rate: u32) -> Vec<f32> {
    let pace = 1.0 - (-std::f32::consts::TAU * 120.0 / rate as f32).exp();
    let (mut low, mut lower) = (0.0f32, 0.0f32);
    let filtered: Vec<f32> = drums[0]
        .iter()
        .zip(&drums[1])
        .map(|(left, right)| {
            low += pace * (left + right - low);
            lower += pace * (low - lower);
            lower
        })
        .collect();
    filtered.chunks(STEP).map(|chunk| chunk.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()))).collect()
}

/// A kick that is not heard: beats at a random tempo, a value per step.
#[must_use]
pub fn silent_kick(samples: usize, rate: u32, random: &mut Random) -> Vec<f32> {
    let beat = 60.0 / random.between(85.0, 150.0) * rate as f32 / STEP as f32;
    let first = random.between(0.0, beat);
    (0..samples.div_ceil(STEP)).map(|step| if (step as f32 + first) % beat < 0.06 * beat { 1.0 } else { 0.0 }).collect()
}

/// Bends a sound: `drive` is the gain before `tanh`, taken back after it for quiet samples.
pub fn saturate(sound: &mut Stereo, drive: f32) {
    let bend = |sample: &mut f32| *sample = (drive * *sample).tanh() / drive;
    sound.iter_mut().flatten().for_each(bend);
}

/// Bends a mixture: every sample of every part gets the gain that the sum gets.
pub fn saturate_all(parts: &mut Parts, drive: f32) {
    for channel in 0..2 {
        for n in 0..parts[0][channel].len() {
            let sum = drive * parts.iter().map(|part| part[channel][n]).sum::<f32>();
            let gain = if sum.abs() > 1e-6 { sum.tanh() / sum } else { 1.0 };
            parts.iter_mut().for_each(|part| part[channel][n] *= gain);
        }
    }
}

/// Highest sample of a sound.
#[must_use]
pub fn peak(sound: &Stereo) -> f32 {
    sound.iter().flatten().fold(0.0, |peak, sample| peak.max(sample.abs()))
}

/// Highest sample of a mixture.
#[must_use]
pub fn peak_of_all(parts: &Parts) -> f32 {
    envelope(&parts.iter().collect::<Vec<_>>()).into_iter().fold(0.0, f32::max)
}

/// Highest sample of the sum of some sounds in each step.
fn envelope(sounds: &[&Stereo]) -> Vec<f32> {
    let samples = sounds.first().map_or(0, |sound| sound[0].len());
    let mut envelope = vec![0.0f32; samples.div_ceil(STEP)];
    for channel in 0..2 {
        for n in 0..samples {
            let sum: f32 = sounds.iter().map(|sound| sound[channel][n]).sum();
            envelope[n / STEP] = envelope[n / STEP].max(sum.abs());
        }
    }
    envelope
}

/// Follows a gain: falls within `attack` seconds, rises within `release`.
fn smooth(target: &[f32], attack: f32, release: f32, rate: u32) -> Vec<f32> {
    let pace = |seconds: f32| 1.0 - (-(STEP as f32) / (seconds * rate as f32)).exp();
    let (falling, rising) = (pace(attack), pace(release));
    let mut gain = target.first().copied().unwrap_or(1.0);
    target
        .iter()
        .map(|&target| {
            gain += (target - gain) * if target < gain { falling } else { rising };
            gain
        })
        .collect()
}

/// Multiplies by a gain with a value per step, in straight lines between them.
fn scale(sound: &mut Stereo, gain: &[f32]) {
    for channel in sound {
        let mut last = gain.first().copied().unwrap_or(1.0);
        for (chunk, &gain) in channel.chunks_mut(STEP).zip(gain) {
            let slope = (gain - last) / STEP as f32;
            chunk.iter_mut().enumerate().for_each(|(n, sample)| *sample *= last + slope * n as f32);
            last = gain;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(level: f32, samples: usize) -> Stereo {
        let channel: Vec<f32> = (0..samples).map(|n| level * (n as f32 * 0.1).sin()).collect();
        [channel.clone(), channel]
    }

    #[test]
    fn a_compressor_takes_its_ratio_from_what_is_above_its_threshold() {
        let compressor = Compressor { threshold: 0.1, ratio: 2.0, attack: 0.005, release: 0.1 };
        let mut loud = tone(0.4, 44_100);
        compressor.apply(&mut loud, 44_100);
        let settled = loud[0][30_000..].iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
        assert!((settled - 0.2).abs() < 0.01, "12 dB above become 6: {settled}");
        let mut quiet = tone(0.05, 44_100);
        compressor.apply(&mut quiet, 44_100);
        assert_eq!(quiet, tone(0.05, 44_100));
    }

    #[test]
    fn what_is_done_to_a_mixture_is_done_to_its_sum() {
        let mut parts: Parts = [tone(0.5, 5_000), tone(0.3, 5_000), tone(0.1, 5_000), tone(0.0, 5_000)];
        saturate_all(&mut parts, 4.0);
        let (n, sum) = (1_234, 0.9 * (1_234.0f32 * 0.1).sin());
        let heard: f32 = parts.iter().map(|part| part[0][n]).sum();
        assert!((heard - (4.0 * sum).tanh() / 4.0).abs() < 1e-4, "{heard}");
        assert!((parts[0][0][n] / heard - 5.0 / 9.0).abs() < 1e-3, "shares are kept");
        let before = peak_of_all(&parts);
        Compressor { threshold: 0.05, ratio: 4.0, attack: 0.001, release: 0.1 }.apply_to_all(&mut parts, 44_100);
        assert!(peak_of_all(&parts) < before);
        assert!((parts[1][1][n] / parts[2][1][n] - 3.0).abs() < 1e-3, "one gain for all");
    }

    #[test]
    fn pumping_turns_down_at_the_kick_and_comes_back() {
        let rate = 44_100;
        let mut drums = [vec![0.0; rate], vec![0.0; rate]];
        for n in 0..4_000 {
            let hit = 0.8 * (n as f32 * 0.008).sin();
            (drums[0][10_000 + n], drums[1][10_000 + n]) = (hit, hit);
        }
        let mut sound = [vec![1.0; rate], vec![1.0; rate]];
        pump(&mut sound, &kick(&drums, rate as u32), 0.25, 0.1, rate as u32);
        assert!(sound[0][9_000] > 0.99 && sound[0][12_500] < 0.4 && sound[0][40_000] > 0.9, "{}", sound[0][12_500]);
        let silent = silent_kick(rate, rate as u32, &mut Random::new(1));
        assert!(silent.contains(&1.0) && silent.iter().filter(|&&level| level == 0.0).count() > silent.len() / 2);
    }
}
