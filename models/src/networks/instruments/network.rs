//! One program's network, and reading the weight file. `songweave_training/instruments/net.py` trains the same.

use std::f32::consts::{LN_2, LN_10};

use candle_core::Tensor;
use serde::Deserialize;

use super::{CHANNELS, EMBEDDED, Instruments, NOISE_BANDS, NoteQuery, NoteTone, PARTIALS, PROGRAMS, Program, Role};
use crate::{
    format::{Architecture, Divide, Forward, Subnetwork, WeightError, WeightFile, check_sizes},
    layers::{Linear, Memory, exp, silu},
};

/// Answers: partials and noise of each channel, then the glide.
const OUTPUTS: usize = CHANNELS * (PARTIALS + NOISE_BANDS) + 1;
/// Notes that share one reading of the weights.
const BATCH: usize = 2;
/// An answer of 1 is so many dB above [`ZERO_DB`].
const STEP_DB: f32 = 20.0;
const ZERO_DB: f32 = -40.0;
/// Quieter than this is silence; louder than the ceiling is an answer that no training gave.
const FLOOR_DB: f32 = -120.0;
const CEILING_DB: f32 = 12.0;
/// An answer of 1 glides by so many semitones.
const STEP_GLIDE: f32 = 12.0;
/// Ages are told apart on `ln(1 + age / AGE_SCALE)`, in seconds.
const AGE_SCALE: f32 = 0.003;
/// Ages of the table of loudness, evenly spaced on `ln(1 + age / ENVELOPE_SCALE)`, in seconds.
const ENVELOPE: usize = 64;
const ENVELOPE_SCALE: f32 = 0.05;
/// What that table may add, in dB.
const ENVELOPE_DB: (f64, f64) = (-40.0, 12.0);
/// Decibels to nepers.
const NEPERS: f32 = LN_10 / 20.0;
/// Frequencies of a pitched program are stored as octaves above the multiples of equal temperament, those of drums as
/// octaves above this, in Hz; less than [`NO_PARTIAL`] says that there is none.
const DRUM_REFERENCE: f32 = 1_000.0;
const NO_PARTIAL: f32 = -16.0;
/// The largest size of anything in a weight file: keeps a hostile file from asking for all memory.
const LARGEST: usize = 1024;

/// Sizes, from the weight file; the same for all programs.
#[derive(Debug, Clone, Deserialize)]
struct Sizes {
    /// Learned numbers that say a key.
    embedding: usize,
    /// Units of both hidden layers.
    hidden: usize,
    /// Points on the axis of ages.
    ages: usize,
    /// Velocities between which is interpolated, ascending.
    velocities: Vec<f32>,
}

/// The network of one program.
#[derive(Debug, Clone)]
pub(super) struct ProgramNetwork {
    program: Program,
    velocities: Vec<f32>,
    ages: usize,
    /// `[key][number]`
    embedding: Vec<Vec<f32>>,
    first: Linear<BATCH>,
    second: Linear<BATCH>,
    head: Linear<BATCH>,
    /// Frequency of each partial in Hz, `[key][partial]`, 0 = none.
    hz: Vec<[f32; PARTIALS]>,
    /// Fall after the release in dB per second, `[key]`.
    release: Vec<f32>,
    /// Fall after the learned time in dB per second, `[key]`.
    fall: Vec<f32>,
    /// How much louder the true note is than the network's, in dB, `[key][age]`.
    envelope: Vec<Vec<f32>>,
    level: f32,
    input: [Vec<f32>; BATCH],
    hidden: [Vec<f32>; BATCH],
}

impl ProgramNetwork {
    pub(super) const fn level(&self) -> f32 {
        self.level
    }

    pub(super) fn release_seconds(&self, key: u8) -> f32 {
        60.0 / self.release[self.program.nearest(key).0]
    }

