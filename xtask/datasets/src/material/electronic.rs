//! Made-up electronic songs: stretches in which parts come and go, machine drums, synthesisers, loops, a voice.

use songweave_dsp::stream::layout::Part;

use super::{
    Material,
    band::{Bus, Player},
    within,
};
use songweave_score::{
    composition::{
        drum_patterns::{Amount, Pattern, STYLES},
        harmony::{self, Key},
    },
    error::Result,
    notation::{chord::Chord, note::Note},
    random::Random,
};
use songweave_synth::{
    effects::{
        layer_effects::{Drive, Effects},
        room::Room,
    },
    instruments::{
        drum_machine::{DrumMachine, sweep},
        patches::Layer,
        soundfont::{DRUM_CHANNEL, events_of},
    },
    song::{Song, Stereo, silence},
    voices::clips::{Clip, loop_is_drums},
};

/// Sound-font programs for pads, plucks, leads and basses of electronic music.
const PADS: [u8; 16] = [50, 51, 54, 62, 63, 81, 88, 89, 90, 91, 92, 93, 94, 95, 4, 5];
const PLUCKS: [u8; 18] = [80, 81, 82, 84, 85, 87, 11, 12, 45, 98, 6, 99, 8, 104, 0, 4, 27, 46];
const LEADS: [u8; 14] = [80, 81, 82, 84, 85, 87, 65, 56, 73, 40, 29, 30, 61, 22];
const BASS: [u8; 8] = [38, 39, 38, 39, 33, 87, 36, 34];
/// Most layers of the accompaniment.
const LAYERS: usize = 5;

/// A stretch of a song.
#[derive(Debug, Clone)]
struct Section {
    start: f64,
    bars: usize,
    drums: Amount,
    bass: bool,
    voice: bool,
    layers: [bool; LAYERS],
    /// A noise rises towards the end.
    rises: bool,
}

/// What the parts of a song have in common.
struct Plan {
    beat: f64,
    seconds: f64,
    key: Key,
    chords: Vec<Chord>,
    sections: Vec<Section>,
    kicks: Vec<f64>,
    pumps: bool,
}

impl Plan {
    fn random(tempo: f32, seconds: f64, random: &mut Random) -> Self {
        let beat = 60.0 / f64::from(tempo);
        let key = Key::random(random);
        let chords = key.progression(4.0 * beat, seconds, random);
        let sections = sections(4.0 * beat, seconds, random);
        Self { beat, seconds, key, chords, sections, kicks: Vec::new(), pumps: random.chance(0.5) }
    }

    /// The notes that begin in stretches in which they are wanted.
    fn during(&self, notes: &[Note], wanted: impl Fn(&Section) -> bool) -> Vec<Note> {
        let bar = 4.0 * self.beat;
        let plays = |note: &&Note| {
            let mut sections = self.sections.iter().rev();
            sections.find(|section| section.start <= note.start + 0.1 * bar).is_some_and(&wanted)
        };
        within(notes.iter().filter(plays).copied().collect(), self.seconds)
    }

    fn pump(&self, depth: [f32; 2], random: &mut Random) -> f32 {
        if self.pumps && random.chance(0.8) { random.between(depth[0], depth[1]) } else { 0.0 }
    }
}

impl Material {
    /// A made-up song.
    pub(super) fn electronic(&self, seconds: f64, rate: u32, random: &mut Random) -> Result<Song> {
        let mut song = Song::silent("electronic", rate, (seconds * f64::from(rate)) as usize);
        let style = STYLES[random.index(STYLES.len())];
        let mut plan = Plan::random(style.tempo(random), seconds, random);
        let pattern = Pattern::random(style, random);
        self.electronic_drums(&mut song, &pattern, &mut plan, random)?;
        self.electronic_bass(&mut song, &plan, random)?;
        self.electronic_layers(&mut song, &plan, random)?;
        self.electronic_voice(&mut song, &plan, random)?;
        Ok(song)
    }

    fn electronic_drums(&self, song: &mut Song, pattern: &Pattern, plan: &mut Plan, random: &mut Random) -> Result<()> {
        let (samples, rate) = (song.samples(), song.rate);
        let mut notes = Vec::new();
        for section in &plan.sections {
            notes.extend(pattern.notes(section.start, plan.beat, section.bars, section.drums, random));
        }
        let notes = within(notes, plan.seconds);
        plan.kicks = notes.iter().filter(|note| note.key == 36.0).map(|note| note.start).collect();
        let mut drums = self.strike(&notes, samples, rate, random)?;
        if random.chance(0.3) {
            Drive::random(1.0, random).apply(&mut drums);
        }
        let wet = random.between(0.0, 0.3);
        if random.chance(0.5) {
            drums = Room { seconds: random.between(0.1, 1.2), before: 0.005, bright: 0.6, wet, echo: 0.0 }
                .apply(&drums, rate, random);
        }
        song.notes[Part::Drums as usize] = Some(notes);
        if random.chance(0.2) {
            let beat = self.loop_part(true, samples, rate, random)?;
            mix(&mut drums, &beat, random.between(0.3, 1.0));
            song.notes[Part::Drums as usize] = None;
        }
        song.parts[Part::Drums as usize] = drums;
        Ok(())
    }

