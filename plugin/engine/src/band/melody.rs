//! The melody that the tuner may aim at: written ahead on the grid, note by note.
//!
//! A note is chosen by chance that depends on the seed and its place alone, so the same place under the same chords after the
//! same notes is the same note. What has not begun is written anew when the chords turn out otherwise.

use std::collections::VecDeque;

use songweave_dsp::band::Chord;
use songweave_models::{
    WeightError,
    melody::{
        DURATIONS, LAGS, MelodyChord, MelodyError, MelodyHeard, MelodyNetwork, MelodyState, PITCHES, Register,
        Remembered, duration_steps,
    },
};

use super::{harmony::random::noise, place::Place};
use contour::Contour;

pub mod contour;
pub mod guide;

/// Steps that are always written ahead, at most; otherwise a bar.
const FARTHEST: u32 = 32;
/// Notes of the plan.
const PLANNED: usize = 24;
/// Bars that are remembered.
const BARS: u64 = LAGS[LAGS.len() - 1] as u64 + 1;
/// Temperature without adventure, and what adventure adds.
const TEMPERATURE: (f32, f32) = (0.9, 0.5);
/// How much less likely than the likeliest a note may be in nats, without adventure, and what adventure adds.
const UNLIKELIEST: (f32, f32) = (3.5, 4.0);
/// Notes of one pitch in a row that cost nothing, and what each further one costs in nats: the network was taught on true
/// melodies and does not know how long it has been singing its own.
const SAME: (usize, f32) = (2, 0.5);
/// Chances of a place that are apart: those of the pitches come first, those of the lengths after them.
const THROWS: u32 = 128;
/// Tells this chance from that of the chords.
const SALT: u32 = 0x6D65_6C6F;

/// What a melody is to be like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Setting {
    /// Key and range.
    pub register: Register,
    /// Pitch classes that may be sung beside those of the chord: bit n is n semitones above the tonic.
    pub scale: u16,
    /// Kind of song, see [`songweave_models::melody::CORPORA`].
    pub corpus: usize,
    /// From the most likely to the surprising, 0…1.
    pub adventure: f32,
    /// Another seed, another melody.
    pub seed: u32,
}

/// A note of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PlannedNote {
    /// Steps from the present one to its beginning; negative when it has begun.
    pub start: i32,
    /// Steps that it lasts; 0 where there is no note.
    pub steps: u32,
    /// MIDI key.
    pub key: u8,
}

/// The melody from the present step on, as far as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct MelodyPlan {
    /// The present step; `None` while no melody is written.
    pub place: Option<Place>,
    notes: [PlannedNote; PLANNED],
}

impl MelodyPlan {
    /// The notes in order of time.
    pub fn notes(&self) -> impl Iterator<Item = &PlannedNote> {
        self.notes.iter().filter(|note| note.steps > 0)
    }
}

/// A note or a rest.
#[derive(Debug, Clone)]
struct Event {
    start: u64,
    duration: usize,
    key: Option<u8>,
    /// The chords at its beginning and at the next beat, as they were expected.
    chords: [Option<Chord>; 2],
    /// What the network remembered before it.
    before: MelodyState,
}

impl Event {
    fn end(&self) -> u64 {
        self.start + duration_steps(self.duration) as u64
    }
}

/// Writes a melody while time passes.
pub struct MelodyWriter {
    network: MelodyNetwork,
    /// Without gaps, the oldest first.
    events: VecDeque<Event>,
    /// Steps since the melody began.
    clock: u64,
    place: Option<Place>,
    setting: Option<Setting>,
    contour: Contour,
}

impl MelodyWriter {
    /// The writer with the network in the binary.
    ///
    /// # Errors
    /// When the weight file in the binary is damaged, which a test rules out.
    pub fn embedded() -> Result<Self, WeightError> {
        Ok(Self::new(MelodyNetwork::embedded()?))
    }

    /// A writer that has written nothing.
    #[must_use]
    pub fn new(network: MelodyNetwork) -> Self {
        let (events, contour) = (VecDeque::new(), Contour::default());
        Self { network, events, clock: 0, place: None, setting: None, contour }
    }

    /// Forgets the melody, not the voice.
    pub fn forget(&mut self) {
        self.network.reset();
        self.events.clear();
        (self.clock, self.place, self.setting) = (0, None, None);
    }

