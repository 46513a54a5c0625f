//! Pitch-synchronous overlap-add: grains of two periods around the marks of the sung wave, set anew at the distance of the
//! periods that are to be heard (Moulines and Charpentier, "Pitch-synchronous waveform processing techniques for
//! text-to-speech synthesis using diphones", 1990, sec. 4). A grain carries the formants; read faster or slower, it shifts
//! them. Places between two samples are read by a windowed sinc.

use std::f64::consts::PI;

use super::{
    contour::Contour,
    heard::{Heard, dot},
    marks::Marks,
};
use crate::stream::layout::{CHANNELS, StreamLayout};

/// Zero crossings of the sinc on each side.
const REACH: usize = 8;
/// Values of the sinc between two zero crossings.
const FINENESS: usize = 256;
/// Most taps of the interpolation, when formants go up by an octave.
const TAPS: usize = 2 * 2 * REACH + 2;
/// Samples of the window's table.
const WINDOW: usize = 1024;

/// The last grain that was set.
#[derive(Debug, Clone, Copy)]
struct Set {
    /// Its place in the output.
    at: f64,
    /// The mark that it was cut out around.
    mark: usize,
    /// Samples of the output that it reaches to the right.
    right: f64,
}

/// Cuts grains and sets them.
pub(super) struct Grains {
    /// Sums of the grains, rings `[channel][sample]`.
    sums: [Vec<f32>; CHANNELS],
    /// Weight of the untouched voice, a ring.
    untouched: Vec<f32>,
    /// One wing of the sinc.
    sinc: Vec<f32>,
    /// One wing of the Hann window.
    window: Vec<f32>,
    last: Option<Set>,
    /// Where the last stretch had faded.
    faded: f64,
    /// Longest wing of a grain in the output, in samples.
    longest: f64,
    hop: i64,
}

impl Grains {
    /// No grains yet.
    ///
    /// # Allocates
    pub(super) fn new(layout: &StreamLayout) -> Self {
        let length = 4 * layout.window;
        let sinc = |n: usize| {
            let at = PI * n as f64 / FINENESS as f64;
            let hann = 0.5 + 0.5 * libm::cos(at / REACH as f64);
            (if n == 0 { 1.0 } else { libm::sin(at) / at * hann }) as f32
        };
        Self {
            sums: std::array::from_fn(|_| vec![0.0; length]),
            untouched: vec![1.0; length],
            sinc: (0..=REACH * FINENESS + 1).map(|n| if n < REACH * FINENESS { sinc(n) } else { 0.0 }).collect(),
            window: (0..=WINDOW + 1)
                .map(|n| (0.5 + 0.5 * libm::cos(PI * n.min(WINDOW) as f64 / WINDOW as f64)) as f32)
                .collect(),
            last: None,
            faded: 0.0,
            longest: (layout.window / 2) as f64,
            hop: layout.hop as i64,
        }
    }

    /// Forgets all grains.
    pub(super) fn reset(&mut self) {
        self.sums.iter_mut().for_each(|sums| sums.fill(0.0));
        self.untouched.fill(1.0);
        (self.last, self.faded) = (None, 0.0);
    }

    /// Whether anything of the grains is left to be played from sample `begin` on.
    pub(super) fn reach_into(&self, begin: i64) -> bool {
        self.last.is_some() || self.faded + self.longest >= begin as f64
    }

    /// Writes the voice in the hop that begins at sample `begin` into `out`, `[channel][sample]`, once all grains are set that
    /// reach into it.
    pub(super) fn play(&mut self, begin: i64, heard: &Heard, out: &mut [Vec<f32>; CHANNELS]) {
        let mask = self.untouched.len() - 1;
        for n in 0..self.hop {
            let at = (begin + n) as usize & mask;
            let dry = [0, 1].map(|channel| heard.channel(channel, begin + n, 1)[0]);
            let weight = std::mem::replace(&mut self.untouched[at], 1.0);
            for (channel, out) in out.iter_mut().enumerate() {
                let sum = std::mem::take(&mut self.sums[channel][at]);
                out[n as usize] = if weight == 1.0 { dry[channel] } else { sum + weight * dry[channel] };
            }
        }
    }

