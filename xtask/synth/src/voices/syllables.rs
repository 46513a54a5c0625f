//! A singer made of recorded syllables: pitch by overlapped grains (TD-PSOLA), size of the throat by resampled grains.

use songweave_audio::{decode::decode, resample::resample};
use std::path::Path;

use songweave_score::{
    error::{MaterialError, Result},
    notation::note::Note,
    random::Random,
};

/// One recorded syllable.
#[derive(Debug, Clone)]
struct Syllable {
    rate: f32,
    samples: Vec<f32>,
    /// Samples before the vowel's steady part; they are sung at their own speed.
    consonant: usize,
    /// Samples from the start to the beat.
    lead: usize,
    /// Period of the voice in samples.
    period: f32,
    /// Places of the glottal pulses in samples.
    marks: Vec<usize>,
}

/// A voice of recorded syllables at one sample rate.
#[derive(Debug, Clone)]
pub struct SyllableVoice {
    rate: u32,
    syllables: Vec<Syllable>,
}

/// How the recorded voice is sung.
#[derive(Debug, Clone, Copy)]
pub struct Delivery {
    /// Formants against the recording: 1 = as recorded, 1.2 = a smaller person.
    pub tract: f32,
    /// Vibrato depth in semitones.
    pub vibrato: f32,
    /// Change of pitch over a note in semitones, largest downwards; 0 = sung.
    pub fall: f32,
}

impl Delivery {
    /// A random way of singing.
    #[must_use]
    pub fn random(random: &mut Random) -> Self {
        Self {
            tract: random.between(0.88, 1.35),
            vibrato: random.between(0.0, 0.5),
            fall: if random.chance(0.3) { random.between(2.0, 7.0) } else { 0.0 },
        }
    }
}

impl SyllableVoice {
    /// Reads the recordings that a folder's `oto.ini` lists (UTAU voice bank: offset, consonant, cutoff, preutterance and
    /// overlap in milliseconds).
    ///
    /// # Errors
    /// `oto.ini` or a recording is missing, or nothing usable is listed.
    pub fn load(folder: &Path, rate: u32) -> Result<Self> {
        let list = folder.join("oto.ini");
        let text = std::fs::read_to_string(&list).map_err(|source| MaterialError::io(&list, source))?;
        let mut voice = Self { rate, syllables: Vec::new() };
        for line in text.lines() {
            let Some((file, values)) = line.split_once('=') else { continue };
            let times: Vec<f32> = values.split(',').skip(1).filter_map(|value| value.trim().parse().ok()).collect();
            if let [offset, consonant, cutoff, lead, _] = times[..] {
                let audio = decode(&folder.join(file))?;
                let from = audio.rate;
                let sound = resample(&audio.channels[..1], from, rate)?.swap_remove(0);
                let at = |milliseconds: f32| (milliseconds.max(0.0) * 0.001 * rate as f32) as usize;
                let end = if cutoff < 0.0 { at(offset - cutoff) } else { sound.len().saturating_sub(at(cutoff)) };
                let cut = sound.get(at(offset)..end.min(sound.len())).unwrap_or_default();
                voice.syllables.extend(Syllable::of(cut, at(consonant), at(lead), rate));
            }
        }
        if voice.syllables.is_empty() {
            return Err(MaterialError::data(&list, "lists no usable syllable; is this an UTAU voice bank?"));
        }
        Ok(voice)
    }

    /// All syllables one after another, mono.
    #[must_use]
    pub fn sound(&self) -> Vec<f32> {
        self.syllables.iter().flat_map(|syllable| syllable.samples.iter().copied()).collect()
    }

    /// Keys in which the voice sounds natural for a throat size.
    #[must_use]
    pub fn range(&self, delivery: &Delivery) -> (f32, f32) {
        let mean = self.syllables.iter().map(|syllable| syllable.period).sum::<f32>() / self.syllables.len() as f32;
        let key = 69.0 + 12.0 * (self.rate as f32 / mean / 440.0).log2() + 24.0 * (delivery.tract - 1.0);
        (key - 5.0, key + 12.0)
    }

