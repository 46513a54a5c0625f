//! The sound of the band: tones drawn into short spectra, overlap-added into the samples of each instrument.
//!
//! The inference thread tells what each note sounds like (see [`crate::band::tone`]), here it is drawn: four frames a hop, each
//! four times as long (512 samples every 128 at 48 kHz), so that an attack is smeared over 3 ms at most. A note's first
//! frame is drawn by itself, together with what the frames before would have held of it, and cut open at its sample.

use crate::{
    band::{
        INSTRUMENTS, Instrument,
        tone::{NOISE_BANDS, Tone},
    },
    exchange::frame::Position,
    stream::layout::{CHANNELS, StreamLayout},
};
use canvas::{Brush, Canvas, OVERLAP};
use noise::mixed;
use opener::Opener;
use voice::Voice;

mod canvas;
mod noise;
mod opener;
mod voice;

pub use voice::NoteId;

/// Frames drawn per hop.
pub const FRAMES: usize = OVERLAP;
/// Notes that sound or ring out at the same time; the oldest makes room.
pub const VOICES: usize = 64;
/// Hops until nothing of a frame is left: its own and the next.
const RINGS: usize = 2;

/// A tone of a note for one of the frames of a hop.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ToneFrame {
    /// The frame of the stream whose decision it belongs to.
    pub position: Position,
    /// The note.
    pub note: NoteId,
    /// The frame of the hop, 0…[`FRAMES`] − 1; those in between go from one tone to the next.
    pub frame: usize,
    /// Whether the note is over after this hop.
    pub is_last: bool,
    /// What it sounds like in the middle of the frame, which is [`Frames::middle`].
    pub tone: Tone,
}

impl ToneFrame {
    /// A note that makes no sound.
    pub const SILENT: Self = Self {
        position: Position { generation: 0, hop: 0 },
        note: NoteId { instrument: Instrument::Drums, key: 0, begin: 0 },
        frame: 0,
        is_last: true,
        tone: Tone::SILENT,
    };
}

/// Sizes of the instruments' frames.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Frames {
    /// Samples of a frame.
    pub window: usize,
    /// Samples from frame to frame.
    pub hop: usize,
    /// Sample rate in Hz.
    pub sample_rate: f32,
}

impl Frames {
    /// The sizes at a layout.
    #[must_use]
    pub const fn of(layout: &StreamLayout) -> Self {
        let hop = layout.hop / FRAMES;
        Self { window: hop * OVERLAP, hop, sample_rate: layout.sample_rate }
    }

    /// The sample in the middle of a frame of the hop that begins at sample `hop`.
    #[must_use]
    pub const fn middle(&self, hop: i64, frame: usize) -> i64 {
        hop + (frame * self.hop + self.window / 2) as i64
    }
}

/// What the instruments sound like in one hop, `[instrument][channel][sample]`.
#[derive(Debug, Clone)]
pub struct Sounds([[Vec<f32>; CHANNELS]; INSTRUMENTS]);

impl Sounds {
    /// A silent hop.
    ///
    /// # Allocates
    #[must_use]
    pub fn new(layout: &StreamLayout) -> Self {
        Self(std::array::from_fn(|_| std::array::from_fn(|_| vec![0.0; layout.hop])))
    }

    /// Samples of a hop.
    #[must_use]
    pub fn length(&self) -> usize {
        self.0[0][0].len()
    }

    /// A sample of an instrument, `[channel]`.
    #[must_use]
    pub fn at(&self, instrument: usize, sample: usize) -> [f32; CHANNELS] {
        let [left, right] = &self.0[instrument];
        [left[sample], right[sample]]
    }
}

/// What an instrument's frames add up to.
struct Track {
    canvas: Canvas,
    /// Power of the noise in the frame that is being drawn, `[channel][band]`.
    noise: [[f32; NOISE_BANDS]; CHANNELS],
    /// Samples of the present hop and of what reaches beyond it, `[channel][sample]`.
    overlap: [Vec<f32>; CHANNELS],
    /// Hops until the overlap is silent.
    rings: usize,
}

/// All notes of the band that sound.
pub struct Instruments {
    frames: Frames,
    voices: Vec<Option<Voice>>,
    tracks: [Track; INSTRUMENTS],
    brush: Brush,
    opener: Opener,
    samples: Vec<f32>,
}

impl Instruments {
    /// Silent instruments.
    ///
    /// # Allocates
    #[must_use]
    pub fn new(layout: &StreamLayout) -> Self {
        let frames = Frames::of(layout);
        let track = || Track {
            canvas: Canvas::new(frames.window),
            noise: [[0.0; NOISE_BANDS]; CHANNELS],
            overlap: std::array::from_fn(|_| vec![0.0; layout.hop + frames.window - frames.hop]),
            rings: 0,
        };
        Self {
            voices: vec![None; VOICES],
            tracks: std::array::from_fn(|_| track()),
            brush: Brush::new(frames.window, frames.sample_rate),
            opener: Opener::new(&frames),
            samples: vec![0.0; frames.window],
            frames,
        }
    }

