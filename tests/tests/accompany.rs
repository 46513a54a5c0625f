//! The band in a CLAP host in this process: the same notes and bits for every block size, all notes off when the host says so,
//! and whatever is sung to it, nothing hangs and nothing breaks.
#![allow(clippy::unwrap_used, missing_docs)]

use songweave_host::{EventKind, Transport};
use songweave_tests::{
    accompany::{Accompanied, Host, RATE, Timeline, rolling, voice},
    signal::{block_sizes, noise},
};

const SECOND: usize = RATE as usize;
/// A bar of 4/4 at 120 BPM.
const BAR: usize = 2 * SECOND;
/// A 16th of it.
const STEP: usize = BAR / 16;
/// Time within which notes have to end after the host says so, beside the latency: three hops.
const SLACK: usize = 3 * 512;

fn at_once() -> impl Iterator<Item = usize> {
    std::iter::repeat(512)
}

/// Nothing is broken, nothing hangs once the host has stopped for two seconds.
fn is_sound(played: &Accompanied, what: &str) {
    assert!(played.peak() < 4.0, "{what}: peak {}", played.peak());
    assert_eq!(played.missed, 0.0, "{what}: missed hops");
    let end = played.ports[0][0].len();
    assert_eq!(played.sounding(end), [], "{what}: notes hang");
    assert!(played.told.is_sorted_by_key(|told| told.sample), "{what}: out of order");
}

/// A voice, and silence in which everything has to end.
fn then_silence(mut voice: Vec<f32>) -> Vec<f32> {
    voice.extend(vec![0.0; 2 * SECOND]);
    voice
}

/// Rolls for ten bars, then stops.
fn stops(sample: usize) -> Option<Transport> {
    rolling(sample).map(|transport| {
        let end = 10 * BAR as u64;
        Transport { playing: transport.position < end, position: transport.position.min(end), ..transport }
    })
}

#[test]
fn a_band_joins_in_within_two_bars_and_the_outputs_add_up_to_the_main_one() {
    let sung = then_silence(voice(10));
    let played = Host { timeline: stops, cuts: vec![10 * BAR], ..Host::default() }.play(&sung, at_once()).unwrap();
    is_sound(&played, "a song");
    let first = played.told.first().unwrap().sample - played.latency;
    assert!(first <= 2 * BAR + SLACK, "first note after {first} samples");
    for channel in [0, 1, 2, 9] {
        let notes = played.told.iter().filter(|told| told.channel == channel && told.velocity.is_some()).count();
        assert!(notes > 0, "nothing on channel {channel}");
    }
    for told in played.told.iter().filter(|told| told.velocity.is_some() && told.channel >= 1) {
        let off = (told.sample - played.latency + STEP / 2) % STEP;
        assert!(off.abs_diff(STEP / 2) <= 1, "a note {} samples beside the grid", off as i64 - (STEP / 2) as i64);
    }
    for channel in 0..2 {
        for sample in played.latency..sung.len() {
            let band: f32 = played.ports[1..].iter().map(|port| port[channel][sample]).sum();
            let rest = played.ports[0][channel][sample] - band;
            assert!((rest - sung[sample - played.latency]).abs() < 1e-4, "sample {sample}: {rest}");
        }
    }
}

#[test]
fn every_block_size_gives_the_same_notes_at_the_same_samples_and_the_same_bits() {
    let sung = voice(6);
    let wanted = Host::default().play(&sung, at_once()).unwrap();
    assert!(wanted.onsets() > 20, "{} notes", wanted.onsets());
    for size in [1, 64, 441, 1024, 8192, 0] {
        let sizes: Box<dyn Iterator<Item = usize>> =
            if size == 0 { Box::new(block_sizes(7, 3000)) } else { Box::new(std::iter::repeat(size)) };
        let played = Host::default().play(&sung, sizes).unwrap();
        assert_eq!(played.missed, 0.0);
        assert!(played.told == wanted.told, "other notes in blocks of {size} (0: random)");
        assert!(played.ports == wanted.ports, "other bits in blocks of {size} (0: random)");
    }
}

/// The state of a plugin that has learned a song.
fn learned(sung: &[f32]) -> Vec<u8> {
    let automation = vec![(0, "Learn", 1.0), (sung.len() - SECOND, "Learn", 0.0)];
    Host { automation, ..Host::default() }.play(sung, at_once()).unwrap().state
}

