//! A synthetic singer: harmonics of a gliding pitch through the formants of vowels, breath and consonants.

use songweave_score::{notation::note::Note, random::Random};

/// Samples over which pitch, formants and levels are taken as straight lines.
pub const BLOCK: usize = 128;
/// Loudness from which on a voice counts as voiced; notes are sung at 0.3 to 1.
const VOICED: f32 = 0.1;
/// Formants of a vowel.
const FORMANTS: usize = 5;
/// Highest harmonic in Hz.
const HIGHEST: f32 = 14_000.0;
/// Formant frequencies of a low male voice in Hz: a, e, i, o, u, schwa, ae, oe, ue.
const VOWELS: [[f32; FORMANTS]; 9] = [
    [700.0, 1150.0, 2500.0, 3300.0, 4200.0],
    [430.0, 1900.0, 2550.0, 3350.0, 4300.0],
    [280.0, 2200.0, 2900.0, 3500.0, 4400.0],
    [450.0, 800.0, 2450.0, 3250.0, 4150.0],
    [320.0, 700.0, 2300.0, 3200.0, 4100.0],
    [500.0, 1450.0, 2500.0, 3350.0, 4250.0],
    [640.0, 1700.0, 2450.0, 3400.0, 4300.0],
    [400.0, 1500.0, 2300.0, 3250.0, 4150.0],
    [290.0, 1750.0, 2250.0, 3250.0, 4200.0],
];

/// How a singer sounds and sings.
#[derive(Debug, Clone, PartialEq)]
pub struct Singer {
    /// Formants against a low male voice: 1 = male, 1.18 = female, 1.35 = child.
    pub tract: f32,
    /// Slope of the voice source in dB per octave, about -12 (soft) … -5 (pressed).
    pub slope: f32,
    /// Bandwidth of the formants against the usual.
    pub width: f32,
    /// Boost of 3 kHz in dB, as trained singers have.
    pub ring: f32,
    /// Level of breath noise against the voice, linear.
    pub breath: f32,
    /// Level of consonants, linear.
    pub consonants: f32,
    /// Vibrato depth in semitones.
    pub vibrato: f32,
    /// Vibrato rate in Hz.
    pub vibrato_rate: f32,
    /// Random wander of the pitch in semitones.
    pub jitter: f32,
    /// Time in which the pitch gets from note to note, seconds.
    pub glide: f32,
    /// Speaks rather than sings: pitch falls within each syllable.
    pub spoken: bool,
    /// Sings on this one vowel without consonants (a, e, i, o, u, …); `None` = on any.
    pub vowel: Option<usize>,
}

impl Singer {
    /// A random singer: man, woman or child.
    #[must_use]
    pub fn random(random: &mut Random) -> Self {
        let kind = [1.0, 1.0, 1.18, 1.18, 1.35][random.index(5)];
        Self {
            tract: kind * random.between(0.92, 1.08),
            slope: random.between(-12.0, -5.0),
            width: random.between(0.7, 1.6),
            ring: random.between(-3.0, 9.0),
            breath: 10f32.powf(random.between(-2.2, -0.7)),
            consonants: random.between(0.1, 0.7),
            vibrato: if random.chance(0.6) { random.between(0.05, 0.8) } else { 0.0 },
            vibrato_rate: random.between(4.5, 7.0),
            jitter: random.between(0.02, 0.15),
            glide: random.between(0.01, 0.09),
            spoken: random.chance(0.25),
            vowel: if random.chance(0.06) { Some(random.index(5)) } else { None },
        }
    }

    /// The keys that suit this voice, lowest and highest.
    #[must_use]
    pub fn range(&self) -> (f32, f32) {
        let middle = 55.0 + 30.0 * (self.tract - 1.0) - if self.spoken { 8.0 } else { 0.0 };
        (middle - 9.0, middle + 11.0)
    }

    /// Sings the notes, which are in seconds from the first sample; `samples` of mono at `rate` Hz, peaks about ±1.
    /// Notes of one singer follow each other: a note ends where the next begins.
    #[must_use]
    pub fn sing(&self, notes: &[Note], samples: usize, rate: u32, random: &mut Random) -> Vec<f32> {
        self.sing_with_keys(notes, samples, rate, random).0
    }

