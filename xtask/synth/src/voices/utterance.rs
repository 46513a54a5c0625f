//! What a voice has said, cut into syllables that can be sung.

use crate::voices::envelope::{Frame, frames};

/// Level below the loudest frame from which on a frame is silent, dB.
const SILENT: f32 = 42.0;
/// Fall between two vowels that parts them, dB.
const DIP: f32 = 2.5;

/// One syllable, in frames of its utterance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Syllable {
    /// First frame of the consonants before the vowel.
    pub start: usize,
    /// First frame of the vowel, the part that may be stretched.
    pub vowel: usize,
    /// Frame after the vowel.
    pub coda: usize,
    /// Frame after the syllable.
    pub end: usize,
}

/// Frames of one speaker and the syllables in them.
#[derive(Debug, Clone)]
pub struct Utterance {
    /// Who speaks.
    pub name: String,
    /// Every 5 ms.
    pub frames: Vec<Frame>,
    /// In order of time.
    pub syllables: Vec<Syllable>,
    /// Middle of the speaker's pitch as a MIDI key.
    pub key: f32,
}

impl Utterance {
    /// Analyses a mono recording of one voice, any level; `None` when fewer than four syllables are found in it.
    #[must_use]
    pub fn of(name: &str, samples: &[f32], rate: u32) -> Option<Self> {
        let peak = samples.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
        if peak < 1e-4 || samples.iter().any(|sample| !sample.is_finite()) {
            return None;
        }
        let level: Vec<f32> = samples.iter().map(|sample| sample / peak).collect();
        let frames = frames(&level, rate);
        let syllables = syllables(&frames);
        let key = median_key(&frames)?;
        (syllables.len() >= 4).then(|| Self { name: name.to_owned(), frames, syllables, key })
    }
}

/// Pitch in Hz as a MIDI key with fractions.
#[must_use]
pub fn key_of(hz: f32) -> f32 {
    69.0 + 12.0 * (hz.max(1.0) / 440.0).log2()
}

fn median_key(frames: &[Frame]) -> Option<f32> {
    let mut keys: Vec<f32> = frames.iter().filter(|frame| frame.voiced > 0.8).map(|frame| key_of(frame.hz)).collect();
    keys.sort_by(f32::total_cmp);
    keys.get(keys.len() / 2).copied()
}

/// Vowels are the peaks of the voiced level; consonants between two vowels belong for one third to the first.
fn syllables(frames: &[Frame]) -> Vec<Syllable> {
    let loudest = frames.iter().map(|frame| frame.level).fold(-120.0, f32::max);
    let floor = loudest - SILENT;
    let heard = |index: usize| frames[index].level > floor || hiss(&frames[index]) > floor - 6.0;
    let peaks = peaks(frames, loudest - 26.0);
    let cores: Vec<(usize, usize)> = peaks.iter().map(|&peak| core(frames, peak)).collect();
    let mut syllables = Vec::with_capacity(cores.len());
    let mut from = 0;
    for (index, &(vowel, coda)) in cores.iter().enumerate() {
        let next = cores.get(index + 1).map_or(frames.len(), |core| core.0);
        if vowel < from || coda > next {
            continue;
        }
        let start = (from..vowel).rev().take_while(|&at| heard(at) && vowel - at < 50).last().unwrap_or(vowel);
        let reach = if next == frames.len() { next } else { coda + (next - coda) / 3 };
        let pause = (coda..next).any(|at| (at..(at + 8).min(frames.len())).all(|at| !heard(at)));
        let end = (coda..if pause { next } else { reach }).find(|&at| !heard(at)).unwrap_or(reach);
        syllables.push(Syllable { start, vowel, coda, end });
        from = end;
    }
    syllables
}

/// Power above 4 kHz in dB.
fn hiss(frame: &Frame) -> f32 {
    let sum: f32 = (50..70).map(|point| frame.envelope[point].to_f32().exp()).sum();
    10.0 * (sum / 20.0 * 6_000.0 + 1e-12).log10()
}

fn peaks(frames: &[Frame], floor: f32) -> Vec<usize> {
    let smooth: Vec<f32> = (0..frames.len())
        .map(|at| {
            let near = &frames[at.saturating_sub(3)..(at + 4).min(frames.len())];
            let mean = near.iter().map(|frame| frame.level - 20.0 * (1.0 - frame.voiced)).sum::<f32>();
            mean / near.len() as f32
        })
        .collect();
    let mut peaks: Vec<usize> = Vec::new();
    let mut low = f32::INFINITY;
    for at in 1..smooth.len().saturating_sub(1) {
        low = low.min(smooth[at]);
        let top = smooth[at] >= smooth[at - 1] && smooth[at] > smooth[at + 1];
        if !top || smooth[at] < floor || frames[at].voiced < 0.5 {
            continue;
        }
        match peaks.last_mut() {
            Some(last) if low > smooth[*last].min(smooth[at]) - DIP => {
                if smooth[at] > smooth[*last] {
                    *last = at;
                }
            }
            _ => peaks.push(at),
        }
        low = smooth[at];
    }
    peaks
}

/// The stretch around a peak that is voiced and nearly as loud.
fn core(frames: &[Frame], peak: usize) -> (usize, usize) {
    let vowel = |at: usize| frames[at].voiced > 0.5 && frames[at].level > frames[peak].level - 6.0;
    let from = (0..peak).rev().take_while(|&at| vowel(at)).last().unwrap_or(peak);
    let to = (peak..frames.len()).take_while(|&at| vowel(at)).last().unwrap_or(peak) + 1;
    (from, to)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use songweave_score::random::Random;

    /// Four vowels of 200 ms at 150 Hz, each after 80 ms of hiss.
    fn babble() -> Vec<f32> {
        let mut random = Random::new(1);
        (0..4 * 4_480 + 4_000)
            .map(|n| {
                let (at, vowel) = (n % 4_480, n < 4 * 4_480);
                let buzz = 0.5 - (n as f32 * 150.0 / 16_000.0).fract();
                let edge = ((at as f32 - 1_280.0) / 400.0).min((4_480.0 - at as f32) / 400.0).clamp(0.0, 1.0);
                if vowel && at < 1_280 {
                    0.05 * random.noise()
                } else if vowel {
                    0.6 * edge * buzz
                } else {
                    0.0
                }
            })
            .collect()
    }

    #[test]
    fn vowels_between_hisses_are_syllables_in_order() {
        let said = Utterance::of("babble", &babble(), 16_000).unwrap();
        assert_eq!(said.syllables.len(), 4, "{:?}", said.syllables);
        for (index, one) in said.syllables.iter().enumerate() {
            assert!(one.start <= one.vowel && one.vowel < one.coda && one.coda <= one.end);
            let middle = (one.vowel + one.coda) / 2;
            assert!(middle.abs_diff(56 * index + 36) < 8, "syllable {index}: {one:?}");
        }
        assert!(said.syllables.windows(2).all(|pair| pair[0].end <= pair[1].start));
        assert!((said.key - key_of(150.0)).abs() < 0.2, "key {}", said.key);
    }

    #[test]
    fn silence_noise_and_broken_sound_have_no_syllables() {
        let mut random = Random::new(2);
        let noise: Vec<f32> = (0..32_000).map(|_| 0.3 * random.noise()).collect();
        assert!(Utterance::of("noise", &noise, 16_000).is_none());
        assert!(Utterance::of("silence", &[0.0; 32_000], 16_000).is_none());
        assert!(Utterance::of("broken", &[f32::NAN, f32::INFINITY], 16_000).is_none());
    }
}
