//! The pitch, the level and the note onsets of a voice, hop by hop, from the frame's own spectra.
//!
//! Pitch is the lag at which the frame resembles itself most: the autocorrelation divided by that of the window (Boersma,
//! "Accurate short-term analysis of the fundamental frequency", 1993, eq. 9), of a compressed spectrum, which keeps a strong
//! formant from passing for the fundamental (Tolonen and Karjalainen, "A computationally efficient multipitch analysis
//! model", 2000, sec. II-B). It looks at one frame and remembers the last pitch: causal, no look-ahead.

use std::sync::Arc;

use realfft::{ComplexToReal, RealFftPlanner, num_complex::Complex32};

use crate::{
    band::VoiceHeard,
    stream::layout::{CHANNELS, StreamLayout},
};
use loudness::{Loudness, SILENT_DB};

mod loudness;

/// Lowest and highest pitch in Hz that is told.
const RANGE: (f32, f32) = (50.0, 1_650.0);
/// Highest pitch in Hz that is looked for: what is found above the range is left alone, and not told an octave low.
const HIGHEST_SOUGHT: f32 = 2_400.0;
/// Below this frequency in Hz nothing helps to find the pitch.
const LOWEST_HZ: f32 = 45.0;
/// Above this frequency in Hz nothing helps to find the pitch.
const HIGHEST_HZ: f32 = 2_400.0;
/// Exponent that compresses power.
const COMPRESSION: f32 = 0.4;
/// One over the power of all bins of a sine of power 1 through the root Hann window: 8 / π².
const SPREAD: f32 = 0.810_57;
/// Similarity at which a frame is as likely voiced as not, and the similarity on both sides over which it gets sure.
const VOICED: (f32, f32) = (0.44, 0.12);
/// What a lag loses per octave that it is longer than the shortest one: of two equal ones the shorter is the period.
const OCTAVE_COST: f32 = 0.06;
/// What a lag gains that continues the last pitch within a semitone.
const CONTINUITY: f32 = 0.10;
/// Rise of the level in dB over [`ATTACK`] hops that is a whole onset.
const ONSET_DB: f32 = 12.0;
/// Hops over which a beginning is looked for.
const ATTACK: usize = 4;
/// Hops between two onsets, about 85 ms.
const REFRACTORY: u32 = 8;
/// Semitones between two notes without a gap, and within which a note stays.
const NEW_NOTE: (f32, f32) = (0.7, 0.3);

/// Hears the voice in one song: in the mean of the channels or in half their difference, whichever is stronger, and at any gain.
pub struct VoiceTracker {
    inverse: Arc<dyn ComplexToReal<f32>>,
    spectrum: Vec<Complex32>,
    lags: Vec<f32>,
    scratch: Vec<Complex32>,
    /// 1 over the window's autocorrelation, `[lag]`, up to the longest lag and one more.
    correction: Vec<f32>,
    /// Weight of each bin, `[bin]`, 0 from [`HIGHEST_HZ`] on.
    weights: Vec<f32>,
    shortest: usize,
    sample_rate: f32,
    loudness: Loudness,
    last: VoiceHeard,
    /// Key and similarity of the newest frame's best lag, voiced or not.
    candidate: Option<(f32, f32)>,
    /// The last hops' levels in dB as they came in and keys (0 = unvoiced), newest first.
    levels: [f32; ATTACK],
    keys: [f32; ATTACK],
    /// Hops since the last beginning.
    since: u32,
}

