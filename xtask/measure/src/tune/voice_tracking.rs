//! How well a sung pitch is heard: the measures of MIREX's audio melody extraction (Poliner et al., "Melody transcription from
//! music audio: approaches and evaluation", 2007).

use serde::Serialize;
use songweave_dsp::band::VoiceHeard;

/// A pitch within half a semitone is right.
const RIGHT: f32 = 0.5;
/// From this voicing on a pitch counts as one.
const VOICED: f32 = 0.5;

/// Counts of hops.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hearing {
    voiced: usize,
    unvoiced: usize,
    recalled: usize,
    false_alarms: usize,
    right: usize,
    /// Right but for octaves.
    right_class: usize,
}

/// Shares of hops.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct HearingFigures {
    /// Share of the hops with a sung pitch whose pitch is told within 50 cents, whatever the voicing says.
    pub raw_pitch: f64,
    /// The same with octaves forgiven.
    pub raw_chroma: f64,
    /// Share of the hops with a sung pitch that are told to have one.
    pub voicing_recall: f64,
    /// Share of the hops without one that are told to have one.
    pub voicing_false_alarm: f64,
}

impl Hearing {
    /// A hop in which `truth` is sung (MIDI key, 0 where nothing is voiced).
    pub fn hear(&mut self, heard: &VoiceHeard, truth: f32) {
        let told = heard.voicing >= VOICED;
        if truth <= 0.0 {
            self.unvoiced += 1;
            self.false_alarms += usize::from(told);
            return;
        }
        let error = heard.key - truth;
        let class = error - 12.0 * (error / 12.0).round();
        self.voiced += 1;
        self.recalled += usize::from(told);
        self.right += usize::from(error.abs() <= RIGHT);
        self.right_class += usize::from(class.abs() <= RIGHT);
    }

    /// The shares; `None` while no voiced hop was heard.
    #[must_use]
    pub fn figures(&self) -> Option<HearingFigures> {
        let share = |part: usize, all: usize| part as f64 / all.max(1) as f64;
        (self.voiced > 0).then(|| HearingFigures {
            raw_pitch: share(self.right, self.voiced),
            raw_chroma: share(self.right_class, self.voiced),
            voicing_recall: share(self.recalled, self.voiced),
            voicing_false_alarm: share(self.false_alarms, self.unvoiced),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_kind_of_error_is_counted_where_it_belongs() {
        let heard = |key, voicing| VoiceHeard { key, voicing, ..VoiceHeard::default() };
        let mut hearing = Hearing::default();
        assert_eq!(hearing.figures(), None);
        hearing.hear(&heard(60.4, 0.9), 60.0);
        hearing.hear(&heard(72.0, 0.9), 60.0);
        hearing.hear(&heard(60.0, 0.2), 60.0);
        hearing.hear(&heard(61.0, 0.2), 60.0);
        hearing.hear(&heard(61.0, 0.9), 0.0);
        hearing.hear(&heard(61.0, 0.1), 0.0);
        let figures = hearing.figures().unwrap();
        assert_eq!((figures.raw_pitch, figures.raw_chroma), (0.5, 0.75));
        assert_eq!((figures.voicing_recall, figures.voicing_false_alarm), (0.5, 0.5));
    }
}
