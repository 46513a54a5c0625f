//! Instruments: what a note of a program sounds like at an instant, as amplitudes of partials and of bands of noise.
//!
//! One small network per program, learned from renders of a sound font, says the colour; a measured table of every key says how
//! loud it is as time goes by. A note's sound is a pure function of the question:
//! nothing is remembered, so notes can be asked for in any order and in any batch, with the same bits.

mod network;
mod program;

use network::ProgramNetwork;
pub use program::{PROGRAMS, Program, Role};

use crate::format::Network;

/// Partials of a note at most.
pub const PARTIALS: usize = 64;
/// Bands of a note's noise: even steps of the ERB rate from 0 to 20 kHz, as `songweave_dsp::band::tone::noise_edges` has them.
pub const NOISE_BANDS: usize = 24;
/// Channels: left, right.
pub const CHANNELS: usize = 2;
/// The weights in the binary.
pub const EMBEDDED: &[u8] = include_bytes!("../../weights/instruments.safetensors");

/// Which note, and when in its life.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NoteQuery {
    /// MIDI key. Beyond the program's range the nearest key of the range sounds, with its frequencies scaled.
    pub key: u8,
    /// MIDI velocity, 0…127; 0 is silent.
    pub velocity: u8,
    /// Seconds since the onset; less than 0 counts as 0, what is not finite is silent.
    pub age: f32,
    /// Seconds since the release; `None` while the note is held. What is not finite is silent. Drums ring on.
    pub released: Option<f32>,
}

/// The sound of one note at one instant, at the sound font's own level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NoteTone {
    /// Frequency of each partial in Hz, `[partial]`; 0 = there is none.
    pub hz: [f32; PARTIALS],
    /// Peak amplitude of each partial, linear, `[channel][partial]`.
    pub partials: [[f32; PARTIALS]; CHANNELS],
    /// Root mean square of the noise in each band, linear, `[channel][band]`.
    pub noise: [[f32; NOISE_BANDS]; CHANNELS],
}

impl NoteTone {
    /// Silence.
    pub const SILENT: Self =
        Self { hz: [0.0; PARTIALS], partials: [[0.0; PARTIALS]; CHANNELS], noise: [[0.0; NOISE_BANDS]; CHANNELS] };
}

/// The networks of all programs. They remember nothing.
#[derive(Debug, Clone)]
pub struct Instruments {
    programs: Vec<ProgramNetwork>,
}

/// The instrument network with its weights.
pub type InstrumentNetwork = Network<Instruments>;

impl InstrumentNetwork {
    /// The sound of each note of one program, `out[note]`; as many as both slices have. A program that does not exist is
    /// silent.
    pub fn tones(&mut self, program: usize, notes: &[NoteQuery], out: &mut [NoteTone]) {
        match self.layers.programs.get_mut(program) {
            Some(network) => network.tones(notes, out),
            None => out.iter_mut().take(notes.len()).for_each(|tone| *tone = NoteTone::SILENT),
        }
    }

    /// How loud the middle of a program's range is at velocity 100, in dB of full scale (root mean square of the loudest
    /// 0.4 seconds, both channels together); 0 for a program that does not exist.
    #[must_use]
    pub fn level(&self, program: usize) -> f32 {
        self.layers.programs.get(program).map_or(0.0, ProgramNetwork::level)
    }

    /// Seconds after its release in which a note falls by 60 dB; infinite where it rings on.
    #[must_use]
    pub fn release_seconds(&self, program: usize, key: u8) -> f32 {
        self.layers.programs.get(program).map_or(0.0, |network| network.release_seconds(key))
    }
}

#[cfg(test)]
mod tests;
