//! One note that sounds: its tone from frame to frame and the phases of its partials.

use crate::{
    band::{
        Instrument,
        tone::{NOISE_BANDS, PARTIALS, Tone},
    },
    stream::layout::CHANNELS,
};

use super::{
    Frames,
    canvas::{Brush, Canvas, OVERLAP, within_a_turn},
    noise::mixed,
};

/// Amplitudes below this are not drawn.
const INAUDIBLE: f32 = 2e-6;
/// What is left of a tone after a frame for which none was given: a note rings on when the inference thread is late.
const RINGING: f32 = 0.985;
/// Frames without a tone after which a voice is over: about a second.
const LOST_AFTER: u32 = 400;
/// Highest partial as a share of the sample rate.
const HIGHEST: f32 = 0.47;

/// Which note of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoteId {
    /// Who plays.
    pub instrument: Instrument,
    /// MIDI key.
    pub key: u8,
    /// Sample of the stream at which it begins.
    pub begin: i64,
}

/// A note that sounds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Voice {
    pub(super) id: NoteId,
    /// The tone of the frame drawn last.
    tone: Tone,
    /// Tones of this hop's frames.
    coming: [Option<Tone>; OVERLAP],
    /// No frame is drawn after this hop.
    pub(super) is_last: bool,
    /// Phases in turns at the middle of the frame drawn last.
    phases: [f32; PARTIALS],
    /// Whether a frame was drawn.
    has_begun: bool,
    lost: u32,
}

impl Voice {
    pub(super) const fn new(id: NoteId) -> Self {
        let tone = Tone::SILENT;
        Self { id, tone, coming: [None; OVERLAP], is_last: false, phases: [0.0; PARTIALS], has_begun: false, lost: 0 }
    }

    /// Takes a tone of this hop's frame.
    pub(super) fn take(&mut self, frame: usize, tone: &Tone) {
        if let Some(place) = self.coming.get_mut(frame) {
            *place = Some(*tone);
        }
    }

    /// Whether it has not been heard of for long.
    pub(super) const fn is_lost(&self) -> bool {
        self.lost > LOST_AFTER
    }

    /// Moves on to a frame of this hop: the tone, and the phases at the frame's middle. Returns `true` when it begins.
    pub(super) fn advance(&mut self, frame: usize, frames: &Frames, middle: i64) -> bool {
        let ahead = (frame..OVERLAP).find(|later| self.coming[*later].is_some());
        let before = self.tone.hz;
        match ahead.and_then(|later| Some((later, self.coming[later].as_ref()?))) {
            // The first tone of a note counts from its beginning on.
            Some((_, tone)) if !self.has_begun => self.tone = *tone,
            Some((later, tone)) => self.tone.approach(tone, 1.0 / (later - frame + 1) as f32),
            None => self.tone.fade(RINGING),
        }
        self.lost = if ahead.is_some() { 0 } else { self.lost + 1 };
        let begins = !self.has_begun;
        self.has_begun = true;
        if begins {
            self.begin(frames, middle);
        } else {
            let seconds = frames.hop as f32 / frames.sample_rate;
            for ((phase, before), now) in self.phases.iter_mut().zip(&before).zip(&self.tone.hz) {
                *phase += 0.5 * (before + now) * seconds;
                *phase = within_a_turn(*phase);
            }
        }
        begins
    }

    /// Phases at the middle of the first frame. The first partial begins at its zero crossing, the others anywhere, so that
    /// a chord's notes do not pile up.
    fn begin(&mut self, frames: &Frames, middle: i64) {
        let seconds = (middle - self.id.begin) as f32 / frames.sample_rate;
        for (partial, (phase, hz)) in self.phases.iter_mut().zip(&self.tone.hz).enumerate() {
            let start = match partial {
                0 => 0.75,
                _ => (mixed(partial as u64) >> 40) as f32 / (1_u64 << 24) as f32,
            };
            *phase = start + hz * seconds;
            *phase = within_a_turn(*phase);
        }
    }

    /// Draws its partials, `back` frames before the present one.
    pub(super) fn draw(&self, brush: &Brush, canvas: &mut Canvas, frames: &Frames, back: f32) {
        let (width, seconds) = (frames.sample_rate / frames.window as f32, frames.hop as f32 / frames.sample_rate);
        let [left, right] = &self.tone.partials;
        for (((hz, phase), left), right) in self.tone.hz.iter().zip(&self.phases).zip(left).zip(right) {
            let audible = left.max(*right) > INAUDIBLE && *hz > 0.0 && *hz < HIGHEST * frames.sample_rate;
            if audible {
                brush.partial(canvas, hz / width, phase - back * hz * seconds, [*left, *right]);
            }
        }
    }

    /// Adds the power of its noise, `[channel][band]`.
    pub(super) fn add_noise(&self, power: &mut [[f32; NOISE_BANDS]; CHANNELS]) {
        for (power, noise) in power.iter_mut().flatten().zip(self.tone.noise.iter().flatten()) {
            *power += noise * noise;
        }
    }

    /// Ends the hop.
    pub(super) fn finish(&mut self) {
        self.coming = [None; OVERLAP];
    }
}
