//! What was heard lately: both channels, and their mean at a lower rate, in which pitch marks are looked for; half their
//! difference where that is stronger, since a voice in opposite phase has no mean.

use std::f32::consts::PI;

use crate::stream::layout::{CHANNELS, StreamLayout};

/// Above this frequency in Hz nothing helps to find pitch marks.
const HIGHEST_HZ: f32 = 3_500.0;
/// Samples of the lower rate on each side that its low-pass filter reaches.
const REACH: usize = 8;
/// What is left of the power of the mean and the difference after another hop.
const KEPT: f32 = 0.9;
/// The stronger of them is taken once it has so many times the power of the other.
const STRONGER: f32 = 2.0;

/// The last samples, addressed by their number in the stream.
pub(super) struct Heard {
    channels: [Ring; CHANNELS],
    /// The low-passed mean of the channels or half their difference at the lower rate.
    coarse: Ring,
    /// Whether it is the difference.
    opposed: bool,
    /// Power of the mean and of the difference lately.
    power: [f32; 2],
    /// Samples of the stream per sample of the lower rate, a power of two that divides a hop.
    decimation: usize,
    /// Weights of the low-pass filter.
    filter: Vec<f32>,
    /// Samples heard.
    end: i64,
    /// The first sample of the lower rate that is still to be made.
    made: i64,
}

impl Heard {
    /// Remembers nothing yet.
    ///
    /// # Allocates
    pub(super) fn new(layout: &StreamLayout) -> Self {
        let length = (layout.latency() + 2 * layout.window).next_power_of_two();
        let decimation = (layout.window / 1024).max(1);
        Self {
            channels: std::array::from_fn(|_| Ring::new(length)),
            coarse: Ring::new(length / decimation),
            opposed: false,
            power: [0.0; 2],
            filter: low_pass(decimation, layout.sample_rate),
            decimation,
            end: 0,
            made: -(REACH as i64),
        }
    }

    /// Forgets everything heard.
    pub(super) fn reset(&mut self) {
        self.channels.iter_mut().chain([&mut self.coarse]).for_each(Ring::reset);
        (self.opposed, self.power, self.end) = (false, [0.0; 2], 0);
        self.made = self.coarse_end();
    }

    /// Takes the next samples `[channel]`, a hop of them. The lower rate is made where anybody `listens`; what was not made
    /// before is made then, as far back as anybody can ask.
    pub(super) fn hear(&mut self, newest: [&[f32]; CHANNELS], listens: bool) {
        for (ring, samples) in self.channels.iter_mut().zip(newest) {
            for (index, sample) in (self.end..).zip(samples) {
                ring.set(index, *sample);
            }
        }
        self.end += newest[0].len() as i64;
        let end = self.coarse_end();
        let oldest = end - (self.coarse.length / 2) as i64;
        // The marks of the last moments are looked for in one and the same signal.
        if self.turned(newest) {
            self.made = oldest;
        }
        if listens {
            for index in self.made.max(oldest)..end {
                let filtered = self.filtered(index * self.decimation as i64);
                self.coarse.set(index, filtered);
            }
            self.made = end;
        }
    }

    /// Takes the power of the newest samples; whether the other of mean and difference is taken from now on.
    fn turned(&mut self, [left, right]: [&[f32]; CHANNELS]) -> bool {
        self.power = self.power.map(|power| power * KEPT);
        for (left, right) in left.iter().zip(right) {
            self.power[0] += (left + right) * (left + right);
            self.power[1] += (left - right) * (left - right);
        }
        let [mean, difference] = self.power;
        let (taken, other) = if self.opposed { (difference, mean) } else { (mean, difference) };
        let turned = other > STRONGER * taken;
        self.opposed ^= turned;
        turned
    }

    /// Number of the first sample of the lower rate that is not known yet.
    pub(super) const fn coarse_end(&self) -> i64 {
        self.end / self.decimation as i64 - REACH as i64
    }

    /// Samples of the stream per sample of the lower rate.
    pub(super) const fn decimation(&self) -> usize {
        self.decimation
    }

    /// Samples of the lower rate from number `first` on; number `n` is in the middle of the stream's sample
    /// `n * decimation`. At most half a ring of them.
    pub(super) fn coarse(&self, first: i64, count: usize) -> &[f32] {
        self.coarse.get(first, count)
    }

    /// Samples of a channel from number `first` on, at most half a ring of them.
    pub(super) fn channel(&self, channel: usize, first: i64, count: usize) -> &[f32] {
        self.channels[channel].get(first, count)
    }

    fn filtered(&self, middle: i64) -> f32 {
        let first = middle - (self.filter.len() / 2) as i64;
        let sum = |channel| dot(&self.filter, self.channel(channel, first, self.filter.len()));
        0.5 * if self.opposed { sum(0) - sum(1) } else { sum(0) + sum(1) }
    }
}

/// The last samples of a signal, twice in a row, so that any stretch of them is one slice.
struct Ring {
    samples: Vec<f32>,
    /// A power of two.
    length: usize,
}

impl Ring {
    fn new(length: usize) -> Self {
        Self { samples: vec![0.0; 2 * length], length }
    }

    fn reset(&mut self) {
        self.samples.fill(0.0);
    }

    fn set(&mut self, index: i64, sample: f32) {
        let at = index as usize & (self.length - 1);
        (self.samples[at], self.samples[at + self.length]) = (sample, sample);
    }

    fn get(&self, first: i64, count: usize) -> &[f32] {
        let at = first as usize & (self.length - 1);
        &self.samples[at..at + count.min(self.length)]
    }
}

/// Scalar product. Eight running sums, so that the compiler may take the samples eight at a time.
pub(super) fn dot(one: &[f32], other: &[f32]) -> f32 {
    let ((ones, rest), (others, other_rest)) = (one.as_chunks::<8>(), other.as_chunks::<8>());
    let mut sums = [0.0_f32; 8];
    for (one, other) in ones.iter().zip(others) {
        for lane in 0..8 {
            sums[lane] += one[lane] * other[lane];
        }
    }
    sums.iter().sum::<f32>() + rest.iter().zip(other_rest).map(|(one, other)| one * other).sum::<f32>()
}

/// A Hann-windowed sinc with unit gain at 0 Hz.
fn low_pass(decimation: usize, sample_rate: f32) -> Vec<f32> {
    let reach = (REACH * decimation) as i32;
    let weight = |n: i32| {
        let (at, window) = (2.0 * HIGHEST_HZ / sample_rate * n as f32, PI * n as f32 / reach as f32);
        let sinc = if n == 0 { 1.0 } else { libm::sinf(PI * at) / (PI * at) };
        sinc * (0.5 + 0.5 * libm::cosf(window))
    };
    let weights: Vec<f32> = (1 - reach..reach).map(weight).collect();
    let sum: f32 = weights.iter().sum();
    weights.iter().map(|weight| weight / sum).collect()
}
