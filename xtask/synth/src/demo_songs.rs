//! The two songs of the demo, made from public-domain melodies by this code alone: A is sung, B is instrumental.
//!
//! A: "Ode to Joy" (Beethoven, 1824) in D major. B: "In the Hall of the Mountain King" (Grieg, 1875) in B minor. Both at 130
//! beats per minute and 14.8 seconds long, so that every part of one goes with every part of the other.

use std::path::Path;

use songweave_audio::{decode::Audio, draft::write_bytes, write::flac_bytes};
use songweave_dsp::stream::layout::Part;

use crate::{
    effects::filter::{low_pass, shape},
    instruments::simple_band::{Drum, Tone},
    song::Song,
    voices::singer::Singer,
};
use songweave_score::{
    error::{MaterialError, Result},
    notation::note::Note,
    random::Random,
};

/// Sample rate in Hz.
pub const RATE: u32 = 44_100;
/// Beats per minute of both songs.
pub const TEMPO: f64 = 130.0;
const BEAT: f64 = 60.0 / TEMPO;
const BARS: usize = 8;
const SAMPLES: usize = (BARS as f64 * 4.0 * BEAT * RATE as f64) as usize;
/// Peak of a whole song. Modest, as every bit costs a tenth of the file.
const PEAK: f32 = 0.18;
/// Nothing above this in Hz, which halves the files.
const BANDWIDTH: f32 = 8_000.0;

/// Keys and lengths in beats; key 0 is a rest.
type Line = &'static [(u8, f64)];

const ODE: Line = &[
    (54, 1.0),
    (54, 1.0),
    (55, 1.0),
    (57, 1.0),
    (57, 1.0),
    (55, 1.0),
    (54, 1.0),
    (52, 1.0),
    (50, 1.0),
    (50, 1.0),
    (52, 1.0),
    (54, 1.0),
    (54, 1.5),
    (52, 0.5),
    (52, 1.5),
    (0, 0.5),
    (54, 1.0),
    (54, 1.0),
    (55, 1.0),
    (57, 1.0),
    (57, 1.0),
    (55, 1.0),
    (54, 1.0),
    (52, 1.0),
    (50, 1.0),
    (50, 1.0),
    (52, 1.0),
    (54, 1.0),
    (52, 1.5),
    (50, 0.5),
    (50, 1.5),
    (0, 0.5),
];
const MOUNTAIN_KING: Line = &[
    (59, 0.5),
    (61, 0.5),
    (62, 0.5),
    (64, 0.5),
    (66, 0.5),
    (62, 0.5),
    (66, 1.0),
    (65, 0.5),
    (61, 0.5),
    (65, 1.0),
    (64, 0.5),
    (60, 0.5),
    (64, 1.0),
    (59, 0.5),
    (61, 0.5),
    (62, 0.5),
    (64, 0.5),
    (66, 0.5),
    (62, 0.5),
    (66, 0.5),
    (71, 0.5),
    (69, 0.5),
    (66, 0.5),
    (62, 0.5),
    (66, 0.5),
    (69, 1.5),
    (0, 0.5),
];
/// Chord of each bar: bass key and the third above the root.
const ODE_CHORDS: [(u8, u8); BARS] = [(38, 4), (45, 4), (43, 4), (45, 4), (38, 4), (45, 4), (43, 4), (38, 4)];
const KING_CHORDS: [(u8, u8); 4] = [(35, 3), (42, 4), (35, 3), (38, 4)];

const PLUCK: Tone = Tone { partials: &[1.0, 0.5, 0.35, 0.2, 0.12, 0.08], attack: 0.004, decay: 0.6, release: 0.1 };
const BASS: Tone = Tone { partials: &[1.0, 0.45, 0.2, 0.08], attack: 0.01, decay: 1.2, release: 0.05 };
const DEEP_BASS: Tone = Tone { partials: &[1.0, 0.2, 0.3, 0.1, 0.1], attack: 0.005, decay: 0.5, release: 0.04 };
const REED: Tone = Tone { partials: &[0.7, 0.15, 0.5, 0.1, 0.3, 0.05, 0.15], attack: 0.02, decay: 4.0, release: 0.05 };