    /// Forgets everything.
    pub fn reset(&mut self) {
        self.forget();
        self.contour = Contour::default();
    }

    /// The voice that the melody loosely follows.
    pub fn contour(&mut self) -> &mut Contour {
        &mut self.contour
    }

    /// The next step begins; `chord` tells what is expected so many steps from it. After a jump another melody begins.
    ///
    /// # Errors
    /// When the network heard what does not exist; the melody ends then.
    pub fn enter(
        &mut self,
        place: Place,
        setting: &Setting,
        chord: &dyn Fn(u32) -> Option<Chord>,
    ) -> Result<(), MelodyError> {
        if self.place.is_some_and(|before| before.is_followed_by(&place)) {
            self.clock += 1;
        } else {
            self.forget();
        }
        self.place = Some(place);
        if self.setting.replace(*setting).is_some_and(|before| before != *setting) {
            self.rewrite(|event, clock| event.start > clock);
        }
        self.rewrite(|event, clock| {
            event.start >= clock && event.chords != expected(place, (event.start - clock) as u32, chord)
        });
        let horizon = self.clock + 1 + u64::from(place.steps_per_bar.min(FARTHEST));
        while self.written() < horizon {
            self.write(place, setting, chord)?;
        }
        let memory = BARS * u64::from(place.steps_per_bar);
        while self.events.front().is_some_and(|event| event.end() + memory < self.clock) {
            self.events.pop_front();
        }
        Ok(())
    }

    /// MIDI key of the note of the present step; `None` in rests.
    #[must_use]
    pub fn key(&self) -> Option<u8> {
        self.at(self.clock)?.key
    }

    /// Whether a note begins in the present step.
    #[must_use]
    pub fn begins(&self) -> bool {
        self.at(self.clock).is_some_and(|event| event.key.is_some() && event.start == self.clock)
    }

    /// What is written from the present step on.
    #[must_use]
    pub fn plan(&self) -> MelodyPlan {
        let mut plan = MelodyPlan { place: self.place, ..MelodyPlan::default() };
        let coming = self.events.iter().filter(|event| event.end() > self.clock);
        let notes = coming.filter_map(|event| {
            let steps = duration_steps(event.duration) as u32;
            Some(PlannedNote { start: (event.start as i64 - self.clock as i64) as i32, steps, key: event.key? })
        });
        plan.notes.iter_mut().zip(notes).for_each(|(slot, note)| *slot = note);
        plan
    }

    /// Step up to which is written.
    fn written(&self) -> u64 {
        self.events.back().map_or(self.clock, Event::end)
    }

    fn at(&self, step: u64) -> Option<&Event> {
        self.events.iter().rev().find(|event| (event.start..event.end()).contains(&step))
    }

    /// Takes back the first event for which this holds, and all after it.
    fn rewrite(&mut self, is_wrong: impl Fn(&Event, u64) -> bool) {
        let clock = self.clock;
        if let Some(first) = self.events.iter().position(|event| is_wrong(event, clock)) {
            self.network.restore(&self.events[first].before);
            self.events.truncate(first);
        }
    }

    /// Writes one more event.
    fn write(
        &mut self,
        place: Place,
        setting: &Setting,
        chord: &dyn Fn(u32) -> Option<Chord>,
    ) -> Result<(), MelodyError> {
        let start = self.written();
        let ahead = (start - self.clock) as u32;
        let chords = expected(place, ahead, chord);
        let there = later(place, ahead);
        let heard = self.heard(start, there, setting, chords);
        let before = self.network.state();
        let temperature = TEMPERATURE.0 + TEMPERATURE.1 * setting.adventure.clamp(0.0, 1.0);
        let cut = UNLIKELIEST.0 + UNLIKELIEST.1 * setting.adventure.clamp(0.0, 1.0);
        let throw = |item: usize| {
            temperature * noise(setting.seed ^ SALT, there.bar, there.step.wrapping_mul(THROWS) + item as u32)
        };
        let mut logits = self.network.pitch(&heard)?;
        keep_scale(&mut logits, setting, heard.chord);
        if let Some(last) = heard.last_note {
            logits[last] -= SAME.1 * self.repeated().saturating_sub(SAME.0) as f32;
        }
        let pitch = choose(&logits, cut, throw);
        let lengths = self.network.length(pitch)?;
        let duration = choose(&lengths, cut, |class| throw(PITCHES + class));
        self.events.push_back(Event { start, duration, key: setting.register.key(pitch), chords, before });
        Ok(())
    }

