//! Whether song B is there at all.
//!
//! Hosts hand an unconnected side-chain over as digital silence, and a connected track that is silent often as the dither
//! or the hum of whatever made it. So absence is a level and a hold: B is absent until a hop reaches [`AUDIBLE`], and again
//! after ten seconds below it. Song A then passes untouched. Nothing of a quiet beginning that reaches the level is lost,
//! since the mask is there before the hop that reached it is heard.

use crate::stream::layout::{CHANNELS, StreamLayout};

/// Peak in linear units that makes a hop a sound, -80 dBFS. The dither of 16 bits stays below it, a step of theirs being
/// -90 dBFS, and what is quieter is not heard beside another song.
pub const AUDIBLE: f32 = 1e-4;
/// Seconds below [`AUDIBLE`] after which B counts as absent. Songs pause for some seconds, and A must not break in then.
pub const ABSENT_AFTER: f32 = 10.0;
/// Hops of the crossfade between A untouched and the mask. Shorter than the latency in hops, so that the fade is over
/// before B's first sound reaches the output.
const FADE_HOPS: f32 = 4.0;

/// Tracks song B's presence hop by hop.
#[derive(Debug, Clone)]
pub struct Presence {
    silent_hops: u32,
    limit: u32,
    amount: f32,
}

impl Presence {
    /// B absent.
    #[must_use]
    pub fn new(layout: &StreamLayout) -> Self {
        let limit = (ABSENT_AFTER / layout.hop_seconds()) as u32;
        Self { silent_hops: limit, limit, amount: 0.0 }
    }

    /// B absent again.
    pub fn reset(&mut self) {
        self.silent_hops = self.limit;
        self.amount = 0.0;
    }

    /// Hears B's newest hop, `[channel][sample]`.
    pub fn hear(&mut self, hop: [&[f32]; CHANNELS]) {
        let silent = hop.iter().all(|channel| channel.iter().all(|sample| sample.abs() < AUDIBLE));
        self.silent_hops = if silent { (self.silent_hops + 1).min(self.limit) } else { 0 };
        let step = 1.0 / FADE_HOPS;
        self.amount = (self.amount + if self.is_present() { step } else { -step }).clamp(0.0, 1.0);
    }

    /// Whether B is there.
    #[must_use]
    pub const fn is_present(&self) -> bool {
        self.silent_hops < self.limit
    }

    /// How much of the mask is heard, 0 = A untouched … 1 = only the mask.
    #[must_use]
    pub const fn amount(&self) -> f32 {
        self.amount
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_seconds_below_the_level_are_absence_and_one_sample_at_it_is_presence() {
        let layout = StreamLayout::for_sample_rate(48_000.0);
        let mut presence = Presence::new(&layout);
        let silence = vec![0.0; layout.hop];
        // Three steps of 16 bits, as loud as noise-shaped dither gets, and -150 dBFS.
        let dither: Vec<f32> = (0..layout.hop).map(|n| ((n * n) % 7) as f32 / 32_768.0 - 3.0 / 32_768.0).collect();
        let hum = vec![3e-8; layout.hop];
        for quiet in [&silence, &dither, &hum] {
            presence.hear([quiet, quiet]);
            assert!(!presence.is_present());
        }
        let mut click = silence.clone();
        click[7] = -AUDIBLE;
        presence.hear([&silence, &click]);
        assert!(presence.is_present());
        let hops = (0..2000).take_while(|_| {
            presence.hear([&dither, &hum]);
            presence.is_present()
        });
        let seconds = hops.count() as f32 * layout.hop_seconds();
        assert!((seconds - ABSENT_AFTER).abs() < 0.03, "{seconds}");
    }

    #[test]
    fn the_fade_is_over_before_the_sound_reaches_the_output() {
        let layout = StreamLayout::for_sample_rate(48_000.0);
        assert!(FADE_HOPS <= (layout.latency() / layout.hop) as f32);
    }
}