    /// The sound of each note.
    pub(super) fn tones(&mut self, notes: &[NoteQuery], out: &mut [NoteTone]) {
        let is_drums = self.is_drums();
        for (notes, out) in notes.chunks(BATCH).zip(out.chunks_mut(BATCH)) {
            for slot in 0..BATCH {
                self.listen(slot, notes.get(slot).unwrap_or(&notes[0]));
            }
            let gains: [_; BATCH] = std::array::from_fn(|slot| notes.get(slot).and_then(|note| self.gain_db(note)));
            let answers = answer(&mut self.first, &mut self.second, &mut self.head, &self.input, &mut self.hidden);
            for (((note, out), answer), gain) in notes.iter().zip(out).zip(answers).zip(gains) {
                let Some(gain) = gain else {
                    *out = NoteTone::SILENT;
                    continue;
                };
                let (key, factor) = self.program.nearest(note.key);
                let glide = if is_drums { answer[OUTPUTS - 1] * STEP_GLIDE } else { 0.0 };
                write(answer, gain, &self.hz[key], out);
                let factor = factor * exp(glide.clamp(-12.0, 48.0) / 12.0 * LN_2);
                out.hz.iter_mut().for_each(|hz| *hz *= factor);
            }
        }
    }

    fn is_drums(&self) -> bool {
        self.program.role == Role::Drums
    }

    /// What is added to the answer for a note, in dB; `None` for a note that is silent.
    fn gain_db(&self, note: &NoteQuery) -> Option<f32> {
        let (key, _) = self.program.nearest(note.key);
        let released = note.released.filter(|_| !self.is_drums()).unwrap_or(0.0).max(0.0);
        let after = (note.age - self.program.seconds()).max(0.0);
        let fall = released * self.release[key] + after * self.fall[key];
        let louder = envelope_db(&self.envelope[key], note.age, self.program.seconds());
        let gain = velocity_db(note.velocity) + louder - fall;
        let known = note.age.is_finite() && note.released.is_none_or(f32::is_finite);
        (known && gain > FLOOR_DB - CEILING_DB).then_some(gain)
    }

    /// Writes the input of one of the batch.
    fn listen(&mut self, slot: usize, note: &NoteQuery) {
        let input = &mut self.input[slot];
        input.clear();
        input.extend_from_slice(&self.embedding[self.program.nearest(note.key).0]);
        hats(input, velocity_place(&self.velocities, note.velocity), self.velocities.len());
        hats(input, age_place(self.ages, AGE_SCALE, note.age, self.program.seconds()), self.ages);
    }
}

impl Forward for ProgramNetwork {
    fn inputs(&self) -> usize {
        self.first.inputs()
    }

    fn outputs(&self) -> usize {
        OUTPUTS
    }

    /// A step is a note as [`Self::listen`] writes it; nothing is remembered.
    fn forward(&self, x: &Tensor, _memory: &mut Memory) -> candle_core::Result<Tensor> {
        self.head.forward(&self.second.forward(&self.first.forward(x)?.silu()?)?.silu()?)
    }
}

/// Three layers for a batch.
fn answer<'a>(
    first: &mut Linear<BATCH>,
    second: &mut Linear<BATCH>,
    head: &'a mut Linear<BATCH>,
    input: &[Vec<f32>; BATCH],
    hidden: &mut [Vec<f32>; BATCH],
) -> [&'a [f32]; BATCH] {
    activate(first.step(input.each_ref().map(Vec::as_slice)), hidden);
    activate(second.step(hidden.each_ref().map(Vec::as_slice)), hidden);
    head.step(hidden.each_ref().map(Vec::as_slice))
}

fn activate(from: [&[f32]; BATCH], to: &mut [Vec<f32>; BATCH]) {
    for (from, to) in from.into_iter().zip(to) {
        to.clear();
        to.extend(from.iter().map(|value| silu(*value)));
    }
}