impl VoiceTracker {
    /// A tracker that has heard nothing.
    ///
    /// # Allocates
    #[must_use]
    pub fn new(layout: &StreamLayout) -> Self {
        let inverse = RealFftPlanner::new().plan_fft_inverse(layout.window);
        let shortest = ((layout.sample_rate / HIGHEST_SOUGHT) as usize).max(2);
        let longest = ((layout.sample_rate / RANGE.0) as usize).clamp(shortest + 1, layout.window / 2 - 2);
        let weight = |bin: usize| {
            let hz = layout.bin_hz(bin);
            if hz < LOWEST_HZ { 0.0 } else { (1.5 - 1.5 * hz / HIGHEST_HZ).clamp(0.0, 1.0) }
        };
        let correction =
            (0..longest + 2).map(|lag| 1.0 / window_similarity(lag as f32 / layout.window as f32)).collect();
        Self {
            spectrum: inverse.make_input_vec(),
            lags: inverse.make_output_vec(),
            scratch: inverse.make_scratch_vec(),
            weights: (0..layout.bins()).map(weight).collect(),
            correction,
            shortest,
            sample_rate: layout.sample_rate,
            loudness: Loudness::new(layout.hop_seconds()),
            last: VoiceHeard { level: SILENT_DB, ..VoiceHeard::default() },
            candidate: None,
            levels: [SILENT_DB; ATTACK],
            keys: [0.0; ATTACK],
            since: REFRACTORY,
            inverse,
        }
    }

    /// Forgets everything heard.
    pub fn reset(&mut self) {
        self.loudness.reset();
        self.last = VoiceHeard { level: SILENT_DB, ..VoiceHeard::default() };
        self.candidate = None;
        (self.levels, self.keys) = ([SILENT_DB; ATTACK], [0.0; ATTACK]);
        self.since = REFRACTORY;
    }

    /// What is heard in the next frame, from the left and right spectra `[channel][bin]` and the factor of
    /// [`crate::stream::stft::Stft::power_scale`]. The pitch is that of the window's middle.
    ///
    /// # Real-time safety
    /// Neither allocates nor blocks.
    pub fn hear(&mut self, spectra: [&[Complex32]; CHANNELS], scale: f32) -> VoiceHeard {
        let power = self.compress(spectra);
        let level = 10.0 * libm::log10f(power * scale * SPREAD + 1e-12);
        let found = if Loudness::is_audible(level) { self.pitch() } else { None };
        let loud = self.loudness.hear(level, found.map(|(key, _)| key));
        if found.is_some_and(|(_, similarity)| voicing(similarity) >= 0.5) {
            self.loudness.learn(level, loud);
        }
        self.candidate = found.filter(|_| loud);
        let (key, similarity) = self.candidate.unwrap_or((self.last.key, 0.0));
        let voicing = voicing(similarity);
        let key = if voicing >= 0.5 { key } else { self.last.key };
        let onset = self.onset(level, if voicing >= 0.5 { key } else { 0.0 });
        self.last = VoiceHeard { key, voicing, level: self.loudness.told(level, self.candidate.is_some()), onset };
        self.last
    }

    /// Takes the compressed spectrum of the mean of the channels, or of half their difference where that is stronger in the range
    /// of voices; returns its power, all bins together.
    fn compress(&mut self, [left, right]: [&[Complex32]; CHANNELS]) -> f32 {
        let (mut mean, mut difference) = ((0.0_f32, 0.0_f32), (0.0_f32, 0.0_f32));
        for ((l, r), weight) in left.iter().zip(right).zip(&self.weights) {
            for (sum, squared) in [(&mut mean, (l + r).norm_sqr()), (&mut difference, (l - r).norm_sqr())] {
                sum.0 += 0.25 * squared;
                sum.1 += weight * squared;
            }
        }
        let opposed = difference.1 > mean.1;
        let bins = self.spectrum.iter_mut().zip(&self.weights).zip(left.iter().zip(right));
        for ((bin, weight), (l, r)) in bins {
            let squared = 0.25 * if opposed { l - r } else { l + r }.norm_sqr();
            *bin = Complex32::new(if *weight > 0.0 { weight * libm::powf(squared, COMPRESSION) } else { 0.0 }, 0.0);
        }
        if opposed { difference.0 } else { mean.0 }
    }

    /// What the newest frame's pitch is if it has one: a MIDI key with fractions, and how like itself the frame is then, at
    /// most about 1; `None` where it is silent or like nothing.
    #[must_use]
    pub const fn candidate(&self) -> Option<(f32, f32)> {
        self.candidate
    }

