//! What is heard of a melody: the errors of hearing that the chord network is taught with.

use songweave_engine::band::heard::StepHeard;

use crate::{random::Random, songs::sung_song::SungStep};

/// Most steps of look-ahead.
pub const MOST_AHEAD: usize = 8;

/// How badly a song is heard. All zeros: as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Hearing {
    /// Probability that a note begins with a consonant without pitch.
    consonants: f32,
    /// Mean lateness of notes, in steps.
    lateness: f32,
    /// Share of a note that glides or vibrates into a neighbour, at most.
    smear: f32,
    /// Share of everything that is heard a semitone beside; below 0 under it.
    detuned: f32,
    /// Probability per step that the voice is lost.
    losses: f32,
    /// Probability per step of silence that a note is heard that is none.
    ghosts: f32,
    /// Steps that notes go on into the silence after them, on average: rooms, and singers who hold on.
    tails: f32,
    /// Probability that the beginning of a note goes unnoticed, and that one is heard in a step where none is.
    deaf: f32,
    startled: f32,
    /// Share of the step that begins which is heard before the decision.
    early: f32,
    /// Whole steps heard ahead.
    ahead: usize,
}

impl Hearing {
    /// Random conditions: one in five is clean, one in seven looks ahead.
    #[must_use]
    pub fn random(random: &mut Random) -> Self {
        let badly = if random.chance(0.2) { 0.0 } else { random.between(0.2, 1.0) };
        let ahead = if random.chance(0.15) { 1 + random.index(MOST_AHEAD) } else { 0 };
        let early = if random.chance(0.5) { 0.0 } else { random.between(0.05, 0.3) };
        Self {
            consonants: 0.5 * badly,
            lateness: 0.15 * badly,
            smear: 0.6 * badly * random.unit(),
            detuned: 0.4 * badly * random.noise() * random.unit(),
            losses: 0.04 * badly * random.unit(),
            ghosts: 0.06 * badly * random.unit(),
            tails: 1.2 * badly * random.unit(),
            deaf: 0.4 * badly * random.unit(),
            startled: 0.15 * badly * random.unit(),
            early,
            ahead,
        }
    }

    /// The same without look-ahead.
    #[must_use]
    pub fn online(self) -> Self {
        Self { ahead: 0, ..self }
    }

    /// The same with so many whole steps heard ahead.
    #[must_use]
    pub fn looking_ahead(self, steps: usize) -> Self {
        Self { ahead: steps, ..self }
    }

    /// Everything as it was written, with so much heard of the step that begins.
    #[must_use]
    pub fn perfect(early: f32) -> Self {
        Self { early, ..Self::default() }
    }
}

/// A melody as it is heard: each step whole, and its beginning.
#[derive(Debug, Clone, PartialEq)]
pub struct Heard {
    /// `[step]`.
    pub steps: Vec<StepHeard>,
    /// `[step]`: as much of it as is heard before the decision.
    pub beginnings: Vec<StepHeard>,
    ahead: usize,
}

impl Heard {
    /// Hears a melody.
    #[must_use]
    pub fn of(melody: &[SungStep], hearing: &Hearing, random: &mut Random) -> Self {
        let mut heard = Self { steps: Vec::new(), beginnings: Vec::new(), ahead: hearing.ahead };
        let mut ear = Ear::default();
        for sung in melody {
            let moment = ear.next(*sung, hearing, random);
            heard.steps.push(moment.until(1.0, hearing.detuned));
            heard.beginnings.push(moment.until(hearing.early, hearing.detuned));
        }
        heard
    }

    /// What is heard of the step that begins and of those after it.
    #[must_use]
    pub fn ahead(&self, step: usize) -> Vec<StepHeard> {
        let whole = self.steps.iter().skip(step).take(self.ahead).copied();
        whole.chain(self.beginnings.get(step + self.ahead).copied()).collect()
    }
}

/// What an ear remembers from step to step.
#[derive(Debug, Default)]
struct Ear {
    /// Steps for which the voice is lost.
    lost: usize,
    /// What was heard in the step before.
    before: Option<u8>,
    note: Note,
    /// Steps that the last note still goes on.
    tail: f32,
}

impl Ear {
    fn next(&mut self, sung: SungStep, hearing: &Hearing, random: &mut Random) -> Moment {
        if sung.onset {
            self.note = Note::random(hearing, random);
        }
        if sung.key.is_some() {
            self.tail = hearing.tails * random.between(0.5, 1.5);
        }
        self.lost = self.lost.saturating_sub(1);
        if random.chance(hearing.losses * 0.5) {
            let longest = if random.chance(0.1) { 16 } else { 3 };
            self.lost = 1 + random.index(longest);
        }
        let ghost = random.chance(hearing.ghosts).then(|| 48 + random.index(24) as u8);
        let key = if self.lost > 0 { None } else { sung.key.or(ghost) };
        let begins = sung.onset || (ghost.is_some() && sung.key.is_none());
        let mut moment = Moment { before: self.before, key, late: 0.0, note: self.note, onset: 0.0 };
        if begins {
            (moment.late, moment.onset) = (self.note.late, self.note.clarity);
        } else if random.chance(hearing.startled) {
            moment.onset = random.between(0.3, 1.0);
        }
        if key.is_none() && self.lost == 0 {
            // The last note's tail, then silence.
            (moment.key, moment.late) = (None, self.tail.min(1.0));
            self.tail = (self.tail - 1.0).max(0.0);
            self.before = self.before.filter(|_| self.tail > 0.0);
        } else {
            self.before = key;
        }
        moment
    }
}

