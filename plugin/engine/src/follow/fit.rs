//! How well two songs go together, in four figures from 0 (they clash) to 1 (they fit).

use songweave_dsp::{
    analysis::{
        bands::{band_position, centre_hz},
        chroma::PITCH_CLASSES,
    },
    stream::layout::{BANDS, SONGS},
};

use super::tempo::TempoEstimate;

/// How well keys fit that are so many steps apart on the circle of fifths.
const FIFTHS: [f32; 7] = [1.0, 0.85, 0.6, 0.4, 0.25, 0.1, 0.0];
/// Roughness of two notes by the distance of their pitch classes: a semitone most, then the tritone and the whole tone.
const ROUGHNESS: [f32; 7] = [0.0, 1.0, 0.5, 0.15, 0.1, 0.05, 0.6];
/// Share of the circle of fifths in the key's figure; the rest is how the sounding notes rub.
const FIFTHS_SHARE: f32 = 0.6;
/// Difference of tempo that nobody minds, and one that nobody bears, as a ratio.
const TEMPO_LIMITS: (f32, f32) = (0.003, 0.05);
/// Distance of the beats that nobody minds, and one that is as bad as can be, in beats.
const PHASE_LIMITS: (f32, f32) = (0.06, 0.3);
/// Share of the tempo's figure that beats beside each other take away.
const PHASE_SHARE: f32 = 0.5;
/// Onsets per second of a sparse and of a busy song.
const DENSITY_LIMITS: (f32, f32) = (2.0, 6.0);
/// Common share of the loudness over the bands of songs that are apart, and of songs that are in each other's way.
const OVERLAP_LIMITS: (f32, f32) = (0.4, 0.9);
/// Power in a band that cannot be heard.
const SILENCE: f32 = 1e-8;

/// The figures, 0…1, `None` while unknown.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Fit {
    /// Keys and sounding notes, after transposition.
    pub key: Option<f32>,
    /// Tempo, its double and its half, and where the beats fall.
    pub tempo: Option<f32>,
    /// Whether both songs are busy at once, in what is heard of them.
    pub density: Option<f32>,
    /// Whether both songs are heard in the same register.
    pub register: Option<f32>,
}

impl Fit {
    /// All figures as one: the mean of the known ones, drawn towards the worst.
    #[must_use]
    pub fn overall(&self) -> Option<f32> {
        let known: Vec<f32> = [self.key, self.tempo, self.density, self.register].into_iter().flatten().collect();
        let worst = known.iter().copied().reduce(f32::min)?;
        Some(0.5 * (known.iter().sum::<f32>() / known.len() as f32 + worst))
    }
}

/// From 1 at the lower limit to 0 at the upper one.
fn falling(value: f32, (low, high): (f32, f32)) -> f32 {
    1.0 - ((value - low) / (high - low)).clamp(0.0, 1.0)
}

/// How the keys of A and B fit, from the semitones by which B is wanted to be transposed, the chroma `[song][pitch class]`, and the
/// semitones by which it is.
#[must_use]
pub fn key_fit(wanted: i8, chroma: [&[f32; PITCH_CLASSES]; SONGS], transposed: i8) -> f32 {
    // A semitone is seven steps on the circle of fifths.
    let steps = (7 * (wanted - transposed)).rem_euclid(12) as usize;
    let fifths = FIFTHS[steps.min(12 - steps) % FIFTHS.len()];
    let rubs: [f32; PITCH_CLASSES] = std::array::from_fn(|shift| rub(chroma, shift));
    let now = rubs[usize::from(transposed.rem_euclid(PITCH_CLASSES as i8) as u8)];
    let (least, most) = rubs.iter().fold((f32::MAX, 0.0_f32), |(least, most), rub| (least.min(*rub), most.max(*rub)));
    let smooth = if most > least { (most - now) / (most - least) } else { 1.0 };
    FIFTHS_SHARE * fifths + (1.0 - FIFTHS_SHARE) * smooth
}

/// Mean roughness between the notes of A and those of B shifted up by some semitones.
fn rub([a, b]: [&[f32; PITCH_CLASSES]; SONGS], shift: usize) -> f32 {
    let pair = |i: usize, j: usize| {
        let distance = (12 + i - (j + shift) % 12) % 12;
        a[i] * b[j] * ROUGHNESS[distance.min(12 - distance)]
    };
    (0..PITCH_CLASSES).map(|i| (0..PITCH_CLASSES).map(|j| pair(i, j)).sum::<f32>()).sum()
}

/// How B's tempo stands to A's.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TempoMatch {
    /// Beats of B per beat of A that come nearest: a half, one or two.
    pub ratio: f32,
    /// By how much B is too fast (positive) or too slow, as a ratio.
    pub off: f32,
    /// How late B's beats are, in beats of the faster song, -0.5…0.5.
    pub late: f32,
}

impl TempoMatch {
    /// Compares two tempi.
    #[must_use]
    pub fn of([a, b]: [TempoEstimate; SONGS]) -> Self {
        let octaves = libm::log2f(b.bpm / a.bpm);
        let ratio = libm::exp2f(octaves.round().clamp(-1.0, 1.0));
        // Phases in beats of the faster song.
        let phase = |song: TempoEstimate, faster: f32| song.phase * faster;
        let late = phase(a, ratio.max(1.0)) - phase(b, (1.0 / ratio).max(1.0));
        Self { ratio, off: b.bpm / (a.bpm * ratio) - 1.0, late: late - late.round() }
    }

    /// Whether the tempi are so near that the beats can be compared.
    #[must_use]
    pub fn runs_together(&self) -> bool {
        self.off.abs() < 0.01
    }

