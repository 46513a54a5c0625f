//! How far the band steps back while somebody sings.

use crate::{band::VoiceHeard, stream::layout::StreamLayout};

/// Levels of the voice in dB from which on, and at which, somebody sings.
const SINGS: (f32, f32) = (-50.0, -32.0);
/// Time constants in seconds of stepping back and of coming forward again.
const ATTACK: f32 = 0.08;
const RELEASE: f32 = 0.5;
/// Gain of the band under a voice with the control at its most: −9 dB.
const RANGE: f32 = 0.355;

/// Follows the voice's level.
pub struct Ducker {
    hop_seconds: f32,
    sings: f32,
}

impl Ducker {
    /// Nobody sings.
    #[must_use]
    pub fn new(layout: &StreamLayout) -> Self {
        Self { hop_seconds: layout.hop_seconds(), sings: 0.0 }
    }

    /// Forgets the voice.
    pub const fn reset(&mut self) {
        self.sings = 0.0;
    }

    /// The band's gain, linear, after another hop of the voice; `amount` is the control, 0…1.
    ///
    /// # Real-time safety
    /// Neither allocates nor blocks.
    pub fn gain(&mut self, voice: &VoiceHeard, amount: f32) -> f32 {
        let sings = ((voice.level - SINGS.0) / (SINGS.1 - SINGS.0)).clamp(0.0, 1.0);
        let seconds = if sings > self.sings { ATTACK } else { RELEASE };
        self.sings += (sings - self.sings) * (1.0 - libm::expf(-self.hop_seconds / seconds));
        1.0 - amount * self.sings * (1.0 - RANGE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_band_steps_back_under_a_voice_and_comes_forward_after_it() {
        let mut ducker = Ducker::new(&StreamLayout::for_sample_rate(48_000.0));
        let voice = |level: f32| VoiceHeard { level, ..VoiceHeard::default() };
        assert_eq!(ducker.gain(&voice(-120.0), 1.0), 1.0);
        let under: Vec<f32> = (0..100).map(|_| ducker.gain(&voice(-20.0), 1.0)).collect();
        assert!(under.is_sorted_by(|before, after| before >= after) && (under[99] - RANGE).abs() < 1e-3);
        let after: Vec<f32> = (0..300).map(|_| ducker.gain(&voice(-120.0), 1.0)).collect();
        assert!(after.is_sorted() && after[299] > 0.99);
        assert!((0..100).all(|_| ducker.gain(&voice(0.0), 0.0) == 1.0), "off");
    }
}
