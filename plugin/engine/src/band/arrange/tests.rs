#![allow(clippy::unwrap_used)]

use std::ops::Range;

use proptest::prelude::*;
use songweave_dsp::band::Quality;

use super::*;

const SETTINGS: StyleSettings = StyleSettings { style: Style::Pop, density: 0.6, adventure: 0.3, seed: 7 };
const SUNG: Singing = Singing { voiced: 0.4, level: -20.0, silent_steps: 0, known: None };
const C: Chord = Chord { root: 0, quality: Quality::Major, bass: 0 };
const F: Chord = Chord { root: 5, quality: Quality::Major, bass: 5 };
const AM_C: Chord = Chord { root: 9, quality: Quality::Minor, bass: 0 };

/// A step at 120 BPM.
fn time(step: i64, steps_per_bar: u32, steps_per_beat: u32) -> GridTime {
    let bar = i64::from(steps_per_bar);
    let place = Place { bar: step.div_euclid(bar), step: step.rem_euclid(bar) as u32, steps_per_bar, steps_per_beat };
    GridTime::at_beginning(place, 0.125)
}

fn four(step: i64) -> GridTime {
    time(step, 16, 4)
}

/// A C for two bars, an F for two, and so on.
fn chord_at(step: i64) -> Chord {
    if step.rem_euclid(64) < 32 { C } else { F }
}

/// The notes of some steps in 4/4, with the number of their step.
fn played(arranger: &mut Arranger, steps: Range<i64>, settings: &StyleSettings) -> Vec<(i64, StepNote)> {
    played_with(arranger, steps, settings, SUNG.level)
}

fn played_with(
    arranger: &mut Arranger,
    steps: Range<i64>,
    settings: &StyleSettings,
    level: f32,
) -> Vec<(i64, StepNote)> {
    let mut all = Vec::new();
    for step in steps {
        let mut notes = Vec::new();
        let (now, next) = (chord_at(step), chord_at((step / 4 + 1) * 4));
        arranger.step(&four(step), Some(now), Some(next), &Singing { level, ..SUNG }, settings, &mut notes).unwrap();
        all.extend(notes.into_iter().map(|note| (step, note)));
    }
    all
}

fn arranger() -> Arranger {
    Arranger::new(GrooveNetwork::embedded().unwrap())
}

fn of(notes: &[(i64, StepNote)], instrument: Instrument) -> Vec<(i64, StepNote)> {
    notes.iter().filter(|(_, note)| note.instrument == instrument && note.velocity > 0).copied().collect()
}

#[test]
fn the_same_seed_plays_the_same_and_another_something_else() {
    for style in Style::ALL {
        let settings = StyleSettings { style, ..SETTINGS };
        let first = played(&mut arranger(), 0..256, &settings);
        assert_eq!(first, played(&mut arranger(), 0..256, &settings));
        let other = played(&mut arranger(), 0..256, &StyleSettings { seed: 8, ..settings });
        assert_ne!(of(&first, Instrument::Drums), of(&other, Instrument::Drums), "{style:?}");
    }
}

#[test]
fn jumps_do_not_matter() {
    // With a singer of middle loudness, which is where a jump begins.
    let played =
        |arranger: &mut Arranger, steps, settings: &StyleSettings| played_with(arranger, steps, settings, -25.0);
    let whole = played(&mut arranger(), 0..512, &SETTINGS);
    let part = |from: i64| -> Vec<(i64, StepNote)> { whole.iter().filter(|note| note.0 >= from).copied().collect() };
    let mut wanderer = arranger();
    played(&mut wanderer, 96..110, &StyleSettings { style: Style::Swing, ..SETTINGS });
    played(&mut wanderer, 400..405, &SETTINGS);
    played(&mut wanderer, -35..-3, &SETTINGS);
    // A chord begins at 256, so everything is struck there in any case.
    assert_eq!(played(&mut wanderer, 256..512, &SETTINGS), part(256));
    wanderer.reset();
    assert_eq!(played(&mut wanderer, 448..512, &SETTINGS), part(448));
}

