//! Provisional sounds of the band: a few partials per note, sweeps and noise for drums.
//!
//! They only make the arrangement audible until the learned instruments come.

use std::f32::consts::TAU;

use realfft::num_complex::Complex32;

use crate::{
    band::{INSTRUMENTS, Instrument},
    layout::{CHANNELS, StreamLayout},
    player::NoteEvent,
};

/// What the instruments sound like in one hop, `[instrument][channel][sample]`.
#[derive(Debug, Clone)]
pub struct Sounds([[Vec<f32>; CHANNELS]; INSTRUMENTS]);

impl Sounds {
    /// A silent hop.
    ///
    /// # Allocates
    #[must_use]
    pub fn new(layout: &StreamLayout) -> Self {
        Self(std::array::from_fn(|_| std::array::from_fn(|_| vec![0.0; layout.hop])))
    }

    /// Samples of a hop.
    #[must_use]
    pub fn length(&self) -> usize {
        self.0[0][0].len()
    }

    /// Makes it silent.
    pub fn clear(&mut self) {
        self.0.iter_mut().flatten().for_each(|samples| samples.fill(0.0));
    }

    /// A sample of an instrument, `[channel]`.
    #[must_use]
    pub fn at(&self, instrument: usize, sample: usize) -> [f32; CHANNELS] {
        let [left, right] = &self.0[instrument];
        [left[sample], right[sample]]
    }
}

/// Voices that sound at the same time; the oldest one makes room.
const VOICES: usize = 48;
const PARTIALS: usize = 5;
/// Time in seconds in which a released note falls to a thousandth.
const RELEASE: f32 = 0.12;
/// A voice this quiet is over.
const INAUDIBLE: f32 = 1e-5;

/// What makes an instrument.
struct Recipe {
    /// Amplitude of each partial.
    partials: [f32; PARTIALS],
    /// Seconds to full level, and seconds in which a held note falls to a thousandth.
    attack: f32,
    decay: f32,
    gain: f32,
    /// Left 0 … right 1.
    pan: f32,
}

/// Bass, keys and pad; drums have [`drum`].
const RECIPES: [Recipe; INSTRUMENTS] = [
    Recipe { partials: [1.0, 0.0, 0.0, 0.0, 0.0], attack: 0.001, decay: 0.3, gain: 0.3, pan: 0.5 },
    Recipe { partials: [1.0, 0.5, 0.2, 0.1, 0.05], attack: 0.005, decay: 3.0, gain: 0.22, pan: 0.5 },
    Recipe { partials: [1.0, 0.35, 0.2, 0.1, 0.05], attack: 0.004, decay: 2.5, gain: 0.1, pan: 0.62 },
    Recipe { partials: [1.0, 0.3, 0.25, 0.08, 0.04], attack: 0.15, decay: 20.0, gain: 0.05, pan: 0.38 },
];

/// A drum: frequency in Hz, seconds of decay, share of noise, gain.
const fn drum(key: u8) -> (f32, f32, f32, f32) {
    match key {
        35 | 36 => (52.0, 0.35, 0.02, 0.75),
        37..=40 => (185.0, 0.22, 0.75, 0.35),
        42 | 44 => (6_000.0, 0.06, 1.0, 0.12),
        46 => (6_000.0, 0.4, 1.0, 0.12),
        49 | 55 | 57 => (5_000.0, 1.4, 0.97, 0.16),
        51 | 53 | 59 => (4_200.0, 0.7, 0.9, 0.1),
        41..=50 => (60.0 + 12.0 * (key - 41) as f32, 0.4, 0.1, 0.45),
        _ => (750.0, 0.12, 0.5, 0.2),
    }
}

#[derive(Debug, Clone, Copy)]
struct Voice {
    instrument: Instrument,
    key: u8,
    /// Pointers of the partials and what turns them by a sample.
    pointers: [Complex32; PARTIALS],
    turns: [Complex32; PARTIALS],
    gains: [f32; PARTIALS],
    /// Level, and the factor on it per sample.
    level: f32,
    keep: f32,
    attack: f32,
    rise: f32,
    noise: f32,
    seed: u32,
    before: f32,
    pan: [f32; CHANNELS],
    released: bool,
}

/// All voices of the band.
pub struct Instruments {
    voices: [Option<Voice>; VOICES],
    next: usize,
    sample_rate: f32,
}

impl Instruments {
    /// Silent instruments.
    #[must_use]
    pub const fn new(layout: &StreamLayout) -> Self {
        Self { voices: [None; VOICES], next: 0, sample_rate: layout.sample_rate }
    }

    /// Cuts everything.
    pub fn reset(&mut self) {
        self.voices = [None; VOICES];
        self.next = 0;
    }

