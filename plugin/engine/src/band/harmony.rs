//! The harmony of Accompany: chord, key and what is expected next, once per step, from what was sung before it.
//!
//! [`Listening`] follows the singing and remembers the song, the network says at every beat what harmony it asks for, and
//! [`choice`] turns that into few chords. No chord that was played goes back into the network: it would come to believe
//! its own mistakes.

pub mod choice;
pub mod features;
pub mod memory;
pub mod random;
pub mod scale;

use std::collections::VecDeque;

use songweave_dsp::band::Chord;
use songweave_models::{ChordBelief, ChordNetwork};

use crate::{
    band::{heard::StepHeard, place::Place},
    follow::key::KeyEstimate,
    runtime::fault::NetworkFault,
};
use choice::ChoiceSettings;
use features::Listening;
use memory::REMEMBERED;

/// Beats of the plan.
pub const PLAN: usize = 4;
/// Steps that have to be sung before it commits itself.
const FEWEST_SUNG: f32 = 3.0;
/// Share of a step above which it counts as sung.
const IS_SUNG: f32 = 0.25;

/// What the user wants of the harmony.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Overrides {
    /// Locked tonic, a pitch class.
    pub key: Option<u8>,
    /// Locked scale: whether it is minor.
    pub minor: Option<bool>,
    /// The chord that is played now, whatever is sung: from a parameter or over MIDI.
    pub chord: Option<Chord>,
    /// How freely chords are chosen, 0…1; 0 = always the likeliest.
    pub adventure: f32,
    /// Seed of the chance.
    pub seed: u32,
}

/// The harmony from a step on.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Harmonised {
    /// The chord that sounds, `None` before it has heard enough.
    pub chord: Option<Chord>,
    /// The key, as far as it is known.
    pub key: Option<KeyEstimate>,
    /// What is expected at the next beats.
    pub plan: [Option<Chord>; PLAN],
}

/// Harmonises a melody while it is sung.
pub struct Harmony {
    network: ChordNetwork,
    listening: Listening,
    belief: ChordBelief,
    /// Chords that were played, the newest last, one per remembered step.
    played: VecDeque<Option<Chord>>,
    now: Harmonised,
    /// The place of the step before.
    before: Option<Place>,
    /// Steps since singing began; none before.
    since_first: Option<u32>,
    /// Steps since the last that was sung.
    pause: u32,
    /// Steps sung, in all.
    sung: f32,
}

impl Harmony {
    /// Nothing heard.
    #[must_use]
    pub fn new(network: ChordNetwork) -> Self {
        Self {
            network,
            listening: Listening::default(),
            belief: ChordBelief::default(),
            played: VecDeque::new(),
            now: Harmonised::default(),
            before: None,
            since_first: None,
            pause: 0,
            sung: 0.0,
        }
    }

    /// Forgets the song.
    pub fn reset(&mut self) {
        self.network.reset();
        self.listening = Listening::default();
        self.belief = ChordBelief::default();
        self.played.clear();
        self.now = Harmonised::default();
        (self.before, self.since_first, self.pause, self.sung) = (None, None, 0, 0.0);
    }

    /// The harmony from the step at `place` on. To be called at the beginning of every step, in order; after a jump of the
    /// host it goes on with what it knows of the song.
    ///
    /// `last` is the complete step before; `ahead[0]` the step that begins, as far as it has been heard; `ahead[1..]` the
    /// following ones where the user chose a look-ahead.
    ///
    /// # Errors
    /// The network heard something that is no number; the harmony stays as it was.
    pub fn step(
        &mut self,
        place: &Place,
        last: &StepHeard,
        ahead: &[StepHeard],
        overrides: &Overrides,
    ) -> Result<Harmonised, NetworkFault> {
        let ahead: Vec<StepHeard> = ahead.iter().map(clean).collect();
        self.hear(place, &clean(last), &ahead);
        if place.is_beat() || self.before.is_none() {
            let features = self.listening.features(place, &ahead);
            let answer = self.network.step(&features, &mut self.belief);
            answer.map_err(|error| NetworkFault(error.to_string()))?;
            self.decide(place, overrides);
        }
        if let Some(chord) = overrides.chord {
            self.now.chord = Some(chord);
        }
        self.before = Some(*place);
        self.played.push_back(self.now.chord);
        if self.played.len() > REMEMBERED {
            self.played.pop_front();
        }
        Ok(self.now)
    }