/// The answer of the network in linear amplitudes, `gain` dB louder.
fn write(answer: &[f32], gain: f32, hz: &[f32; PARTIALS], out: &mut NoteTone) {
    let (partials, noise) = answer[..OUTPUTS - 1].split_at(CHANNELS * PARTIALS);
    out.hz = *hz;
    for (to, from) in out.partials.iter_mut().zip(partials.chunks_exact(PARTIALS)) {
        linear(from, gain, to);
        to.iter_mut().zip(hz).filter(|(_, hz)| **hz == 0.0).for_each(|(amplitude, _)| *amplitude = 0.0);
    }
    for (to, from) in out.noise.iter_mut().zip(noise.chunks_exact(NOISE_BANDS)) {
        linear(from, gain, to);
    }
}

/// Answers as linear amplitudes.
fn linear(from: &[f32], gain: f32, to: &mut [f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        let decibels = (from * STEP_DB + ZERO_DB).min(CEILING_DB) + gain;
        *to = if decibels > FLOOR_DB { exp(decibels * NEPERS) } else { 0.0 };
    }
}

/// The sound font's own law: amplitude goes with the square of the velocity.
fn velocity_db(velocity: u8) -> f32 {
    if velocity == 0 { f32::NEG_INFINITY } else { 40.0 * libm::log10f(f32::from(velocity.min(127)) / 127.0) }
}

/// Where a velocity lies between the learned ones, in steps from the first.
fn velocity_place(velocities: &[f32], velocity: u8) -> f32 {
    let velocity = f32::from(velocity);
    let upper = velocities.iter().position(|one| *one >= velocity).unwrap_or(velocities.len() - 1).max(1);
    let part = (velocity - velocities[upper - 1]) / (velocities[upper] - velocities[upper - 1]);
    (upper - 1) as f32 + part.clamp(0.0, 1.0)
}

/// Where an age lies on a logarithmic axis of ages that ends at `seconds`, in steps from the onset.
fn age_place(ages: usize, scale: f32, age: f32, seconds: f32) -> f32 {
    let age = if age.is_finite() { age.clamp(0.0, seconds) } else { 0.0 };
    libm::log1pf(age / scale) / libm::log1pf(seconds / scale) * (ages - 1) as f32
}

/// What a key's table of loudness adds at an age, in dB.
fn envelope_db(table: &[f32], age: f32, seconds: f32) -> f32 {
    let place = age_place(ENVELOPE, ENVELOPE_SCALE, age, seconds);
    let below = (place as usize).min(ENVELOPE - 2);
    table[below] + (place - below as f32) * (table[below + 1] - table[below])
}

/// Adds `count` numbers that are 1 at their own place and fall to 0 at their neighbours'.
fn hats(input: &mut Vec<f32>, place: f32, count: usize) {
    input.extend((0..count).map(|at| (1.0 - (place - at as f32).abs()).max(0.0)));
}

impl Divide for Instruments {
    fn divide(self) -> Vec<Subnetwork> {
        self.programs.into_iter().map(|program| Subnetwork::new(program.program.name, program)).collect()
    }
}

impl Architecture for Instruments {
    const KIND: &'static str = "instruments";
    const EMBEDDED: &'static [u8] = EMBEDDED;

    fn read(file: &mut WeightFile<'_>) -> Result<Self, WeightError> {
        let sizes = check(file)?;
        let programs: Result<_, _> =
            PROGRAMS.iter().enumerate().map(|(index, program)| read_program(file, index, *program, &sizes)).collect();
        Ok(Self { programs: programs? })
    }

    fn reset(&mut self) {}
}

/// Whether the facts fit this build.
fn check(file: &WeightFile<'_>) -> Result<Sizes, WeightError> {
    let unfit = |reason: String| Err(WeightError::Unfit(reason));
    let (metadata, names) = (file.metadata(), PROGRAMS.map(|program| program.name));
    if metadata.parts != names {
        return unfit(format!("its programs are {:?}, {names:?} are needed", metadata.parts));
    }
    if metadata.bands_hz.len() != NOISE_BANDS {
        return unfit(format!("it has {} bands of noise, {NOISE_BANDS} are needed", metadata.bands_hz.len()));
    }
    let sizes: Sizes = file.architecture()?;
    check_sizes(&[sizes.embedding, sizes.hidden, sizes.ages, sizes.velocities.len()], &(2..=LARGEST))?;
    if !sizes.velocities.is_sorted_by(|one, other| one < other) {
        return unfit("its velocities do not rise".to_owned());
    }
    Ok(sizes)
}

