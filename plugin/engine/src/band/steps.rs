//! What is heard of the voice, pooled per step.

use songweave_dsp::{analysis::chroma::PITCH_CLASSES, band::VoiceHeard};

use super::heard::StepHeard;

/// Time in seconds after which a third is left of what was heard of the voice's tuning.
const TUNING_MEMORY: f32 = 8.0;
const SILENCE_DB: f32 = -120.0;

/// Pools hops into a step.
#[derive(Debug, Clone)]
pub struct Pool {
    pitch: [f32; PITCH_CLASSES],
    onset: [f32; PITCH_CLASSES],
    keys: f32,
    voiced: f32,
    level: f32,
    hops: f32,
    /// Sum of the pitches as pointers whose angle is the distance from 440 Hz tuning, one turn a semitone.
    tuning: (f32, f32),
}

impl Default for Pool {
    fn default() -> Self {
        Self {
            pitch: [0.0; PITCH_CLASSES],
            onset: [0.0; PITCH_CLASSES],
            keys: 0.0,
            voiced: 0.0,
            level: 0.0,
            hops: 0.0,
            tuning: (0.0, 0.0),
        }
    }
}

impl Pool {
    /// Begins the next step; only the tuning is remembered.
    pub fn begin(&mut self) {
        *self = Self { tuning: self.tuning, ..Self::default() };
    }

    /// Adds a hop of so many seconds.
    pub fn hear(&mut self, voice: &VoiceHeard, hop_seconds: f32) {
        self.hops += 1.0;
        self.level += voice.level;
        if voice.voicing < 0.5 {
            return;
        }
        let keep = libm::expf(-hop_seconds / TUNING_MEMORY);
        let (sin, cos) = libm::sincosf(std::f32::consts::TAU * voice.key);
        self.tuning = (keep * self.tuning.0 + cos, keep * self.tuning.1 + sin);
        let off = libm::atan2f(self.tuning.1, self.tuning.0) / std::f32::consts::TAU;
        let class = ((voice.key - off).round() as i32).rem_euclid(PITCH_CLASSES as i32) as usize;
        self.pitch[class] += 1.0;
        self.onset[class] = self.onset[class].max(voice.onset);
        self.keys += voice.key;
        self.voiced += 1.0;
    }

    /// The step so far, of which `heard` (0…1) has passed.
    #[must_use]
    pub fn step(&self, heard: f32) -> StepHeard {
        if self.hops == 0.0 {
            return StepHeard { level: SILENCE_DB, heard, ..StepHeard::default() };
        }
        StepHeard {
            pitch: self.pitch.map(|hops| hops / self.hops),
            onset: self.onset,
            key: if self.voiced > 0.0 { self.keys / self.voiced } else { 0.0 },
            level: self.level / self.hops,
            heard,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOP: f32 = 0.0107;

    fn sung(key: f32, onset: f32) -> VoiceHeard {
        VoiceHeard { key, voicing: 1.0, level: -20.0, onset }
    }

    #[test]
    fn a_step_is_the_share_of_time_on_each_class() {
        let mut pool = Pool::default();
        for hop in 0..8 {
            let silent = VoiceHeard { level: -80.0, ..VoiceHeard::default() };
            pool.hear(&if hop < 6 { sung(69.0, 0.0) } else { silent }, HOP);
        }
        pool.hear(&sung(72.0, 0.8), HOP);
        pool.hear(&sung(72.0, 0.0), HOP);
        let step = pool.step(1.0);
        assert_eq!((step.pitch[9], step.pitch[0], step.onset[0], step.onset[9]), (0.6, 0.2, 0.8, 0.0));
        assert!((step.voiced() - 0.8).abs() < 1e-6 && (step.level + 32.0).abs() < 1e-4 && step.key > 69.0);
        pool.begin();
        assert_eq!(pool.step(0.0).voiced(), 0.0);
    }

    #[test]
    fn a_voice_that_is_tuned_otherwise_keeps_its_classes() {
        let mut pool = Pool::default();
        for key in [60.45, 62.45, 64.48, 60.52, 67.55, 60.46] {
            pool.begin();
            (0..40).for_each(|_| pool.hear(&sung(key, 0.0), HOP));
            let wanted = [0, 2, 4, 0, 7, 0]
                [[60.45, 62.45, 64.48, 60.52, 67.55, 60.46].iter().position(|k| *k == key).unwrap_or(0)];
            assert_eq!(pool.step(1.0).pitch[wanted], 1.0, "{key}");
        }
    }
}
