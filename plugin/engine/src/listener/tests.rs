#![allow(clippy::unwrap_used)]

use super::*;

/// Something with rhythm and tones at a sample rate, `seconds` long.
fn music(rate: f32, seconds: f32) -> Vec<f32> {
    (0..(rate * seconds) as usize)
        .map(|n| {
            let t = n as f32 / rate;
            let beat = (-(t * 4.0).fract() * 6.0).exp();
            let tones = [220.0, 277.0, 330.0, 1_760.0].map(|hz: f32| (std::f32::consts::TAU * hz * t).sin());
            0.1 * beat * tones.iter().sum::<f32>()
        })
        .collect()
}

fn similarity(one: &Slice, other: &Slice) -> f32 {
    one.vector.iter().zip(&other.vector).map(|(a, b)| a * b).sum()
}

fn heard(rate: f32, sound: &[f32]) -> Option<Slice> {
    SliceListener::embedded(rate).unwrap().hear(sound)
}

#[test]
fn the_same_music_is_the_same_at_every_sample_rate() {
    let reference = heard(16_000.0, &music(16_000.0, 4.0)).unwrap();
    for rate in [22_050.0, 44_100.0, 48_000.0, 88_200.0, 96_000.0, 176_400.0, 192_000.0] {
        let slice = heard(rate, &music(rate, 4.0)).unwrap();
        assert!(similarity(&reference, &slice) > 0.99, "{rate} Hz: {}", similarity(&reference, &slice));
    }
    let low = heard(8_000.0, &music(8_000.0, 4.0)).unwrap();
    assert!(similarity(&reference, &low) > 0.9, "8 kHz: {}", similarity(&reference, &low));
}

#[test]
fn gain_and_a_constant_count_for_nothing() {
    let sound = music(44_100.0, 4.0);
    let reference = heard(44_100.0, &sound).unwrap();
    for (gain, constant) in [(0.5, 0.0), (0.02, 0.0), (1.0, 0.3)] {
        let changed: Vec<f32> = sound.iter().map(|sample| sample * gain + constant).collect();
        assert!(similarity(&reference, &heard(44_100.0, &changed).unwrap()) > 0.999);
    }
}

#[test]
fn where_there_is_nothing_to_hear_it_says_so() {
    let samples = SliceListener::embedded(48_000.0).unwrap().samples();
    assert_eq!(heard(48_000.0, &vec![0.0; samples]), None, "silence");
    assert_eq!(heard(48_000.0, &vec![0.4; samples]), None, "a constant");
    assert_eq!(heard(48_000.0, &vec![f32::NAN; samples]), None, "no numbers");
    assert_eq!(heard(48_000.0, &music(48_000.0, 0.2)), None, "0.2 s");
}

#[test]
fn whatever_comes_in_the_answer_is_a_unit_vector_with_probabilities() {
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state as f32 / u32::MAX as f32 - 0.5
    };
    let mut listener = SliceListener::embedded(48_000.0).unwrap();
    let samples = listener.samples();
    let mut broken: Vec<f32> = music(48_000.0, 4.0);
    broken[1_000..30_000].fill(f32::INFINITY);
    broken[40_000] = f32::MAX;
    let clicks = (0..samples).map(|n| if n % 48_000 == 5 { 1.0 } else { 0.0 }).collect();
    for sound in [(0..samples).map(|_| noise()).collect(), broken, clicks] {
        let slice = listener.hear(&sound).unwrap();
        let length: f32 = slice.vector.iter().map(|number| number * number).sum();
        let sum: f32 = slice.genres.iter().sum();
        assert!((length - 1.0).abs() < 1e-4 && (sum - 1.0).abs() < 1e-4 && slice.genres.iter().all(|p| *p >= 0.0));
        assert_eq!(
            listener.hear_with_hidden(&sound).map(|heard| heard.0).as_ref(),
            Some(&slice),
            "heard once is heard alike"
        );
        assert_eq!(Some(slice), listener.hear(&sound), "the same sound gives the same bits");
    }
}

#[test]
fn opposite_phase_is_heard() {
    let sound = music(48_000.0, 4.0);
    let turned: Vec<f32> = sound.iter().map(|sample| -sample).collect();
    assert_eq!(mono([&sound, &turned]), sound);
    assert_eq!(mono([&sound, &sound]), sound);
}

