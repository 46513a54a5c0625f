//! What is heard of a melody: the errors of hearing that the chord network is taught with.

use songweave_engine::band::heard::StepHeard;

use crate::{random::Random, sung_song::SungStep};

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
        let early = if random.chance(0.25) { 0.0 } else { random.between(0.05, 0.3) };
        Self {
            consonants: 0.7 * badly,
            lateness: 0.2 * badly,
            smear: 0.4 * badly * random.unit(),
            detuned: 0.4 * badly * random.noise() * random.unit(),
            losses: 0.04 * badly * random.unit(),
            ghosts: 0.06 * badly * random.unit(),
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
        let (mut lost, mut before, mut note) = (0_usize, None, Note::default());
        for sung in melody {
            if sung.onset {
                note = Note::random(hearing, random);
            }
            lost = lost.saturating_sub(1);
            if random.chance(hearing.losses * 0.5) {
                let longest = if random.chance(0.1) { 16 } else { 3 };
                lost = 1 + random.index(longest);
            }
            let ghost = random.chance(hearing.ghosts).then(|| 48 + random.index(24) as u8);
            let key = if lost > 0 { None } else { sung.key.or(ghost) };
            let begins = sung.onset || (ghost.is_some() && sung.key.is_none());
            let late = if begins { note.late } else { 0.0 };
            // Until a late note begins the one before goes on, or its consonant sounds.
            let old = if note.consonant { None } else { before };
            let until = |end: f32| {
                let mut step = StepHeard { heard: end, level: -120.0, ..StepHeard::default() };
                note.add(&mut step, old, late.min(end), hearing.detuned);
                note.add(&mut step, key, (end - late).max(0.0), hearing.detuned);
                if let (Some(key), true) = (key, begins && end > late + 0.05) {
                    step.onset[usize::from(key % 12)] = note.clarity;
                }
                if step.voiced() > 0.0 {
                    (step.level, step.key) = (-20.0, f32::from(key.or(old).unwrap_or(60)));
                }
                step
            };
            heard.steps.push(until(1.0));
            heard.beginnings.push(until(hearing.early));
            before = key;
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
            clarity: if hearing.consonants > 0.0 { random.between(0.3, 1.0) } else { 1.0 },
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