    /// Whether nothing sounds.
    #[must_use]
    pub fn are_silent(&self) -> bool {
        self.voices.iter().all(Option::is_none)
    }

    /// Plays a hop with the events in it, in order of their samples.
    ///
    /// # Real-time safety
    /// Neither allocates nor blocks.
    pub fn play(&mut self, events: &[NoteEvent], sounds: &mut Sounds) {
        sounds.clear();
        let (length, mut from) = (sounds.length(), 0);
        for event in events {
            let to = event.at.clamp(from, length);
            self.draw(from, to, sounds);
            from = to;
            if event.velocity > 0 { self.begin(event) } else { self.release(event) }
        }
        self.draw(from, length, sounds);
    }

    fn begin(&mut self, event: &NoteEvent) {
        let free = self.voices.iter().position(Option::is_none).unwrap_or(self.next);
        self.next = (free + 1) % VOICES;
        self.voices[free] = Some(self.voice(event));
    }

    fn voice(&self, event: &NoteEvent) -> Voice {
        let recipe = &RECIPES[event.instrument as usize];
        let loudness = (f32::from(event.velocity) / 127.0).powf(1.5);
        let drum = (event.instrument == Instrument::Drums).then(|| drum(event.key));
        let (hz, decay, noise, gain) = match drum {
            Some((hz, decay, noise, gain)) => (hz, decay, noise, gain),
            None => (440.0 * ((f32::from(event.key) - 69.0) / 12.0).exp2(), recipe.decay, 0.0, recipe.gain),
        };
        let turn = |partial: usize| {
            let cycles = (hz * (partial + 1) as f32 / self.sample_rate).min(0.5);
            let (sin, cos) = (TAU * cycles).sin_cos();
            Complex32::new(cos, sin)
        };
        let audible = |partial: usize| hz * ((partial + 1) as f32) < 0.45 * self.sample_rate;
        let angle = 0.5 * std::f32::consts::PI * recipe.pan;
        Voice {
            instrument: event.instrument,
            key: event.key,
            pointers: [Complex32::new(1.0, 0.0); PARTIALS],
            turns: std::array::from_fn(turn),
            gains: std::array::from_fn(|partial| if audible(partial) { recipe.partials[partial] } else { 0.0 }),
            level: gain * loudness,
            keep: self.fall(decay),
            attack: 0.0,
            rise: 1.0 / (recipe.attack * self.sample_rate).max(1.0),
            noise,
            seed: 0x9E37_79B9 ^ (u32::from(event.key) << 8),
            before: 0.0,
            pan: [angle.cos(), angle.sin()],
            released: false,
        }
    }

    /// Factor per sample that falls to a thousandth in so many seconds.
    fn fall(&self, seconds: f32) -> f32 {
        (0.001_f32.ln() / (seconds * self.sample_rate)).exp()
    }

    fn release(&mut self, event: &NoteEvent) {
        // A stroke on a drum rings out by itself.
        if event.instrument == Instrument::Drums {
            return;
        }
        let keep = self.fall(RELEASE);
        let meant =
            |voice: &&mut Voice| (voice.instrument, voice.key) == (event.instrument, event.key) && !voice.released;
        for voice in self.voices.iter_mut().flatten().filter(meant) {
            (voice.keep, voice.released) = (keep, true);
        }
    }

    fn draw(&mut self, from: usize, to: usize, sounds: &mut Sounds) {
        for place in &mut self.voices {
            let Some(voice) = place else { continue };
            let [left, right] = &mut sounds.0[voice.instrument as usize];
            for (left, right) in left[from..to].iter_mut().zip(&mut right[from..to]) {
                let sample = voice.next();
                *left += voice.pan[0] * sample;
                *right += voice.pan[1] * sample;
            }
            if voice.level < INAUDIBLE {
                *place = None;
            }
        }
    }
}

impl Voice {
    /// The next sample.
    fn next(&mut self) -> f32 {
        let mut tone = 0.0;
        for ((pointer, turn), gain) in self.pointers.iter_mut().zip(&self.turns).zip(&self.gains) {
            if *gain > 0.0 {
                tone += gain * pointer.im;
                *pointer *= turn;
            }
        }
        if self.noise > 0.0 {
            self.seed = self.seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let white = (self.seed >> 8) as f32 / 8_388_608.0 - 1.0;
            // A difference of neighbours is bright.
            tone = (1.0 - self.noise) * tone + self.noise * 0.7 * (white - self.before);
            self.before = white;
        }
        self.attack = (self.attack + self.rise).min(1.0);
        self.level *= self.keep;
        self.level * self.attack * tone
    }
}
