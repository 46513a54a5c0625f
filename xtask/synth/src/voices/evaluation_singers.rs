//! The voices that Accompany is measured with, and the ways in which they sing a song.
//!
//! [`RESERVED`] is kept apart: no network of Accompany may be trained on audio of this module, and none may be chosen by it.

use songweave_dsp::stream::layout::CHANNELS;

use crate::{
    instruments::simple_band::{Drum, Tone},
    song::{Stereo, active_level},
    voices::singer::{BLOCK, Singer},
};
use songweave_score::{
    notation::note::Note,
    random::{Random, hash},
    songs::structure_song::{STEPS_PER_BAR, STEPS_PER_BEAT, StructureSong},
};

/// The singers kept apart: a man, a woman and a young voice. Which of them sings a song is decided by the song's name.
pub const RESERVED: [Singer; 3] = [
    Singer { tract: 1.045, slope: -8.3, ring: 4.0, vibrato: 0.22, vibrato_rate: 5.3, ..PLAIN },
    Singer { tract: 1.17, slope: -9.1, ring: 2.0, vibrato: 0.3, vibrato_rate: 5.9, ..PLAIN },
    Singer { tract: 1.31, slope: -7.4, ring: 0.5, vibrato: 0.08, vibrato_rate: 6.2, ..PLAIN },
];
const PLAIN: Singer = Singer {
    tract: 1.0,
    slope: -8.0,
    width: 1.1,
    ring: 0.0,
    breath: 0.03,
    consonants: 0.35,
    vibrato: 0.0,
    vibrato_rate: 5.0,
    jitter: 0.06,
    glide: 0.03,
    spoken: false,
    vowel: None,
};
/// How far people are off the beat: standard deviation in seconds.
const LOOSENESS: f32 = 0.012;
/// Peak of a voice.
const PEAK: f32 = 0.5;
/// Share of the notes that are spoken when half of a song is.
const SPOKEN: f32 = 0.35;
/// Level of what bleeds into a voice, in dB against it.
const BLEED: f32 = -18.0;

/// In which way somebody sings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Alone and clear.
    Clean,
    /// More breath than tone.
    Breathy,
    /// A third of the notes spoken, their pitch falling.
    HalfSpoken,
    /// With a band in the same microphone, 18 dB below.
    Bleeding,
}

impl Manner {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Clean, Self::Breathy, Self::HalfSpoken, Self::Bleeding];

    /// Name in tables and on command lines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Breathy => "breathy",
            Self::HalfSpoken => "half-spoken",
            Self::Bleeding => "bleeding",
        }
    }
}

/// A sung song.
#[derive(Debug, Clone)]
pub struct Sung {
    /// The same on both sides, `[channel][sample]`.
    pub audio: Stereo,
    /// What is really sung: MIDI key with fractions of every [`BLOCK`] samples, 0 where nothing is voiced.
    pub keys: Vec<f32>,
    /// Octaves by which the melody was moved to suit the voice.
    pub octaves: i32,
}

/// A song's melody in the reserved voice of its name at `rate` Hz, with a beat of silence after its end. The same song is always
/// sung in the same way.
#[must_use]
pub fn sing(song: &StructureSong, manner: Manner, rate: u32) -> Sung {
    let name = hash(&song.name);
    let singer = manner_of(&RESERVED[(name % RESERVED.len() as u64) as usize], manner);
    let mut random = Random::for_task(name, manner as u64);
    let (notes, octaves) = in_range(&loosely(song.notes(), &mut random), singer.range());
    let end = f64::from(song.steps() + STEPS_PER_BEAT) * song.step_seconds();
    let samples = (end * f64::from(rate)) as usize;
    let (mut voice, keys) = if manner == Manner::HalfSpoken {
        half_spoken(&singer, &notes, samples, rate, &mut random)
    } else {
        singer.sing_with_keys(&notes, samples, rate, &mut random)
    };
    if manner == Manner::Bleeding {
        add_bleed(&mut voice, song, rate, &mut random);
    }
    let peak = voice.iter().fold(1e-6f32, |peak, sample| peak.max(sample.abs()));
    voice.iter_mut().for_each(|sample| *sample *= PEAK / peak);
    let audio: [Vec<f32>; CHANNELS] = [voice.clone(), voice];
    Sung { audio, keys, octaves }
}

impl Sung {
    /// The key really sung at a sample, 0 where nothing is voiced.
    #[must_use]
    pub fn key_at(&self, sample: usize) -> f32 {
        self.keys.get(sample / BLOCK).copied().unwrap_or(0.0)
    }
}

fn manner_of(singer: &Singer, manner: Manner) -> Singer {
    let singer = singer.clone();
    match manner {
        Manner::Breathy => Singer { breath: 0.35, slope: singer.slope - 5.0, ring: singer.ring - 3.0, ..singer },
        _ => singer,
    }
}

/// Notes as people sing them: not quite on the beat.
#[must_use]
pub fn loosely(mut notes: Vec<Note>, random: &mut Random) -> Vec<Note> {
    for note in &mut notes {
        let late = f64::from((LOOSENESS * random.normal()).clamp(-0.03, 0.03));
        note.start = (note.start + late).max(0.0);
        note.length = (0.95 * note.length - late).max(0.04);
        note.velocity *= random.between(0.8, 1.2);
    }
    notes
}