    /// As [`Self::sing`], and the pitch of every [`BLOCK`] samples as MIDI key with fractions, 0 where nothing is voiced.
    #[must_use]
    pub fn sing_with_keys(
        &self,
        notes: &[Note],
        samples: usize,
        rate: u32,
        random: &mut Random,
    ) -> (Vec<f32>, Vec<f32>) {
        let mut out = vec![0.0; samples.next_multiple_of(BLOCK)];
        let mut keys = vec![0.0; out.len() / BLOCK];
        let mut throat = Throat::new(self, rate as f32);
        let syllables = syllables(self, notes, random);
        let mut next = 0;
        for (index, block) in out.chunks_exact_mut(BLOCK).enumerate() {
            let now = (index * BLOCK) as f32 / rate as f32;
            while syllables.get(next + 1).is_some_and(|syllable| syllable.start - syllable.onset <= now) {
                next += 1;
            }
            if let Some(syllable) = syllables.get(next) {
                throat.block(syllable, now, block, random);
                keys[index] = throat.voiced_key(now - syllable.start);
            }
        }
        out.truncate(samples);
        normalise(&mut out);
        (out, keys)
    }
}

/// One note as it is sung.
struct Syllable {
    start: f32,
    length: f32,
    key: f32,
    loud: f32,
    /// Vowel at the beginning and at the end, indices of [`VOWELS`].
    vowels: [usize; 2],
    /// Length of the consonant before the note in seconds, 0 = none.
    onset: f32,
    /// Centre of the consonant's noise in Hz.
    hiss: f32,
    /// A burst rather than a hiss.
    plosive: bool,
    /// Change of pitch over the note in semitones, when spoken.
    fall: f32,
}

fn syllables(singer: &Singer, notes: &[Note], random: &mut Random) -> Vec<Syllable> {
    let mut syllables = Vec::with_capacity(notes.len());
    for (index, note) in notes.iter().enumerate() {
        let until = notes.get(index + 1).map_or(f64::INFINITY, |next| next.start);
        let vowel = singer.vowel.unwrap_or_else(|| random.index(VOWELS.len())).min(VOWELS.len() - 1);
        let other = if singer.vowel.is_none() && random.chance(0.25) { random.index(VOWELS.len()) } else { vowel };
        let plosive = random.chance(0.4);
        let onset = if singer.vowel.is_none() && random.chance(0.65) {
            random.between(0.03, if plosive { 0.05 } else { 0.13 })
        } else {
            0.0
        };
        syllables.push(Syllable {
            start: note.start as f32,
            length: note.length.min(until - note.start).max(0.03) as f32,
            key: note.key,
            loud: (0.35 + 0.65 * note.velocity) * random.between(0.75, 1.0),
            vowels: [vowel, other],
            onset,
            hiss: random.between(2_000.0, 9_000.0),
            plosive,
            fall: if singer.spoken { random.between(-7.0, 2.0) } else { 0.0 },
        });
    }
    syllables
}

/// The state of a voice from block to block.
struct Throat<'a> {
    singer: &'a Singer,
    rate: f32,
    phase: f64,
    key: f32,
    wander: f32,
    vibrato_phase: f32,
    loud: f32,
    consonant: f32,
    formants: [f32; FORMANTS],
    /// `[harmonic]` complex amplitudes at the end of the last block.
    harmonics: Vec<[f32; 2]>,
    resonators: [Resonator; FORMANTS],
    hiss: Resonator,
}

impl<'a> Throat<'a> {
    fn new(singer: &'a Singer, rate: f32) -> Self {
        Self {
            singer,
            rate,
            phase: 0.0,
            key: 0.0,
            wander: 0.0,
            vibrato_phase: 0.0,
            loud: 0.0,
            consonant: 0.0,
            formants: VOWELS[0],
            harmonics: Vec::new(),
            resonators: Default::default(),
            hiss: Resonator::default(),
        }
    }

    fn block(&mut self, syllable: &Syllable, now: f32, out: &mut [f32], random: &mut Random) {
        let step = BLOCK as f32 / self.rate;
        let age = now - syllable.start;
        let sounding = age >= 0.0 && age < syllable.length;
        let target = if sounding { syllable.loud } else { 0.0 };
        let pace = if sounding { 0.025 } else { 0.05 };
        let before = self.loud;
        self.loud += (target - self.loud) * (1.0 - (-step / pace).exp());
        self.move_pitch(syllable, age, step, random);
        self.move_formants(syllable, age, step);
        if before.max(self.loud) > 1e-4 {
            self.voiced(before, age, out);
            self.breathe(before, out, random);
        } else {
            self.harmonics.clear();
        }
        self.articulate(syllable, age, step, out, random);
    }

