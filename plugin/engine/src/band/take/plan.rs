//! The harmony of a whole song: of all sequences of chords the one that is worth most, from its first beat to its last.

use std::collections::BTreeMap;

use songweave_dsp::{
    analysis::chroma::PITCH_CLASSES,
    band::{Chord, Quality},
};
use songweave_models::chords::song::SongBelief;

use super::{
    knowledge::Knowledge,
    learned::{Lock, step_ticks},
};
use crate::{
    band::harmony::{
        Overrides,
        choice::{self, ChoiceSettings, third},
        random::noise,
        scale,
    },
    follow::key::{Key, KeyEstimate},
};

/// What a chord's root and third may be: major, minor, neither.
const THIRDS: [Quality; 3] = [Quality::Major, Quality::Minor, Quality::Sus4];
/// Roots with their thirds.
const KINDS: usize = PITCH_CLASSES * THIRDS.len();
/// What a kind of chord is worth more for the share of the beat that is sung on its notes, and less for the other.
const FIT: f32 = 0.1;
/// What it costs to change the chord: at a bar's beginning, in its middle, at other beats.
const CHANGE: [f32; 3] = [0.05, 0.05, 0.3];
/// Spread of the chance with all adventure.
const CHANCE: f32 = 0.08;
/// How much a chord's price, which adventure lowers, counts beside the logarithm of its probability.
const PRICE: f32 = 12.0;
/// What a chord of the key is worth more, where the key is certain.
const IN_KEY: f32 = 0.12;
/// What a change of key costs, in the logarithm of probabilities, and the least likely that a key can be at a beat.
const MODULATION: f32 = 60.0;
const UNLIKELY: f32 = 0.01;
/// Beats on either side over which it is told how sure the key is.
const KEY_BEATS: usize = 16;
/// Keys.
const KEYS: usize = 2 * PITCH_CLASSES;

/// What is played in a beat.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlannedBeat {
    /// The chord.
    pub chord: Chord,
    /// The key.
    pub key: KeyEstimate,
    /// Whether the user has put the chord down.
    pub locked: bool,
}

/// The harmony of every beat of a song.
#[must_use]
pub fn plan(knowledge: &Knowledge, wanted: &Overrides, locks: &BTreeMap<i64, Lock>) -> Vec<PlannedBeat> {
    let keys = keys(knowledge, wanted);
    let locked = locked(knowledge, locks);
    let kinds = best_kinds(knowledge, wanted, &keys, &locked);
    let settings = ChoiceSettings { adventure: unit(wanted.adventure), seed: wanted.seed };
    let mut beats: Vec<PlannedBeat> = Vec::with_capacity(kinds.len());
    let mut first = 0;
    while first < kinds.len() {
        let same = |beat: &usize| kinds[*beat] == kinds[first] && locked[*beat] == locked[first];
        let end = (first..kinds.len()).take_while(same).last().map_or(first, |last| last) + 1;
        let chord = locked[first]
            .unwrap_or_else(|| spelled(&knowledge.beliefs[first..end], kinds[first], keys[first], wanted, settings));
        let locked = locked[first].is_some();
        beats.extend(keys[first..end].iter().map(|key| PlannedBeat { chord, key: *key, locked }));
        first = end;
    }
    beats
}

/// The key of every beat: of all sequences of keys the likeliest, where every change has to be worth its while (Viterbi). So a
/// voice that is half spoken, of which each bar seems to be in another key, has one.
fn keys(knowledge: &Knowledge, wanted: &Overrides) -> Vec<KeyEstimate> {
    let beliefs = &knowledge.beliefs;
    let allowed = |key: usize| {
        let Key { tonic, minor } = key_at(key);
        wanted.key.is_none_or(|wanted| wanted % 12 == tonic) && wanted.minor.is_none_or(|wanted| wanted == minor)
    };
    let mut score: [f32; KEYS] = std::array::from_fn(|key| if allowed(key) { 0.0 } else { f32::MIN / 2.0 });
    let mut from = vec![[0_u8; KEYS]; beliefs.len()];
    for (belief, from) in beliefs.iter().zip(&mut from) {
        let (best, most) = highest(&score);
        for (key, (score, from)) in score.iter_mut().zip(from).enumerate() {
            let leaves = if allowed(key) { most - MODULATION } else { f32::MIN };
            *from = if *score >= leaves { key } else { best } as u8;
            let likely = libm::logf(belief.keys.as_flattened()[key].max(UNLIKELY));
            *score = score.max(leaves) + likely;
        }
    }
    let mut key = highest(&score).0;
    let mut keys = vec![0; beliefs.len()];
    for beat in (0..beliefs.len()).rev() {
        keys[beat] = key;
        key = usize::from(from[beat][key]);
    }
    (0..beliefs.len()).map(|beat| estimate(beliefs, &keys, beat, &allowed)).collect()
}

