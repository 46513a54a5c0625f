//! Which chord is played: what the network believes, weighed against the notes that are coming and the cost of a change.

use songweave_dsp::{
    analysis::chroma::PITCH_CLASSES,
    band::{Chord, QUALITIES, Quality},
};
use songweave_models::ChordBelief;

use super::{random::noise, scale};
use crate::follow::key::KeyEstimate;

const _: () = assert!(QUALITIES == songweave_models::chords::QUALITIES);

/// How much the notes that are coming count beside the network's belief in the chord.
const FIT: f32 = 0.35;
/// How much the shorter of the two forecasts of the melody counts in it.
const NEAR: f32 = 0.5;
/// How much the logarithm of a chord's own probability counts: tells chords of the same root and third apart.
const LIKELY: f32 = 0.02;
/// Spread of the chance with all adventure.
const CHANCE: f32 = 0.08;
/// What it costs to leave the chord: at a bar's beginning, in its middle, at other beats.
const CHANGE: [f32; 3] = [0.025, 0.05, 0.125];
/// How much a pause of a bar adds to the cost of a change, as a share of it.
const PAUSE: f32 = 0.25;
/// What the chord is worth that was played when this passage was sung before, where that is certain.
const RETURN: f32 = 0.05;
/// What a chord of the key is worth more, where the key is certain.
const IN_KEY: f32 = 0.15;
/// What a bass note other than the root must be likelier by (natural logarithm), with no adventure.
const SLASH: f32 = 0.6;

/// What each chord is worth, `[root][quality]`.
pub type Worth = [[f32; QUALITIES]; PITCH_CLASSES];

/// How freely it chooses.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChoiceSettings {
    /// 0…1: chance, and chords of four notes.
    pub adventure: f32,
    /// Seed of the chance.
    pub seed: u32,
}

impl ChoiceSettings {
    /// What a chord of this kind costs by itself.
    #[must_use]
    pub fn price(self, quality: Quality) -> f32 {
        match quality {
            Quality::Major | Quality::Minor => 0.0,
            Quality::Major7 | Quality::Minor7 | Quality::Dominant7 => 0.05 - 0.05 * self.adventure,
            Quality::Sus4 | Quality::Sus2 => 0.04 - 0.03 * self.adventure,
            Quality::Diminished | Quality::HalfDiminished7 => 0.1,
            Quality::Augmented => 0.2,
        }
    }
}

/// What each chord is worth at a beat from now on (0 = now) by belief, forecast and key alone.
#[must_use]
pub fn worth(belief: &ChordBelief, key: KeyEstimate, beat: usize, settings: ChoiceSettings) -> Worth {
    let chords = &belief.chords[beat];
    let mut worth = [[0.0; QUALITIES]; PITCH_CLASSES];
    for (root, row) in worth.iter_mut().enumerate() {
        for (worth, quality) in row.iter_mut().zip(Quality::ALL) {
            let alike = Quality::ALL.into_iter().filter(|other| third(*other) == third(quality));
            let belief_in_it: f32 = alike.map(|other| chords[root][other as usize]).sum();
            let likely = libm::logf(chords[root][quality as usize].max(1e-9));
            let fit =
                share(&belief.melody[0], root, quality) * NEAR + share(&belief.melody[1], root, quality) * (1.0 - NEAR);
            let in_key = scale::fits(key.key, Chord { root: root as u8, quality, bass: root as u8 });
            let in_key = if in_key { IN_KEY * key.confidence } else { 0.0 };
            *worth = (1.0 - FIT) * belief_in_it + FIT * fit + LIKELY * likely + in_key - settings.price(quality);
        }
    }
    worth
}

/// Adds chance, the same for a chord during a whole bar.
pub fn add_chance(worth: &mut Worth, settings: ChoiceSettings, bar: i64) {
    for (root, row) in worth.iter_mut().enumerate() {
        for (quality, worth) in row.iter_mut().enumerate() {
            *worth += CHANCE * settings.adventure * noise(settings.seed, bar, (root * QUALITIES + quality) as u32);
        }
    }
}

/// Adds what speaks for the chord that was played when this passage was sung before, `certainty` 0…1.
pub fn add_return(worth: &mut Worth, chord: Chord, certainty: f32) {
    worth[usize::from(chord.root % 12)][chord.quality as usize] += RETURN * certainty;
}

/// What leaving a chord costs, `pause` bars after the last sung note.
#[must_use]
pub fn cost(step: u32, steps_per_bar: u32, pause: f32) -> f32 {
    let cost = match step {
        0 => CHANGE[0],
        step if steps_per_bar.is_multiple_of(2) && step == steps_per_bar / 2 => CHANGE[1],
        _ => CHANGE[2],
    };
    cost * (1.0 + PAUSE * pause)
}

/// The chord that is worth most; `None` only if none is allowed.
#[must_use]
pub fn best(worth: &Worth, before: Option<Chord>, cost: f32, allowed: impl Fn(Chord) -> bool) -> Option<Chord> {
    let mut best: Option<(f32, Chord)> = None;
    for (root, row) in worth.iter().enumerate() {
        for (&worth, quality) in row.iter().zip(Quality::ALL) {
            let chord = Chord { root: root as u8, quality, bass: root as u8 };
            let stays = before.is_some_and(|before| (before.root, before.quality) == (chord.root, chord.quality));
            let worth = if stays { worth + cost } else { worth };
            if best.is_none_or(|(most, _)| worth > most) && allowed(chord) {
                best = Some((worth, chord));
            }
        }
    }
    best.map(|(_, chord)| chord)
}

/// The chord with the bass note that is believed in, `[pitch class]`, mostly the root.
#[must_use]
pub fn with_bass(chord: Chord, believed: &[f32; PITCH_CLASSES], settings: ChoiceSettings) -> Chord {
    let likelihood = |class: u8| libm::logf(believed[usize::from(class % 12)].max(1e-9));
    let lead = likelihood(chord.root) + SLASH * (1.5 - settings.adventure);
    // The third and the fifth only: a seventh in the bass wants a voice leading that is not known here.
    let others = chord.quality.intervals()[1..3].iter().map(|interval| (chord.root + interval) % 12);
    let found = others.max_by(|one, other| likelihood(*one).total_cmp(&likelihood(*other)));
    let bass = found.filter(|class| likelihood(*class) > lead).unwrap_or(chord.root);
    Chord { bass, ..chord }
}

/// Share of the coming notes that are in a chord.
fn share(melody: &[f32; PITCH_CLASSES], root: usize, quality: Quality) -> f32 {
    quality.intervals().iter().map(|interval| melody[(root + usize::from(*interval)) % PITCH_CLASSES]).sum()
}

/// What kind of third a chord has: 4 major, 3 minor, 0 none.
#[must_use]
pub fn third(quality: Quality) -> u8 {
    quality.intervals().iter().copied().find(|interval| matches!(interval, 3 | 4)).unwrap_or(0)
}
