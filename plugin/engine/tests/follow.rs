//! The listener at the end of the plugin's own audio path: chords give their key, clicks their tempo, noise and silence
//! nothing, whatever the blocks are.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, missing_docs)]

use std::f32::consts::TAU;

use songweave_dsp::{exchange::controls::Controls, stream::layout::StreamLayout};
use songweave_engine::{
    follow::{Listening, key::Key, words},
    runtime::listening::listen,
};

const RATE: f32 = 48_000.0;

/// What is known after two mono songs, in blocks of the given sizes.
fn hear_at(rate: f32, a: &[f32], b: &[f32], sizes: impl Iterator<Item = usize>) -> Listening {
    hear_with(Controls::default(), rate, a, b, sizes)
}

fn hear_with(controls: Controls, rate: f32, a: &[f32], b: &[f32], sizes: impl Iterator<Item = usize>) -> Listening {
    listen(StreamLayout::for_sample_rate(rate), &controls, [[a; 2], [b; 2]], sizes)
}

fn hear(a: &[f32], b: &[f32]) -> Listening {
    hear_at(RATE, a, b, std::iter::repeat(512))
}

fn noise(seed: u64, samples: usize) -> Vec<f32> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let draw = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1 << 23) as f32 - 1.0
    };
    std::iter::repeat_with(draw).take(samples).collect()
}

/// Chords of I IV V I (i iv V i) in a key, a second each, detuned by some cents.
fn cadence(rate: f32, key: Key, seconds: usize, cents: f32) -> Vec<f32> {
    let third = if key.minor { 3 } else { 4 };
    let chords = [[0, third, 7], [5, 5 + third, 12], [7, 11, 14], [0, third, 12]];
    let mut out = vec![0.0; seconds * rate as usize];
    for (n, out) in out.iter_mut().enumerate() {
        let now = n as f32 / rate;
        let fall = (-3.0 * now.fract()).exp();
        for degree in chords[now as usize % 4] {
            let hz = 440.0 * ((f32::from(key.tonic) + degree as f32 - 21.0 + cents / 100.0) / 12.0).exp2();
            for partial in [1.0_f32, 2.0, 3.0] {
                *out += 0.1 * fall / partial
                    * (TAU * (f64::from(hz * partial) * n as f64 / f64::from(rate)).fract() as f32).sin();
            }
        }
    }
    out
}

/// A short burst of noise at every beat, the first one `late` beats late.
fn clicks(rate: f32, bpm: f32, seconds: usize, late: f32) -> Vec<f32> {
    let mut out = noise(7, seconds * rate as usize);
    for (n, out) in out.iter_mut().enumerate() {
        let beats = n as f32 / rate * bpm / 60.0 - late;
        let since = beats.rem_euclid(1.0) * 60.0 / bpm;
        *out *= 0.5 * (-since / 0.01).exp();
    }
    out
}

const fn key(tonic: u8, minor: bool) -> Key {
    Key { tonic, minor }
}

fn keys(heard: &Listening) -> [Option<Key>; 2] {
    heard.songs.map(|song| song.key.map(|estimate| estimate.key))
}

#[test]
fn cadences_give_their_key_at_any_rate_and_tuning() {
    for (rate, cents) in [(48_000.0, 0.0), (44_100.0, 45.0), (96_000.0, -30.0), (22_050.0, 0.0)] {
        for (a, b) in [(key(0, false), key(9, true)), (key(6, false), key(2, true))] {
            let songs = [a, b].map(|key| cadence(rate, key, 10, cents));
            let heard = hear_at(rate, &songs[0], &songs[1], std::iter::repeat(4096));
            assert_eq!(keys(&heard), [Some(a), Some(b)], "{rate} Hz, {cents} cents");
        }
    }
}

#[test]
fn a_modulation_is_followed_and_b_is_transposed_into_a_s_key() {
    let mut a = cadence(RATE, key(0, false), 20, 0.0);
    a.extend(cadence(RATE, key(3, false), 40, 0.0));
    let b = cadence(RATE, key(2, false), 60, 0.0);
    let early = hear(&a[..20 * RATE as usize], &b[..20 * RATE as usize]);
    assert_eq!((keys(&early)[0], early.transposition), (Some(key(0, false)), Some(-2)));
    let late = hear(&a, &b);
    assert_eq!((keys(&late)[0], late.transposition), (Some(key(3, false)), Some(1)));
    assert!(words::sentences(&late).iter().any(|sentence| sentence.contains("transpose B by +1")), "{late:?}");
}

#[test]
fn b_is_transposed_by_hand_or_into_a_s_key() {
    let songs = [key(0, false), key(2, false)].map(|key| cadence(RATE, key, 20, 0.0));
    for (match_keys, wanted) in [(false, 4), (true, -2)] {
        let controls = Controls { transpose_b: 4, match_keys, ..Controls::default() };
        let heard = hear_with(controls, RATE, &songs[0], &songs[1], std::iter::repeat(512));
        assert_eq!((heard.match_keys, heard.transposed), (match_keys, wanted));
    }
}

