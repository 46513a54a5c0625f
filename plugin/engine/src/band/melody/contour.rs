//! What the melody loosely follows: how high the voice is, and whether there is one.

use std::collections::VecDeque;

use songweave_models::melody::MelodyVoice;

use crate::band::heard::StepHeard;

/// Steps that "now" is.
const STEPS: usize = 8;
/// Sung steps after which a third of what was heard of the voice's usual pitch is left.
const MEMORY: f32 = 64.0;
/// With less voice than this a pause of the singer is none of the melody's.
const FEWEST: f32 = 0.3;

/// The course of a voice.
#[derive(Debug, Clone, Default)]
pub struct Contour {
    /// Mean key and voiced share of the last steps.
    steps: VecDeque<(f32, f32)>,
    /// The voice's usual key, and how much of it was heard.
    usual: (f32, f32),
}

impl Contour {
    /// A step is over.
    pub fn hear(&mut self, step: &StepHeard) {
        let voiced = step.voiced();
        let usable = voiced.is_finite() && step.key.is_finite();
        let (key, voiced) = if usable { (step.key, voiced.clamp(0.0, 1.0)) } else { (0.0, 0.0) };
        self.steps.push_back((key, voiced));
        if self.steps.len() > STEPS {
            self.steps.pop_front();
        }
        let keep = 1.0 - voiced / MEMORY;
        self.usual = (keep * self.usual.0 + voiced * key, keep * self.usual.1 + voiced);
    }

    /// The voice as the network hears it; `None` while nobody sings.
    #[must_use]
    pub fn voice(&self) -> Option<MelodyVoice> {
        let (keys, voiced) =
            self.steps.iter().fold((0.0, 0.0), |(keys, all), (key, voiced)| (keys + key * voiced, all + voiced));
        let sung = voiced / STEPS as f32;
        (sung > FEWEST && self.usual.1 > 0.0).then(|| {
            let height = (keys / voiced - self.usual.0 / self.usual.1) / 12.0;
            MelodyVoice { height: height.clamp(-1.5, 1.5), sung }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(key: f32, voiced: f32) -> StepHeard {
        let mut step = StepHeard { key, ..StepHeard::default() };
        step.pitch[0] = voiced;
        step
    }

    #[test]
    fn the_voice_is_high_or_low_beside_its_usual_pitch_and_pauses_are_none() {
        let mut contour = Contour::default();
        assert_eq!(contour.voice(), None);
        (0..64).for_each(|_| contour.hear(&step(60.0, 1.0)));
        assert!(contour.voice().is_some_and(|voice| voice.height.abs() < 1e-3 && voice.sung == 1.0));
        (0..8).for_each(|_| contour.hear(&step(67.0, 0.5)));
        assert!(contour.voice().is_some_and(|voice| (0.4..0.6).contains(&voice.height) && voice.sung == 0.5));
        (0..8).for_each(|_| contour.hear(&step(f32::NAN, 1.0)));
        assert_eq!(contour.voice(), None);
    }
}
