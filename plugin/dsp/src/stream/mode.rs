//! A mode as the stream sees it: the stream frames, holds, waits for decisions and overlap-adds; a mode makes the sound.
//!
//! Every mode is called at every hop, so that it may keep what a change of mode needs; what is heard and decided says whose
//! frame it is.

use realfft::num_complex::Complex32;

use crate::{
    exchange::{
        decision::Decision,
        frame::{AnalysisFrame, Heard},
        link::AudioEnd,
        telemetry::{ColumnSender, Telemetry},
    },
    stream::{
        framer::Framer,
        layout::{CHANNELS, SONGS, StreamLayout},
        output::{Blend, Output},
        stft::Stft,
    },
};

/// Spectra of a song, `[channel][bin]`.
pub(crate) type Spectra = [Vec<Complex32>; CHANNELS];

/// What a mode does in a hop, in this order.
///
/// # Real-time safety
/// Nothing here may allocate or block.
pub(crate) trait ModePath {
    /// Forgets everything heard.
    fn reset(&mut self);

    /// Hears the newest hop; returns what the mode's networks hear of it, or `None` where the frame is another mode's.
    fn hear(&mut self, newest: &mut Newest<'_>) -> Option<Heard>;

    /// Hops by which the mode's frames are due later than decisions come.
    fn delay(&self) -> usize {
        0
    }

    /// A held frame is due, with what was decided about it; `None` where that is late.
    fn decide(&mut self, due: &HeldFrame, decision: Option<&Decision>);

    /// Adds to the hop that the output plays next. `due` has just been decided about; `None` while the first frames are on
    /// their way.
    fn play(&mut self, due: Option<&HeldFrame>, next: &mut NextHop<'_>);
}

/// A frame and its spectra, kept until it has been decided about.
pub(crate) struct HeldFrame {
    /// What the inference thread was sent.
    pub(crate) frame: AnalysisFrame,
    /// `[song]`; only those that the frame's mode has asked for are of this frame.
    pub(crate) spectra: [Spectra; SONGS],
}

impl HeldFrame {
    /// A frame of silence.
    ///
    /// # Allocates
    pub(crate) fn new(layout: &StreamLayout) -> Self {
        let spectra = || std::array::from_fn(|_| vec![Complex32::default(); layout.bins()]);
        Self { frame: AnalysisFrame { layout: *layout, ..AnalysisFrame::default() }, spectra: [spectra(), spectra()] }
    }
}

/// The newest hop, which the modes hear.
pub(crate) struct Newest<'a> {
    /// Its frame, with position, controls and transport; what is heard is not known yet.
    pub(crate) held: &'a mut HeldFrame,
    /// The samples.
    pub(crate) framer: &'a Framer,
    pub(crate) stft: &'a mut Stft,
    /// Whether song B is there.
    pub(crate) b_present: bool,
    /// Whether the host has jumped since the frame before.
    pub(crate) jumped: bool,
    /// How the output will be blended when this hop is heard.
    pub(crate) blend: &'a mut Blend,
}

impl Newest<'_> {
    /// Analyses a song's window; returns its spectra and the factor of [`Stft::power_scale`].
    pub(crate) fn analyse(&mut self, song: usize) -> ([&[Complex32]; CHANNELS], f32) {
        for (window, spectrum) in self.framer.window(song).into_iter().zip(&mut self.held.spectra[song]) {
            self.stft.analyse(window, spectrum);
        }
        let [left, right] = &self.held.spectra[song];
        ([left, right], self.stft.power_scale())
    }
}

/// The hop that the output plays next.
pub(crate) struct NextHop<'a> {
    /// Its first sample in samples of the input, counted from the stream's beginning.
    pub(crate) begin: i64,
    /// Whether the band may play in it.
    pub(crate) band_plays: bool,
    pub(crate) output: &'a mut Output,
    pub(crate) stft: &'a mut Stft,
    pub(crate) link: &'a mut AudioEnd,
    pub(crate) telemetry: &'a Telemetry,
    pub(crate) columns: &'a mut ColumnSender,
}
