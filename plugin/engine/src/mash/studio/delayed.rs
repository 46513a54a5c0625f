//! Decisions of Mash as Studio quality makes them: some hops later, with its own vocals and a rest that is divided anew.

use std::collections::VecDeque;

use songweave_dsp::{
    exchange::{
        decision::MashDecision,
        frame::{AnalysisFrame, Heard, Position},
        link::HopSamples,
    },
    stream::layout::{BANDS, PARTS, Part, SONGS},
};

use super::{Studio, VocalShares, division::Division};

/// Keeps decisions until Studio has heard the vocals of their frames.
pub struct DelayedDecisions {
    studio: Studio,
    division: Division,
    /// What was heard last; a gap makes Studio forget.
    last: Option<Position>,
    vocals: VocalShares,
    /// Oldest first; as many as masks are decided later.
    waiting: VecDeque<MashDecision>,
    delay: usize,
}

impl DelayedDecisions {
    /// Nothing heard so far; masks are due `delay` hops late.
    #[must_use]
    pub fn new(studio: Studio, delay: usize) -> Self {
        let waiting = VecDeque::with_capacity(delay + 1);
        let division = Division::new(delay);
        Self { studio, division, last: None, vocals: [[0.0; BANDS]; SONGS], waiting, delay }
    }

    /// Hears the newest hop of both songs. A jump of the host's changes nothing: what was heard before it is still to be
    /// played.
    pub fn hear(&mut self, frame: &AnalysisFrame, samples: &HopSamples<'_>) {
        let Heard::Mash(songs) = &frame.heard else {
            self.last = None;
            return;
        };
        let hop = frame.position.hop;
        if hop == 0 || self.last.is_none_or(|last| last.hop + 1 != hop) {
            self.studio.reset();
            self.division.forget();
            self.waiting.clear();
        }
        self.last = Some(frame.position);
        self.vocals = self.studio.hear(samples);
        self.division.hear(songs);
    }

    /// Takes the decision about the newest frame and gives the one that is due now.
    pub fn exchange(&mut self, newest: MashDecision) -> MashDecision {
        self.waiting.push_back(newest);
        let due = if self.waiting.len() > self.delay { self.waiting.pop_front() } else { None };
        let mut due = due.unwrap_or(MashDecision::UNDECIDED);
        self.division.divide(&mut due.shares);
        for (shares, vocals) in due.shares.iter_mut().zip(&self.vocals) {
            set_vocals(shares, vocals);
        }
        due
    }
}

/// Gives the vocals their share of every band and divides what is left as it was divided.
fn set_vocals(shares: &mut [[f32; BANDS]; PARTS], vocals: &[f32; BANDS]) {
    for (band, share) in vocals.iter().enumerate() {
        let before = shares[Part::Vocals as usize][band];
        let left = 1.0 - share;
        // Where all was vocals nothing says what the rest is.
        let scale = if before < 1.0 - 1e-4 { left / (1.0 - before) } else { 0.0 };
        shares.iter_mut().for_each(|part| part[band] *= scale);
        if scale == 0.0 {
            shares[Part::Other as usize][band] = left;
        }
        shares[Part::Vocals as usize][band] = *share;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_go_on_adding_up_to_one() {
        for before in [[0.25, 0.25, 0.25, 0.25], [0.9, 0.1, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.5, 0.5]] {
            for vocals in [0.0, 0.3, 1.0] {
                let mut shares = before.map(|share| [share; BANDS]);
                set_vocals(&mut shares, &[vocals; BANDS]);
                let sum: f32 = shares.iter().map(|part| part[7]).sum();
                assert!((sum - 1.0).abs() < 1e-6 && shares[0][7] == vocals, "{before:?} {vocals}: {shares:?}");
                assert!(shares.iter().all(|part| part[7] >= 0.0));
            }
        }
    }
}