    /// How often the last note's key was sung in a row, rests left out.
    fn repeated(&self) -> usize {
        let mut keys = self.events.iter().rev().filter_map(|event| event.key);
        let last = keys.next();
        1 + keys.take_while(|key| Some(*key) == last).count()
    }

    /// What the network hears before an event.
    fn heard(&self, start: u64, place: Place, setting: &Setting, chords: [Option<Chord>; 2]) -> MelodyHeard {
        let register = setting.register;
        let pitch = |event: &Event| event.key.map_or(Some(0), |key| register.pitch(key));
        let before = self.events.back().and_then(|event| Some((pitch(event)?, event.duration)));
        let last_note = self.events.iter().rev().find(|event| event.key.is_some()).and_then(pitch);
        let remembered = LAGS.map(|bars| {
            let then = start.checked_sub(bars as u64 * u64::from(place.steps_per_bar))?;
            let event = self.at(then)?;
            Some(Remembered { pitch: pitch(event)?, began: (event.start == then).then_some(event.duration) })
        });
        let [chord, next_chord] = chords.map(|chord| chord.map(|chord| in_key(chord, register.tonic)));
        MelodyHeard {
            register,
            before,
            last_note,
            remembered,
            step: place.step as usize,
            steps_per_bar: place.steps_per_bar,
            steps_per_beat: place.steps_per_beat,
            phrase: place.bar.rem_euclid(4) as usize,
            corpus: setting.corpus,
            chord,
            next_chord,
            voice: self.contour.voice(),
        }
    }
}

/// The chords so many steps ahead and at the beat after that.
fn expected(place: Place, ahead: u32, chord: &dyn Fn(u32) -> Option<Chord>) -> [Option<Chord>; 2] {
    let beat = place.steps_per_beat.max(1);
    let to_beat = beat - later(place, ahead).step % beat;
    [chord(ahead), chord(ahead + to_beat)]
}

/// The place so many steps later.
#[must_use]
pub const fn later(place: Place, steps: u32) -> Place {
    let bar = if place.steps_per_bar == 0 { 1 } else { place.steps_per_bar };
    let step = place.step.saturating_add(steps);
    Place { bar: place.bar.saturating_add((step / bar) as i64), step: step % bar, ..place }
}

/// A chord as it stands in a key.
#[must_use]
pub fn in_key(chord: Chord, tonic: u8) -> MelodyChord {
    let above = |class: u8| (class % 12 + 12 - tonic % 12) % 12;
    let notes = chord.quality.intervals().iter().map(|interval| chord.root + interval).chain([chord.bass]);
    MelodyChord { root: above(chord.root), classes: notes.fold(0, |set, note| set | 1 << above(note)) }
}

/// Leaves out the notes that are neither of the scale nor of the chord.
fn keep_scale(logits: &mut [f32; PITCHES], setting: &Setting, chord: Option<MelodyChord>) {
    let allowed = setting.scale | chord.map_or(0, |chord| chord.classes);
    for (pitch, logit) in logits.iter_mut().enumerate().skip(1) {
        let above = setting.register.key(pitch).map(|key| (key % 12 + 12 - setting.register.tonic) % 12);
        if above.is_none_or(|above| allowed >> above & 1 == 0) {
            *logit = f32::NEG_INFINITY;
        }
    }
}

/// The item whose likelihood and throw together are most, among those at most `cut` nats less likely than the likeliest.
fn choose(logits: &[f32], cut: f32, throw: impl Fn(usize) -> f32) -> usize {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let worth = |item: usize| logits[item] + throw(item);
    let likely = (0..logits.len()).filter(|item| logits[*item] >= most - cut);
    likely.max_by(|one, other| worth(*one).total_cmp(&worth(*other))).unwrap_or(0)
}

const _: () = assert!(PITCHES + DURATIONS.len() < THROWS as usize);

#[cfg(test)]
mod tests;
