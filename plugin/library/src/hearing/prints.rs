//! Fingerprints by which the same recording is known in another codec (Chromaprint, as `AcoustID` uses it).

use rusty_chromaprint::{Configuration, Fingerprinter};

use super::ear::RATE;

/// Steps of 0.12 s by which two prints may lie apart: encoders put silence in front.
const SHIFTS: usize = 4;
/// Share of bits that may differ in two prints of one recording; of two recordings about half do.
const DIFFERING: f32 = 0.15;
/// Prints shorter than this tell nothing, in steps of 0.12 s.
const FEWEST: usize = 12;

/// The fingerprint of a mono sound at the ear's rate.
pub(super) fn of(sound: &[f32]) -> Vec<u32> {
    let mut printer = Fingerprinter::new(&Configuration::preset_test2());
    if printer.start(RATE, 1).is_err() {
        return Vec::new();
    }
    let samples: Vec<i16> = sound.iter().map(|sample| (sample.clamp(-1.0, 1.0) * 32_767.0) as i16).collect();
    printer.consume(&samples);
    printer.finish();
    printer.fingerprint().to_vec()
}

/// Whether the fingerprints `[excerpt]` of two recordings are those of one: most of their excerpts agree.
#[must_use]
pub fn same_recording(one: &[Vec<u32>], other: &[Vec<u32>]) -> bool {
    let compared: Vec<f32> = one.iter().zip(other).filter_map(|(one, other)| distance(one, other)).collect();
    let alike = compared.iter().filter(|distance| **distance < DIFFERING).count();
    one.len() == other.len() && alike > 0 && 2 * alike > compared.len()
}

/// Share of differing bits at the shift where it is least; `None` where either is too short, or does not change at all.
fn distance(one: &[u32], other: &[u32]) -> Option<f32> {
    let dull = |print: &[u32]| print.len() < FEWEST || print.iter().all(|step| *step == print[0]);
    if dull(one) || dull(other) {
        return None;
    }
    let at = |one: &[u32], other: &[u32]| {
        let pairs = one.len().min(other.len()).max(1);
        let bits: u32 = one.iter().zip(other).map(|(one, other)| (one ^ other).count_ones()).sum();
        bits as f32 / (32 * pairs) as f32
    };
    let shifts = (0..=SHIFTS).flat_map(|shift| [at(&one[shift..], other), at(one, &other[shift..])]);
    shifts.reduce(f32::min)
}