    /// Sings notes (seconds from the first sample) with random syllables: `samples` of mono, peak 1.
    #[must_use]
    pub fn sing(&self, notes: &[Note], delivery: &Delivery, samples: usize, random: &mut Random) -> Vec<f32> {
        let mut out = vec![0.0; samples];
        for (index, note) in notes.iter().enumerate() {
            let until = notes.get(index + 1).map_or(f64::INFINITY, |next| next.start);
            let length = note.length.min(until - note.start).max(0.06);
            if let Some(syllable) = random.pick(&self.syllables).cloned() {
                let start = (note.start * f64::from(self.rate)) as i64 - syllable.lead as i64;
                let whole = syllable.lead + (length * f64::from(self.rate)) as usize;
                let fall = delivery.fall * random.between(-1.0, 0.3);
                let loud = (0.35 + 0.65 * note.velocity) * random.between(0.75, 1.0);
                let key = |n: usize| self.key(note.key, n, whole, delivery, fall);
                syllable.sing(&mut out, start, whole, delivery.tract, loud, key);
            }
        }
        let peak = out.iter().fold(1e-6f32, |peak, sample| peak.max(sample.abs()));
        out.iter_mut().for_each(|sample| *sample /= peak);
        out
    }

    fn key(&self, key: f32, n: usize, whole: usize, delivery: &Delivery, fall: f32) -> f32 {
        let seconds = n as f32 / self.rate as f32;
        let vibrato = delivery.vibrato * ((seconds - 0.3) / 0.3).clamp(0.0, 1.0);
        key + vibrato * (std::f32::consts::TAU * 5.6 * seconds).sin() + fall * n as f32 / whole as f32
    }
}

impl Syllable {
    fn of(samples: &[f32], consonant: usize, lead: usize, rate: u32) -> Option<Self> {
        let vowel = samples.get(consonant..)?;
        let period = period(vowel, rate)?;
        let mut syllable = Self {
            rate: rate as f32,
            samples: samples.to_vec(),
            consonant,
            lead: lead.min(samples.len() / 2),
            period,
            marks: Vec::new(),
        };
        syllable.mark();
        (syllable.marks.len() > 4).then_some(syllable)
    }

    /// Places a mark on the highest sample of every period, from the loudest place of the vowel in both directions.
    fn mark(&mut self) {
        let (step, reach) = (self.period, (0.2 * self.period) as usize);
        let highest = |around: f32| -> Option<usize> {
            let around = around.round();
            (around >= reach as f32 && (around as usize) + reach < self.samples.len()).then(|| {
                let range = around as usize - reach..=around as usize + reach;
                range
                    .max_by(|&one, &other| self.samples[one].total_cmp(&self.samples[other]))
                    .unwrap_or(around as usize)
            })
        };
        let middle = (self.consonant + self.samples.len()) as f32 / 2.0;
        let Some(first) = highest(middle) else { return };
        let mut marks = vec![first];
        let mut at = first as f32;
        while let Some(next) = highest(at - step) {
            marks.push(next);
            at = next as f32;
        }
        marks.reverse();
        at = first as f32;
        while let Some(next) = highest(at + step) {
            marks.push(next);
            at = next as f32;
        }
        self.marks = marks;
    }

    /// Adds the syllable to `out` from sample `start` on, `whole` samples long.
    fn sing(&self, out: &mut [f32], start: i64, whole: usize, tract: f32, loud: f32, key: impl Fn(usize) -> f32) {
        let (mut at, rate) = (0.0f32, self.rate);
        let release = 0.06 * rate;
        while (at as usize) < whole {
            let n = at as usize;
            let period = rate / (440.0 * ((key(n) - 69.0) / 12.0).exp2());
            let mark = self.mark_at(n, whole);
            let edge = ((whole - n) as f32 / release).min(n as f32 / (0.004 * rate) + 0.1).clamp(0.0, 1.0);
            self.grain(out, start + n as i64, mark, period, tract, loud * edge);
            at += period.max(8.0);
        }
    }