/// Song A: voice, soft drums, bass and plucked chords.
///
/// ```
/// use songweave_synth::demo_songs::{mixture, song_a};
///
/// let song = song_a();
/// assert_eq!(mixture(&song).channels[0].len(), song.samples());
/// ```
#[must_use]
pub fn song_a() -> Song {
    let mut random = Random::new(18_24);
    let mut song = Song::silent("song_a", RATE, SAMPLES);
    let singer = Singer {
        tract: 1.0,
        slope: -8.0,
        width: 1.0,
        ring: 5.0,
        breath: 0.02,
        consonants: 0.25,
        vibrato: 0.25,
        vibrato_rate: 5.4,
        jitter: 0.04,
        glide: 0.03,
        spoken: false,
        vowel: None,
    };
    let voice = singer.sing(&notes(ODE, 0.9, 1), SAMPLES, RATE, &mut random);
    both(&mut song, Part::Vocals, |out| out.iter_mut().zip(&voice).for_each(|(out, sample)| *out += 0.55 * sample));
    let hits = drums(
        &[(Drum::Kick, &[0, 8]), (Drum::Snare, &[4, 12]), (Drum::Hat, &[0, 2, 4, 6, 8, 10, 12, 14])],
        0.45,
        &mut random,
    );
    both(&mut song, Part::Drums, |out| out.copy_from_slice(&hits));
    let bass = |bar: usize| (0..2).map(move |half| chord_note(bar, 2.0 * f64::from(half), 1.9, ODE_CHORDS[bar].0, 0.8));
    let bass: Vec<Note> = (0..BARS).flat_map(bass).collect();
    both(&mut song, Part::Bass, |out| BASS.play(&bass, 0.3, out, RATE));
    let chords: Vec<Note> = (0..BARS).flat_map(|bar| broken_chord(bar, ODE_CHORDS[bar])).collect();
    both(&mut song, Part::Other, |out| PLUCK.play(&chords, 0.12, out, RATE));
    level(song)
}

/// Song B: a reed melody over deep bass and driving drums; nobody sings.
#[must_use]
pub fn song_b() -> Song {
    let mut random = Random::new(18_75);
    let mut song = Song::silent("song_b", RATE, SAMPLES);
    let beat: [(Drum, &[usize]); 3] =
        [(Drum::Kick, &[0, 4, 8, 12]), (Drum::Snare, &[4, 12, 15]), (Drum::Hat, &[2, 3, 6, 7, 10, 11, 14])];
    let hits = drums(&beat, 0.6, &mut random);
    both(&mut song, Part::Drums, |out| out.copy_from_slice(&hits));
    let bass =
        |bar: usize| (0..8).map(move |step| chord_note(bar, 0.5 * f64::from(step), 0.4, KING_CHORDS[bar % 4].0, 0.9));
    let bass: Vec<Note> = (0..BARS).flat_map(bass).collect();
    both(&mut song, Part::Bass, |out| DEEP_BASS.play(&bass, 0.35, out, RATE));
    let melody = notes(MOUNTAIN_KING, 0.7, 2);
    both(&mut song, Part::Other, |out| REED.play(&melody, 0.2, out, RATE));
    level(song)
}

/// The mixture of a demo song as it is stored: one channel.
#[must_use]
pub fn mixture(song: &Song) -> Audio {
    let sum = |n: usize| song.parts.iter().map(|part| part[0][n]).sum();
    Audio { rate: song.rate, channels: vec![(0..song.samples()).map(sum).collect()] }
}