/// The key of a beat with its probability around the beat, among those that are allowed.
fn estimate(beliefs: &[SongBelief], keys: &[usize], beat: usize, allowed: &impl Fn(usize) -> bool) -> KeyEstimate {
    let around = beat.saturating_sub(KEY_BEATS)..(beat + KEY_BEATS).min(beliefs.len());
    let probability =
        |key: usize| -> f32 { beliefs[around.clone()].iter().map(|belief| belief.keys.as_flattened()[key]).sum() };
    let all: f32 = (0..KEYS).filter(|key| allowed(*key)).map(probability).sum();
    let confidence = if all > 0.0 { (probability(keys[beat]) / all).clamp(0.0, 1.0) } else { 0.0 };
    KeyEstimate { key: key_at(keys[beat]), confidence }
}

/// A key by its place, majors first.
const fn key_at(key: usize) -> Key {
    Key { tonic: (key % PITCH_CLASSES) as u8, minor: key >= PITCH_CLASSES }
}

/// The chord that the user has put down on each beat.
fn locked(knowledge: &Knowledge, locks: &BTreeMap<i64, Lock>) -> Vec<Option<Chord>> {
    let song = &knowledge.song;
    let mut locked = vec![None; song.beats().len()];
    for (beat, step) in song.beats().iter().enumerate() {
        let bar =
            knowledge.bars.partition_point(|bar| bar.first <= *step).checked_sub(1).map(|bar| knowledge.bars[bar]);
        let Some((ticks, bar)) = bar.and_then(|bar| Some((bar.ticks?, bar))) else { continue };
        let at = ticks + step_ticks(step - bar.first);
        let before = locks.range(..=at).next_back();
        locked[beat] = before.filter(|(start, lock)| at - **start < lock.ticks).map(|(_, lock)| lock.chord);
    }
    locked
}

/// Root and third of each beat: the path through all beats that is worth most (Viterbi), where every change costs.
fn best_kinds(knowledge: &Knowledge, wanted: &Overrides, keys: &[KeyEstimate], locked: &[Option<Chord>]) -> Vec<usize> {
    let beats = knowledge.beliefs.len();
    let mut score = [0.0_f32; KINDS];
    let mut from = vec![[0_u8; KINDS]; beats];
    for beat in 0..beats {
        let worth = worth(knowledge, beat, keys[beat], wanted, locked[beat]);
        let cost = if beat > 0 { cost(knowledge, beat) } else { 0.0 };
        let (best, most) = highest(&score);
        for (kind, (score, from)) in score.iter_mut().zip(&mut from[beat]).enumerate() {
            let (stays, leaves) = (*score, most - cost);
            *from = if stays >= leaves { kind } else { best } as u8;
            *score = stays.max(leaves) + worth[kind];
        }
    }
    let mut kind = highest(&score).0;
    let mut kinds = vec![0; beats];
    for beat in (0..beats).rev() {
        kinds[beat] = kind;
        kind = usize::from(from[beat][kind]);
    }
    kinds
}

fn highest(score: &[f32]) -> (usize, f32) {
    score
        .iter()
        .copied()
        .enumerate()
        .fold((0, f32::MIN), |best, (kind, score)| if score > best.1 { (kind, score) } else { best })
}

/// What it costs to change the chord at a beat.
fn cost(knowledge: &Knowledge, beat: usize) -> f32 {
    let place = knowledge.song.places()[knowledge.song.beats()[beat]];
    match place.step {
        0 => CHANGE[0],
        step if 2 * step == place.steps_per_bar => CHANGE[1],
        _ => CHANGE[2],
    }
}