#[test]
fn every_note_is_in_range_and_ends_at_the_next_beat_or_is_prolonged() {
    for style in Style::ALL {
        for density in [0.0, 0.5, 1.0] {
            let settings = StyleSettings { style, density, adventure: density, seed: 3 };
            for (step, note) in played(&mut arranger(), 0..256, &settings) {
                assert!(note.key < 128 && note.velocity < 128 && note.length > 0.0, "{note:?}");
                assert!((0.0..1.0).contains(&note.delay) && (style == Style::Swing || note.delay == 0.0), "{note:?}");
                let beat = (4 - step % 4) as f32 + 0.11;
                assert!(note.instrument == Instrument::Drums || note.delay + note.length <= beat, "{step} {note:?}");
                let range = match note.instrument {
                    Instrument::Drums => 36..=51,
                    Instrument::Bass => 26..=48,
                    Instrument::Keys => 48..=72,
                    Instrument::Pad => 45..=64,
                };
                assert!(range.contains(&note.key), "{note:?}");
            }
        }
    }
}

#[test]
fn nobody_plays_without_a_chord() {
    let (mut arranger, mut notes) = (arranger(), Vec::new());
    for step in 0..64 {
        arranger.step(&four(step), None, None, &SUNG, &SETTINGS, &mut notes).unwrap();
    }
    assert_eq!(notes, []);
    // It is known in the middle of a beat: all enter at the next.
    for step in 65..69 {
        arranger.step(&four(step), Some(C), None, &SUNG, &SETTINGS, &mut notes).unwrap();
        assert_eq!(notes.is_empty(), step < 68, "{step}");
    }
    for instrument in Instrument::ALL {
        assert!(notes.iter().any(|note| note.instrument == instrument), "{instrument:?}");
    }
}

#[test]
fn a_long_pause_thins_out_ends_and_is_silence_until_somebody_sings() {
    let mut arranger = arranger();
    let mut silent = |step: i64, silent_steps: u32| {
        let mut notes = Vec::new();
        let singing = Singing { voiced: 0.0, level: -120.0, silent_steps, known: None };
        arranger.step(&four(step), Some(C), Some(C), &singing, &SETTINGS, &mut notes).unwrap();
        notes
    };
    let bars: Vec<Vec<StepNote>> =
        (0..10).map(|bar| (16 * bar..16 * bar + 16).flat_map(|step| silent(step, step as u32)).collect()).collect();
    let hits = |bar: &[StepNote]| bar.iter().filter(|note| note.instrument == Instrument::Drums).count();
    assert!(hits(&bars[2]) < hits(&bars[0]) && hits(&bars[3]) < hits(&bars[1]));
    let struck = bars[4].iter().filter(|note| note.velocity > 0 && note.instrument != Instrument::Drums).count();
    assert!(hits(&bars[4]) <= 2 && struck == 7, "{:?}", bars[4]);
    assert!(!bars[5].is_empty() && bars[5].iter().all(|note| note.velocity == 0), "{:?}", bars[5]);
    assert!(bars[6..].iter().all(Vec::is_empty));
    assert!(!silent(160, 0).is_empty());
}

#[test]
fn the_bass_has_the_bass_note_wherever_the_chord_changes() {
    for style in Style::ALL {
        let (mut arranger, settings) = (arranger(), StyleSettings { style, ..SETTINGS });
        let chords = [C, F, AM_C, F, Chord { root: 7, quality: Quality::Dominant7, bass: 11 }];
        for step in 0..160_i64 {
            let mut notes = Vec::new();
            let chord = |step: i64| chords[(step / 8) as usize % chords.len()];
            let next = chord((step / 4 + 1) * 4);
            arranger.step(&four(step), Some(chord(step)), Some(next), &SUNG, &settings, &mut notes).unwrap();
            let bass: Vec<u8> = notes
                .iter()
                .filter(|note| note.instrument == Instrument::Bass && note.velocity > 0)
                .map(|note| note.key % 12)
                .collect();
            assert!(bass.len() <= 1);
            assert!(step % 8 != 0 || bass == [chord(step).bass], "{style:?} {step} {bass:?}");
        }
    }
}

