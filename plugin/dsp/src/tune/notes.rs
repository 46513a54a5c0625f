//! The sung notes and the notes that the voice is pulled to, as MIDI.

use super::contour::{AHEAD, Contour};

/// A line of notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TuneLine {
    /// What is sung.
    Sung,
    /// What it is pulled to.
    Target,
}

impl TuneLine {
    /// Both lines.
    pub const ALL: [Self; 2] = [Self::Sung, Self::Target];

    /// MIDI channel, counted from 0.
    #[must_use]
    pub const fn channel(self) -> u8 {
        match self {
            Self::Sung => 3,
            Self::Target => 4,
        }
    }
}

/// The beginning or the end of a note, at the first sample of a hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TuneNote {
    /// Which line it belongs to.
    pub line: TuneLine,
    /// MIDI key.
    pub key: u8,
    /// MIDI velocity, 1…127; 0 = the note ends.
    pub velocity: u8,
}

/// Semitones from the sung note within which it goes on.
const STAYS: f32 = 0.7;
/// Semitones that a pitch may move in the frames of a beginning.
const STEADY: f32 = 0.6;
/// One end and one beginning of each line.
const MOST: usize = 4;

/// The notes that sound.
#[derive(Debug, Default)]
pub(super) struct Notes {
    /// `[line]`.
    sounding: [Option<u8>; 2],
    told: [Option<TuneNote>; MOST],
    count: usize,
}

impl Notes {
    /// Ends everything in the hop that comes.
    pub(super) fn reset(&mut self) {
        self.count = 0;
        for line in TuneLine::ALL {
            self.change(line, None, 0);
        }
    }

    /// Begins the hop whose first sample is in the middle of a frame's window.
    pub(super) fn play(&mut self, frame: i64, contour: &Contour) {
        self.count = 0;
        let hop = contour.frame(frame);
        let heard = frame >= 0 && hop.tells && hop.controls.amount > 0.0;
        let velocity = (127.0 + 1.5 * hop.level).clamp(1.0, 127.0) as u8;
        let sung = if heard { sung(frame, contour, self.sounding[TuneLine::Sung as usize]) } else { None };
        let target = if heard { hop.plan.target } else { None };
        self.change(TuneLine::Sung, sung, velocity);
        self.change(TuneLine::Target, target, velocity);
    }

    /// What begins and ends in the present hop, ends first.
    pub(super) fn told(&self) -> &[Option<TuneNote>] {
        &self.told[..self.count]
    }

    fn change(&mut self, line: TuneLine, key: Option<u8>, velocity: u8) {
        let before = std::mem::replace(&mut self.sounding[line as usize], key);
        if before != key {
            before.into_iter().for_each(|key| self.tell(TuneNote { line, key, velocity: 0 }));
            key.into_iter().for_each(|key| self.tell(TuneNote { line, key, velocity }));
        }
    }

    fn tell(&mut self, note: TuneNote) {
        if let Some(place) = self.told.get_mut(self.count) {
            *place = Some(note);
            self.count += 1;
        }
    }
}

/// The sung note in a frame after another one: it has to be steady to begin, and goes on as long as the pitch is near.
fn sung(frame: i64, contour: &Contour, last: Option<u8>) -> Option<u8> {
    let now = contour.frame(frame).plan.sung?;
    let mut range = (now, now);
    for next in frame + 1..=frame + AHEAD {
        let Some(pitch) = contour.frame(next).plan.sung else { return last };
        range = (range.0.min(pitch), range.1.max(pitch));
    }
    let middle = 0.5 * (range.0 + range.1);
    let stays = last.filter(|last| (f32::from(*last) - middle).abs() <= STAYS);
    stays.or_else(|| (range.1 - range.0 <= STEADY).then(|| middle.round().clamp(0.0, 127.0) as u8)).or(last)
}
