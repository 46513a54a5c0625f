//! The four players: from the bar's pattern and the chord to notes.

use songweave_dsp::band::{Chord, Instrument, Style};
use songweave_models::groove::{DRUM_KEYS, DRUMS, GrooveNetwork};

use super::{
    StepNote, bass,
    dice::roll,
    form::SectionKey,
    held::Held,
    meter,
    pattern::{Bar, CLOSED, CRASH, KICK, OPEN, RIDE, SNARE, is_sparse},
    voicing,
};
use crate::band::place::Place;

/// As long as the chord stays.
const UNTIL_RELEASED: f32 = f32::INFINITY;
/// Share of voiced time from which the voice counts as busy.
const BUSY: f32 = 0.6;

/// What is to be played in a step.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) place: Place,
    pub(super) step_seconds: f64,
    pub(super) chord: Chord,
    /// The chord of the next beat.
    pub(super) next: Chord,
    /// Nobody played before.
    pub(super) enters: bool,
    /// The chord is another one than in the step before.
    pub(super) changed: bool,
    pub(super) lighter: bool,
    pub(super) voiced: f32,
    pub(super) energy: f32,
    pub(super) key: SectionKey,
    pub(super) bar: Bar,
}

impl Moment {
    /// A number in 0…1 for a question about this step.
    fn roll(&self, question: u64) -> f32 {
        roll(&[self.key.seed.into(), self.place.bar as u64, self.place.step.into(), question])
    }

    fn velocity(&self, base: f32, instrument: Instrument) -> u8 {
        let jitter = 8.0 * (self.roll(40 + instrument as u64) - 0.5);
        let lighter = if self.lighter { 12.0 } else { 0.0 };
        (base + jitter + 7.0 * self.energy - lighter).round().clamp(1.0, 127.0) as u8
    }

    fn swing(&self) -> f32 {
        if self.key.style == Style::Swing { meter::swing(&self.place, self.step_seconds) } else { 0.0 }
    }

    /// Weight of the step in the bar: what velocities add on beats.
    fn accent(&self) -> f32 {
        match self.place.step {
            0 => 8.0,
            _ if self.place.is_beat() => 4.0,
            _ => 0.0,
        }
    }

    fn beat(&self) -> u32 {
        meter::to_next_beat(&self.place)
    }
}

/// What sounds of bass, keys and pad.
#[derive(Debug, Clone)]
pub(super) struct Players {
    bass: Held,
    keys: Held,
    pad: Held,
}

impl Players {
    pub(super) const fn new() -> Self {
        Self { bass: Held::new(Instrument::Bass), keys: Held::new(Instrument::Keys), pad: Held::new(Instrument::Pad) }
    }

    pub(super) fn stop(&mut self) {
        [&mut self.bass, &mut self.keys, &mut self.pad].into_iter().for_each(Held::release);
    }

    /// A step of the song.
    pub(super) fn play(&mut self, moment: &Moment, network: &GrooveNetwork, notes: &mut Vec<StepNote>) {
        if moment.changed {
            self.stop();
        }
        drums(moment, network, notes);
        self.play_bass(moment, notes);
        self.play_keys(moment, notes);
        self.play_pad(moment, notes);
    }

    /// The last chord: struck where `strikes`, then held while it is the same.
    pub(super) fn end(&mut self, moment: &Moment, strikes: bool, notes: &mut Vec<StepNote>) {
        if moment.changed {
            self.stop();
        }
        let beat = moment.beat();
        if !strikes {
            if moment.place.is_beat() {
                let held = [&mut self.bass, &mut self.keys, &mut self.pad];
                held.into_iter().for_each(|held| held.prolong(beat, notes));
            }
            return;
        }
        self.stop();
        let last = |held: &mut Held, keys: &[u8], base: f32, notes: &mut Vec<StepNote>| {
            let velocity = moment.velocity(base, Instrument::Keys);
            keys.iter().for_each(|key| held.strike((*key, velocity), 0.0, UNTIL_RELEASED, beat, notes));
        };
        last(&mut self.bass, &[bass::key_of(1, moment.chord)], 74.0, notes);
        last(&mut self.keys, &voicing::keys(moment.chord, &moment.key), 60.0, notes);
        last(&mut self.pad, &voicing::pad(moment.chord), 54.0, notes);
        hit(KICK, 60, 0.0, notes);
        if moment.key.density > 2 {
            hit(CRASH, 56, 0.0, notes);
        }
    }

    fn play_bass(&mut self, moment: &Moment, notes: &mut Vec<StepNote>) {
        let level = meter::source(&moment.place).map_or(0, |step| moment.bar.bass[step]);
        let left_out = moment.lighter && !moment.place.is_beat();
        if !moment.changed && (level == 0 || left_out) {
            if moment.place.is_beat() {
                self.bass.prolong(moment.beat(), notes);
            }
            return;
        }
        let gap = to_next_onset(&moment.place, &moment.bar.bass);
        let leads = bass::leads(moment.key.style) + 0.2 * moment.key.adventure();
        let leading = !moment.changed && gap >= moment.beat() && moment.next.bass != moment.chord.bass;
        let key = if moment.changed {
            bass::key_of(1, moment.chord)
        } else if leading && moment.roll(20) < leads {
            bass::approach(moment.chord, moment.next, moment.roll(21))
        } else {
            bass::key_of(level, moment.chord)
        };
        let length = match moment.key.style {
            Style::Funk => (gap as f32 - 0.3).min(1.7),
            Style::Latin => gap as f32 - 0.3,
            Style::Swing => gap as f32 - 0.2 - moment.swing(),
            Style::Ballad | Style::Pop | Style::Rock => gap as f32,
        };
        self.bass.release();
        let velocity = moment.velocity(80.0 + moment.accent(), Instrument::Bass);
        self.bass.strike((key, velocity), moment.swing(), length, moment.beat(), notes);
    }