fn read_program(
    file: &mut WeightFile<'_>,
    index: usize,
    program: Program,
    sizes: &Sizes,
) -> Result<ProgramNetwork, WeightError> {
    let keys = program.count();
    let inputs = sizes.embedding + sizes.velocities.len() + sizes.ages;
    let name = |part: &str| format!("{index}.{part}");
    let embedding = file.take(&name("embedding"), &[keys, sizes.embedding])?;
    let first = file.take_linear(&name("first"), sizes.hidden, inputs)?;
    let second = file.take_linear(&name("second"), sizes.hidden, sizes.hidden)?;
    let head = file.take_linear(&name("head"), OUTPUTS, sizes.hidden)?;
    let mut table = |part: &str, shape: &[usize]| file.take_table(&name(part), shape);
    let octaves = table("octaves", &[keys, PARTIALS])?.to_vec2::<f32>()?;
    let release = table("release", &[keys])?.relu()?.to_vec1()?;
    let fall = table("fall", &[keys])?.relu()?.to_vec1()?;
    let envelope = table("envelope", &[keys, ENVELOPE])?.clamp(ENVELOPE_DB.0, ENVELOPE_DB.1)?.to_vec2()?;
    let level = table("level", &[1])?.to_vec1::<f32>()?[0];
    Ok(ProgramNetwork {
        velocities: sizes.velocities.clone(),
        ages: sizes.ages,
        embedding: embedding.to_vec2()?,
        first,
        second,
        head,
        hz: octaves.iter().enumerate().map(|(key, row)| frequencies(&program, key, row)).collect(),
        release,
        fall,
        envelope,
        level,
        input: Default::default(),
        hidden: Default::default(),
        program,
    })
}

/// Frequencies of a key's partials in Hz from the octaves of the weight file.
fn frequencies(program: &Program, key: usize, octaves: &[f32]) -> [f32; PARTIALS] {
    let nominal = 440.0 * libm::exp2f((f32::from(program.keys.0) + key as f32 - 69.0) / 12.0);
    std::array::from_fn(|partial| match octaves[partial] {
        octaves if octaves < NO_PARTIAL => 0.0,
        octaves if program.role == Role::Drums => DRUM_REFERENCE * libm::exp2f(octaves),
        octaves => nominal * program.fundamental * (partial + 1) as f32 * libm::exp2f(octaves),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use candle_core::Device;

    use super::*;
    use crate::instruments::InstrumentNetwork;

    #[test]
    fn tensors_answer_what_the_own_layers_do() {
        for mut program in InstrumentNetwork::embedded().unwrap().layers.programs {
            for (key, age) in [(36, 0.0), (55, 0.2), (84, 1.5)] {
                let note = |velocity| NoteQuery { key, velocity, age, released: None };
                (0..BATCH).for_each(|slot| program.listen(slot, &note(40 + 60 * slot as u8)));
                let heard = Tensor::new(program.input.to_vec(), &Device::Cpu).unwrap().unsqueeze(1).unwrap();
                let theirs = program.forward(&heard, &mut Memory::default()).unwrap().squeeze(1).unwrap();
                let theirs = theirs.to_vec2::<f32>().unwrap();
                let ProgramNetwork { first, second, head, input, hidden, .. } = &mut program;
                for (ours, theirs) in answer(first, second, head, input, hidden).iter().zip(&theirs) {
                    let worst = ours.iter().zip(theirs).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                    assert!(ours.len() == theirs.len() && worst < 1e-4, "{worst}");
                }
            }
        }
    }
}