    /// What the network believes since the last beat.
    #[must_use]
    pub const fn belief(&self) -> &ChordBelief {
        &self.belief
    }

    fn hear(&mut self, place: &Place, last: &StepHeard, ahead: &[StepHeard]) {
        self.listening.hear(place, last);
        let voiced = last.voiced();
        self.sung += voiced;
        self.since_first = match self.since_first {
            None if voiced > IS_SUNG => Some(1),
            since => since.map(|steps| steps.saturating_add(1)),
        };
        let sings = voiced > IS_SUNG || ahead.first().is_some_and(|now| now.voiced() > IS_SUNG * now.heard.max(0.05));
        self.pause = if sings { 0 } else { self.pause.saturating_add(1) };
    }

    /// Whether it has listened for a bar and a downbeat has come.
    fn may_begin(&self, place: &Place) -> bool {
        let listened = self.since_first.is_some_and(|steps| steps >= place.steps_per_bar);
        self.now.chord.is_some() || (listened && self.sung >= FEWEST_SUNG && place.step == 0)
    }

    fn decide(&mut self, place: &Place, overrides: &Overrides) {
        let locked = overrides.key.is_some() || overrides.minor.is_some();
        if self.sung < FEWEST_SUNG && !locked {
            return;
        }
        let key = scale::key_of(&self.belief, overrides.key, overrides.minor);
        self.now.key = Some(key);
        if !self.may_begin(place) {
            return;
        }
        let adventure = if overrides.adventure.is_finite() { overrides.adventure.clamp(0.0, 1.0) } else { 0.0 };
        let settings = ChoiceSettings { adventure, seed: overrides.seed };
        let allowed = |chord: Chord| !locked || scale::fits(key.key, chord);
        let mut worth = choice::worth(&self.belief, key, 0, settings);
        choice::add_chance(&mut worth, settings, place.bar);
        if let Some((chord, certainty)) = self.played_before() {
            choice::add_return(&mut worth, chord, certainty);
        }
        let bars = |steps: u32| steps as f32 / place.steps_per_bar.max(1) as f32;
        // A chord that the key has left behind is left, too, wherever in the bar.
        let holds = self.now.chord.is_none_or(|chord| scale::fits(key.key, chord));
        let cost = if holds { choice::cost(place.step, place.steps_per_bar, bars(self.pause)) } else { 0.0 };
        let chosen = choice::best(&worth, self.now.chord, cost, allowed);
        let stays =
            chosen.zip(self.now.chord).is_some_and(|(new, old)| (new.root, new.quality) == (old.root, old.quality));
        if !stays {
            self.now.chord = chosen.map(|chord| choice::with_bass(chord, &self.belief.bass, settings));
        }
        self.plan(place, key, settings, allowed);
    }

    /// The chord that was played when the passage that is sung now was sung before, and how certain that is.
    fn played_before(&self) -> Option<(Chord, f32)> {
        let forecast = self.listening.memory().forecast();
        let at = self.played.len().checked_sub(forecast.lag).filter(|_| forecast.lag > 0)?;
        self.played.get(at).copied().flatten().map(|chord| (chord, forecast.confidence))
    }

    fn plan(&mut self, place: &Place, key: KeyEstimate, settings: ChoiceSettings, allowed: impl Fn(Chord) -> bool) {
        let mut chord = self.now.chord;
        for (index, planned) in self.now.plan.iter_mut().enumerate() {
            let later = place.steps_per_beat.saturating_mul(index as u32 + 1);
            let step = place.step.saturating_add(later) % place.steps_per_bar.max(1);
            let worth = choice::worth(&self.belief, key, index + 1, settings);
            chord = choice::best(&worth, chord, choice::cost(step, place.steps_per_bar, 0.0), &allowed);
            *planned = chord;
        }
    }
}

/// The step with everything that is no share of it taken for silence: what was remembered once stays for the song.
fn clean(step: &StepHeard) -> StepHeard {
    let share = |value: f32| if value.is_finite() { value.clamp(0.0, 1.0) } else { 0.0 };
    StepHeard { pitch: step.pitch.map(share), onset: step.onset.map(share), heard: share(step.heard), ..*step }
}

#[cfg(test)]
mod tests;