    /// Cuts everything at once.
    pub fn reset(&mut self) {
        self.voices.fill(None);
        for track in &mut self.tracks {
            track.overlap.iter_mut().for_each(|samples| samples.fill(0.0));
            track.rings = 0;
        }
    }

    /// Ends all notes; what was drawn of them fades within 10 ms.
    pub fn cut(&mut self) {
        self.voices.fill(None);
    }

    /// Whether nothing sounds.
    #[must_use]
    pub fn are_silent(&self) -> bool {
        self.tracks.iter().all(|track| track.rings == 0) && self.voices.iter().all(Option::is_none)
    }

    /// A note begins in the hop that comes. It sounds from its first tone on.
    pub fn begin(&mut self, note: NoteId) {
        let free = self.voices.iter().position(Option::is_none);
        let oldest = || {
            let begins = self.voices.iter().map(|voice| voice.as_ref().map_or(i64::MAX, |voice| voice.id.begin));
            begins.enumerate().min_by_key(|(_, begin)| *begin).map(|(place, _)| place)
        };
        if let Some(place) = free.or_else(oldest) {
            self.voices[place] = Some(Voice::new(note));
        }
    }

    /// What a note sounds like in a frame of the hop that comes. Tones of notes that do not sound are dropped.
    pub fn take(&mut self, frame: &ToneFrame) {
        if let Some(voice) = self.voices.iter_mut().flatten().find(|voice| voice.id == frame.note) {
            voice.take(frame.frame, &frame.tone);
            voice.is_last |= frame.is_last;
        }
    }

    /// Plays the hop that begins at sample `hop` of the stream.
    ///
    /// # Real-time safety
    /// Neither allocates nor blocks.
    pub fn play(&mut self, hop: i64, sounds: &mut Sounds) {
        for frame in 0..FRAMES {
            self.draw(hop, frame);
            self.add(hop, frame);
        }
        for place in &mut self.voices {
            let Some(voice) = place else { continue };
            voice.finish();
            if voice.is_last || voice.is_lost() {
                *place = None;
            }
        }
        for (track, sounds) in self.tracks.iter_mut().zip(&mut sounds.0) {
            track.pass_on(sounds);
        }
    }

    /// Draws a frame of every note.
    fn draw(&mut self, hop: i64, frame: usize) {
        let begins = hop + (frame * self.frames.hop) as i64;
        let middle = self.frames.middle(hop, frame);
        let opener = &mut self.opener;
        for voice in self.voices.iter_mut().flatten() {
            // A note begins with the frame in whose first quarter it lies.
            if voice.id.begin >= begins + self.frames.hop as i64 {
                continue;
            }
            let track = &mut self.tracks[voice.id.instrument as usize];
            if voice.advance(frame, &self.frames, middle) {
                let offset = usize::try_from(voice.id.begin - begins).unwrap_or(0);
                opener.open(voice, &self.frames, &mut self.brush, offset, &mut track.from(frame * self.frames.hop));
                track.rings = RINGS;
            } else {
                voice.draw(&self.brush, &mut track.canvas, &self.frames, 0.0);
                voice.add_noise(&mut track.noise);
            }
        }
    }

    /// Adds what was drawn in a frame to the samples.
    fn add(&mut self, hop: i64, frame: usize) {
        let from = frame * self.frames.hop;
        for (instrument, track) in self.tracks.iter_mut().enumerate() {
            let seed = mixed((hop + from as i64) as u64 ^ (instrument as u64) << 60);
            self.brush.noise(&mut track.canvas, &track.noise, seed);
            if !track.canvas.is_used {
                continue;
            }
            for channel in 0..CHANNELS {
                self.brush.samples(&track.canvas, channel, &mut self.samples);
                let sums = track.overlap[channel][from..].iter_mut().zip(&self.samples);
                sums.for_each(|(sum, sample)| *sum += sample);
            }
            track.canvas.clear();
            track.noise = [[0.0; NOISE_BANDS]; CHANNELS];
            track.rings = RINGS;
        }
    }
}

impl Track {
    /// The overlap from a sample of the hop on, `[channel]`.
    fn from(&mut self, sample: usize) -> [&mut [f32]; CHANNELS] {
        self.overlap.each_mut().map(|samples| &mut samples[sample..])
    }

    /// Hands out the present hop and moves on.
    fn pass_on(&mut self, sounds: &mut [Vec<f32>; CHANNELS]) {
        for (overlap, sounds) in self.overlap.iter_mut().zip(sounds) {
            let length = sounds.len();
            if self.rings == 0 {
                sounds.fill(0.0);
                continue;
            }
            sounds.copy_from_slice(&overlap[..length]);
            overlap.copy_within(length.., 0);
            let kept = overlap.len() - length;
            overlap[kept..].fill(0.0);
        }
        self.rings = self.rings.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests;
