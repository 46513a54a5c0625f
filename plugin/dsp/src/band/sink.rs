//! Where goes what is heard or told beside the main output.

use crate::{
    band::{INSTRUMENTS, schedule::NoteEvent},
    stream::layout::CHANNELS,
    tune::TuneNote,
};

/// Takes what the band tells, and the sound of the outputs beside the main one.
pub trait BandSink {
    /// A note begins or ends at a sample of the host's block.
    fn note(&mut self, sample: usize, event: NoteEvent);
    /// A sung note or a note that the voice is pulled to begins or ends at a sample of the host's block.
    fn sung(&mut self, sample: usize, note: TuneNote);
    /// A sample of the outputs beside the main one, `[output][channel]`: the instruments as they are in the main output, or
    /// the parts of Mash where the path makes them.
    fn beside(&mut self, sample: usize, heard: &[[f32; CHANNELS]; INSTRUMENTS]);
}

/// Takes nothing.
impl BandSink for () {
    fn note(&mut self, _: usize, _: NoteEvent) {}

    fn sung(&mut self, _: usize, _: TuneNote) {}

    fn beside(&mut self, _: usize, _: &[[f32; CHANNELS]; INSTRUMENTS]) {}
}