    /// Sets all grains that reach into the hop that begins at sample `begin`.
    pub(super) fn set_all(&mut self, begin: i64, heard: &Heard, marks: &Marks, contour: &Contour) {
        let end = (begin + self.hop) as f64;
        // A grain is at least a period of the highest voice after the last one; this only bounds the loop.
        for _ in 0..self.hop {
            let done = match self.last {
                Some(last) => last.at >= end + self.longest || !self.go_on(last, end, heard, marks, contour),
                None => !self.begin(begin as f64, end, heard, marks, contour),
            };
            if done {
                break;
            }
        }
    }

    /// Sets the first grain of a stretch, exactly where it was sung.
    fn begin(&mut self, begin: f64, end: f64, heard: &Heard, marks: &Marks, contour: &Contour) -> bool {
        for number in marks.begin()..marks.end() {
            let Some(mark) = marks.get(number) else { continue };
            let Some(period) = contour.period(mark.at) else { continue };
            let grain = self.grain(number, mark.at, period, marks, contour);
            if grain.at - grain.left < begin.max(self.faded) || mark.last {
                continue;
            }
            if grain.at - grain.left >= end {
                return false;
            }
            self.fade_out_untouched(&grain);
            self.set(&grain, heard);
            self.last = Some(Set { at: grain.at, mark: number, right: grain.right });
            return true;
        }
        false
    }

    /// Sets the next grain, or ends the stretch. Returns `false` when there is nothing more to do in this hop.
    fn go_on(&mut self, last: Set, end: f64, heard: &Heard, marks: &Marks, contour: &Contour) -> bool {
        let Some(period) = contour.period(last.at) else { return self.end(last) };
        let at = last.at + period.min(self.longest);
        let mut number = last.mark.max(marks.begin());
        let distance = |number: usize| marks.get(number).map_or(f64::INFINITY, |mark| (mark.at - at).abs());
        while marks.get(number + 1).is_some_and(|next| !next.first) && distance(number + 1) < distance(number) {
            number += 1;
        }
        let Some(mark) = marks.get(number) else { return self.end(last) };
        if mark.last && at > mark.at + 0.5 * mark.period {
            return self.end(last);
        }
        let grain = self.grain(number, at, period, marks, contour);
        if last.at >= end && grain.at - grain.left >= end {
            return false;
        }
        self.fill_untouched(last.at, at);
        self.set(&grain, heard);
        self.last = Some(Set { at, mark: number, right: grain.right });
        true
    }

    /// Lets the untouched voice come back while the last grain fades.
    fn end(&mut self, last: Set) -> bool {
        let mask = self.untouched.len() - 1;
        let first = last.at.floor() as i64 + 1;
        for n in first..=(last.at + last.right).floor() as i64 {
            let weight = self.hann((n as f64 - last.at) / last.right);
            self.untouched[n as usize & mask] *= 1.0 - weight;
        }
        (self.last, self.faded) = (None, last.at + last.right);
        true
    }

    fn fade_out_untouched(&mut self, grain: &Grain) {
        let mask = self.untouched.len() - 1;
        for n in (grain.at - grain.left).ceil() as i64..=grain.at.floor() as i64 {
            let weight = self.hann((grain.at - n as f64) / grain.left);
            self.untouched[n as usize & mask] *= 1.0 - weight;
        }
    }

    fn fill_untouched(&mut self, from: f64, to: f64) {
        let mask = self.untouched.len() - 1;
        for n in from.floor() as i64 + 1..=to.floor() as i64 {
            self.untouched[n as usize & mask] = 0.0;
        }
    }

    /// The grain around a mark, to be set at `at`, where the period is to be `period`.
    fn grain(&self, number: usize, at: f64, period: f64, marks: &Marks, contour: &Contour) -> Grain {
        let step = libm::exp2(f64::from(contour.controls(at).formant.clamp(-12.0, 12.0)) / 12.0);
        let (left, right) = marks.reach(number);
        // What is no number becomes one here, since this bounds the loops over a grain's samples.
        let wing = |samples: f64| (samples / step).max(1.0).min(self.longest);
        let from = marks.get(number).map_or(at, |mark| mark.at);
        // As many grains as there were keep the power; fewer, longer or shorter ones are made up for.
        let gain = (step * period / (0.5 * (left + right)).max(1.0)).sqrt() as f32;
        Grain { at, from, step, left: wing(left), right: wing(right), gain }
    }

