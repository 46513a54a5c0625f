//! Vocal parts: who sings what, alone, doubled, in harmony or as a choir, and produced like a record.

use crate::{
    effects::production::{Layers, produce},
    song::{Stereo, add_panned},
    voices::{
        clips::Clip,
        singer::Singer,
        style::{Manner, Style},
        syllables::{Delivery, SyllableVoice},
        utterance::Utterance,
        voice_bank::VoiceBank,
    },
};
use songweave_score::{error::Result, notation::note::Note, random::Random};

/// Share of the speakers among voices that are not a cappella recordings.
const SPEECH: f32 = 0.5;
/// Share of the recorded syllables.
const SYLLABLES: f32 = 0.17;
/// Share of choirs, of any voice.
const CHOIRS: f32 = 0.055;
/// Semitones at which others sing along.
const HARMONIES: [f32; 7] = [3.0, 4.0, 5.0, 7.0, -5.0, 12.0, -12.0];

/// Someone who can sing.
#[derive(Debug, Clone)]
pub enum Voice<'a> {
    /// The source-filter singer.
    Synthetic(Singer),
    /// The voice made of recorded syllables.
    Recorded(&'a SyllableVoice, Delivery),
    /// A speaker, in a style.
    Spoken(&'a Utterance, Style),
    /// Many of one kind, on vowels.
    Choir(Box<Voice<'a>>),
}

impl<'a> Voice<'a> {
    /// A random voice of a bank for a sample rate in Hz: speakers most often, then the synthetic singer, then recorded
    /// syllables, now and then a choir; the synthetic singer takes the place of what is missing.
    #[must_use]
    pub fn random(bank: &'a VoiceBank, rate: u32, random: &mut Random) -> Self {
        if random.chance(CHOIRS) {
            return Self::Choir(Box::new(Self::vocalist(bank, random)));
        }
        let style = Style::random(random);
        let spoken = |voice| Self::Spoken(voice, style);
        let choice = random.unit();
        let found = if choice < SPEECH {
            bank.speaker(random).map(spoken)
        } else if choice < SPEECH + 0.5 * SYLLABLES {
            bank.singer.as_ref().map(spoken)
        } else if choice < SPEECH + SYLLABLES {
            bank.recorded(rate).map(|voice| Self::Recorded(voice, Delivery::random(random)))
        } else {
            None
        };
        found.unwrap_or_else(|| Self::Synthetic(Singer::random(random)))
    }

    /// Someone who sings "ooh" and "aah".
    fn vocalist(bank: &'a VoiceBank, random: &mut Random) -> Self {
        match bank.speaker(random).filter(|_| random.chance(0.5)) {
            Some(voice) => Self::Spoken(voice, Style::of(Manner::Vocalise, random)),
            None => {
                let vowel = Some(random.index(5));
                Self::Synthetic(Singer { vowel, spoken: false, ..Singer::random(random) })
            }
        }
    }

    /// Lowest and highest key that suit the voice.
    #[must_use]
    pub fn range(&self) -> (f32, f32) {
        match self {
            Self::Synthetic(singer) => singer.range(),
            Self::Recorded(voice, delivery) => voice.range(delivery),
            Self::Spoken(voice, style) => voice.range(style),
            Self::Choir(voice) => voice.range(),
        }
    }

    /// Whether the pitch follows the notes, so that they are the score of what is heard; speech goes its own way.
    #[must_use]
    pub fn keeps_pitch(&self) -> bool {
        match self {
            Self::Synthetic(singer) => !singer.spoken,
            Self::Recorded(_, delivery) => delivery.fall == 0.0,
            Self::Spoken(_, style) => style.sung > 0.9,
            Self::Choir(voice) => voice.keeps_pitch(),
        }
    }

    fn sing(&self, notes: &[Note], samples: usize, rate: u32, random: &mut Random) -> Vec<f32> {
        match self {
            Self::Synthetic(singer) => singer.sing(notes, samples, rate, random),
            Self::Recorded(voice, delivery) => voice.sing(notes, delivery, samples, random),
            Self::Spoken(voice, style) => voice.recite(notes, style, samples, rate, random),
            Self::Choir(voice) => voice.sing(notes, samples, rate, random),
        }
    }

    /// A vocal part: the melody moved by octaves into the voice's range, sometimes doubled or harmonised, produced like
    /// the voice of a record. Peak at most 0.7.
    #[must_use]
    pub fn part(&self, melody: &[Note], samples: usize, rate: u32, random: &mut Random) -> Stereo {
        let notes = in_range(melody, self.range());
        let mut layers = Layers::new(samples, beat(&notes));
        if let Self::Choir(voice) = self {
            let lines = [0.0, HARMONIES[random.index(7)], HARMONIES[random.index(7)]];
            for (interval, pan) in lines.into_iter().zip([0.0, -0.7, 0.7]) {
                let take = voice.sing(&loosely(&notes, interval, random), samples, rate, random);
                layers.add_choir(&take, pan, rate, random);
            }
        } else {
            layers.lead = self.sing(&notes, samples, rate, random);
            self.add_backing(&mut layers, &notes, samples, rate, random);
        }
        produce(layers, rate, random)
    }

    /// Doubles, harmonies, an octave below or answers, each in part of all songs.
    fn add_backing(&self, layers: &mut Layers, notes: &[Note], samples: usize, rate: u32, random: &mut Random) {
        let choice = random.unit();
        if choice < 0.22 {
            let interval = if random.chance(0.5) { 0.0 } else { HARMONIES[random.index(7)] };
            let take = self.sing(&loosely(notes, interval, random), samples, rate, random);
            layers.add_pair(&take, random.between(0.1, 0.45), rate, random);
        } else if choice < 0.3 {
            let take = self.larger().sing(&loosely(notes, -12.0, random), samples, rate, random);
            add_panned(&mut layers.backing, &take, random.between(0.15, 0.4), 0.0);
        } else if choice < 0.4 {
            let answers = answers(notes, layers.beat, random);
            let take = self.sing(&answers, samples, rate, random);
            let (gain, pan) = (random.between(0.2, 0.5), random.between(-0.8, 0.8));
            add_panned(&mut layers.backing, &take, gain, pan);
        }
    }

    /// The same voice with a larger throat, for layers an octave below.
    fn larger(&self) -> Self {
        match self.clone() {
            Self::Spoken(voice, mut style) => {
                style.timbre.tract *= 0.85;
                Self::Spoken(voice, style)
            }
            Self::Recorded(voice, delivery) => {
                Self::Recorded(voice, Delivery { tract: 0.85 * delivery.tract, ..delivery })
            }
            Self::Synthetic(singer) => Self::Synthetic(Singer { tract: 0.85 * singer.tract, ..singer }),
            choir => choir,
        }
    }
}

/// A vocal part from an a cappella recording repeated at random, now and then as another person; peak at most 0.7.
///
/// # Errors
/// The rate cannot be converted.
pub fn clip_part(clip: &Clip, samples: usize, rate: u32, random: &mut Random) -> Result<Stereo> {
    let [left, right] = clip.repeat(samples, rate, 3.0, random)?;
    let mut layers = Layers::new(samples, f64::from(random.between(0.35, 0.7)));
    layers.lead = left.iter().zip(&right).map(|(left, right)| 0.5 * (left + right)).collect();
    if random.chance(0.4) {
        let style = Style::random(random);
        if let Some(voice) = Utterance::of(&clip.name, &layers.lead, rate) {
            layers.lead = voice.again(&style, samples, rate, random);
        }
    }
    if random.chance(0.3) {
        let take = layers.lead.clone();
        layers.add_pair(&take, random.between(0.1, 0.4), rate, random);
    }
    Ok(produce(layers, rate, random))
}

/// A made-up vocal line: phrases of short notes with rests, wandering through a pentatonic scale.
#[must_use]
pub fn phrases(beat_seconds: f64, seconds: f64, root: f32, random: &mut Random) -> Vec<Note> {
    const SCALE: [f32; 5] = [0.0, 3.0, 5.0, 7.0, 10.0];
    let mut notes = Vec::new();
    let mut start = f64::from(random.between(0.0, 1.0));
    let mut place = 5i32;
    let busy = random.between(0.15, 0.5);
    while start < seconds {
        for _ in 0..4 + random.index(10) {
            let beats = if random.chance(busy) { 0.25 } else { [0.5, 0.5, 1.0, 1.5][random.index(4)] };
            place = (place + random.index(5) as i32 - 2).clamp(0, 9);
            let key = root + SCALE[place as usize % 5] + 12.0 * (place / 5) as f32;
            let length = beats * beat_seconds * f64::from(random.between(0.75, 1.0));
            notes.push(Note { start, length, key, velocity: random.between(0.5, 1.0) });
            start += beats * beat_seconds;
        }
        start += beat_seconds * f64::from(random.between(0.5, 4.0));
    }
    notes
}

/// The time from note to note that is met most often, brought between 0.3 and 0.8 s.
fn beat(notes: &[Note]) -> f64 {
    let mut steps: Vec<f64> = notes.windows(2).map(|pair| pair[1].start - pair[0].start).collect();
    steps.sort_by(f64::total_cmp);
    let mut beat = steps.get(steps.len() / 2).copied().filter(|&step| step > 0.02).unwrap_or(0.5);
    while beat < 0.3 {
        beat *= 2.0;
    }
    beat.min(0.8)
}

fn in_range(notes: &[Note], (low, high): (f32, f32)) -> Vec<Note> {
    let mean = notes.iter().map(|note| note.key).sum::<f32>() / notes.len().max(1) as f32;
    let octaves = (((low + high) / 2.0 - mean) / 12.0).round();
    notes.iter().map(|note| Note { key: note.key + 12.0 * octaves, ..*note }).collect()
}

/// Another take: other timing, another interval.
fn loosely(notes: &[Note], interval: f32, random: &mut Random) -> Vec<Note> {
    let late = |random: &mut Random| f64::from(0.015 * random.normal());
    let take = |note: &Note| Note { start: (note.start + late(random)).max(0.0), key: note.key + interval, ..*note };
    let mut notes: Vec<Note> = notes.iter().map(take).collect();
    notes.sort_by(|one, other| one.start.total_cmp(&other.start));
    notes
}

/// The last notes before rests once more, a few beats later and somewhere else.
fn answers(notes: &[Note], beat: f64, random: &mut Random) -> Vec<Note> {
    let later = beat * [1.0, 2.0, 1.5][random.index(3)];
    let interval = [0.0, 3.0, 7.0, 12.0][random.index(4)];
    let rests = |index: usize| {
        notes.get(index..).and_then(|rest| rest.windows(2).take(2).find(|two| two[1].start - two[0].start > 1.2 * beat))
    };
    let last = |(index, note): (usize, &Note)| {
        rests(index).map(|_| Note { start: note.start + later, key: note.key + interval, ..*note })
    };
    notes.iter().enumerate().filter_map(last).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn melody() -> Vec<Note> {
        phrases(0.5, 3.0, 50.0, &mut Random::new(3))
    }

    #[test]
    fn without_recordings_and_speech_the_synthetic_singer_sings_everything() {
        let bank = VoiceBank::default();
        let mut choirs = 0;
        for seed in 0..60 {
            let voice = Voice::random(&bank, 44_100, &mut Random::new(seed));
            match voice {
                Voice::Choir(of) if matches!(*of, Voice::Synthetic(_)) => choirs += 1,
                Voice::Synthetic(_) => {}
                other => panic!("{other:?} out of nothing"),
            }
        }
        assert!((1..15).contains(&choirs), "{choirs} choirs of 60");
    }

    #[test]
    fn parts_and_choirs_are_finite_in_range_and_decided_by_the_seed() {
        let singer = Voice::Synthetic(Singer::random(&mut Random::new(5)));
        for voice in [Voice::Choir(Box::new(singer.clone())), singer] {
            let part = |seed| voice.part(&melody(), 150_000, 48_000, &mut Random::new(seed));
            let out = part(1);
            assert_eq!(out, part(1));
            assert_ne!(out, part(2));
            assert!(out.iter().flatten().all(|sample| sample.is_finite() && sample.abs() <= 0.7 + 1e-4));
            assert!(out.iter().flatten().any(|sample| sample.abs() > 0.5));
        }
    }
}
