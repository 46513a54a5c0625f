#![allow(clippy::unwrap_used)]
use std::collections::HashSet;

use super::*;

fn params() -> SongweaveParams {
    SongweaveParams::new(Arc::new(Shared::without_network()))
}

/// Id, text at the bottom, at the top and at the default. Hosts, projects and scripts refer to these: lines may be
/// added, never changed.
const PERMANENT: [(&str, &str, &str, &str); 59] = [
    ("mode", "Mash", "Accompany", "Mash"),
    ("mix", "0 %", "100 %", "100 %"),
    ("output", "-inf dB", "12 dB", "0 dB"),
    ("bypass", "Off", "On", "Off"),
    ("missed_hops", "0", "1000000 or more", "0"),
    ("balance", "A", "B", "50 %"),
    ("vocals", "A", "B", "A"),
    ("drums", "A", "B", "B"),
    ("bass", "A", "B", "B"),
    ("other", "A", "B", "B"),
    ("auto", "0 %", "100 %", "0 %"),
    ("depth", "0 %", "100 %", "100 %"),
    ("attack", "0 ms", "500 ms", "0 ms"),
    ("release", "0 ms", "500 ms", "20 ms"),
    ("low", "20 Hz", "20 kHz", "20 Hz"),
    ("high", "20 Hz", "20 kHz", "20 kHz"),
    ("freeze", "Off", "On", "Off"),
    ("delta", "Off", "On", "Off"),
    ("solo", "Off", "Other", "Off"),
    ("transpose_b", "-6 semitones", "+6 semitones", "0 semitones"),
    ("match_keys", "Off", "On", "Off"),
    ("quality", "Live", "Studio", "Live"),
    ("device", "Automatic", "GPU", "Automatic"),
    ("style", "Ballad", "Swing", "Pop"),
    ("density", "0 %", "100 %", "50 %"),
    ("adventure", "0 %", "100 %", "30 %"),
    ("seed", "0", "9999", "1"),
    ("key", "Auto", "B", "Auto"),
    ("scale", "Auto", "Minor", "Auto"),
    ("chord_root", "Auto", "B", "Auto"),
    ("chord_quality", "Auto", "Augmented", "Auto"),
    ("lookahead", "Off", "1 s", "Off"),
    ("learn", "Off", "On", "Off"),
    ("intro", "None", "8 bars", "None"),
    ("tempo", "20 BPM", "300 BPM", "100 BPM"),
    ("band_level", "-inf dB", "12 dB", "0 dB"),
    ("drums_level", "-inf dB", "12 dB", "0 dB"),
    ("bass_level", "-inf dB", "12 dB", "0 dB"),
    ("keys_level", "-inf dB", "12 dB", "0 dB"),
    ("pad_level", "-inf dB", "12 dB", "0 dB"),
    ("voice_level", "-inf dB", "12 dB", "0 dB"),
    ("drums_sound", "Auto", "Drum machine", "Auto"),
    ("bass_sound", "Auto", "Upright bass", "Auto"),
    ("keys_sound", "Auto", "Organ", "Auto"),
    ("pad_sound", "Auto", "Warm pad", "Auto"),
    ("duck", "0 %", "100 %", "30 %"),
    ("tune_amount", "0 %", "100 %", "0 %"),
    ("tune_speed", "0 ms", "400 ms", "30 ms"),
    ("tune_target", "Scale", "Melody", "Scale"),
    ("tune_key", "Auto", "B", "Auto"),
    ("tune_scale", "Chromatic", "Auto", "Auto"),
    ("tune_notes", "Scale", "C Db D Eb E F F# G Ab A Bb B", "Scale"),
    ("formant", "-12 semitones", "+12 semitones", "0 semitones"),
    ("humanise", "0 %", "100 %", "0 %"),
    ("tune_reference", "400 Hz", "480 Hz", "440 Hz"),
    ("melody_low", "C2", "C6", "C3"),
    ("melody_high", "C2", "C6", "C5"),
    ("melody_adventure", "0 %", "100 %", "30 %"),
    ("tune_song", "Off", "On", "Off"),
];

#[test]
fn ids_and_ranges_are_permanent() {
    let params = params();
    let present: HashSet<_> = params
        .param_map()
        .into_iter()
        .map(|(id, param, _)| {
            // SAFETY: `params` lives.
            let text = |normalized| unsafe { param.normalized_value_to_string(normalized, true) };
            let default = unsafe { param.default_normalized_value() };
            (id, text(0.0), text(1.0), text(default))
        })
        .collect();
    let permanent = PERMANENT.map(|(id, low, high, default)| (id.into(), low.into(), high.into(), default.into()));
    assert_eq!(present, HashSet::from(permanent));
}