/// What each root and third is worth at a beat.
fn worth(
    knowledge: &Knowledge,
    beat: usize,
    key: KeyEstimate,
    wanted: &Overrides,
    locked: Option<Chord>,
) -> [f32; KINDS] {
    let (song, belief) = (&knowledge.song, &knowledge.beliefs[beat]);
    let first = song.beats()[beat];
    let melody = song.mean(first as i64, song.end_of(beat) as i64);
    let sung: f32 = melody.iter().sum();
    let moment = moment(knowledge, first);
    let adventure = unit(wanted.adventure);
    let only_in_key = wanted.key.is_some() || wanted.minor.is_some();
    std::array::from_fn(|kind| {
        let (root, quality) = (kind / THIRDS.len(), THIRDS[kind % THIRDS.len()]);
        if let Some(chord) = locked {
            return if kind_of(chord) == kind { 1.0 } else { -1.0e3 };
        }
        let chord = Chord { root: root as u8, quality, bass: root as u8 };
        let fits = scale::fits(key.key, chord);
        if only_in_key && !fits {
            return -1.0e3;
        }
        let alike = Quality::ALL.into_iter().filter(|other| third(*other) == third(quality));
        let believed: f32 = alike.map(|other| belief.chords[root][other as usize]).sum();
        let notes = quality.intervals().iter().map(|interval| melody[(root + usize::from(*interval)) % PITCH_CLASSES]);
        let fit = notes.sum::<f32>() - sung / 2.0;
        let in_key = if fits { IN_KEY * key.confidence } else { 0.0 };
        believed + FIT * fit + in_key + CHANCE * adventure * noise(wanted.seed, moment, kind as u32)
    })
}

/// What the chance in a bar depends on: the section's letter and the bar in it, so that a passage that returns has the same.
fn moment(knowledge: &Knowledge, step: usize) -> i64 {
    let bar = knowledge.bars.partition_point(|bar| bar.first <= step).saturating_sub(1);
    let sections = &knowledge.sections;
    let section = sections.partition_point(|section| section.first <= bar).checked_sub(1).map(|index| &sections[index]);
    section.map_or(0, |section| ((2 * section.label + usize::from(section.sung)) << 16 | (bar - section.first)) as i64)
}

fn kind_of(chord: Chord) -> usize {
    let by_third = THIRDS.iter().position(|quality| third(*quality) == third(chord.quality)).unwrap_or(0);
    usize::from(chord.root % 12) * THIRDS.len() + by_third
}

/// The chord of a kind that is believed in most over some beats, and its bass note.
fn spelled(
    beliefs: &[SongBelief],
    kind: usize,
    key: KeyEstimate,
    wanted: &Overrides,
    settings: ChoiceSettings,
) -> Chord {
    let (root, likely) = (kind / THIRDS.len(), THIRDS[kind % THIRDS.len()]);
    let only_in_key = wanted.key.is_some() || wanted.minor.is_some();
    let chord = |quality| Chord { root: root as u8, quality, bass: root as u8 };
    let worth = |quality: Quality| {
        let sum: f32 = beliefs.iter().map(|belief| libm::logf(belief.chords[root][quality as usize].max(1e-6))).sum();
        sum / beliefs.len() as f32 - PRICE * settings.price(quality)
    };
    let alike = Quality::ALL.into_iter().filter(|quality| third(*quality) == third(likely));
    let allowed = alike.filter(|quality| !only_in_key || scale::fits(key.key, chord(*quality)));
    let quality = allowed.max_by(|one, other| worth(*one).total_cmp(&worth(*other))).unwrap_or(likely);
    let bass = std::array::from_fn(|class| {
        beliefs.iter().map(|belief| belief.bass[class]).sum::<f32>() / beliefs.len() as f32
    });
    choice::with_bass(chord(quality), &bass, settings)
}

/// The key of most of the beats.
#[must_use]
pub fn main_key(beats: &[PlannedBeat]) -> Option<Key> {
    let mut counts: Vec<(Key, usize)> = Vec::new();
    for beat in beats {
        match counts.iter_mut().find(|(key, _)| *key == beat.key.key) {
            Some((_, count)) => *count += 1,
            None => counts.push((beat.key.key, 1)),
        }
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(key, _)| key)
}

fn unit(value: f32) -> f32 {
    if value.is_finite() { value.clamp(0.0, 1.0) } else { 0.0 }
}