/// Hands a sound to both songs of a stream, hop by hop, and lets them be listened to.
fn play(listener: &mut songs::SongsListener, sound: &[f32], hop: usize, present: [bool; 2]) -> bool {
    let mut new = false;
    for samples in sound.chunks_exact(hop) {
        listener.hear(&[[samples; 2]; 2], present);
        new |= listener.listen();
    }
    new
}

#[test]
fn songs_are_told_after_three_seconds_and_forgotten_when_they_go() {
    let layout = songweave_dsp::stream::layout::StreamLayout::for_sample_rate(48_000.0);
    let mut listener = songs::SongsListener::new(&layout).unwrap();
    let sound = music(48_000.0, 12.0);
    assert!(!play(&mut listener, &sound[..96_000], layout.hop, [true, true]), "two seconds are too short");
    assert!(play(&mut listener, &sound, layout.hop, [true, true]));
    let [Some(a), Some(b)] = listener.sounds() else { panic!("both were heard") };
    assert!(songs::similarity(&a.vector, &b.vector) > 0.9);
    assert!(a.trail.len() >= 2 && (150.0..2_500.0).contains(&a.register_hz), "{}", a.register_hz);
    assert!(play(&mut listener, &sound[..48_000], layout.hop, [true, false]));
    assert!(listener.sounds()[0].is_some() && listener.sounds()[1].is_none());
}

#[test]
fn a_genre_is_told_where_one_is_likely() {
    let mut genres = [0.04; GENRES.len()];
    assert_eq!(songs::likeliest(&genres), None);
    (genres[8], genres[14]) = (0.4, 0.06);
    let [first, second, _] = songs::likeliest(&genres).unwrap();
    assert_eq!((first, second), (("metal", 0.4), ("rock", 0.06)));
}

#[test]
fn a_thread_listens_until_it_is_dropped() {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    };
    let layout = songweave_dsp::stream::layout::StreamLayout::for_sample_rate(48_000.0);
    let (sound, pulled) = (music(48_000.0, 4.0), Arc::new(AtomicUsize::new(0)));
    let counted = pulled.clone();
    let pull = move |listener: &mut songs::SongsListener| {
        if counted.fetch_add(1, Relaxed) == 0 {
            sound.chunks_exact(layout.hop).for_each(|samples| listener.hear(&[[samples; 2]; 2], [true, false]));
        }
    };
    let (send, told) = std::sync::mpsc::channel();
    let thread = thread::ListenerThread::start(&layout, pull, move |sounds| send.send(sounds.clone()).unwrap());
    let thread = thread.unwrap();
    while thread.sounds()[0].is_none() {
        std::thread::yield_now();
    }
    assert!(
        told.recv().unwrap()[0].is_none() && told.recv().unwrap()[0].is_some(),
        "first nothing, then what was heard"
    );
    drop(thread);
    let count = pulled.load(Relaxed);
    std::thread::yield_now();
    assert_eq!(pulled.load(Relaxed), count, "nobody pulls any more");
}

#[test]
fn a_song_without_a_voice_has_a_tempo_and_a_key_and_they_go_with_it() {
    let layout = songweave_dsp::stream::layout::StreamLayout::for_sample_rate(48_000.0);
    let mut listener = songs::SongsListener::new(&layout).unwrap();
    // Four beats a second are two at half time.
    play(&mut listener, &music(48_000.0, 20.0), layout.hop, [true, false]);
    let heard = listener.sounds()[0].clone().unwrap().music;
    let bpm = heard.tempo.unwrap().bpm;
    assert!([120.0, 240.0].iter().any(|wanted: &f32| (bpm - wanted).abs() < 2.0), "{bpm}");
    assert!(heard.scales.is_some() && heard.chroma[9] > 0.1 && heard.density > 2.0);
    play(&mut listener, &[0.0; 4_800], layout.hop, [false, false]);
    play(&mut listener, &music(48_000.0, 4.0), layout.hop, [true, false]);
    assert_eq!(listener.sounds()[0].clone().unwrap().music.tempo, None, "another song");
}