    /// How well the tempi fit.
    #[must_use]
    pub fn fit(&self) -> f32 {
        let tempo = falling(self.off.abs(), TEMPO_LIMITS);
        let beside = if self.runs_together() { 1.0 - falling(self.late.abs(), PHASE_LIMITS) } else { 0.0 };
        tempo * (1.0 - PHASE_SHARE * beside)
    }
}

/// How well two songs fit that have so many onsets per second in what is heard of them: one sparse song is enough.
#[must_use]
pub fn density_fit(rates: [f32; SONGS]) -> f32 {
    let [a, b] = rates.map(|rate| 1.0 - falling(rate, DENSITY_LIMITS));
    1.0 - a * b
}

/// How little of two songs is heard in the same bands, from the mean powers `[song][band]` of what is heard, B's shifted up
/// by `transposed` semitones, and the frequency in Hz about which they meet. `None` when either is silent.
///
/// Loudness grows with about the 0.3rd power of power (Stevens, "The measurement of loudness", 1955).
#[must_use]
pub fn register_fit(power: [&[f32; BANDS]; SONGS], transposed: i8) -> Option<(f32, f32)> {
    let up = libm::exp2f(f32::from(transposed) / 12.0);
    let loudness = |power: f32| if power > SILENCE { libm::powf(power, 0.3) } else { 0.0 };
    let a: [f32; BANDS] = std::array::from_fn(|band| loudness(power[0][band]));
    let b: [f32; BANDS] = std::array::from_fn(|band| {
        let from = band_position(centre_hz(band) / up).round() as usize;
        loudness(power[1][from.min(BANDS - 1)])
    });
    let (whole_a, whole_b) = (a.iter().sum::<f32>(), b.iter().sum::<f32>());
    if whole_a <= 0.0 || whole_b <= 0.0 {
        return None;
    }
    // Shares of each song's own loudness: which of them is louder is the faders' affair.
    let shared = || a.iter().zip(&b).map(|(a, b)| (a / whole_a).min(b / whole_b));
    let overlap: f32 = shared().sum();
    let middle = shared().enumerate().map(|(band, shared)| band as f32 * shared).sum::<f32>() / overlap.max(1e-12);
    Some((falling(overlap, OVERLAP_LIMITS), centre_hz((middle.round() as usize).min(BANDS - 1))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale(tonic: usize) -> [f32; PITCH_CLASSES] {
        std::array::from_fn(
            |class| if [0, 2, 4, 5, 7, 9, 11].contains(&((12 + class - tonic) % 12)) { 1.0 } else { 0.0 },
        )
    }

    fn tempo(bpm: f32, phase: f32) -> TempoEstimate {
        TempoEstimate { bpm, confidence: 0.8, phase }
    }

    #[test]
    fn keys_fit_best_after_the_right_transposition_and_worse_with_each_fifth() {
        let fit = |b: u8, transposed| key_fit(-(b as i8), [&scale(0), &scale(b.into())], transposed);
        assert_eq!(fit(0, 0), 1.0);
        assert_eq!(fit(2, -2), 1.0);
        let along: Vec<f32> = [0, 7, 2, 9, 4].map(|b| fit(b, 0)).to_vec();
        assert!(along.windows(2).all(|pair| pair[1] < pair[0]), "{along:?}");
        assert!(fit(6, 0) < 0.1 && fit(1, 0) < 0.2);
    }

    #[test]
    fn half_and_double_time_fit_and_beats_beside_each_other_do_not() {
        let fit = |a: (f32, f32), b: (f32, f32)| TempoMatch::of([tempo(a.0, a.1), tempo(b.0, b.1)]).fit();
        assert_eq!(fit((120.0, 0.3), (120.0, 0.3)), 1.0);
        assert_eq!(fit((120.0, 0.3), (60.0, 0.15)), 1.0);
        assert_eq!(fit((60.0, 0.6), (120.0, 0.2)), 1.0);
        assert!((fit((120.0, 0.0), (120.0, 0.5)) - 0.5).abs() < 1e-6);
        assert_eq!(fit((120.0, 0.0), (128.0, 0.0)), 0.0);
        let found = TempoMatch::of([tempo(120.0, 0.5), tempo(122.4, 0.25)]);
        assert!((found.off - 0.02).abs() < 1e-5 && (found.late - 0.25).abs() < 1e-6, "{found:?}");
    }

    #[test]
    fn one_sparse_song_is_enough_and_apart_registers_fit() {
        assert_eq!((density_fit([8.0, 1.0]), density_fit([9.0, 9.0])), (1.0, 0.0));
        let low: [f32; BANDS] = std::array::from_fn(|band| if band < 20 { 0.01 } else { 0.0 });
        let high: [f32; BANDS] = std::array::from_fn(|band| if band > 40 { 0.01 } else { 0.0 });
        assert_eq!(register_fit([&low, &high], 0).map(|fit| fit.0), Some(1.0));
        assert!(register_fit([&low, &low], 0).is_some_and(|(fit, hz)| fit < 1e-6 && hz < 300.0));
        assert_eq!(register_fit([&low, &[0.0; BANDS]], 0), None);
        assert!(register_fit([&high, &low], 6).is_some_and(|(fit, _)| fit == 1.0));
    }

    #[test]
    fn the_overall_figure_leans_on_the_worst() {
        assert_eq!(Fit::default().overall(), None);
        let fit = Fit { key: Some(1.0), tempo: Some(0.0), density: Some(1.0), register: None };
        assert!(fit.overall().is_some_and(|overall| overall < 0.4));
    }
}