    fn move_pitch(&mut self, syllable: &Syllable, age: f32, step: f32, random: &mut Random) {
        if self.loud < 1e-3 || self.key == 0.0 {
            self.key = syllable.key - 0.7;
        }
        let along = (age / syllable.length).clamp(0.0, 1.0);
        let target = syllable.key + syllable.fall * along;
        self.key += (target - self.key) * (1.0 - (-step / self.singer.glide).exp());
        self.wander += (0.25 * random.normal() - self.wander) * (1.0 - (-step / 0.06f32).exp());
        self.vibrato_phase += step * self.singer.vibrato_rate;
    }

    /// The MIDI key that sounds.
    fn key(&self, age: f32) -> f32 {
        let vibrato = self.singer.vibrato * ((age - 0.25) / 0.3).clamp(0.0, 1.0);
        let swing = (std::f32::consts::TAU * self.vibrato_phase).sin();
        self.key + vibrato * swing + 4.0 * self.singer.jitter * self.wander
    }

    /// The key that is heard, 0 where the voice is too faint for one.
    fn voiced_key(&self, age: f32) -> f32 {
        if self.loud < VOICED { 0.0 } else { self.key(age) }
    }

    fn frequency(&self, age: f32) -> f32 {
        440.0 * ((self.key(age) - 69.0) / 12.0).exp2()
    }

    fn move_formants(&mut self, syllable: &Syllable, age: f32, step: f32) {
        let late = age > 0.5 * syllable.length;
        let goal = VOWELS[syllable.vowels[usize::from(late)]];
        let pace = 1.0 - (-step / if late { 0.12f32 } else { 0.035 }).exp();
        for (formant, goal) in self.formants.iter_mut().zip(goal) {
            *formant += (goal * self.singer.tract - *formant) * pace;
        }
    }

    /// Complex response of throat and source at `hz`.
    fn response(&self, hz: f32) -> [f32; 2] {
        let (mut re, mut im) = (1.0, 0.0);
        for (index, &formant) in self.formants.iter().enumerate() {
            // Second-order resonance with gain 1 at 0 Hz.
            let width = self.singer.width * (60.0 + 0.04 * formant) * (1.0 + 0.2 * index as f32);
            let (a, b) = (1.0 - (hz / formant).powi(2), hz * width / (formant * formant));
            let norm = a * a + b * b;
            (re, im) = ((re * a + im * b) / norm, (im * a - re * b) / norm);
        }
        let octaves = (hz / 100.0).max(0.5).log2();
        let ring = self.singer.ring * (-((hz / (2_900.0 * self.singer.tract)).log2() * 2.5).powi(2)).exp();
        // Five resonances fall by 60 dB per octave above them; what higher resonances would give back is added.
        let lift = 1.0 + (hz / (3_400.0 * self.singer.tract)).powi(6);
        let gain = 10f32.powf((self.singer.slope * octaves + ring) / 20.0) * lift.min(1e4);
        [re * gain, im * gain]
    }

    fn voiced(&mut self, loud_before: f32, age: f32, out: &mut [f32]) {
        let hz = self.frequency(age);
        let increment = f64::from(hz / self.rate);
        let count = ((HIGHEST.min(0.45 * self.rate) / hz) as usize).max(1);
        let goals: Vec<[f32; 2]> = (1..=count).map(|harmonic| self.response(hz * harmonic as f32)).collect();
        self.harmonics.resize(count, [0.0; 2]);
        let mut turn = [[0.0f32; 2]; BLOCK];
        let mut wave = [[1.0f32, 0.0]; BLOCK];
        for (n, turn) in turn.iter_mut().enumerate() {
            let angle = ((self.phase + increment * n as f64).fract() * std::f64::consts::TAU) as f32;
            *turn = [angle.cos(), angle.sin()];
        }
        self.phase = (self.phase + increment * BLOCK as f64).fract();
        for (held, goal) in self.harmonics.iter_mut().zip(goals) {
            let step = [(goal[0] - held[0]) / BLOCK as f32, (goal[1] - held[1]) / BLOCK as f32];
            for (n, out) in out.iter_mut().enumerate() {
                let (turn, wave) = (turn[n], &mut wave[n]);
                *wave = [wave[0] * turn[0] - wave[1] * turn[1], wave[0] * turn[1] + wave[1] * turn[0]];
                let at = n as f32;
                let loud = loud_before + (self.loud - loud_before) * at / BLOCK as f32;
                *out += loud * ((held[0] + step[0] * at) * wave[0] - (held[1] + step[1] * at) * wave[1]);
            }
            *held = goal;
        }
    }

