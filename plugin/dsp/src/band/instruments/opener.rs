//! The first frame of a note, opened at its very sample.

use std::f32::consts::PI;

use crate::{
    band::{Instrument, tone::NOISE_BANDS},
    stream::layout::CHANNELS,
};

use super::{
    Frames, NoteId,
    canvas::{Brush, Canvas, window_at},
    noise::mixed,
    voice::Voice,
};

/// Seconds in which a note opens: drums, others.
const OPENING: [f32; 2] = [0.000_3, 0.001];
/// Noise in frames that do not overlap others keeps its power.
const ALONE: f32 = 0.486_1;

/// Draws first frames.
pub(super) struct Opener {
    /// The first frame and the one that would have been before it.
    canvases: [Canvas; 2],
    samples: [Vec<f32>; 2],
    /// What all frames before the first one would have added up to, over the last of these, `[sample]`.
    past: Vec<f32>,
    /// Gains from a note's sample on: drums, others.
    openings: [Vec<f32>; 2],
}

impl Opener {
    /// # Allocates
    pub(super) fn new(frames: &Frames) -> Self {
        let opening = |seconds: f32| {
            let length = (seconds * frames.sample_rate).max(1.0) as usize;
            (0..length).map(|n| 0.5 - 0.5 * libm::cosf(PI * (n as f32 + 0.5) / length as f32)).collect()
        };
        let at = |sample: usize| if sample < frames.window { window_at(sample, frames.window) } else { 0.0 };
        let past = |n: usize| {
            let [last, second, third] = [1, 2, 3].map(|back| at(n + back * frames.hop));
            // Next to the window's end there is nothing to divide by, and nothing but the last frame.
            if last < 1e-6 { 1.0 } else { (last + second + third) / last }
        };
        Self {
            canvases: std::array::from_fn(|_| Canvas::new(frames.window)),
            samples: std::array::from_fn(|_| vec![0.0; frames.window]),
            past: (0..frames.window - frames.hop).map(past).collect(),
            openings: OPENING.map(opening),
        }
    }

    /// Adds a note that begins `offset` samples after its first frame to what comes from this frame's first sample on,
    /// `[channel][sample]`.
    pub(super) fn open(
        &mut self,
        voice: &Voice,
        frames: &Frames,
        brush: &mut Brush,
        offset: usize,
        sums: &mut [&mut [f32]; CHANNELS],
    ) {
        let mut power = [[0.0; NOISE_BANDS]; CHANNELS];
        voice.add_noise(&mut power);
        for (back, canvas) in self.canvases.iter_mut().enumerate() {
            canvas.clear();
            voice.draw(brush, canvas, frames, back as f32);
            brush.noise(canvas, &power, seed(voice.id, back as u64));
            power.iter_mut().flatten().for_each(|power| *power *= ALONE);
        }
        let opening = &self.openings[usize::from(voice.id.instrument != Instrument::Drums)];
        for (channel, sums) in sums.iter_mut().enumerate() {
            for (canvas, samples) in self.canvases.iter().zip(&mut self.samples) {
                brush.samples(canvas, channel, samples);
            }
            let [first, before] = &self.samples;
            let before = before[frames.hop..].iter().zip(&self.past).map(|(sample, past)| sample * past);
            let heard = first.iter().zip(before.chain(std::iter::repeat(0.0))).map(|(first, before)| first + before);
            let opening = opening.iter().copied().chain(std::iter::repeat(1.0));
            for ((sum, heard), gain) in sums.iter_mut().zip(heard).skip(offset).zip(opening) {
                *sum += gain * heard;
            }
        }
    }
}

/// The seed of a note's own noise.
fn seed(note: NoteId, frame: u64) -> u64 {
    mixed(note.begin as u64 ^ mixed(u64::from(note.key) << 8 | note.instrument as u64) ^ mixed(frame << 32))
}