#[test]
fn a_song_that_was_learned_is_played_from_its_first_note_on_with_the_same_bits_for_every_block_size_and_saved_state() {
    // Four bars of silence, in which the last chord is struck and ends.
    let sung = [voice(8), vec![0.0; 4 * BAR]].concat();
    let state = learned(&sung);
    let host = || Host { state: Some(state.clone()), ..Host::default() };
    let wanted = host().play(&sung, at_once()).unwrap();
    is_sound(&wanted, "a learned song");
    let first = |played: &Accompanied| played.told.first().unwrap().sample - played.latency;
    let live = Host::default().play(&sung, at_once()).unwrap();
    assert!(first(&wanted) < BAR / 2 && first(&live) >= BAR, "{} {}", first(&wanted), first(&live));
    for size in [1, 441, 8192, 0] {
        let sizes: Box<dyn Iterator<Item = usize>> =
            if size == 0 { Box::new(block_sizes(3, 3000)) } else { Box::new(std::iter::repeat(size)) };
        let played = host().play(&sung, sizes).unwrap();
        assert!(played.told == wanted.told, "other notes in blocks of {size} (0: random)");
        assert!(played.ports == wanted.ports, "other bits in blocks of {size} (0: random)");
    }
    // Saved once more by whoever played it, it is the same; and what a render learned is what was learned.
    let again = Host { state: Some(wanted.state.clone()), ..Host::default() }.play(&sung, at_once()).unwrap();
    assert!(again.ports == wanted.ports, "other bits from the state that was saved again");
    assert!(learned(&sung) == state, "another state from the same song");
}

#[test]
fn learning_plays_what_is_played_without_it() {
    let sung = voice(8);
    let live = Host::default().play(&sung, at_once()).unwrap();
    let learning = Host { automation: vec![(0, "Learn", 1.0)], ..Host::default() }.play(&sung, at_once()).unwrap();
    assert!(learning.ports == live.ports && learning.told == live.told);
}

#[test]
fn another_seed_plays_something_else_and_the_same_seed_the_same() {
    let sung = voice(8);
    let with = |value| {
        let automation = vec![(0, "Seed", value), (0, "Adventure", 1.0)];
        Host { automation, ..Host::default() }.play(&sung, at_once()).unwrap().told
    };
    assert!(with(0.0) == with(0.0));
    assert!(with(0.0) != with(7.0));
}

#[test]
fn all_notes_end_at_stop_seek_bypass_and_mode_change() {
    let sung = voice(8);
    let at = 5 * BAR + 12_345;
    let stop: fn(usize) -> _ = |sample| {
        let at = 5 * BAR + 12_345;
        rolling(sample).map(|transport| Transport {
            playing: sample < at,
            position: sample.min(at) as u64,
            ..transport
        })
    };
    let seek: fn(usize) -> _ = |sample| {
        let at = 5 * BAR + 12_345;
        rolling(if sample < at { sample } else { sample - at + 777 })
    };
    let switched = |name, value| Host { automation: vec![(at, name, value)], ..Host::default() };
    let hosts = [
        ("stop", Host { timeline: stop, cuts: vec![at], ..Host::default() }),
        ("seek", Host { timeline: seek, cuts: vec![at], ..Host::default() }),
        ("bypass", switched("Bypass", 1.0)),
        ("mode", switched("Mode", mash())),
    ];
    for (what, host) in hosts {
        let played = host.play(&sung, block_sizes(5, 900)).unwrap();
        let before = played.sounding(at);
        assert!(!before.is_empty(), "{what}: nothing sounded");
        let by = at + played.latency + SLACK;
        for (channel, key) in before {
            let ended = played.told.iter().any(|told| {
                (told.channel, told.key) == (channel, key)
                    && told.velocity.is_none()
                    && (at..=by).contains(&told.sample)
            });
            assert!(ended, "{what}: key {key} of channel {channel} sounds on");
        }
        if what != "seek" {
            assert_eq!(played.sounding(by), [], "{what}: something sounds");
            assert!(played.told.iter().all(|told| told.sample <= by), "{what}: something begins");
        }
        assert_eq!(played.missed, 0.0);
    }
}

/// The value of the mode that has no band.
fn mash() -> f64 {
    let mut plugin = songweave_tests::bounce::instance(songweave_tests::bounce::MULTI_OUT).unwrap();
    let mode = songweave_tests::bounce::parameter(&mut plugin, "Mode");
    plugin.parse(mode, "Mash").unwrap()
}