/// Writes `song_a.flac` and `song_b.flac` into a folder.
///
/// # Errors
/// The folder cannot be made or written to.
pub fn write(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|source| MaterialError::io(folder, source))?;
    for song in [song_a(), song_b()] {
        let path = folder.join(format!("{}.flac", song.name));
        write_bytes(&path, &flac_bytes(&path, &mixture(&song))?)?;
    }
    Ok(())
}

/// A line sung or played `times` times, each note sounding for `held` of its length.
fn notes(line: Line, held: f64, times: usize) -> Vec<Note> {
    let mut beats = 0.0;
    let mut notes = Vec::new();
    for &(key, length) in std::iter::repeat_n(line, times).flatten() {
        if key > 0 {
            notes.push(Note { start: beats * BEAT, length: held * length * BEAT, key: f32::from(key), velocity: 0.8 });
        }
        beats += length;
    }
    notes
}

fn chord_note(bar: usize, beat: f64, beats: f64, key: u8, velocity: f32) -> Note {
    Note { start: (4.0 * bar as f64 + beat) * BEAT, length: beats * BEAT, key: f32::from(key), velocity }
}

/// Root, third, fifth and third again in eighths, an octave and more above the bass.
fn broken_chord(bar: usize, (root, third): (u8, u8)) -> impl Iterator<Item = Note> {
    let key = move |step: usize| 12 + root + [12, third, 7, third][step % 4];
    (0..8).map(move |step| chord_note(bar, 0.5 * step as f64, 0.5, key(step), 0.7))
}

/// A bar's pattern in sixteenths, over and over.
fn drums(pattern: &[(Drum, &[usize])], gain: f32, random: &mut Random) -> Vec<f32> {
    let mut out = vec![0.0; SAMPLES];
    for bar in 0..BARS {
        for (drum, steps) in pattern {
            for step in *steps {
                drum.hit((4.0 * bar as f64 + *step as f64 / 4.0) * BEAT, gain, &mut out, RATE, random);
            }
        }
    }
    out
}

/// Fills a part the same on both sides.
fn both(song: &mut Song, part: Part, fill: impl FnOnce(&mut [f32])) {
    let [left, right] = &mut song.parts[part as usize];
    fill(left);
    right.copy_from_slice(left);
}

/// Limits bandwidth and level.
fn level(mut song: Song) -> Song {
    song.bandwidth = BANDWIDTH;
    for channel in song.parts.iter_mut().flatten() {
        *channel = shape(channel, RATE, |hz| low_pass(hz, BANDWIDTH));
    }
    let peak = mixture(&song).channels[0].iter().fold(1e-6f32, |peak, sample| peak.max(sample.abs()));
    song.parts.iter_mut().flatten().flatten().for_each(|sample| *sample *= PEAK / peak);
    song
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use songweave_audio::decode::decode;

    #[test]
    fn the_committed_songs_are_what_the_recipe_makes() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/demo");
        for song in [song_a(), song_b()] {
            let made = mixture(&song);
            let stored = decode(&folder.join(format!("{}.flac", song.name))).unwrap();
            assert_eq!((stored.rate, stored.samples()), (made.rate, made.samples()));
            // Sine and exponential functions of other processors may differ in the last bit: one step of 16 bits.
            let error =
                stored.channels[0].iter().zip(&made.channels[0]).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(
                error < 1.6 / 32_768.0,
                "{}: {error}; run `cargo xtask dataset demo --out tests/fixtures/demo`",
                song.name
            );
        }
    }

    #[test]
    fn a_is_sung_and_b_is_not() {
        let loud = |song: &Song, part: Part| song.parts[part as usize][0].iter().any(|sample| sample.abs() > 0.02);
        let (a, b) = (song_a(), song_b());
        assert!(Part::ALL.iter().all(|&part| loud(&a, part)));
        assert!(!loud(&b, Part::Vocals) && loud(&b, Part::Drums) && loud(&b, Part::Bass) && loud(&b, Part::Other));
    }
}
