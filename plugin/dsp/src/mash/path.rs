//! Mash in the stream: both songs' bands and pitch classes for the networks, the mask on both songs' spectra.

use std::sync::{Arc, atomic::Ordering::Relaxed};

use crate::{
    analysis::{
        bands::ErbBands,
        chroma::{Chroma, PITCH_CLASSES},
    },
    exchange::{
        audition::Audition,
        controls::Mode,
        decision::{Decision, MashDecision},
        frame::{Heard, SongBands, SongsHeard},
        telemetry::MaskColumn,
    },
    mash::{freeze::Freeze, frozen::FrozenMask, masking::Masking},
    stream::{
        layout::{SONGS, StreamLayout},
        mode::{HeldFrame, ModePath, Newest, NextHop},
    },
};

/// Mash's part of the path.
pub(crate) struct MashPath {
    bands: ErbBands,
    chroma: [Chroma; SONGS],
    masking: Masking,
    freeze: Freeze,
    /// What was decided last about the songs.
    latest: MashDecision,
    /// What is played of it: the latest, or what is frozen.
    decision: MashDecision,
    /// Of the frame that was due last.
    generation: u32,
    /// Hops by which masks are decided later than at once.
    delay: usize,
    audition: Arc<Audition>,
}

impl MashPath {
    /// A mask that has heard nothing.
    ///
    /// # Allocates
    pub(crate) fn new(layout: &StreamLayout) -> Self {
        Self {
            bands: ErbBands::new(layout),
            chroma: std::array::from_fn(|_| Chroma::new(layout)),
            masking: Masking::new(layout),
            freeze: Freeze::default(),
            latest: MashDecision::UNDECIDED,
            decision: MashDecision::UNDECIDED,
            generation: 0,
            delay: layout.mask_delay,
            audition: Arc::default(),
        }
    }

    /// Shares the mask that is held with the saved state.
    pub(crate) fn share_frozen(&mut self, mask: Arc<FrozenMask>) {
        self.freeze = Freeze::new(mask);
    }

    /// Hears what the editor wants to listen to.
    pub(crate) fn share_audition(&mut self, audition: Arc<Audition>) {
        self.audition = audition;
    }
}

impl ModePath for MashPath {
    fn reset(&mut self) {
        self.chroma.iter_mut().for_each(Chroma::reset);
        self.masking.reset();
        (self.latest, self.decision) = (MashDecision::UNDECIDED, MashDecision::UNDECIDED);
        self.generation = 0;
        self.freeze.reset();
    }

    fn hear(&mut self, newest: &mut Newest<'_>) -> Option<Heard> {
        if newest.held.frame.controls.mode != Mode::Mash {
            // Tones are told by their advance since the frame before, which is another mode's.
            self.chroma.iter_mut().for_each(Chroma::reset);
            return None;
        }
        let mut bands = [SongBands::SILENT; SONGS];
        let mut chroma = [[0.0; PITCH_CLASSES]; SONGS];
        for song in 0..SONGS {
            let (spectra, scale) = newest.analyse(song);
            self.bands.hear(spectra, scale, &mut bands[song]);
            chroma[song] = self.chroma[song].hear(spectra, scale);
        }
        Some(Heard::Mash(SongsHeard { bands, chroma, b_present: newest.b_present }))
    }

    fn delay(&self) -> usize {
        self.delay
    }

    /// Holds the last decision where this one is late, or about a frame of another mode.
    fn decide(&mut self, due: &HeldFrame, decision: Option<&Decision>) {
        let frame = &due.frame;
        if std::mem::replace(&mut self.generation, frame.position.generation) != frame.position.generation {
            self.masking.begin_generation();
        }
        self.freeze.follow(frame.controls.freeze, &mut self.decision);
        let Some(decision) = decision else { return };
        self.latest = decision.mash().copied().unwrap_or(self.latest);
        if frame.controls.freeze {
            // Only the separation is held.
            self.decision.transpose_b = self.latest.transpose_b;
        } else {
            self.decision = self.latest;
        }
    }

    /// Adds the frame as the mask leaves it.
    fn play(&mut self, due: Option<&HeldFrame>, next: &mut NextHop<'_>) {
        let Some(HeldFrame { frame, spectra }) = due else {
            self.masking.reset();
            return;
        };
        let Heard::Mash(songs) = &frame.heard else {
            self.masking.reset();
            return;
        };
        self.masking.apply(&self.bands, &self.decision, &frame.controls, spectra);
        if let Some(region) = self.audition.next() {
            self.masking.keep(&self.bands, &region, spectra);
        }
        next.output.add(next.stft, self.masking.mixed());
        if next.output.has_parts() {
            let NextHop { output, stft, .. } = next;
            self.masking
                .parts(&self.bands, spectra, |whole, part, spectra| output.add_part(stft, whole, part, spectra));
        }
        if next.telemetry.watched.load(Relaxed) {
            let column = MaskColumn::new(&self.decision, &frame.controls, &songs.bands);
            next.columns.send(MaskColumn { position: frame.position, transport: frame.transport, ..column });
        }
    }
}