#[test]
fn whatever_is_sung_nothing_breaks_and_nothing_hangs() {
    let seconds = 20 * SECOND;
    let mix: Vec<f32> = voice(10).iter().zip(noise(3, seconds)).map(|(voice, noise)| voice + 0.3 * noise).collect();
    let square: Vec<f32> = (0..seconds).map(|n| if n / 100 % 2 == 0 { 1.0 } else { -1.0 }).collect();
    let broken: Vec<f32> =
        voice(10).iter().enumerate().map(|(n, sample)| if n % 977 == 0 { f32::NAN } else { *sample }).collect();
    let clicks: Vec<f32> = (0..seconds).map(|n| f32::from(u8::from(n % 9_000 == 0))).collect();
    for (what, sound) in [
        ("noise", noise(1, seconds)),
        ("a mix", mix),
        ("a square wave at full level", square),
        ("damaged samples", broken),
        ("clicks", clicks),
        ("a constant", vec![0.9; seconds]),
    ] {
        let sound = then_silence(sound);
        let played = Host { timeline: stops, cuts: vec![10 * BAR], ..Host::default() }.play(&sound, at_once()).unwrap();
        is_sound(&played, what);
    }
}

#[test]
fn nobody_singing_for_minutes_is_silence() {
    let played = Host::default().play(&vec![0.0; 150 * SECOND], std::iter::repeat(8192)).unwrap();
    is_sound(&played, "silence");
    assert_eq!((played.onsets(), played.peak()), (0, 0.0));
    // Somebody sang once: the band does not play on for ever.
    let mut voice = voice(6);
    voice.resize(120 * SECOND, 0.0);
    let played = Host::default().play(&voice, std::iter::repeat(8192)).unwrap();
    let late = played.told.iter().filter(|told| told.sample > 100 * SECOND && told.velocity.is_some()).count();
    assert_eq!(late, 0, "plays on though nobody has sung for more than a minute");
}

#[test]
fn no_tempo_no_signature_and_no_loop_is_too_odd() {
    let timelines: [(&str, Timeline); 9] = [
        ("300 BPM", |sample| Some(at_tempo(sample, 300.0))),
        ("20 BPM", |sample| Some(at_tempo(sample, 20.0))),
        ("no transport", |_| None),
        ("tempo jumps", |sample| Some(at_tempo(sample, [60.0, 177.0, 90.0, 240.0][sample / (3 * SECOND) % 4]))),
        ("a tempo ramp", |sample| {
            let seconds = sample as f64 / f64::from(RATE);
            // Beats are the integral of the tempo, 60 BPM and 6 more every second.
            let quarters = Some(seconds + 0.05 * seconds * seconds);
            Some(Transport { position: sample as u64, quarters, tempo: 60.0 + 6.0 * seconds, ..Transport::default() })
        }),
        ("changing signatures", |sample| {
            let time_signature = [(3, 4), (6, 8), (7, 8), (4, 4), (5, 4), (1, 32), (64, 1)][sample / (2 * SECOND) % 7];
            rolling(sample).map(|transport| Transport { time_signature, ..transport })
        }),
        ("a loop of one beat", |sample| {
            let beat = SECOND / 2;
            let loop_range = Some((0, beat as u64));
            rolling(sample % beat).map(|transport| Transport { loop_range, ..transport })
        }),
        ("tempi that are none", |sample| Some(at_tempo(sample, [0.0, f64::NAN, -3.0, 1e9][sample / (4 * SECOND) % 4]))),
        ("a play head that never moves", |_| rolling(0)),
    ];
    let sung = then_silence(voice(8));
    for (what, timeline) in timelines {
        // Blocks end at every change, so that it comes where it is meant.
        let cuts = (1..sung.len() / (SECOND / 2)).map(|n| n * SECOND / 2).collect();
        let played = Host { timeline, cuts, ..Host::default() }.play(&sung, at_once()).unwrap();
        assert!(played.peak() < 4.0 && played.missed == 0.0, "{what}: peak {}", played.peak());
        assert!(played.told.is_sorted_by_key(|told| told.sample), "{what}: out of order");
        for (begins, note) in played.told.iter().enumerate().filter(|(_, told)| told.velocity.is_some()) {
            let ends = |told: &&_| same_key(told, note);
            let end = played.told[begins + 1..].iter().find(ends).map_or(sung.len(), |told| told.sample);
            assert!(
                end - note.sample <= 16 * SECOND,
                "{what}: key {} sounds for {} samples",
                note.key,
                end - note.sample
            );
        }
    }
}

