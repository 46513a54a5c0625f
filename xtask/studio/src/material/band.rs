//! Players of a song's parts: synthesisers and sound fonts with effects, gathered on a bus with a room.

use crate::{
    error::Result,
    layer_effects::{Effects, pump},
    midi::Note,
    patches::{self, BASSES, Layer},
    random::Random,
    room::Room,
    song::{Stereo, active_level, silence},
    soundfont::{Instruments, events_of},
    synthesiser::Patch,
};

/// Level of a layer at gain 1, root mean square while it sounds.
const LEVEL: f32 = 0.1;

/// Who plays.
pub(super) enum Player<'a> {
    /// A patch of the synthesiser.
    Patch(Box<Patch>),
    /// A program of a sound font.
    Program(&'a Instruments, u8),
}

impl<'a> Player<'a> {
    /// A synthesiser that plays a layer.
    pub(super) fn layer(layer: Layer, random: &mut Random) -> Self {
        Self::Patch(Box::new(patches::layer(layer, random)))
    }

    /// A synthesiser's bass and its effects.
    pub(super) fn bass(random: &mut Random) -> (Self, Effects) {
        let kind = BASSES[random.index(BASSES.len())];
        (Self::Patch(Box::new(patches::bass(kind, random))), patches::bass_effects(kind, random))
    }

    /// A sound font's bass, seldom with effects.
    pub(super) fn font_bass(font: &'a Instruments, programs: &[u8], random: &mut Random) -> (Self, Effects) {
        let program = programs[random.index(programs.len())];
        let drive = crate::layer_effects::Drive::random(0.12, random);
        (Self::Program(font, program), Effects { drive, ..Effects::default() })
    }

    /// Plays notes, which are in order.
    pub(super) fn play(&self, notes: &[Note], bus: &Bus, random: &mut Random) -> Result<Stereo> {
        match self {
            Self::Patch(patch) => Ok(patch.play(notes, bus.beat, bus.dry[0].len(), bus.rate, random)),
            Self::Program(font, program) => {
                let seconds = (bus.dry[0].len() as f64 + 0.5) / f64::from(bus.rate);
                font.play(&events_of(notes, 0, *program, random), 0.0, seconds, bus.rate)
            }
        }
    }
}

/// Where the layers of a part come together.
pub(super) struct Bus {
    dry: Stereo,
    wet: Stereo,
    beat: f64,
    rate: u32,
    kicks: Vec<f64>,
    notes: Vec<Note>,
}

impl Bus {
    /// An empty bus; `kicks` are the moments (seconds) at which layers with pumping are pushed down.
    pub(super) fn new(samples: usize, rate: u32, beat: f64, kicks: &[f64]) -> Self {
        let (dry, wet) = (silence(samples), silence(samples));
        Self { dry, wet, beat, rate, kicks: kicks.to_vec(), notes: Vec::new() }
    }

    /// Lets a player play notes, which need not be in order, and adds it at a gain, 1 = full.
    pub(super) fn add(
        &mut self,
        player: &Player,
        notes: &[Note],
        effects: &Effects,
        gain: f32,
        random: &mut Random,
    ) -> Result<()> {
        let mut notes = notes.to_vec();
        notes.sort_by(|one, other| one.start.total_cmp(&other.start));
        let sound = player.play(&notes, self, random)?;
        self.add_sound(sound, effects, gain, random);
        let scaled = notes.iter().map(|note| Note { velocity: note.velocity * gain.min(1.0), ..*note });
        self.notes.extend(scaled);
        Ok(())
    }

    /// Adds a sound without a score.
    pub(super) fn add_sound(&mut self, mut sound: Stereo, effects: &Effects, gain: f32, random: &mut Random) {
        effects.apply(&mut sound, self.beat, self.rate);
        let level = active_level(&sound, self.rate);
        if level == 0.0 {
            return;
        }
        pump(&mut sound, &self.kicks, effects.pump, self.beat * f64::from(random.between(0.5, 0.95)), self.rate);
        let gain = gain * LEVEL / level;
        let side = random.between(-0.35, 0.35);
        for (channel, balance) in [1.0 - side, 1.0 + side].into_iter().enumerate() {
            let (dry, wet) = (gain * balance * (1.0 - effects.send), gain * balance * effects.send);
            for (n, sample) in sound[channel].iter().enumerate() {
                self.dry[channel][n] += dry * sample;
                self.wet[channel][n] += wet * sample;
            }
        }
    }

    /// The part and its notes.
    pub(super) fn finish(self, random: &mut Random) -> (Stereo, Vec<Note>) {
        let mut out = self.dry;
        if self.wet.iter().flatten().any(|sample| *sample != 0.0) {
            let (before, bright) = (random.between(0.0, 0.03), random.between(0.3, 0.9));
            let room =
                Room { seconds: random.between(0.3, 2.8), wet: random.between(0.4, 1.8), before, bright, echo: 0.0 };
            let wet = room.apply(&self.wet, self.rate, random);
            for (out, wet) in out.iter_mut().flatten().zip(wet.iter().flatten()) {
                *out += wet;
            }
        }
        (out, self.notes)
    }
}