    fn breathe(&mut self, loud_before: f32, out: &mut [f32], random: &mut Random) {
        let level = self.singer.breath * 0.5 * (loud_before + self.loud);
        for (resonator, &formant) in self.resonators.iter_mut().zip(&self.formants) {
            resonator.tune(formant, 0.12 * formant, self.rate);
        }
        for out in out {
            let noise = level * random.noise();
            *out += self.resonators.iter_mut().map(|resonator| resonator.next(noise)).sum::<f32>() + 0.1 * noise;
        }
    }

    fn articulate(&mut self, syllable: &Syllable, age: f32, step: f32, out: &mut [f32], random: &mut Random) {
        let speaking = syllable.onset > 0.0 && age >= -syllable.onset && age < 0.01;
        // A plosive is silent but for its last few milliseconds.
        let sounds = speaking && (!syllable.plosive || age > -0.012);
        let goal = if sounds { self.singer.consonants * syllable.loud } else { 0.0 };
        self.consonant += (goal - self.consonant) * (1.0 - (-step / 0.008f32).exp());
        if self.consonant < 1e-4 {
            return;
        }
        self.hiss.tune(syllable.hiss, 0.5 * syllable.hiss, self.rate);
        for out in out {
            *out += 1.5 * self.hiss.next(self.consonant * random.noise());
        }
    }
}

/// A two-pole band-pass with peak gain 1.
#[derive(Debug, Clone, Copy, Default)]
struct Resonator {
    b: f32,
    a: [f32; 2],
    input: [f32; 2],
    output: [f32; 2],
}

impl Resonator {
    fn tune(&mut self, hz: f32, width: f32, rate: f32) {
        let angle = std::f32::consts::TAU * (hz / rate).min(0.45);
        let alpha = 0.5 * angle.sin() * width / hz;
        self.b = alpha / (1.0 + alpha);
        self.a = [-2.0 * angle.cos() / (1.0 + alpha), (1.0 - alpha) / (1.0 + alpha)];
    }

    fn next(&mut self, input: f32) -> f32 {
        let out = self.b * (input - self.input[1]) - self.a[0] * self.output[0] - self.a[1] * self.output[1];
        self.input = [input, self.input[0]];
        self.output = [out, self.output[0]];
        out
    }
}

fn normalise(samples: &mut [f32]) {
    let peak = samples.iter().fold(0.0f32, |peak, sample| peak.max(sample.abs()));
    if peak > 0.0 {
        samples.iter_mut().for_each(|sample| *sample /= peak);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn singer() -> Singer {
        let mut random = Random::new(3);
        Singer { vibrato: 0.0, jitter: 0.0, spoken: false, breath: 0.01, ..Singer::random(&mut random) }
    }

    #[test]
    fn the_note_is_sung_at_its_pitch_and_ends() {
        let note = Note { start: 0.5, length: 1.0, key: 57.0, velocity: 0.8 };
        let out = singer().sing(&[note], 88_200, 44_100, &mut Random::new(1));
        let period = (100..400)
            .max_by(|&one, &other| {
                let similarity = |lag: usize| (40_000..44_000).map(|n| out[n] * out[n - lag]).sum::<f32>();
                similarity(one).total_cmp(&similarity(other))
            })
            .unwrap_or(0);
        assert!((period as f32 - 44_100.0 / 220.0).abs() < 2.0, "period {period}");
        assert!(out.iter().all(|sample| sample.is_finite() && sample.abs() <= 1.0));
        assert!(
            out[..15_000].iter().chain(&out[85_000..]).all(|sample| sample.abs() < 0.01),
            "silence around the note"
        );
    }

    #[test]
    fn nothing_to_sing_is_silence_and_the_seed_decides_everything() {
        assert!(singer().sing(&[], 1_000, 44_100, &mut Random::new(1)).iter().all(|&sample| sample == 0.0));
        let note = Note { start: 0.0, length: 0.2, key: 60.0, velocity: 1.0 };
        let sing = |seed| singer().sing(&[note], 9_000, 44_100, &mut Random::new(seed));
        assert_eq!(sing(1), sing(1));
        assert_ne!(sing(1), sing(2));
    }
}
