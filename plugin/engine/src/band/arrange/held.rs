//! Notes that sound on, from beat to beat: nothing is ever promised beyond the next beat, where the chord may change.

use songweave_dsp::band::Instrument;

use super::StepNote;

/// By how many steps a note overlaps the beat at which it may be prolonged, so that its end never comes first.
const OVERLAP: f32 = 0.1;

/// Sounding notes of one instrument and how many steps each still wants.
#[derive(Debug, Clone)]
pub(super) struct Held {
    instrument: Instrument,
    notes: Vec<(u8, f32)>,
}

impl Held {
    pub(super) const fn new(instrument: Instrument) -> Self {
        Self { instrument, notes: Vec::new() }
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.notes.is_empty()
    }

    /// Nothing is prolonged any more.
    pub(super) fn release(&mut self) {
        self.notes.clear();
    }

    /// Begins a note that wants `length` steps and gets those up to the next beat.
    pub(super) fn strike(
        &mut self,
        (key, velocity): (u8, u8),
        delay: f32,
        length: f32,
        beat: u32,
        out: &mut Vec<StepNote>,
    ) {
        let now = length.min(beat as f32 - delay);
        self.notes.retain(|note| note.0 != key);
        let more = length > now;
        if more {
            self.notes.push((key, length - now));
        }
        let length = if more { now + OVERLAP } else { now };
        let (instrument, velocity) = (self.instrument, velocity.clamp(1, 127));
        out.push(StepNote { instrument, key, velocity, delay, length: length.max(0.1) });
    }

    /// At a beat: prolongs what wants to sound on, until the next.
    pub(super) fn prolong(&mut self, beat: u32, out: &mut Vec<StepNote>) {
        for (key, left) in &mut self.notes {
            let now = left.min(beat as f32);
            *left -= now;
            let length = if *left > 0.0 { now + OVERLAP } else { now };
            out.push(StepNote { instrument: self.instrument, key: *key, velocity: 0, delay: 0.0, length });
        }
        self.notes.retain(|note| note.1 > 0.0);
    }
}