    /// Drums of a random machine, of a sound font, or of both.
    pub(super) fn strike(&self, notes: &[Note], samples: usize, rate: u32, random: &mut Random) -> Result<Stereo> {
        let choice = random.unit();
        let mut out = silence(samples);
        if choice < 0.8 {
            mix(&mut out, &DrumMachine::random(rate, random).play(notes, samples, rate), 0.6);
        }
        if choice > 0.7 {
            let kit = [24, 25, 25, 16, 0, 8][random.index(6)];
            let seconds = (samples as f64 + 0.5) / f64::from(rate);
            let events = events_of(notes, DRUM_CHANNEL, kit, random);
            mix(&mut out, &self.font(random).play(&events, 0.0, seconds, rate)?, 1.0);
        }
        Ok(out)
    }

    fn electronic_bass(&self, song: &mut Song, plan: &Plan, random: &mut Random) -> Result<()> {
        let lowest = [24.0, 28.0, 28.0, 33.0, 36.0][random.index(5)];
        let notes = harmony::bass_line(&plan.chords, plan.beat, lowest, random);
        let notes = plan.during(&notes, |section| section.bass);
        let mut bus = Bus::new(song.samples(), song.rate, plan.beat, &plan.kicks);
        let (player, mut effects) =
            if random.chance(0.8) { Player::bass(random) } else { Player::font_bass(self.font(random), &BASS, random) };
        effects.pump = plan.pump([0.3, 1.0], random);
        bus.add(&player, &notes, &effects, 1.0, random)?;
        if random.chance(0.15) {
            // Two basses in unison, an octave apart.
            let (player, mut effects) = Player::bass(random);
            effects.pump = plan.pump([0.3, 1.0], random);
            let higher: Vec<Note> = notes.iter().map(|note| Note { key: note.key + 12.0, ..*note }).collect();
            bus.add(&player, &higher, &effects, random.between(0.3, 0.8), random)?;
        }
        fill(song, Part::Bass, bus, random);
        Ok(())
    }

    fn electronic_layers(&self, song: &mut Song, plan: &Plan, random: &mut Random) -> Result<()> {
        let mut bus = Bus::new(song.samples(), song.rate, plan.beat, &plan.kicks);
        for index in 0..2 + random.index(LAYERS - 1) {
            let kind = kind(index, random);
            let notes = line(kind, plan, random);
            let notes = plan.during(&notes, |section| section.layers[index]);
            let player = if random.chance(0.7) || kind == Layer::Talking {
                Player::layer(kind, random)
            } else {
                let programs: &[u8] = match kind {
                    Layer::Pad => &PADS,
                    Layer::Lead => &LEADS,
                    _ => &PLUCKS,
                };
                Player::Program(self.font(random), programs[random.index(programs.len())])
            };
            let effects = Effects { pump: plan.pump([0.2, 0.95], random), ..Effects::random(random) };
            bus.add(&player, &notes, &effects, random.between(0.3, 1.0), random)?;
        }
        self.add_sweeps(&mut bus, plan, song.rate, random);
        let looped = random.chance(0.12);
        if looped {
            let sound = self.loop_part(false, song.samples(), song.rate, random)?;
            bus.add_sound(sound, &Effects::default(), random.between(0.3, 1.0), random);
        }
        fill(song, Part::Other, bus, random);
        if looped {
            song.notes[Part::Other as usize] = None;
        }
        Ok(())
    }

    /// Noise that rises before a stretch or falls after its begin.
    fn add_sweeps(&self, bus: &mut Bus, plan: &Plan, rate: u32, random: &mut Random) {
        let mut sound = silence((plan.seconds * f64::from(rate)) as usize);
        for section in plan.sections.iter().filter(|section| section.rises) {
            let bar = 4.0 * plan.beat;
            let bars = [1.0, 2.0, 4.0][random.index(3)];
            let rising = random.chance(0.7);
            let start = if rising { section.start + (section.bars as f64 - bars) * bar } else { section.start };
            let noise = sweep((bars * bar) as f32, rising, rate, random);
            let start = (start.max(0.0) * f64::from(rate)) as usize;
            for (out, noise) in sound.iter_mut().zip(&noise) {
                out.iter_mut().skip(start).zip(noise).for_each(|(out, sample)| *out += sample);
            }
        }
        let effects = Effects { send: random.between(0.0, 0.5), ..Effects::default() };
        bus.add_sound(sound, &effects, random.between(0.15, 0.6), random);
    }

    fn electronic_voice(&self, song: &mut Song, plan: &Plan, random: &mut Random) -> Result<()> {
        let choice = random.unit();
        if choice < 0.2 {
            song.notes[Part::Vocals as usize] = Some(Vec::new());
        } else if choice < 0.35 {
            self.add_clip(song, random)?;
        } else {
            let melody = plan.key.melody(&plan.chords, plan.beat, plan.seconds, 57.0, random);
            let melody = plan.during(&melody, |section| section.voice);
            self.sing(song, &melody, random);
        }
        Ok(())
    }