    /// The key and the similarity of the best lag.
    fn pitch(&mut self) -> Option<(f32, f32)> {
        // Fails on a length mismatch only; the lengths come from the same plan.
        self.inverse.process_with_scratch(&mut self.spectrum, &mut self.lags, &mut self.scratch).ok()?;
        let whole = self.lags.first().copied().filter(|whole| *whole > 0.0)?;
        let similarity = |lag: usize| self.lags[lag] / whole * self.correction[lag];
        let mut best: Option<(f32, f32, f32)> = None;
        for lag in self.shortest..self.correction.len() - 1 {
            let (before, here, after) = (similarity(lag - 1), similarity(lag), similarity(lag + 1));
            if here <= before || here < after || here < 0.2 {
                continue;
            }
            let (shift, peak) = vertex(before, here, after);
            let key = 69.0 + 12.0 * libm::log2f(self.sample_rate / ((lag as f32 + shift) * 440.0));
            let octaves = libm::log2f(lag as f32 / self.shortest as f32);
            let continues = self.keys[0] > 0.0 && (key - self.keys[0]).abs() < 1.0;
            let score = peak - OCTAVE_COST * octaves + if continues { CONTINUITY } else { 0.0 };
            if best.is_none_or(|(_, _, most)| score > most) {
                best = Some((key, peak, score));
            }
        }
        let highest = 69.0 + 12.0 * libm::log2f(RANGE.1 / 440.0);
        best.filter(|(key, ..)| *key < highest).map(|(key, peak, _)| (key, peak))
    }

    /// The strength of a beginning: the level rises, or the voice has moved to another note and stays there.
    fn onset(&mut self, level: f32, key: f32) -> f32 {
        let quietest = self.levels.iter().copied().fold(level, f32::min);
        let rise = ((level - quietest.max(self.loudness.floor() - ONSET_DB)) / ONSET_DB).clamp(0.0, 1.0);
        let [newest, .., oldest] = self.keys;
        let moved = key > 0.0 && oldest > 0.0 && (key - oldest).abs() > NEW_NOTE.0;
        let stays = newest > 0.0 && (key - newest).abs() < NEW_NOTE.1;
        let appears = key > 0.0 && newest == 0.0;
        self.levels.rotate_right(1);
        self.keys.rotate_right(1);
        (self.levels[0], self.keys[0]) = (level, key);
        self.since = self.since.saturating_add(1);
        let strength = if key == 0.0 || self.since < REFRACTORY {
            0.0
        } else if moved && stays {
            rise.max(0.7)
        } else if appears {
            rise.max(0.5)
        } else if rise >= 0.5 {
            rise
        } else {
            0.0
        };
        if strength > 0.0 {
            self.since = 0;
        }
        strength
    }
}

/// How sure a similarity is to be that of a pitch, 0…1.
fn voicing(similarity: f32) -> f32 {
    ((similarity - VOICED.0) / VOICED.1 * 0.5 + 0.5).clamp(0.0, 1.0)
}

/// Where a parabola through three neighbours has its top, as a shift from the middle one, and how high it is.
fn vertex(before: f32, here: f32, after: f32) -> (f32, f32) {
    let bend = before - 2.0 * here + after;
    if bend >= 0.0 {
        return (0.0, here);
    }
    let shift = (0.5 * (before - after) / bend).clamp(-0.5, 0.5);
    (shift, here - 0.25 * (before - after) * shift)
}

/// Autocorrelation of the analysis window (half a sine wave) at a lag in windows, 1 at 0; below a floor nothing is sure.
fn window_similarity(lag: f32) -> f32 {
    let (sin, cos) = libm::sincosf(std::f32::consts::PI * lag);
    ((1.0 - lag) * cos + sin / std::f32::consts::PI).max(0.2)
}

#[cfg(test)]
mod tests;