#[test]
fn voices_move_little_and_only_where_they_must() {
    let settings = SectionKey::of(0, &SETTINGS, None);
    for root in 0..12 {
        for quality in Quality::ALL {
            let chord = Chord { root, quality, bass: root };
            for (voicing, range) in [(voicing::keys(chord, &settings), 48..72), (voicing::pad(chord), 48..64)] {
                assert!(
                    voicing.is_sorted() && voicing.iter().all(|key| range.contains(key) && chord.contains(key % 12))
                );
                assert!(voicing.last().unwrap() - voicing[0] < 12);
            }
        }
    }
    // C, F, G, Am: no voice moves by more than a third.
    let chords =
        [(0, Quality::Major), (5, Quality::Major), (7, Quality::Major), (9, Quality::Minor), (0, Quality::Major)];
    let voicings = chords.map(|(root, quality)| voicing::keys(Chord { root, quality, bass: root }, &settings));
    for pair in voicings.windows(2) {
        let most = pair[0].iter().zip(&pair[1]).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        assert!(most <= 4, "{pair:?}");
    }
}

#[test]
fn bars_of_twelve_steps_have_their_own_beats() {
    let settings = StyleSettings { style: Style::Rock, ..SETTINGS };
    for (steps_per_beat, backbeats) in [(4, [4, 8]), (6, [6, 6])] {
        let (mut arranger, mut hits) = (arranger(), [[0; 12]; 2]);
        for step in 0..12 * 24 {
            let mut notes = Vec::new();
            arranger.step(&time(step, 12, steps_per_beat), Some(C), None, &SUNG, &settings, &mut notes).unwrap();
            for (count, key) in hits.iter_mut().zip([36, 38]) {
                let loud = notes.iter().filter(|note| note.key == key && note.velocity >= 60);
                count[(step % 12) as usize] += loud.count();
            }
        }
        let [kick, snare] = hits;
        assert!(kick[0] >= 12, "{kick:?}");
        for backbeat in backbeats {
            assert!(snare[backbeat] >= 8 && snare[backbeat] > 2 * snare[0], "{steps_per_beat} {snare:?}");
        }
    }
}

#[test]
fn odd_metres_have_one_backbeat_and_a_kick_at_their_beginning() {
    for (steps_per_bar, steps_per_beat, backbeat, next) in [(14, 2, 8, 14), (11, 1, 8, 11), (20, 4, 12, 16)] {
        for style in [Style::Pop, Style::Rock, Style::Funk, Style::Ballad] {
            let settings = StyleSettings { style, adventure: 0.0, ..SETTINGS };
            let (mut arranger, bars) = (arranger(), 24);
            let (mut snare, mut kick) = (vec![0; steps_per_bar as usize], 0);
            for step in 0..bars * i64::from(steps_per_bar) {
                let (time, mut notes) = (time(step, steps_per_bar, steps_per_beat), Vec::new());
                arranger.step(&time, Some(C), None, &SUNG, &settings, &mut notes).unwrap();
                // Every eighth bar has a fill.
                if time.place.bar % 8 != 7 {
                    let loud = |key| usize::from(notes.iter().any(|note| note.key == key && note.velocity >= 60));
                    snare[time.place.step as usize] += loud(38);
                    kick += if time.place.step == 0 { loud(36) } else { 0 };
                }
            }
            let inside: usize = snare[backbeat..next].iter().sum();
            assert_eq!(inside, snare.iter().sum::<usize>(), "{style:?} in {steps_per_bar}/16: {snare:?}");
            assert!(snare[backbeat] >= 10, "{style:?} in {steps_per_bar}/16: {snare:?}");
            assert!(kick >= 10, "{style:?} in {steps_per_bar}/16: {kick}");
        }
    }
}

#[test]
fn swing_straightens_with_the_tempo() {
    let latest = |tempo: f64| {
        let (mut arranger, settings) = (arranger(), StyleSettings { style: Style::Swing, density: 1.0, ..SETTINGS });
        let mut latest: f32 = 0.0;
        for step in 0..128 {
            let mut notes = Vec::new();
            let time = GridTime { step_seconds: 15.0 / tempo, ..four(step) };
            arranger.step(&time, Some(C), None, &SUNG, &settings, &mut notes).unwrap();
            latest = notes.iter().map(|note| note.delay).fold(latest, f32::max);
        }
        latest
    };
    assert_eq!((latest(120.0), latest(320.0)), (2.0 / 3.0, 0.0));
    assert!((0.1..0.2).contains(&latest(280.0)), "{}", latest(280.0));
}