    fn play_keys(&mut self, moment: &Moment, notes: &mut Vec<StepNote>) {
        let level = keys_level(moment);
        if level >= 3 {
            self.keys.release();
        } else if moment.place.is_beat() {
            self.keys.prolong(moment.beat(), notes);
        }
        let voicing = voicing::keys(moment.chord, &moment.key);
        let (length, base) = match moment.key.style {
            Style::Ballad => (8.0, 58.0),
            Style::Pop => (6.0, 62.0),
            Style::Rock => (4.0, 66.0),
            Style::Funk => (0.8, 66.0),
            Style::Latin => (1.6, 64.0),
            Style::Swing => (1.4, 60.0),
        };
        let busy = if moment.voiced > BUSY { 6.0 } else { 0.0 };
        let velocity = moment.velocity(base + moment.accent() - busy, Instrument::Keys);
        for key in struck(&voicing, level, moment.roll(22)) {
            self.keys.strike((key, velocity), moment.swing(), length, moment.beat(), notes);
        }
    }

    fn play_pad(&mut self, moment: &Moment, notes: &mut Vec<StepNote>) {
        if !self.pad.is_empty() {
            if moment.place.is_beat() {
                self.pad.prolong(moment.beat(), notes);
            }
            return;
        }
        let base = if moment.key.style == Style::Ballad { 58.0 } else { 50.0 };
        let velocity = moment.velocity(base, Instrument::Pad);
        for key in voicing::pad(moment.chord) {
            self.pad.strike((key, velocity), 0.0, UNTIL_RELEASED, moment.beat(), notes);
        }
    }
}

/// Steps to the next step in which a line begins a note, the bar's end at the latest.
fn to_next_onset(place: &Place, line: &[u8]) -> u32 {
    let sounds = |step: &u32| meter::source(&Place { step: *step, ..*place }).is_some_and(|step| line[step] > 0);
    let next = (place.step + 1..place.steps_per_bar).find(sounds);
    next.unwrap_or(place.steps_per_bar) - place.step
}

/// What the keys play of what the pattern has: the chord where it changes, less where the voice is busy.
fn keys_level(moment: &Moment) -> u8 {
    let level = meter::source(&moment.place).map_or(0, |step| moment.bar.keys[step]);
    let beat = moment.place.is_beat();
    if moment.enters || moment.changed && matches!(moment.key.style, Style::Ballad | Style::Pop | Style::Rock) {
        return level.max(if beat { 4 } else { 3 });
    }
    let ornament = !beat && matches!(level, 1 | 2) && moment.voiced > BUSY && moment.roll(23) < 0.4;
    if ornament || moment.lighter && !beat { 0 } else { level }
}

/// The notes of a voicing (ascending) that a level of the keys means.
fn struck(voicing: &[u8], level: u8, chance: f32) -> Vec<u8> {
    let [low, .., high] = voicing else { return voicing.to_vec() };
    let inner = voicing[1];
    match level {
        0 => Vec::new(),
        1 => vec![if chance < 0.5 { *low } else { inner }],
        2 => vec![if chance < 0.7 { *high } else { inner }],
        3 => vec![if chance < 0.5 { *low } else { inner }, *high],
        4 => voicing.to_vec(),
        _ => [voicing, &[low + 12]].concat(),
    }
}

/// What the drums play of a bar's pattern, `[class]`, before the singer's pauses are heard.
pub(super) fn drum_levels(place: &Place, key: &SectionKey, bar: &Bar) -> [u8; DRUMS] {
    let (hits, cymbals) = (meter::source(place), meter::cymbal_source(place));
    let (inside, last) = key.bar_of(place.bar);
    let mut levels = [0; DRUMS];
    for (drum, level) in levels.iter_mut().enumerate() {
        let source = if matches!(drum, CLOSED | OPEN | RIDE) { cymbals } else { hits };
        *level = source.map_or(0, |step| bar.drums[step][drum]);
        if drum == SNARE && !last && !meter::may_accent_snare(place) {
            *level = (*level).min(1);
        }
        let question = [key.seed.into(), place.bar as u64, place.step.into(), drum as u64];
        // Ghost notes come and go from bar to bar; crashes belong to the beginning and to the fill.
        let ghost = *level == 1 && (2..7).contains(&inside) && roll(&question) < 0.15 + 0.3 * key.adventure();
        if ghost || drum == CRASH && !last && (inside, place.step) != (0, 0) {
            *level = 0;
        }
    }
    let opens = (inside, place.step) == (0, 0) && key.density > 2;
    if opens && roll(&[key.seed.into(), place.bar as u64, 31]) < 0.7 {
        levels[CRASH] = levels[CRASH].max(2);
        levels[KICK] = levels[KICK].max(2);
    }
    levels
}

fn drums(moment: &Moment, network: &GrooveNetwork, notes: &mut Vec<StepNote>) {
    let levels = drum_levels(&moment.place, &moment.key, &moment.bar);
    for (drum, level) in levels.into_iter().enumerate() {
        if level > 0 && (!moment.lighter || is_sparse(drum)) {
            let velocity = moment.velocity(network.velocity(drum, level), Instrument::Drums);
            hit(drum, velocity, moment.swing(), notes);
        }
    }
}

/// A hit of a drum; drums ring out as they do, so its length is a step.
fn hit(drum: usize, velocity: u8, delay: f32, notes: &mut Vec<StepNote>) {
    notes.push(StepNote { instrument: Instrument::Drums, key: DRUM_KEYS[drum], velocity, delay, length: 1.0 });
}
