//! Where notes and hits begin: how much the bands of a song rise from hop to hop (spectral flux; Dixon, "Onset detection
//! revisited", 2006).

use songweave_dsp::stream::layout::BANDS;

/// Power that cannot be told from silence: -70 dB.
const SILENCE: f32 = 1e-7;
/// Time in seconds over which the usual flux is taken.
const USUAL: f32 = 0.4;
/// Time in seconds over which onsets are counted.
const COUNTED: f32 = 6.0;
/// Seconds between two onsets at least.
const CLOSEST: f32 = 0.06;
/// An onset rises this far above the usual flux, in nepers per band.
const LEAST: f32 = 0.12;

/// Rises of one song.
#[derive(Debug, Clone)]
pub struct Onsets {
    /// Levels of the last two hops, `[hop][band]`, natural logarithm of power.
    levels: [[f32; BANDS]; 2],
    /// Hops until both levels are known.
    fresh: u8,
}

/// How much a song rose in a hop.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rise {
    /// Of the song as it came in, mean over the bands, in nepers of power.
    pub whole: f32,
    /// Of what is heard of it.
    pub heard: f32,
}

impl Default for Onsets {
    /// Nothing heard.
    fn default() -> Self {
        Self { levels: [[0.0; BANDS]; 2], fresh: 2 }
    }
}

impl Onsets {
    /// Hears the powers `[band]` of the next hop and how much of them reaches the output (0…1, `[band]`).
    pub fn hear(&mut self, power: &[f32; BANDS], gains: &[f32; BANDS]) -> Rise {
        let level = power.map(|power| libm::logf(if power.is_finite() { power.max(0.0) } else { 0.0 } + SILENCE));
        let mut rise = Rise::default();
        if self.fresh == 0 {
            for (band, level) in level.iter().enumerate() {
                // Against the louder of two hops, so that beating does not count.
                let risen = (level - self.levels[0][band].max(self.levels[1][band])).max(0.0);
                rise.whole += risen;
                rise.heard += risen * gains[band];
            }
        }
        self.fresh = self.fresh.saturating_sub(1);
        self.levels = [self.levels[1], level];
        Rise { whole: rise.whole / BANDS as f32, heard: rise.heard / BANDS as f32 }
    }
}

/// Counts the onsets of what is heard.
#[derive(Debug, Clone)]
pub struct Density {
    hop_seconds: f32,
    usual: f32,
    last: f32,
    since: f32,
    rate: f32,
}

impl Density {
    /// Nothing heard.
    #[must_use]
    pub const fn new(hop_seconds: f32) -> Self {
        Self { hop_seconds, usual: 0.0, last: 0.0, since: CLOSEST, rate: 0.0 }
    }

    /// Hears the rise of the next hop.
    pub fn hear(&mut self, rise: f32) {
        let begins = rise > self.usual + LEAST && rise > self.last && self.since >= CLOSEST;
        self.since = if begins { 0.0 } else { self.since + self.hop_seconds };
        self.last = rise;
        self.usual += (rise - self.usual) * self.hop_seconds / USUAL;
        let keep = libm::expf(-self.hop_seconds / COUNTED);
        self.rate = self.rate * keep + if begins { (1.0 - keep) / self.hop_seconds } else { 0.0 };
    }

    /// Onsets per second lately.
    #[must_use]
    pub const fn rate(&self) -> f32 {
        self.rate
    }
}