#[test]
fn a_chord_that_changes_within_a_beat_is_struck_there() {
    let mut arranger = arranger();
    let mut at = |step: i64, chord: Chord| {
        let mut notes = Vec::new();
        arranger.step(&four(step), Some(chord), None, &SUNG, &SETTINGS, &mut notes).unwrap();
        notes
    };
    (0..6).for_each(|step| drop(at(step, C)));
    let struck = at(6, F);
    for instrument in [Instrument::Bass, Instrument::Keys, Instrument::Pad] {
        assert!(struck.iter().any(|note| note.instrument == instrument && note.velocity > 0), "{struck:?}");
    }
    at(7, F);
    let prolonged: Vec<u8> = at(8, F).iter().filter(|note| note.velocity == 0).map(|note| note.key % 12).collect();
    assert!(!prolonged.is_empty() && prolonged.iter().all(|class| F.contains(*class)), "{prolonged:?}");
}

#[test]
fn the_plan_is_what_is_played() {
    for style in Style::ALL {
        let (mut arranger, settings) = (arranger(), StyleSettings { style, ..SETTINGS });
        let mut expected = BarPlan::default();
        for bar in 0..16 {
            let notes = played(&mut arranger, 16 * bar..16 * bar + 16, &settings);
            if bar > 0 {
                let mut drums = [0_u16; BAR];
                for (step, note) in of(&notes, Instrument::Drums) {
                    let class = songweave_models::groove::DRUM_KEYS.iter().position(|key| *key == note.key).unwrap();
                    drums[(step % 16) as usize] |= 1 << class;
                }
                assert_eq!((expected.bar, expected.steps, expected.drums), (bar, 16, drums), "{style:?}");
                let bass: Vec<i64> = of(&notes, Instrument::Bass).iter().map(|(step, _)| step % 16).collect();
                assert!(
                    (0..16).all(|step| !expected.bass[step] || bass.contains(&(step as i64))),
                    "{style:?} {bass:?}"
                );
            }
            expected = *arranger.plan();
        }
    }
}

#[test]
fn sections_repeat_their_bars_and_return() {
    let notes = played(&mut arranger(), 0..16 * 64, &SETTINGS);
    let bar = |bar: i64| -> Vec<(i64, u8)> {
        let kicks = of(&notes, Instrument::Drums).into_iter().filter(|(step, note)| step / 16 == bar && note.key < 40);
        kicks.filter(|(_, note)| note.velocity > 55).map(|(step, note)| (step % 16, note.key)).collect()
    };
    // Alternating bars of a section; the second section returns, the third is another one.
    assert_eq!(bar(2), bar(4));
    assert_eq!(bar(3), bar(5));
    assert_eq!((bar(2), bar(3)), (bar(10), bar(11)));
    assert_ne!((bar(2), bar(3)), (bar(18), bar(19)));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn absurd_places_and_values_are_survived(
        places in prop::collection::vec((any::<i64>(), any::<u32>(), 0..40_u32, 0..12_u32, any::<bool>()), 1..12),
        density in any::<f32>(), adventure in any::<f32>(), voiced in any::<f32>(), level in any::<f32>(),
        silent_steps in prop::sample::select(vec![0, 1, 30, 70, 90, u32::MAX]), root in any::<u8>(), bass in any::<u8>(),
        seed in any::<u32>(), style in 0..6_usize, quality in 0..10_usize,
    ) {
        let mut arranger = arranger();
        let settings = StyleSettings { style: Style::ALL[style], density, adventure, seed };
        let singing = Singing { voiced, level, silent_steps, known: None };
        let chord = Chord { root: root % 12, quality: Quality::ALL[quality], bass: bass % 12 };
        for (bar, step, steps_per_bar, steps_per_beat, run) in places {
            for ahead in 0..if run { 5 } else { 1 } {
                let mut notes = Vec::new();
                let place = Place { bar, step: step.saturating_add(ahead), steps_per_bar, steps_per_beat };
                let time = GridTime::at_beginning(place, f64::from(level));
                arranger.step(&time, Some(chord), Some(C), &singing, &settings, &mut notes).unwrap();
                prop_assert!(notes.iter().all(|note| note.key < 128 && note.velocity < 128 && note.length > 0.0));
                prop_assert!(notes.iter().all(|note| note.length.is_finite() && note.delay.is_finite()));
            }
        }
    }
}
