//! Vocal parts: who sings what, with doubles, harmonies and a room.

use crate::{
    clips::Clip,
    error::Result,
    midi::Note,
    random::Random,
    room::Room,
    song::{Stereo, add_panned, silence},
    syllables::{Delivery, SyllableVoice},
    voice::Singer,
};

/// Someone who can sing.
#[derive(Debug, Clone)]
pub enum Voice<'a> {
    /// The source-filter singer.
    Synthetic(Singer),
    /// The voice made of recorded syllables.
    Recorded(&'a SyllableVoice, Delivery),
}

impl<'a> Voice<'a> {
    /// A random voice; the recorded one in four of ten.
    #[must_use]
    pub fn random(recorded: &'a SyllableVoice, random: &mut Random) -> Self {
        if random.chance(0.4) {
            Self::Recorded(recorded, Delivery::random(random))
        } else {
            Self::Synthetic(Singer::random(random))
        }
    }

    /// Lowest and highest key that suit the voice.
    #[must_use]
    pub fn range(&self) -> (f32, f32) {
        match self {
            Self::Synthetic(singer) => singer.range(),
            Self::Recorded(voice, delivery) => voice.range(delivery),
        }
    }

    fn sing(&self, notes: &[Note], samples: usize, rate: u32, random: &mut Random) -> Vec<f32> {
        match self {
            Self::Synthetic(singer) => singer.sing(notes, samples, rate, random),
            Self::Recorded(voice, delivery) => voice.sing(notes, delivery, samples, random),
        }
    }

    /// A vocal part: the melody moved by octaves into the voice's range, sometimes doubled or harmonised, sometimes
    /// driven, in a room.
    #[must_use]
    pub fn part(&self, melody: &[Note], samples: usize, rate: u32, random: &mut Random) -> Stereo {
        let notes = in_range(melody, self.range());
        let mut out = silence(samples);
        let pan = random.between(-0.15, 0.15);
        add_panned(&mut out, &self.sing(&notes, samples, rate, random), 0.7, pan);
        if random.chance(0.3) {
            for side in [-1.0, 1.0] {
                let interval = [0.0, 0.0, 3.0, 4.0, 7.0, -5.0, 12.0, -12.0][random.index(8)];
                let take = loosely(&notes, interval, random);
                let gain = random.between(0.15, 0.5);
                let pan = side * random.between(0.3, 1.0);
                add_panned(&mut out, &self.sing(&take, samples, rate, random), gain, pan);
            }
        }
        finish(&mut out, rate, random)
    }
}

/// A vocal part from an a cappella recording repeated at random.
///
/// # Errors
/// The rate cannot be converted.
pub fn clip_part(clip: &Clip, samples: usize, rate: u32, random: &mut Random) -> Result<Stereo> {
    let mut out = clip.repeat(samples, rate, 3.0, random)?;
    Ok(finish(&mut out, rate, random))
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

fn finish(sound: &mut Stereo, rate: u32, random: &mut Random) -> Stereo {
    if random.chance(0.2) {
        let drive = random.between(1.5, 8.0);
        let bend = |sample: &mut f32| *sample = (drive * *sample).tanh();
        sound.iter_mut().flatten().for_each(bend);
    }
    Room::random(random).apply(sound, rate, random)
}
