//! Pitch of a recorded voice over time, by normalised cross-correlation of neighbouring periods.

/// Lowest and highest pitch in Hz.
const RANGE: [f32; 2] = [65.0, 600.0];
/// Sample rate in Hz that the search works near.
const SEARCH_RATE: u32 = 8_000;

/// Pitch and its clarity in every frame.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Pitch {
    /// Frequency in Hz; 0 = none found.
    pub hz: f32,
    /// Similarity of neighbouring periods, 0…1.
    pub clarity: f32,
}

/// The pitch at every `hop` seconds of a mono recording; `frames` of them.
#[must_use]
pub fn track(samples: &[f32], rate: u32, hop: f64, frames: usize) -> Vec<Pitch> {
    let step = (rate / SEARCH_RATE).max(1) as usize;
    let low: Vec<f32> = samples.chunks(step).map(|chunk| chunk.iter().sum::<f32>() / step as f32).collect();
    let low_rate = rate as f32 / step as f32;
    let mut values = Vec::new();
    let pitches: Vec<Pitch> = (0..frames)
        .map(|frame| pitch_at(&low, low_rate, (frame as f64 * hop * f64::from(low_rate)) as usize, &mut values))
        .collect();
    smooth(&pitches)
}

fn pitch_at(samples: &[f32], rate: f32, centre: usize, values: &mut Vec<f32>) -> Pitch {
    let (first, last) = ((rate / RANGE[1]) as usize, (rate / RANGE[0]) as usize);
    let length = 2 * last;
    let start = centre.saturating_sub(length / 2 + last / 2);
    let Some(frame) = samples.get(start..start + length + last + 1) else { return Pitch::default() };
    let head = &frame[..length];
    let energy: f32 = head.iter().map(|sample| sample * sample).sum();
    if energy < 1e-7 * length as f32 {
        return Pitch::default();
    }
    let mut tail: f32 = frame[first..first + length].iter().map(|sample| sample * sample).sum();
    values.clear();
    for lag in first..=last {
        let product: f32 = dot(head, &frame[lag..lag + length]);
        values.push(product / (energy * tail.max(1e-9)).sqrt());
        tail += frame[lag + length].powi(2) - frame[lag].powi(2);
    }
    best(values, first, rate)
}

/// The first peak that is nearly the highest: the period, not a multiple of it.
fn best(values: &[f32], first: usize, rate: f32) -> Pitch {
    let top = values.iter().copied().fold(0.0, f32::max);
    let peak = (1..values.len().saturating_sub(1))
        .find(|&n| values[n] > 0.88 * top && values[n] >= values[n - 1] && values[n] >= values[n + 1]);
    let Some(peak) = peak else { return Pitch::default() };
    let (left, middle, right) = (values[peak - 1], values[peak], values[peak + 1]);
    let bend = left - 2.0 * middle + right;
    let shift = if bend < -1e-6 { (0.5 * (left - right) / bend).clamp(-0.5, 0.5) } else { 0.0 };
    Pitch { hz: rate / ((first + peak) as f32 + shift), clarity: middle.clamp(0.0, 1.0) }
}

fn dot(one: &[f32], other: &[f32]) -> f32 {
    // Eight sums, so that the compiler may use vectors.
    let mut sums = [0.0f32; 8];
    for (one, other) in one.chunks_exact(8).zip(other.chunks_exact(8)) {
        for lane in 0..8 {
            sums[lane] += one[lane] * other[lane];
        }
    }
    sums.iter().sum()
}

/// Median of five neighbours, which removes single octave slips.
fn smooth(pitches: &[Pitch]) -> Vec<Pitch> {
    let median = |index: usize| {
        let mut near: Vec<f32> =
            pitches[index.saturating_sub(2)..(index + 3).min(pitches.len())].iter().map(|pitch| pitch.hz).collect();
        near.sort_by(f32::total_cmp);
        near[near.len() / 2]
    };
    pitches.iter().enumerate().map(|(index, pitch)| Pitch { hz: median(index), ..*pitch }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use songweave_score::random::Random;

    #[test]
    fn a_buzz_is_found_at_its_pitch_and_noise_is_unclear() {
        for hz in [80.0f32, 123.0, 220.0, 440.0] {
            let wave = |n: usize| {
                (1..12).map(|h| (n as f32 * hz * h as f32 / 22_050.0 * std::f32::consts::TAU).sin()).sum::<f32>()
            };
            let buzz: Vec<f32> = (0..22_050).map(|n| 0.05 * wave(n)).collect();
            let pitch = track(&buzz, 22_050, 0.005, 200)[100];
            assert!((1_200.0 * (pitch.hz / hz).log2()).abs() < 15.0, "{hz}: {pitch:?}");
            assert!(pitch.clarity > 0.9);
        }
        let mut random = Random::new(1);
        let noise: Vec<f32> = (0..22_050).map(|_| 0.3 * random.noise()).collect();
        assert!(track(&noise, 22_050, 0.005, 200)[20..180].iter().all(|pitch| pitch.clarity < 0.6));
        assert_eq!(track(&[0.0; 8_000], 16_000, 0.005, 100)[50], Pitch::default());
    }
}