/// The notes moved by octaves into a range, and by how many.
#[must_use]
pub fn in_range(notes: &[Note], (low, high): (f32, f32)) -> (Vec<Note>, i32) {
    let mean = notes.iter().map(|note| note.key).sum::<f32>() / notes.len().max(1) as f32;
    let octaves = (((low + high) / 2.0 - mean) / 12.0).round();
    (notes.iter().map(|note| Note { key: note.key + 12.0 * octaves, ..*note }).collect(), octaves as i32)
}

fn half_spoken(
    singer: &Singer,
    notes: &[Note],
    samples: usize,
    rate: u32,
    random: &mut Random,
) -> (Vec<f32>, Vec<f32>) {
    let (spoken, sung): (Vec<Note>, Vec<Note>) = notes.iter().partition(|_| random.chance(SPOKEN));
    let speaker = Singer { spoken: true, breath: 0.2, slope: singer.slope - 2.0, vibrato: 0.0, ..singer.clone() };
    let low: Vec<Note> = spoken.iter().map(|note| Note { key: note.key - 4.0, ..*note }).collect();
    let (mut voice, mut keys) = singer.sing_with_keys(&sung, samples, rate, random);
    let (speech, speech_keys) = speaker.sing_with_keys(&low, samples, rate, random);
    voice.iter_mut().zip(speech).for_each(|(voice, speech)| *voice += 0.8 * speech);
    for (key, speech) in keys.iter_mut().zip(speech_keys) {
        if *key == 0.0 {
            *key = speech;
        }
    }
    (voice, keys)
}

const BASS: Tone = Tone { partials: &[1.0, 0.45, 0.2, 0.08], attack: 0.01, decay: 1.2, release: 0.05 };
const KEYS: Tone = Tone { partials: &[1.0, 0.5, 0.35, 0.2, 0.12], attack: 0.004, decay: 0.8, release: 0.1 };

/// A plain band that plays the annotated chords: what comes out of a singer's headphones.
fn add_bleed(voice: &mut [f32], song: &StructureSong, rate: u32, random: &mut Random) {
    let mut band = vec![0.0; voice.len()];
    let step = song.step_seconds();
    for start in (0..song.steps()).step_by(STEPS_PER_BEAT as usize) {
        let seconds = f64::from(start) * step;
        let note = |key: f32| Note { start: seconds, length: 0.9 * 4.0 * step, key, velocity: 0.8 };
        if let Some(chord) = song.chord(start) {
            BASS.play(&[note(36.0 + f32::from(chord.bass))], 0.5, &mut band, rate);
            let tones: Vec<Note> =
                (0..12).filter(|class| chord.contains(*class)).map(|class| note(60.0 + f32::from(class))).collect();
            KEYS.play(&tones, 0.2, &mut band, rate);
        }
        let drum = if start % (STEPS_PER_BAR / 2) == 0 { Drum::Kick } else { Drum::Snare };
        drum.hit(seconds, 0.6, &mut band, rate, random);
        (0..2).for_each(|half| Drum::Hat.hit(seconds + 2.0 * f64::from(half) * step, 0.4, &mut band, rate, random));
    }
    let level = |sound: &[f32]| active_level(&[sound.to_vec(), sound.to_vec()], rate);
    let gain = 10f32.powf(BLEED / 20.0) * level(voice) / level(&band).max(1e-6);
    voice.iter_mut().zip(band).for_each(|(voice, band)| *voice += gain * band);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::voices::pitch_track::track;
    use songweave_score::{notation::step_chord::StepChord, songs::structure_song::StepNote};

    const RATE: u32 = 44_100;

    fn song() -> StructureSong {
        let note = |index: u32| StepNote { start: 4 * index, length: 3, key: 60 + [0, 4, 7, 5][index as usize % 4] };
        StructureSong {
            name: "a song".to_owned(),
            tempo: 90.0,
            key: None,
            melody: (0..16).map(note).collect(),
            chords: vec![Some(StepChord::triad(0, false)); 64],
        }
    }

    #[test]
    fn the_key_that_is_told_is_the_one_that_is_sung() {
        let sung = sing(&song(), Manner::Clean, RATE);
        let pitches = track(&sung.audio[0], RATE, 0.01, sung.audio[0].len() / 441);
        let told = |index: usize| sung.key_at(index * 441);
        let both = pitches.iter().enumerate().filter(|(index, pitch)| pitch.clarity > 0.8 && told(*index) > 0.0);
        let near = |hz: f32, key: f32| (69.0 + 12.0 * (hz / 440.0).log2() - key).abs() < 0.5;
        let (right, all) = both
            .fold((0, 0), |(right, all), (index, pitch)| (right + usize::from(near(pitch.hz, told(index))), all + 1));
        assert!(all > 300 && right as f32 > 0.9 * all as f32, "{right} of {all}");
        assert!(told(0) == 0.0 || told(0) > 40.0);
        assert!(sung.keys[sung.keys.len() - 40..].iter().all(|&key| key == 0.0), "silence at the end");
    }

    #[test]
    fn every_manner_is_another_sound_of_the_same_length_and_the_same_every_time() {
        let all = Manner::ALL.map(|manner| sing(&song(), manner, RATE).audio[0].clone());
        for (index, sound) in all.iter().enumerate() {
            assert_eq!(sound.len(), all[0].len());
            assert!(sound.iter().any(|sample| sample.abs() > 0.49) && sound.iter().all(|sample| sample.abs() < 0.51));
            assert!(all[..index].iter().all(|other| other != sound));
        }
        assert_eq!(sing(&song(), Manner::Clean, RATE).audio[0], all[0]);
    }
}