    /// A loop of the data set over a whole song, drums or accompaniment.
    pub(super) fn loop_part(&self, drums: bool, samples: usize, rate: u32, random: &mut Random) -> Result<Stereo> {
        let fitting: Vec<&Clip> = self.loops.iter().filter(|clip| loop_is_drums(&clip.name) == Some(drums)).collect();
        match random.pick(&fitting) {
            Some(clip) => clip.repeat(samples, rate, 0.0, random),
            None => Ok(silence(samples)),
        }
    }
}

/// What the layer of a number is: chords first, then what moves, then melodies.
fn kind(index: usize, random: &mut Random) -> Layer {
    let choice: &[Layer] = match index {
        0 => &[Layer::Pad, Layer::Pad, Layer::Stab, Layer::Keys],
        1 => &[Layer::Pluck, Layer::Lead, Layer::Stab, Layer::Keys, Layer::Talking],
        _ => &[Layer::Pluck, Layer::Lead, Layer::Lead, Layer::Talking, Layer::Keys, Layer::Pad],
    };
    choice[random.index(choice.len())]
}

/// Notes that suit a layer.
fn line(kind: Layer, plan: &Plan, random: &mut Random) -> Vec<Note> {
    let step = plan.beat * [0.25, 0.25, 0.5, 1.0 / 3.0][random.index(4)];
    let middle = random.between(52.0, 67.0);
    match kind {
        Layer::Pad => harmony::held(&plan.chords, middle, random.between(0.5, 0.8)),
        Layer::Stab => harmony::stabs(&plan.chords, plan.beat, middle, random),
        Layer::Pluck => harmony::arpeggio(&plan.chords, step, middle + 12.0 * random.index(3) as f32, random),
        Layer::Keys if random.chance(0.5) => harmony::stabs(&plan.chords, plan.beat, middle, random),
        Layer::Keys => harmony::held(&plan.chords, middle, random.between(0.5, 0.9)),
        Layer::Lead | Layer::Talking => {
            // Half of the melodies lie where voices sing.
            let middle = if random.chance(0.5) { random.between(52.0, 66.0) } else { random.between(66.0, 84.0) };
            plan.key.melody(&plan.chords, plan.beat, plan.seconds, middle, random)
        }
    }
}

/// Stretches of four or eight bars: quiet, building, full, broken down.
fn sections(bar: f64, seconds: f64, random: &mut Random) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut start = 0.0;
    while start < seconds {
        let bars = [4, 4, 8, 2][random.index(4)];
        let full = sections.last().is_none_or(|before| before.drums != Amount::Full) || random.chance(0.5);
        let drums = match (full, random.index(4)) {
            (true, _) => Amount::Full,
            (false, 0) => Amount::Build,
            (false, 1) => Amount::None,
            (false, _) => Amount::Light,
        };
        let bars = if drums == Amount::Build { bars.min(4) } else { bars };
        let density = if full { 0.75 } else { 0.5 };
        let mut layers = std::array::from_fn(|_| random.chance(density));
        layers[random.index(2)] = true;
        let bass = random.chance(if full { 0.93 } else { 0.35 });
        let (voice, rises) = (random.chance(0.7), random.chance(0.4));
        sections.push(Section { start, bars, drums, bass, voice, layers, rises });
        start += bars as f64 * bar;
    }
    sections
}

/// Puts what is on a bus into a song.
fn fill(song: &mut Song, part: Part, bus: Bus, random: &mut Random) {
    let (sound, notes) = bus.finish(random);
    song.parts[part as usize] = sound;
    song.notes[part as usize] = Some(within(notes, song.seconds()));
}

fn mix(to: &mut Stereo, sound: &Stereo, gain: f32) {
    for (to, sound) in to.iter_mut().zip(sound) {
        to.iter_mut().zip(sound).for_each(|(to, sample)| *to += gain * sample);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_follow_each_other_and_notes_keep_to_those_that_want_them() {
        for seed in 0..40 {
            let random = &mut Random::new(seed);
            let mut plan = Plan::random(120.0, 40.0, random);
            assert!(plan.sections.windows(2).all(|pair| pair[1].start - pair[0].start == 2.0 * pair[0].bars as f64));
            let end = plan.sections.last().map_or(0.0, |section| section.start + 2.0 * section.bars as f64);
            assert!(end >= 40.0 && plan.sections[0].drums == Amount::Full);
            let line = line(kind(seed as usize % 4, random), &plan, random);
            assert!(!plan.during(&line, |_| true).is_empty() && plan.during(&line, |_| false).is_empty());
            plan.sections[0].bass = true;
            let length = 2.0 * plan.sections[0].bars as f64;
            plan.sections.iter_mut().skip(1).for_each(|section| section.bass = false);
            let first = plan.during(&line, |section| section.bass);
            assert!(first.iter().all(|note| note.start < length) && first.len() <= line.len());
        }
    }
}
