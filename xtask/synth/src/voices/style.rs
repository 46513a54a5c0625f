//! Ways of using a voice: sung, spoken, half spoken, whispered, shouted, falsetto, and the person behind it.

use crate::voices::vocoder::Timbre;
use songweave_score::random::Random;

/// What a voice does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Sings the notes.
    Sung,
    /// Speaks on the beat with the melody of speech, as rappers do.
    Spoken,
    /// Between speech and song.
    HalfSpoken,
    /// Speaks without voice.
    Whispered,
    /// Shouts about the notes.
    Shouted,
    /// Sings high and breathy.
    Falsetto,
    /// Sings on vowels: ooh, aah.
    Vocalise,
    /// Sings in steps without any glide, as hard tuning and robots do.
    Robot,
}

/// How one singer delivers a part.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Style {
    /// What the voice does.
    pub manner: Manner,
    /// Sound of the throat.
    pub timbre: Timbre,
    /// How much of the note's pitch is taken against the pitch of speech, 0…1.
    pub sung: f32,
    /// Rise and fall of speech against the recording's.
    pub expression: f32,
    /// Semitones by which speech is raised.
    pub raised: f32,
    /// Vibrato depth in semitones.
    pub vibrato: f32,
    /// Vibrato rate in Hz.
    pub vibrato_rate: f32,
    /// Seconds from note to note.
    pub glide: f32,
    /// Damping of the glide: below 1 the pitch overshoots.
    pub damping: f32,
    /// Slow random wander in semitones.
    pub wander: f32,
    /// Semitones below the note at which a phrase begins.
    pub scoop: f32,
    /// Chance that a syllable is held over the next note.
    pub slur: f32,
    /// Speed of consonants against the recording's.
    pub pace: f32,
}

impl Manner {
    /// A random manner: mostly sung.
    #[must_use]
    pub fn random(random: &mut Random) -> Self {
        match random.unit() {
            choice if choice < 0.44 => Self::Sung,
            choice if choice < 0.62 => Self::Spoken,
            choice if choice < 0.76 => Self::HalfSpoken,
            choice if choice < 0.79 => Self::Whispered,
            choice if choice < 0.86 => Self::Shouted,
            choice if choice < 0.92 => Self::Falsetto,
            choice if choice < 0.96 => Self::Vocalise,
            _ => Self::Robot,
        }
    }
}

impl Style {
    /// A random person in a random manner.
    #[must_use]
    pub fn random(random: &mut Random) -> Self {
        let manner = Manner::random(random);
        Self::of(manner, random)
    }

    /// A random person in a manner.
    #[must_use]
    pub fn of(manner: Manner, random: &mut Random) -> Self {
        let trained = random.chance(0.5);
        let sung = Self {
            manner,
            timbre: timbre(random),
            sung: 1.0,
            expression: random.between(0.7, 1.6),
            raised: random.between(-1.0, 5.0),
            vibrato: if trained { random.between(0.15, 0.9) } else { random.between(0.0, 0.15) },
            vibrato_rate: random.between(4.6, 6.8),
            glide: random.between(0.02, 0.1),
            damping: random.between(0.55, 1.0),
            wander: random.between(0.05, 0.25),
            scoop: if random.chance(0.5) { random.between(0.0, 3.0) } else { 0.0 },
            slur: random.between(0.0, 0.3),
            pace: random.between(0.8, 1.25),
        };
        match manner {
            Manner::Sung => sung,
            Manner::Spoken => Self { sung: 0.0, slur: 0.0, vibrato: 0.0, ..sung },
            Manner::HalfSpoken => Self { sung: random.between(0.35, 0.75), vibrato: 0.0, slur: 0.05, ..sung },
            Manner::Whispered => Self { sung: 0.0, slur: 0.0, timbre: Timbre { whisper: true, ..sung.timbre }, ..sung },
            Manner::Shouted => sung.shouted(random),
            Manner::Falsetto => sung.falsetto(random),
            Manner::Vocalise => Self { slur: 0.6, ..sung },
            Manner::Robot => sung.robot(random),
        }
    }

    fn robot(self, random: &mut Random) -> Self {
        let timbre = Timbre { jitter: 0.0, breath: 0.0, growl: 0.0, ..self.timbre };
        Self { timbre, glide: random.between(0.005, 0.02), damping: 1.0, wander: 0.0, scoop: 0.0, vibrato: 0.0, ..self }
    }

    fn shouted(self, random: &mut Random) -> Self {
        let growl = if random.chance(0.6) { random.between(0.2, 0.7) } else { 0.0 };
        let tension = random.between(2.0, 5.0);
        let timbre = Timbre { growl, tension, breath: 0.05, tract: self.timbre.tract * 1.06, ..self.timbre };
        Self { timbre, sung: random.between(0.3, 1.0), raised: random.between(6.0, 12.0), vibrato: 0.1, ..self }
    }

    fn falsetto(self, random: &mut Random) -> Self {
        let (tension, breath) = (random.between(-6.0, -3.0), random.between(0.05, 0.3));
        Self { timbre: Timbre { tension, breath, growl: 0.0, ..self.timbre }, ..self }
    }

    /// Whether syllables come as fast as in speech.
    #[must_use]
    pub const fn is_spoken(&self) -> bool {
        matches!(self.manner, Manner::Spoken | Manner::Whispered)
    }

    /// Semitones between the middle of the speaking voice and the middle of what it delivers.
    #[must_use]
    pub fn lift(&self) -> f32 {
        let tract = 20.0 * (self.timbre.tract - 1.0);
        tract
            + match self.manner {
                Manner::Sung | Manner::Vocalise | Manner::Robot => 5.0,
                Manner::Falsetto => 15.0,
                Manner::Shouted => 9.0,
                Manner::Spoken | Manner::Whispered | Manner::HalfSpoken => 1.0,
            }
    }
}

fn timbre(random: &mut Random) -> Timbre {
    Timbre {
        tract: if random.chance(0.4) { random.between(0.95, 1.05) } else { random.between(0.85, 1.3) },
        tension: 1.5 * random.normal().clamp(-2.0, 2.0),
        breath: if random.chance(0.3) { random.between(0.05, 0.4) } else { random.between(0.0, 0.04) },
        growl: if random.chance(0.1) { random.between(0.1, 0.5) } else { 0.0 },
        jitter: random.between(0.002, 0.012),
        whisper: false,
    }
}