fn same_key(one: &songweave_tests::accompany::Told, other: &songweave_tests::accompany::Told) -> bool {
    (one.channel, one.key) == (other.channel, other.key)
}

fn at_tempo(sample: usize, tempo: f64) -> Transport {
    Transport { position: sample as u64, tempo, ..Transport::default() }
}

#[test]
fn chords_of_one_note_or_twelve_do_no_harm_and_a_triad_is_played() {
    let sung = then_silence(voice(10));
    let press = |at: usize, keys: &[u8]| -> Vec<(usize, EventKind)> {
        let on = |key: &u8| (at, EventKind::NoteOn { channel: 0, key: *key, velocity: 0.8 });
        let off = |key: &u8| (at + 4 * BAR, EventKind::NoteOff { channel: 0, key: *key, velocity: 0.0 });
        keys.iter().map(on).chain(keys.iter().map(off)).collect()
    };
    let chromatic: Vec<u8> = (60..72).collect();
    let all: Vec<u8> = (0..128).collect();
    for keys in [&[60][..], &chromatic, &all, &[61, 65, 68]] {
        let mut keys_played = press(4 * BAR - 100, keys);
        keys_played.sort_by_key(|(at, _)| *at);
        let host = Host { timeline: stops, cuts: vec![10 * BAR], keys: keys_played, ..Host::default() };
        let played = host.play(&sung, at_once()).unwrap();
        is_sound(&played, "keys held");
        if keys == [61, 65, 68] {
            // Two bars into the chord, pad and bass are in it, though the song is in C.
            let from = 6 * BAR + played.latency;
            let pitched = played.told.iter().filter(|told| told.velocity.is_some() && matches!(told.channel, 1 | 2));
            let in_chord: Vec<bool> = pitched
                .filter(|told| (from..from + BAR).contains(&told.sample))
                .map(|told| [1, 5, 8].contains(&(told.key % 12)))
                .collect();
            let fits = in_chord.iter().filter(|fits| **fits).count();
            assert!(fits > 0 && 4 * fits >= 3 * in_chord.len(), "{fits} of {} notes are in the chord", in_chord.len());
        }
    }
}

#[test]
fn the_pedal_holds_a_chord_and_all_notes_off_or_a_seek_ends_it() {
    let sung = voice(8);
    let press = 4 * BAR - 100;
    let control = |at: usize, number: u8, value: u8| (at, EventKind::Midi([0xB0, number, value]));
    let chord = || {
        let keys = [61, 65, 68];
        let on = keys.map(|key| (press, EventKind::NoteOn { channel: 0, key, velocity: 0.8 }));
        let off = keys.map(|key| (press + 50, EventKind::NoteOff { channel: 0, key, velocity: 0.0 }));
        [&[control(press, 64, 127)][..], &on, &off].concat()
    };
    // Whether bass and pad play nothing but the chord in a bar, two bars after it was played.
    let holds = |host: Host| {
        let played = host.play(&sung, at_once()).unwrap();
        let from = 6 * BAR + played.latency;
        let begun = played.told.iter().filter(|told| told.velocity.is_some() && matches!(told.channel, 1 | 2));
        let keys: Vec<u8> =
            begun.filter(|told| (from..from + BAR).contains(&told.sample)).map(|told| told.key % 12).collect();
        assert!(!keys.is_empty(), "nothing is played");
        keys.iter().all(|key| [1, 5, 8].contains(key))
    };
    assert!(holds(Host { keys: chord(), ..Host::default() }), "the pedal does not hold it");
    for number in [64, 120, 123] {
        let keys = [chord(), vec![control(press + 500, number, 0)]].concat();
        assert!(!holds(Host { keys, ..Host::default() }), "CC{number} does not end it");
    }
    let seek: Timeline = |sample| rolling(if sample < 5 * BAR { sample } else { sample - 4 * BAR });
    assert!(!holds(Host { keys: chord(), timeline: seek, cuts: vec![5 * BAR], ..Host::default() }), "a seek does not");
}
