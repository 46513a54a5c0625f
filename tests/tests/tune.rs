//! Tune in a CLAP host in this process: off it is the voice bit for bit, on it is the same for every block size, and its notes
//! end when the host says so.
#![allow(clippy::unwrap_used, missing_docs)]

use songweave_host::{EventKind, Transport};
use songweave_tests::{
    accompany::{Accompanied, Host, RATE, rolling, voice},
    bounce::{MULTI_OUT, instance, parameter},
    signal::block_sizes,
};

const SECOND: usize = RATE as usize;
/// Time within which notes have to end after the host says so, beside the latency: three hops.
const SLACK: usize = 3 * 512;
/// MIDI channels of the sung and of the target notes, counted from 0.
const LINES: [u8; 2] = [3, 4];

/// Parameters as automation at the first sample.
fn set(texts: &[(&'static str, &str)]) -> Vec<(usize, &'static str, f64)> {
    let mut plugin = instance(MULTI_OUT).unwrap();
    let mut value = |name: &str, text: &str| {
        let id = parameter(&mut plugin, name);
        plugin.parse(id, text).unwrap()
    };
    texts.iter().map(|(name, text)| (0, *name, value(name, text))).collect()
}

fn tuned_to(target: &str) -> Vec<(usize, &'static str, f64)> {
    set(&[("Tune amount", "100 %"), ("Tune speed", "0 ms"), ("Tune target", target), ("Tune scale", "Minor")])
}

/// Keys held from two seconds on, for ever.
fn keys() -> Vec<(usize, EventKind)> {
    let press = |key| (2 * SECOND, EventKind::NoteOn { channel: 0, key, velocity: 0.8 });
    [61, 65, 68].map(press).to_vec()
}

/// Tells of one of the tuner's lines: sample, key, whether it begins.
fn line(played: &Accompanied, channel: u8) -> Vec<(usize, u8, bool)> {
    let told = played.told.iter().filter(|told| told.channel == channel);
    told.map(|told| (told.sample, told.key, told.velocity.is_some())).collect()
}

#[test]
fn off_the_output_is_the_delayed_voice_bit_for_bit() {
    let sung = voice(2);
    let automation = set(&[("Band level", "-inf dB"), ("Tune target", "Melody"), ("Tune speed", "0 ms")]);
    let played = Host { automation, keys: keys(), ..Host::default() }.play(&sung, block_sizes(3, 2000)).unwrap();
    for channel in &played.ports[0] {
        assert_eq!(channel[played.latency..], sung[..sung.len() - played.latency]);
    }
    assert!(LINES.iter().all(|channel| line(&played, *channel).is_empty()), "notes though Tune is off");
}

#[test]
fn every_target_is_the_same_for_every_block_size() {
    let sung = voice(4);
    for target in ["Scale", "MIDI", "Chord", "Melody"] {
        let host = Host { automation: tuned_to(target), keys: keys(), ..Host::default() };
        let wanted = host.play(&sung, std::iter::repeat(512)).unwrap();
        assert_ne!(wanted.ports[0][0][wanted.latency..], sung[..sung.len() - wanted.latency], "{target} does nothing");
        assert!(!line(&wanted, LINES[0]).is_empty(), "{target}: no sung notes");
        for size in [1, 441, 0] {
            let sizes: Box<dyn Iterator<Item = usize>> =
                if size == 0 { Box::new(block_sizes(7, 3000)) } else { Box::new(std::iter::repeat(size)) };
            let played = host.play(&sung, sizes).unwrap();
            assert_eq!(played.missed, 0.0);
            assert!(played.told == wanted.told, "{target}: other notes in blocks of {size} (0: random)");
            assert!(played.ports == wanted.ports, "{target}: other bits in blocks of {size} (0: random)");
        }
    }
}

#[test]
fn held_keys_are_the_tuners_and_no_chord() {
    let sung = voice(4);
    let host = Host { automation: tuned_to("MIDI"), keys: keys(), ..Host::default() };
    let played = host.play(&sung, std::iter::repeat(512)).unwrap();
    let targets = line(&played, LINES[1]);
    assert!(!targets.is_empty() && targets.iter().all(|(_, key, _)| [61, 65, 68].contains(key)), "{targets:?}");
    assert!(targets.iter().all(|(at, ..)| *at >= 2 * SECOND + played.latency - SLACK), "before any key: {targets:?}");
    // The song is in C: a band that took the keys for a chord would play D flat.
    let bass = played.told.iter().filter(|told| told.channel == 1 && told.velocity.is_some());
    let flat = bass.clone().filter(|told| told.key % 12 == 1).count();
    assert!(2 * flat <= bass.count(), "the band plays the tuner's keys");
}

#[test]
fn no_note_lasts_over_a_jump_of_the_host() {
    const AT: usize = 4 * SECOND + 12_345;
    let sung = voice(4);
    let jumps: fn(usize) -> _ = |sample| {
        rolling(sample).map(|transport| Transport {
            position: if sample < AT { sample } else { sample + 100 * SECOND } as u64,
            ..transport
        })
    };
    let spans = |host: Host| {
        let played = host.play(&sung, block_sizes(5, 900)).unwrap();
        let (from, to) = (AT + played.latency - SLACK, AT + played.latency + SLACK);
        let mut begun = None;
        let told = line(&played, LINES[0]);
        told.iter().any(|(sample, _, begins)| {
            let since = std::mem::replace(&mut begun, begins.then_some(*sample));
            since.is_some_and(|since| since < from && *sample > to)
        })
    };
    let plain = Host { cuts: vec![AT], automation: tuned_to("Scale"), ..Host::default() };
    assert!(spans(plain), "a note is sung at the time of the jump");
    assert!(!spans(Host { timeline: jumps, cuts: vec![AT], automation: tuned_to("Scale"), ..Host::default() }));
}

#[test]
fn notes_end_at_stop_bypass_mode_change_and_amount_zero() {
    const AT: usize = 4 * SECOND + 12_345;
    let sung = voice(4);
    let stop: fn(usize) -> _ = |sample| {
        rolling(sample).map(|transport| Transport {
            playing: sample < AT,
            position: sample.min(AT) as u64,
            ..transport
        })
    };
    let switched = |name, text| {
        let mut automation = tuned_to("Scale");
        automation.extend(set(&[(name, text)]).into_iter().map(|(_, name, value)| (AT, name, value)));
        Host { automation, ..Host::default() }
    };
    for (what, host) in [
        ("stop", Host { timeline: stop, cuts: vec![AT], automation: tuned_to("Scale"), ..Host::default() }),
        ("bypass", switched("Bypass", "On")),
        ("mode", switched("Mode", "Mash")),
        ("amount", switched("Tune amount", "0 %")),
    ] {
        let played = host.play(&sung, block_sizes(5, 900)).unwrap();
        let by = AT + played.latency + SLACK;
        for channel in LINES {
            let told = line(&played, channel);
            let mut sounding = None;
            for (sample, key, begins) in &told {
                assert!(*sample <= by, "{what}: key {key} of channel {channel} after the end");
                assert_eq!(*begins, sounding.is_none(), "{what}: one note at a time");
                sounding = begins.then_some(*key);
            }
            assert!(!told.is_empty() && sounding.is_none(), "{what}: {sounding:?} of channel {channel} sounds on");
        }
    }
}
