//! What is sung, hop by hop: sharper in time and stricter than what the band hears, since consonants and breath have to pass
//! untouched.
//!
//! The pitch tracker proposes a pitch for the whole window; here two neighbouring periods in the window's middle are
//! compared, which says how long they are and whether there are any.

use std::ops::RangeInclusive;

use super::{heard::Heard, periods};

/// How alike two periods are where singing begins, and where it goes on.
const ALIKE: (f32, f32) = (0.8, 0.55);
/// How far from the proposed period the true one may be.
const TOLERANCE: f64 = 0.07;
/// Below this level in dB against what the voice usually has nobody sings.
const LOWEST_DB: f32 = -45.0;
/// How far singing may fall below its recent peak, in dB.
const DEPTH_DB: f32 = 30.0;
/// What the recent peak loses in dB per second.
const FORGET_DB: f32 = 6.0;

/// What is sung in one hop.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sung {
    /// Pitch as a MIDI key with fractions, A4 = 440 Hz; the likeliest one while nothing is sung, 0 before the first.
    pub key: f32,
    /// How alike two periods are, at most 1.
    pub similarity: f32,
    /// Whether somebody sings.
    pub sings: bool,
}

/// Hops after which the last sung pitch is forgotten.
const MEMORY: u32 = 4;
/// Keys that are taken for sung, 33 to 3,100 Hz. Beyond, a period is longer than what is remembered, or a few samples.
const KEYS: RangeInclusive<f32> = 24.0..=103.0;
/// Semitones from the last sung pitch beyond which a proposal has to be better than going on.
const LEAP: f32 = 1.0;

/// Decides hop by hop, without looking ahead of the window.
#[derive(Debug, Clone)]
pub(super) struct Voicing {
    last: Sung,
    /// The last pitch that was sung.
    sung: f32,
    /// Hops since somebody sang.
    silent: u32,
    peak: f32,
    hop_seconds: f32,
    /// Samples per second of the lower rate.
    rate: f64,
}

impl Voicing {
    /// Nobody has sung yet.
    pub(super) fn new(hop_seconds: f32, rate: f64) -> Self {
        Self { last: Sung::default(), sung: 0.0, silent: MEMORY, peak: -120.0, hop_seconds, rate }
    }

    /// Forgets everything heard.
    pub(super) fn reset(&mut self) {
        (self.last, self.silent, self.peak) = (Sung::default(), MEMORY, -120.0);
    }

    /// What is sung around `middle` (in samples of the lower rate), where the tracker proposes a key and hears a level in dB.
    pub(super) fn hear(&mut self, heard: &Heard, middle: f64, proposed: Option<f32>, level: f32) -> Sung {
        self.peak = (self.peak - FORGET_DB * self.hop_seconds).max(level);
        let loud = level > LOWEST_DB.max(self.peak - DEPTH_DB);
        let key = proposed.unwrap_or(self.last.key);
        if !loud || !KEYS.contains(&key) {
            self.silent = self.silent.saturating_add(1);
            self.last = Sung { similarity: 0.0, sings: false, ..self.last };
            return self.last;
        }
        let (mut key, mut similarity) = self.look(heard, middle, key);
        if self.silent < MEMORY && (key - self.sung).abs() > LEAP {
            let going_on = self.look(heard, middle, self.sung);
            if going_on.1 > similarity {
                (key, similarity) = going_on;
            }
        }
        let sings = similarity >= if self.last.sings { ALIKE.1 } else { ALIKE.0 };
        (self.sung, self.silent) = if sings { (key, 0) } else { (self.sung, self.silent.saturating_add(1)) };
        self.last = Sung { key, similarity, sings };
        self.last
    }

    /// The pitch near a key, and how alike two of its periods are.
    fn look(&self, heard: &Heard, middle: f64, key: f32) -> (f32, f32) {
        let expected = self.rate / hertz(f64::from(key));
        let Some((period, similarity)) = periods::likest(heard, middle - 0.5 * expected, expected, TOLERANCE) else {
            return (key, 0.0);
        };
        let exact = (69.0 + 12.0 * libm::log2(self.rate / (440.0 * period))) as f32;
        // Every wave is like itself at no distance at all, which is no pitch.
        if !KEYS.contains(&exact) {
            return (key, 0.0);
        }
        (if similarity >= ALIKE.1 { exact } else { key }, similarity)
    }
}

/// Frequency of a MIDI key with fractions in Hz, A4 = 440 Hz.
pub(super) fn hertz(key: f64) -> f64 {
    440.0 * libm::exp2((key - 69.0) / 12.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{stream::layout::StreamLayout, tune::heard::Heard};

    #[test]
    fn what_is_sung_is_always_a_key_that_can_be_sung() {
        let layout = StreamLayout::for_sample_rate(48_000.0);
        let noise = |n: usize| ((n as u32).wrapping_mul(2_654_435_761) >> 8) as f32 / 8_388_608.0 - 1.0;
        let constant = |_: usize| 0.5;
        let slope = |n: usize| n as f32 * 1e-5;
        let low = |n: usize| (n as f32 * 0.004).sin();
        let high = |n: usize| (n as f32 * 0.4).sin();
        let waves: [&dyn Fn(usize) -> f32; 5] = [&noise, &constant, &slope, &low, &high];
        for (number, wave) in waves.into_iter().enumerate() {
            let mut heard = Heard::new(&layout);
            let mut voicing = Voicing::new(layout.hop_seconds(), 48_000.0 / heard.decimation() as f64);
            for hop in 0..800 {
                let samples: Vec<f32> = (0..layout.hop).map(|n| wave(hop * layout.hop + n)).collect();
                heard.hear([&samples, &samples], true);
                // First a high key, after which the period nears nothing where nothing else is proposed, then what is no key.
                let odd = [Some(f32::NAN), Some(f32::INFINITY), Some(1e9), Some(127.0), Some(100.0), Some(0.0), None];
                let proposed = if hop < 400 { Some(98.0).filter(|_| hop % 80 == 0) } else { odd[hop % 7] };
                let middle = (heard.coarse_end() - 2 * layout.hop as i64 / heard.decimation() as i64).max(0) as f64;
                let sung = voicing.hear(&heard, middle, proposed, -10.0);
                assert!(sung.key == 0.0 || KEYS.contains(&sung.key), "wave {number}, hop {hop}: {sung:?}");
            }
        }
    }
}
