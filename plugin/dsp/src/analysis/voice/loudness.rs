//! How loud a voice usually is, learned while it sings, so that what is heard of it does not depend on its gain.
//!
//! A frame counts as singing when it is not far below that level; what is well below it, or unknown yet, has to stand out from
//! the background as well, which is the quietest of the last seconds (Martin, "Noise power spectral density estimation based on
//! optimal smoothing and minimum statistics", 2001, sec. III). So hum under a quiet voice is not taken for another one.

/// Level in dB that the loudest moments of every voice are told to have.
const NOMINAL_DB: f32 = -10.0;
/// A frame below this level in dB is silent, whatever was heard before.
const LOWEST_DB: f32 = -110.0;
/// Before anybody has sung, a frame above this level in dB or with a pitch above this MIDI key may be a voice even if it is as
/// steady as its background: mains hum repeats at most 120 times a second.
const NO_HUM: (f32, f32) = (-34.0, 48.0);
/// How far below its usual level a voice may be that is as steady as its background, and any voice, in dB.
const DEPTHS_DB: (f32, f32) = (22.0, 35.0);
/// How far a frame has to stand out from the background, in dB.
const ABOVE_DB: f32 = 8.0;
/// What the usual level follows a louder voice by, in dB per second.
const RISE_DB: f32 = 200.0;
/// What it loses in dB per second of singing.
const FORGET_DB: f32 = 0.25;
/// What it loses in dB per second in which somebody sings too quietly to be heard.
const GIVE_WAY_DB: f32 = 3.0;
/// The background is the quietest frame of so many seconds to twice as many.
const BACKGROUND_SECONDS: f32 = 3.0;
/// Hops until a window holds nothing from before the stream's start.
const FILLED: u32 = 4;
/// Level in dB of silence.
pub(super) const SILENT_DB: f32 = -120.0;

/// Learns how loud a voice is, and tells levels against that.
#[derive(Debug, Clone)]
pub(super) struct Loudness {
    hop_seconds: f32,
    /// Level in dB of its loudest moments; `None` until somebody has sung.
    usual: Option<f32>,
    /// Quietest frames of the present and the last stretch, in dB.
    quietest: [f32; 2],
    /// Hops of the present stretch.
    stretch: u32,
    /// Hops heard, up to [`FILLED`].
    heard: u32,
}

impl Loudness {
    /// Nobody has sung yet.
    pub(super) const fn new(hop_seconds: f32) -> Self {
        Self { hop_seconds, usual: None, quietest: [f32::INFINITY; 2], stretch: 0, heard: 0 }
    }

    /// Forgets everything heard.
    pub(super) const fn reset(&mut self) {
        *self = Self::new(self.hop_seconds);
    }

    /// Whether a frame of this level in dB is loud enough to have a pitch at all.
    pub(super) fn is_audible(level: f32) -> bool {
        level > LOWEST_DB
    }

    /// Takes the next frame's level in dB and the MIDI key that it may have; returns whether it may be the voice.
    pub(super) fn hear(&mut self, level: f32, key: Option<f32>) -> bool {
        self.heard = (self.heard + 1).min(FILLED);
        if self.heard == FILLED {
            self.quietest[0] = self.quietest[0].min(level);
            self.stretch += 1;
        }
        if self.stretch as f32 * self.hop_seconds >= BACKGROUND_SECONDS {
            (self.quietest, self.stretch) = ([f32::INFINITY, self.quietest[0]], 0);
        }
        let (surely, at_least) = match self.usual {
            Some(usual) => (usual - DEPTHS_DB.0, usual - DEPTHS_DB.1),
            None if key.is_some_and(|key| key > NO_HUM.1) => (LOWEST_DB, LOWEST_DB),
            None => (NO_HUM.0, LOWEST_DB),
        };
        Self::is_audible(level) && (level > surely || (level > at_least && self.stands_out(level)))
    }

    fn stands_out(&self, level: f32) -> bool {
        level > self.quietest[0].min(self.quietest[1]) + ABOVE_DB
    }

    /// Learns from a frame with a pitch; `heard` is what [`Self::hear`] said of it.
    pub(super) fn learn(&mut self, level: f32, heard: bool) {
        let Some(usual) = self.usual else {
            self.usual = heard.then_some(level);
            return;
        };
        let change = if level > usual {
            (RISE_DB * self.hop_seconds).min(level - usual)
        } else if heard {
            -FORGET_DB * self.hop_seconds
        } else if self.stands_out(level) {
            -GIVE_WAY_DB * self.hop_seconds
        } else {
            0.0
        };
        self.usual = Some(usual + change);
    }

    /// A level in dB as it is told: against the usual one. While nobody has surely sung, whoever may sing is as loud as usual, and
    /// everything else is silence.
    pub(super) fn told(&self, level: f32, may_sing: bool) -> f32 {
        let unknown = if may_sing { NOMINAL_DB } else { SILENT_DB };
        self.usual.map_or(unknown, |usual| ((level - usual).min(0.0) + NOMINAL_DB).max(SILENT_DB))
    }

    /// The level in dB that a frame in which nothing is heard counts as at least.
    pub(super) fn floor(&self) -> f32 {
        self.usual.map_or(LOWEST_DB, |usual| (usual - DEPTHS_DB.1).max(LOWEST_DB))
    }
}
