//! Whether song B is there at all.
//!
//! Hosts hand an unconnected side-chain over as digital silence, so that is what absence means: B is absent until its
//! first sound and again after two seconds of exact zeros. Song A then passes untouched.

use crate::layout::{CHANNELS, StreamLayout};

/// Seconds of digital silence after which B counts as absent.
pub const ABSENT_AFTER: f32 = 2.0;
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
        let silent = hop.iter().all(|channel| channel.iter().all(|sample| *sample == 0.0));
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
    fn two_seconds_of_zeros_are_absence_and_one_sample_is_presence() {
        let layout = StreamLayout::for_sample_rate(48_000.0);
        let mut presence = Presence::new(&layout);
        assert!(!presence.is_present());
        let silence = vec![0.0; layout.hop];
        let mut click = silence.clone();
        click[7] = 1e-6;
        presence.hear([&silence, &click]);
        assert!(presence.is_present());
        let hops = (0..1000).take_while(|_| {
            presence.hear([&silence, &silence]);
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
