//! Players of a song's parts: synthesisers and sound fonts with effects, gathered on a bus with a room.

use songweave_score::{error::Result, notation::note::Note, random::Random};
use songweave_synth::{
    effects::{
        layer_effects::{Effects, pump},
        room::Room,
    },
    instruments::{
        patches::{self, BASSES, Layer},
        soundfont::{Instruments, events_of},
        synthesiser::Patch,
    },
    song::{Stereo, active_level, silence},
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
        let drive = songweave_synth::effects::layer_effects::Drive::random(0.12, random);
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

#[cfg(test)]
mod tests {
    use super::*;
    use songweave_synth::instruments::drum_machine::DrumMachine;

    const KINDS: [Layer; 6] = [Layer::Lead, Layer::Talking, Layer::Pluck, Layer::Pad, Layer::Stab, Layer::Keys];

    fn song(seed: u64, notes: &[Note]) -> (Stereo, Vec<Note>) {
        let random = &mut Random::new(seed);
        let mut bus = Bus::new(44_100, 44_100, 0.5, &[0.0, 0.5]);
        let player = Player::layer(KINDS[seed as usize % KINDS.len()], random);
        let effects = Effects { echo: None, gate: Vec::new(), pump: 0.2, ..Effects::random(random) };
        assert!(bus.add(&player, notes, &effects, 0.8, random).is_ok());
        bus.finish(random)
    }

    fn energy(sound: &Stereo, from: f64, to: f64) -> f32 {
        let range = (from * 44_100.0) as usize..(to * 44_100.0) as usize;
        sound.iter().flat_map(|channel| &channel[range.clone()]).map(|sample| sample * sample).sum()
    }

    #[test]
    fn the_seed_decides_a_layer_and_its_notes_lie_where_it_sounds() {
        let notes = [Note { start: 0.4, length: 0.3, key: 60.0, velocity: 0.9 }];
        for seed in 0..24 {
            let (sound, written) = song(seed, &notes);
            assert_eq!((&sound, &written), (&song(seed, &notes).0, &written), "seed {seed}");
            assert_eq!((written.len(), written[0].start, written[0].key), (1, 0.4, 60.0));
            assert!(sound.iter().flatten().all(|sample| sample.is_finite()));
            assert!(energy(&sound, 0.0, 0.399) < 1e-6, "seed {seed}");
            let (heard, level) = (energy(&sound, 0.4, 0.7), active_level(&sound, 44_100));
            assert!(heard > 1.0 && (0.02..0.4).contains(&level), "seed {seed}: energy {heard}, level {level}");
        }
        assert_ne!(song(1, &notes).0, song(7, &notes).0);
    }

    #[test]
    fn machine_drums_sound_when_their_notes_begin() {
        let hits: Vec<Note> =
            [0.1, 0.6].into_iter().map(|start| Note { start, length: 0.1, key: 38.0, velocity: 1.0 }).collect();
        for seed in 0..10 {
            let sound = DrumMachine::random(44_100, &mut Random::new(seed)).play(&hits, 44_100, 44_100);
            let rise = |at: f64| energy(&sound, at, at + 0.03) / (energy(&sound, at - 0.03, at) + 1e-6);
            assert!(rise(0.1) > 10.0 && rise(0.6) > 10.0, "seed {seed}: {} {}", rise(0.1), rise(0.6));
        }
    }
}