    /// The pulse that is heard `n` samples into the note: the consonant runs on as recorded, the vowel is stretched.
    fn mark_at(&self, n: usize, whole: usize) -> usize {
        let (vowel, end) = (self.consonant, self.samples.len());
        let place = if n < vowel {
            n as f32
        } else {
            let share = (n - vowel) as f32 / (whole.saturating_sub(vowel)).max(1) as f32;
            vowel as f32 + share * (end - vowel) as f32 * 0.9
        };
        let after = self.marks.partition_point(|&mark| (mark as f32) < place).min(self.marks.len() - 1);
        self.marks[after]
    }

    /// Adds one windowed pulse of two periods around `mark`, read `tract` times as fast.
    fn grain(&self, out: &mut [f32], centre: i64, mark: usize, period: f32, tract: f32, gain: f32) {
        let half = self.period.max(period.min(1.5 * self.period)) / tract;
        let reach = half as i64;
        for offset in -reach..=reach {
            let source = mark as f32 + offset as f32 * tract;
            let (whole, part) = (source.floor(), source.fract());
            let (Some(out), Some(&one), Some(&two)) = (
                usize::try_from(centre + offset).ok().and_then(|n| out.get_mut(n)),
                self.samples.get(whole.max(0.0) as usize),
                self.samples.get(whole.max(0.0) as usize + 1),
            ) else {
                continue;
            };
            let window = 0.5 + 0.5 * (std::f32::consts::PI * offset as f32 / half).cos();
            *out += gain * window * (one + part * (two - one));
        }
    }
}

/// Period of a voiced sound in samples by autocorrelation, between 70 and 500 Hz; `None` without a clear one.
fn period(samples: &[f32], rate: u32) -> Option<f32> {
    let (low, high) = (rate as usize / 500, rate as usize / 70);
    let start = samples.len() / 4;
    let length = (4 * high).min(samples.len().checked_sub(start + high)?);
    let frame = samples.get(start..start + length + high)?;
    let similarity = |lag: usize| -> f32 {
        let (mut product, mut one, mut other) = (0.0, 1e-9, 1e-9);
        for n in 0..length {
            product += frame[n] * frame[n + lag];
            one += frame[n] * frame[n];
            other += frame[n + lag] * frame[n + lag];
        }
        product / f32::sqrt(one * other)
    };
    let values: Vec<f32> = (low..=high).map(similarity).collect();
    let best = values.iter().copied().fold(0.0, f32::max);
    // The first peak that is nearly the best is the period, not a multiple of it.
    let peak = (1..values.len().saturating_sub(1))
        .find(|&n| values[n] > 0.9 * best && values[n] >= values[n - 1] && values[n] >= values[n + 1])?;
    (best > 0.5 && length > high).then_some((low + peak) as f32)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_recorded_pulse_train_is_sung_at_another_pitch() {
        let pulses: Vec<f32> = (0..40_000).map(|n| (-((n % 300) as f32) / 30.0).exp() - 0.1).collect();
        let syllable = Syllable::of(&pulses, 2_000, 500, 44_100).unwrap();
        assert!((syllable.period - 300.0).abs() < 2.0, "period {}", syllable.period);
        let voice = SyllableVoice { rate: 44_100, syllables: vec![syllable] };
        let note = Note { start: 0.1, length: 0.8, key: 57.0, velocity: 1.0 };
        let delivery = Delivery { tract: 1.0, vibrato: 0.0, fall: 0.0 };
        let out = voice.sing(&[note], &delivery, 44_100, &mut Random::new(1));
        let found = period(&out[10_000..30_000], 44_100).unwrap();
        assert!((found - 44_100.0 / 220.0).abs() < 2.0, "period {found}");
    }

    #[test]
    fn noise_has_no_period() {
        let mut random = Random::new(1);
        let noise: Vec<f32> = (0..20_000).map(|_| random.noise()).collect();
        assert!(period(&noise, 44_100).is_none());
    }
}