    /// Adds a grain to the sums.
    fn set(&mut self, grain: &Grain, heard: &Heard) {
        let mask = self.untouched.len() - 1;
        let mut taps = Taps::new(grain.step);
        for n in (grain.at - grain.left).ceil() as i64..=(grain.at + grain.right).floor() as i64 {
            let place = n as f64 - grain.at;
            let wing = if place < 0.0 { grain.left } else { grain.right };
            let weight = grain.gain * self.hann(place.abs() / wing);
            let read = taps.read(&self.sinc, heard, grain.from + place * grain.step);
            for (sums, sample) in self.sums.iter_mut().zip(read) {
                sums[n as usize & mask] += weight * sample;
            }
        }
    }

    /// The Hann window at a place in wings, 1 at 0 and 0 at 1.
    fn hann(&self, place: f64) -> f32 {
        let place = place.clamp(0.0, 1.0) * WINDOW as f64;
        let (index, share) = (place as usize, (place - place.floor()) as f32);
        self.window[index] + share * (self.window[index + 1] - self.window[index])
    }
}

/// A grain as it is set.
struct Grain {
    at: f64,
    from: f64,
    /// Samples read per sample set.
    step: f64,
    left: f64,
    right: f64,
    gain: f32,
}

/// Interpolation between samples.
struct Taps {
    weights: [f32; TAPS],
    count: i64,
    /// Zero crossings per sample: below 1, what would be folded back is filtered out.
    density: f64,
    /// The fraction that the weights are for.
    fraction: f64,
}

impl Taps {
    fn new(step: f64) -> Self {
        let density = (1.0 / step).min(1.0);
        let count = ((REACH as f64 / density).ceil() as i64).min(TAPS as i64 / 2);
        Self { weights: [0.0; TAPS], count, density, fraction: f64::NAN }
    }

    /// Both channels at a place between samples.
    fn read(&mut self, sinc: &[f32], heard: &Heard, at: f64) -> [f32; CHANNELS] {
        let whole = at.floor();
        let fraction = at - whole;
        // Unshifted formants have the same fraction throughout a grain, apart from rounding.
        if self.fraction.is_nan() || (fraction - self.fraction).abs() >= 1e-7 {
            self.aim(sinc, fraction);
        }
        let first = whole as i64 + 1 - self.count;
        let weights = &self.weights[..2 * self.count as usize];
        std::array::from_fn(|channel| dot(weights, heard.channel(channel, first, weights.len())))
    }

    fn aim(&mut self, sinc: &[f32], fraction: f64) {
        self.fraction = fraction;
        let offset = 1 - self.count;
        let mut sum = 0.0;
        for (weight, n) in self.weights[..2 * self.count as usize].iter_mut().zip(offset..) {
            let place = ((n as f64 - fraction) * self.density).abs().min(REACH as f64) * FINENESS as f64;
            let (index, share) = (place as usize, (place - place.floor()) as f32);
            *weight = sinc[index] + share * (sinc[index + 1] - sinc[index]);
            sum += *weight;
        }
        self.weights.iter_mut().for_each(|weight| *weight /= sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tune::marks::Pitch;

    struct Never;

    impl Pitch for Never {
        fn period(&self, _: f64) -> Option<f64> {
            Some(f64::NAN)
        }
    }

    #[test]
    fn a_grain_is_no_longer_than_it_may_be_whatever_its_period_is() {
        let layout = StreamLayout::for_sample_rate(48_000.0);
        let (mut heard, mut marks) = (Heard::new(&layout), Marks::new(&layout));
        let samples = vec![0.1; layout.hop];
        for _ in 0..20 {
            heard.hear([&samples, &samples], true);
        }
        marks.advance(10.0 * layout.hop as f64, &heard, &Never);
        assert!(marks.reach(0).0.is_nan(), "there is a mark whose period is no number");
        let grains = Grains::new(&layout);
        let grain = grains.grain(0, 1e7, f64::NAN, &marks, &Contour::new(&layout));
        for wing in [grain.left, grain.right] {
            assert!((1.0..=grains.longest).contains(&wing), "{wing}");
        }
    }
}