/// A song in Eb that was moved up by some semitones. Only its bass, the Ab at 104 Hz, tells its key from Bb.
fn moved(up: i32, seconds: usize) -> Vec<f32> {
    let tone = |degree: i32, n: usize| {
        let hz = 311.13 * (f64::from(degree + up) / 12.0).exp2();
        (TAU * (hz * n as f64 / f64::from(RATE)).fract() as f32).sin()
    };
    let chords = [[7, 11, 14], [4, 7, 12], [0, 7, 11], [2, 7, 12]];
    let sample = |n: usize| {
        let beat = n / (RATE as usize / 2);
        let chord: f32 = chords[beat % 4].iter().map(|degree| tone(*degree, n)).sum();
        0.05 * chord + 0.3 * tone(-19, n)
    };
    (0..seconds * RATE as usize).map(sample).collect()
}

#[test]
fn a_song_has_the_same_key_in_all_twelve_transpositions_and_is_brought_back() {
    let song = moved(0, 20);
    for up in -5..=6 {
        let heard = hear(&song, &moved(up, 20));
        let [a, b] = keys(&heard);
        assert_eq!(a, Some(key(3, false)));
        assert_eq!(b.map(|key| key.transposed(-up as i8)), a, "{up} semitones up");
        assert_eq!(heard.transposition, Some(if up == 6 { 6 } else { -up as i8 }), "{up} semitones up");
    }
}

#[test]
fn keys_match_whatever_the_tuning_of_either_song() {
    for cents in [[45.0, 45.0], [45.0, 0.0], [0.0, 45.0], [-30.0, 45.0]] {
        let a = cadence(RATE, key(0, false), 20, cents[0]);
        let b = cadence(RATE, key(2, false), 20, cents[1]);
        let controls = Controls { match_keys: true, ..Controls::default() };
        let heard = hear_with(controls, RATE, &a, &b, std::iter::repeat(512));
        assert_eq!(keys(&heard), [Some(key(0, false)), Some(key(2, false))], "{cents:?} cents");
        assert_eq!(heard.transposed, -2, "{cents:?} cents");
    }
}

#[test]
fn clicks_give_their_tempo_and_their_distance() {
    for bpm in [80.0, 97.0, 120.0, 128.0, 140.0] {
        let heard = hear(&clicks(RATE, bpm, 14, 0.0), &clicks(RATE, bpm, 14, 0.25));
        let [a, b] = heard.songs.map(|song| song.tempo.unwrap());
        assert!((a.bpm / bpm - 1.0).abs() < 0.01 && (b.bpm / bpm - 1.0).abs() < 0.01, "{bpm}: {a:?} {b:?}");
        let late = (a.phase - b.phase).rem_euclid(1.0);
        assert!((late - 0.25).abs() < 0.06, "{bpm}: {a:?} {b:?}");
        assert!(a.confidence > 0.5);
    }
}

#[test]
fn before_six_seconds_in_silence_and_in_noise_nothing_is_sure() {
    let samples = 12 * RATE as usize;
    let (silence, chords) = (vec![0.0; samples], cadence(RATE, key(0, false), 5, 0.0));
    let heard = hear(&silence, &noise(3, samples));
    for song in heard.songs {
        assert_eq!((song.key, song.tempo), (None, None));
    }
    assert_eq!(keys(&hear(&chords, &chords)), [None; 2]);
}

#[test]
fn every_block_size_hears_the_same() {
    let (a, b) = (cadence(RATE, key(4, true), 8, 0.0), clicks(RATE, 110.0, 8, 0.0));
    let wanted = hear(&a, &b);
    for largest in [1.0, 97.0, 5_000.0] {
        let sizes = noise(5, 4096).into_iter().cycle().map(|draw| 1 + (draw.abs() * largest) as usize);
        assert_eq!(hear_at(RATE, &a, &b, sizes), wanted);
    }
}

#[test]
fn extreme_input_leaves_only_numbers() {
    let samples = 8 * RATE as usize;
    let loud: Vec<f32> = noise(1, samples).iter().map(|sample| sample * 9e5).collect();
    let mut broken = cadence(RATE, key(0, false), 8, 0.0);
    broken.iter_mut().step_by(1000).for_each(|sample| *sample = f32::NAN);
    let heard = hear(&loud, &broken);
    let fits = [heard.fit.key, heard.fit.tempo, heard.fit.density, heard.fit.register];
    assert!(fits.into_iter().flatten().all(|fit| (0.0..=1.0).contains(&fit)), "{heard:?}");
    assert!(heard.songs.iter().all(|song| song.density.is_finite()));
}