#[test]
fn texts_read_back_and_are_read_as_users_write_them() {
    let params = params();
    let at = |id: &str| params.param_map().into_iter().find(|(found, ..)| found == id).unwrap().1;
    for (id, low, high, default) in PERMANENT {
        for text in [low, high, default] {
            // SAFETY: `params` lives.
            let back =
                unsafe { at(id).normalized_value_to_string(at(id).string_to_normalized_value(text).unwrap(), true) };
            assert_eq!(back, text, "{id}");
        }
    }
    for (id, text, wanted) in [
        ("vocals", "25%", 0.25),
        ("mode", "mash", 0.0),
        ("mode", "accompany", 1.0),
        ("key", "c#", 2.0 / 12.0),
        ("chord_root", "Ab", 9.0 / 12.0),
        ("chord_quality", "minor 7", 0.4),
        ("style", "latin", 0.8),
        ("bypass", "on", 1.0),
        ("low", "20", 0.0),
        ("output", "12", 1.0),
        ("transpose_b", "+3", 0.75),
        ("solo", "bass", 0.75),
        ("tune_notes", "c, e  G", 145.0 / 4095.0),
        ("tune_notes", "Bb", 1024.0 / 4095.0),
        ("tune_notes", "scale", 0.0),
        ("tune_target", "midi", 1.0 / 3.0),
        ("tune_scale", "minor", 2.0 / 3.0),
        ("tune_reference", "440", 0.5),
        ("formant", "-6 st", 0.25),
        ("melody_low", "C4", 0.5),
    ] {
        // SAFETY: `params` lives.
        assert_eq!(unsafe { at(id).string_to_normalized_value(text) }, Some(wanted), "{id}={text}");
    }
    for (id, text) in [
        ("vocals", "loud"),
        ("mode", "band"),
        ("key", "H"),
        ("style", "polka"),
        ("bypass", "maybe"),
        ("missed_hops", "-"),
    ] {
        // SAFETY: `params` lives.
        assert_eq!(unsafe { at(id).string_to_normalized_value(text) }, None, "{id}={text}");
    }
}

#[test]
fn defaults_are_those_of_the_signal_path() {
    let wanted = Controls { release: 0.02, ..Controls::default() };
    assert_eq!(params().controls(), wanted);
}

#[test]
fn defaults_survive_the_hosts_normalised_values() {
    let params = params();
    for (_, param, _) in params.param_map() {
        // SAFETY: `params` lives.
        unsafe {
            let default = param.default_normalized_value();
            param._internal_set_normalized_value(if default > 0.5 { 0.0 } else { 1.0 });
            param._internal_set_normalized_value(default);
        }
    }
    assert_eq!(params.controls(), self::params().controls());
}

#[test]
fn no_value_of_a_hosts_reaches_the_signal_path_unchecked() {
    for value in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, -1e30, 1e30, -0.5, 1.5] {
        let params = params();
        for (_, param, _) in params.param_map() {
            // SAFETY: `params` lives.
            unsafe {
                param._internal_set_normalized_value(value);
                if let ParamPtr::FloatParam(float) = param {
                    (*float)._internal_set_plain_value(value);
                }
            }
        }
        let controls = params.controls();
        let shares = [controls.mix, controls.balance, controls.auto, controls.depth].into_iter().chain(controls.faders);
        assert!(shares.into_iter().all(|share| (0.0..=1.0).contains(&share)), "{value}: {controls:?}");
        let band = controls.band;
        let shares = [band.density, band.adventure];
        assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)), "{value}: {band:?}");
        assert!(band.levels.iter().all(|gain| (0.0..16.0).contains(gain)), "{value}: {band:?}");
        assert!((20.0..=300.0).contains(&band.tempo) && (0.0..4.0).contains(&band.voice), "{value}: {band:?}");
        assert!(band.key.is_none_or(|key| key < 12), "{value}: {band:?}");
        let tune = controls.tune;
        let shares = [tune.amount, tune.humanise, tune.melody_adventure];
        assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)), "{value}: {tune:?}");
        assert!((0.0..=0.4).contains(&tune.speed) && (-12.0..=12.0).contains(&tune.formant), "{value}: {tune:?}");
        let (low, high) = tune.melody_range;
        assert!((400.0..=480.0).contains(&tune.reference) && (36..=84).contains(&low), "{value}: {tune:?}");
        assert!(low <= high && high <= 84 && tune.key.is_none_or(|key| key < 12), "{value}: {tune:?}");
        let times = [controls.attack, controls.release];
        assert!(times.iter().all(|time| (0.0..=0.5).contains(time)), "{value}: {controls:?}");
        let limits = [controls.low, controls.high];
        assert!(limits.iter().all(|limit| (20.0..=20_000.0).contains(limit)), "{value}: {controls:?}");
        assert!((0.0..4.0).contains(&controls.output_gain), "{value}: {controls:?}");
        assert!((-6..=6).contains(&controls.transpose_b), "{value}: {controls:?}");
    }
}

#[test]
fn missed_hops_are_shown_up_to_a_million() {
    let params = params();
    for (missed, shown) in [(12, "12"), (2_000_000, "1000000 or more"), (u64::MAX, "1000000 or more"), (0, "0")] {
        params.show_missed(missed);
        assert_eq!(params.missed_hops.to_string(), shown);
    }
    assert!(params.missed_hops.flags().contains(ParamFlags::HIDDEN), "hidden is read-only in nice-plug");
}

#[test]
fn texts_of_values_beyond_the_range_are_refused() {
    let params = params();
    for (id, text) in [
        ("vocals", "120%"),
        ("vocals", "-1%"),
        ("mix", "101"),
        ("output", "13 dB"),
        ("attack", "0.6 s"),
        ("low", "10 Hz"),
        ("high", "21 kHz"),
        ("transpose_b", "+7"),
        ("seed", "10000"),
        ("tempo", "301"),
        ("tune_speed", "401"),
        ("formant", "-12.5"),
        ("tune_reference", "500"),
        ("melody_low", "B1"),
    ] {
        let (_, param, _) = params.param_map().into_iter().find(|(found, ..)| found == id).unwrap();
        // SAFETY: `params` lives.
        assert_eq!(unsafe { param.string_to_normalized_value(text) }, None, "{id}={text}");
    }
}