/// A step as it is heard.
struct Moment {
    before: Option<u8>,
    key: Option<u8>,
    /// Share of it in which the note before, or a consonant, still sounds.
    late: f32,
    note: Note,
    /// Strength of the onset that is heard in it, 0 = none.
    onset: f32,
}

impl Moment {
    /// As much of the step as lies before `end` (0…1).
    fn until(&self, end: f32, detuned: f32) -> StepHeard {
        let mut step = StepHeard { heard: end, level: -120.0, ..StepHeard::default() };
        let old = self.before.filter(|_| !self.note.consonant || self.key.is_none());
        self.note.add(&mut step, old, self.late.min(end), detuned);
        self.note.add(&mut step, self.key, (end - self.late).max(0.0), detuned);
        let heard = self.key.or(old);
        if let (Some(key), true) = (heard, end > self.late.min(0.9) + 0.05) {
            step.onset[usize::from(key % 12)] = self.onset;
        }
        if step.voiced() > 0.0 {
            (step.level, step.key) = (-20.0, f32::from(heard.unwrap_or(60)));
        }
        step
    }
}

/// How one note is heard.
#[derive(Debug, Clone, Copy, Default)]
struct Note {
    consonant: bool,
    late: f32,
    /// Share that goes to the neighbour above, below 0 to that below.
    smear: f32,
    clarity: f32,
}

impl Note {
    fn random(hearing: &Hearing, random: &mut Random) -> Self {
        let consonant = random.chance(hearing.consonants);
        let gap = if consonant { random.between(0.05, 0.5) } else { 0.0 };
        Self {
            consonant,
            late: (gap + hearing.lateness * random.normal().abs()).min(0.9),
            smear: hearing.smear * random.noise(),
            clarity: match hearing.consonants > 0.0 {
                true if random.chance(hearing.deaf) => 0.0,
                true => random.between(0.3, 1.0),
                false => 1.0,
            },
        }
    }

    fn add(&self, step: &mut StepHeard, key: Option<u8>, share: f32, detuned: f32) {
        let Some(class) = key.map(|key| usize::from(key % 12)) else { return };
        for beside in [self.smear, detuned] {
            let neighbour = if beside < 0.0 { (class + 11) % 12 } else { (class + 1) % 12 };
            step.pitch[neighbour] += 0.5 * beside.abs() * share;
        }
        step.pitch[class] += share * (1.0 - 0.5 * (self.smear.abs() + detuned.abs()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four steps on C, four of silence, four on E.
    fn melody() -> Vec<SungStep> {
        let step = |step: usize| SungStep {
            key: [Some(60), None, Some(64)][step / 4],
            onset: step.is_multiple_of(4) && step != 4,
        };
        (0..12).map(step).collect()
    }

    fn hear(hearing: &Hearing) -> Vec<StepHeard> {
        Heard::of(&melody(), hearing, &mut Random::new(1)).steps
    }

    #[test]
    fn perfect_ears_hear_what_is_sung() {
        let heard = hear(&Hearing::perfect(0.0));
        for (step, heard) in heard.iter().enumerate() {
            let wanted = [1.0, 0.0, 1.0][step / 4];
            assert_eq!(heard.voiced(), wanted, "step {step}");
        }
        assert_eq!((heard[0].onset[0], heard[1].onset[0], heard[8].onset[4]), (1.0, 0.0, 1.0));
        assert_eq!((heard[3].pitch[0], heard[8].pitch[4]), (1.0, 1.0));
    }

    #[test]
    fn tails_go_on_into_the_silence_and_end() {
        let heard = hear(&Hearing { tails: 1.0, ..Hearing::default() });
        assert!(heard[4].pitch[0] >= 0.5 && heard[6].voiced() == 0.0 && heard[7].voiced() == 0.0, "{heard:?}");
        assert_eq!((heard[8].pitch[4], heard[8].pitch[0]), (1.0, 0.0));
    }

    #[test]
    fn onsets_go_unnoticed_and_are_heard_where_none_are() {
        let deaf = hear(&Hearing { consonants: 0.01, deaf: 1.0, ..Hearing::default() });
        assert!(deaf.iter().all(|step| step.onset.iter().all(|onset| *onset == 0.0)));
        let startled = hear(&Hearing { startled: 1.0, ..Hearing::default() });
        assert!(startled[1].onset[0] >= 0.3 && startled[5].onset.iter().all(|onset| *onset == 0.0));
    }
}
