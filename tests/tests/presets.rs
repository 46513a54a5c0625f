//! Every factory preset sounds: finite, not silent, and another than what is heard without it. Going from one to the next makes
//! no click.
#![allow(clippy::unwrap_used, missing_docs)]

use std::{iter, path::Path, sync::Arc};

use songweave::{
    params::SongweaveParams,
    presets::{Scope, factory},
    settings::{Values, differing},
    shared::Shared,
};
use songweave_dsp::exchange::controls::Controls;
use songweave_tests::{accompany::voice, drive::Driven};

const RATE: f32 = 48_000.0;
const SECOND: usize = 48_000;

/// What the signal path is told with the values of a preset.
fn controls(values: &Values) -> Controls {
    let params = SongweaveParams::new(Arc::new(Shared::without_network()));
    for (known, normalised) in differing(&params, values) {
        // SAFETY: `params` lives.
        unsafe { known.param._internal_set_normalized_value(normalised) };
    }
    params.controls()
}

fn presets(scope: Scope) -> impl Iterator<Item = (&'static str, Controls)> {
    let params = SongweaveParams::new(Arc::new(Shared::without_network()));
    let all = factory::ALL.iter().filter(move |preset| preset.scope == scope);
    all.map(move |preset| (preset.name, controls(&preset.values(&params))))
}

/// Some seconds of a demo song, both channels.
fn song(name: &str, seconds: usize) -> Vec<Vec<f32>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo").join(name);
    let audio = songweave_audio::decode::decode(&path).unwrap();
    audio.into_stereo().into_iter().map(|channel| channel[4 * SECOND..(4 + seconds) * SECOND].to_vec()).collect()
}

fn heard(main: &[Vec<f32>], side: &[Vec<f32>], controls: impl FnMut(usize) -> Controls) -> Vec<f32> {
    Driven::new(RATE, false).run(main, side, iter::repeat(512), controls).swap_remove(0)
}

fn is_sound(name: &str, heard: &[f32]) {
    assert!(heard.iter().all(|sample| sample.is_finite()), "{name} is not finite");
    let power = heard.iter().map(|sample| sample * sample).sum::<f32>() / heard.len() as f32;
    assert!((1e-5..1.0).contains(&power), "{name} has a mean power of {power}");
}

/// Power of what differs over the power of what is heard.
fn difference(one: &[f32], other: &[f32]) -> f32 {
    let power = |samples: &mut dyn Iterator<Item = f32>| samples.map(|sample| sample * sample).sum::<f32>();
    power(&mut one.iter().zip(other).map(|(one, other)| one - other)) / power(&mut one.iter().copied())
}

#[test]
fn every_mash_is_heard_and_unlike_the_others() {
    let (a, b) = (song("song_a.flac", 6), song("song_b.flac", 6));
    let mut before: Vec<(&str, Vec<f32>)> = Vec::new();
    for (name, controls) in presets(Scope::Mash) {
        let heard = heard(&a, &b, |_| controls);
        is_sound(name, &heard);
        for (other, sounded) in &before {
            // Where the songs are in one key, matching keys changes nothing.
            let alike = name.contains("keys matched") || other.contains("keys matched");
            assert!(alike || difference(&heard, sounded) > 1e-3, "{name} sounds as {other}");
        }
        before.push((name, heard));
    }
}

#[test]
fn every_band_is_heard_and_plays_more_than_the_voice() {
    let sung = vec![voice(5)[..9 * SECOND].to_vec(); 2];
    let silence = vec![vec![0.0; sung[0].len()]; 2];
    let mut before: Vec<(&str, Vec<f32>)> = Vec::new();
    for (name, controls) in presets(Scope::Band) {
        let heard = heard(&sung, &silence, |_| controls);
        is_sound(name, &heard);
        for (other, sounded) in &before {
            assert!(difference(&heard, sounded) > 1e-3, "{name} sounds as {other}");
        }
        before.push((name, heard));
    }
}

#[test]
fn every_tuning_is_heard_and_changes_the_voice() {
    let sung = vec![voice(4)[..6 * SECOND].to_vec(); 2];
    let silence = vec![vec![0.0; sung[0].len()]; 2];
    let alone = |controls: Controls| {
        let mut controls = controls;
        controls.band.levels = [0.0; 4];
        controls
    };
    let plain = controls(&Values::from([("mode".to_owned(), 1.0)]));
    let plain = heard(&sung, &silence, |_| alone(plain));
    for (name, controls) in presets(Scope::Tune) {
        let heard = heard(&sung, &silence, |_| alone(controls));
        is_sound(name, &heard);
        // Without keys held there is nothing to play the voice with.
        assert!(name == "Play the voice" || difference(&heard, &plain) > 1e-4, "{name} leaves the voice as it is");
    }
}

/// The largest step from one sample to the next.
fn largest_step(heard: &[f32]) -> f32 {
    heard.windows(2).map(|pair| (pair[1] - pair[0]).abs()).fold(0.0, f32::max)
}

#[test]
fn going_from_one_mash_to_the_next_makes_no_click() {
    let (a, b) = (song("song_a.flac", 3), song("song_b.flac", 3));
    let all: Vec<_> = presets(Scope::Mash).collect();
    let steady: Vec<_> = all.iter().map(|(_, controls)| largest_step(&heard(&a, &b, |_| *controls))).collect();
    for index in 0..all.len() {
        let next = (index + 1) % all.len();
        let moved = heard(&a, &b, |at| if at < 2 * SECOND { all[index].1 } else { all[next].1 });
        let (step, usual) = (largest_step(&moved), steady[index].max(steady[next]));
        assert!(step <= 1.5 * usual, "from {} to {}: a step of {step}, usually {usual}", all[index].0, all[next].0);
    }
}
