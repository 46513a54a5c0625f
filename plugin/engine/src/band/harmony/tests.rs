#![allow(clippy::unwrap_used)]

use songweave_dsp::band::Quality;

use super::*;
use crate::follow::key::Key;

/// A tune in C major in quarters, eight bars: over C, F, G, C and again with another end. 0 is a rest.
const TUNE: [u8; 32] = [
    60, 64, 67, 64, 65, 69, 72, 69, 67, 71, 74, 71, 72, 67, 64, 60, //
    60, 64, 67, 64, 65, 69, 72, 69, 67, 67, 65, 62, 60, 60, 60, 0,
];

fn harmony() -> Harmony {
    Harmony::new(ChordNetwork::embedded().unwrap())
}

/// A whole step on one key, or silence for 0.
fn sung(key: u8, begins: bool) -> StepHeard {
    let mut step = StepHeard { level: -120.0, heard: 1.0, ..StepHeard::default() };
    if key > 0 {
        let class = usize::from(key % 12);
        step.pitch[class] = 1.0;
        step.onset[class] = f32::from(u8::from(begins));
        (step.key, step.level) = (f32::from(key), -20.0);
    }
    step
}

/// Quarters as steps.
fn steps(quarters: &[u8], up: u8) -> Vec<StepHeard> {
    let key = |quarter: u8| if quarter == 0 { 0 } else { quarter + up };
    quarters.iter().flat_map(|quarter| (0..4).map(move |step| sung(key(*quarter), step == 0))).collect()
}

fn place(step: usize) -> Place {
    Place { bar: (step / 16) as i64, step: (step % 16) as u32, steps_per_bar: 16, steps_per_beat: 4 }
}

/// What it makes of some steps from the host's beginning on.
fn sing(harmony: &mut Harmony, heard: &[StepHeard], overrides: &Overrides) -> Vec<Harmonised> {
    let mut last = StepHeard::default();
    let mut made = Vec::new();
    for (step, now) in heard.iter().enumerate() {
        made.push(harmony.step(&place(step), &last, &[], overrides).unwrap());
        last = *now;
    }
    made
}

fn twice(quarters: &[u8]) -> Vec<u8> {
    quarters.repeat(2)
}

#[test]
fn it_listens_a_bar_then_plays_at_a_downbeat_within_two_and_finds_the_key() {
    let made = sing(&mut harmony(), &steps(&TUNE, 0), &Overrides::default());
    let first = made.iter().position(|made| made.chord.is_some()).unwrap();
    assert!((16..=32).contains(&first) && first % 16 == 0, "{first}");
    assert!(made[first..].iter().all(|made| made.chord.is_some()));
    assert_eq!(made.last().unwrap().key.unwrap().key, Key { tonic: 0, minor: false });
    assert!(made.last().unwrap().plan.iter().all(Option::is_some));
    let changes = made[first..].windows(2).filter(|pair| pair[0].chord != pair[1].chord).count();
    assert!((2..=16).contains(&changes), "{changes} changes in seven bars");
}

#[test]
fn a_tune_in_another_key_gets_the_same_chords_in_that_key() {
    let here = sing(&mut harmony(), &steps(&TUNE, 0), &Overrides::default());
    let there = sing(&mut harmony(), &steps(&TUNE, 5), &Overrides::default());
    let up = |chord: Chord| Chord { root: (chord.root + 5) % 12, bass: (chord.bass + 5) % 12, ..chord };
    assert!(here.iter().zip(&there).all(|(here, there)| here.chord.map(up) == there.chord));
}

#[test]
fn a_singer_who_jumps_by_a_tritone_is_followed_within_a_bar() {
    let song = [steps(&twice(&TUNE), 0), steps(&TUNE, 6)].concat();
    let made = sing(&mut harmony(), &song, &Overrides::default());
    let share = |made: &[Harmonised], tonic| {
        let fits = |made: &&Harmonised| made.chord.is_some_and(|chord| scale::fits(Key { tonic, minor: false }, chord));
        made.iter().filter(fits).count() as f32 / made.len() as f32
    };
    assert!(share(&made[32..256], 0) > 0.9 && share(&made[272..304], 6) > 0.75, "{}", share(&made[272..304], 6));
    assert_eq!(made.last().unwrap().key.unwrap().key, Key { tonic: 6, minor: false });
}

#[test]
fn a_locked_key_is_obeyed_at_every_adventure() {
    let overrides = Overrides { key: Some(3), minor: Some(true), adventure: 1.0, seed: 5, ..Overrides::default() };
    let key = Key { tonic: 3, minor: true };
    for made in sing(&mut harmony(), &steps(&twice(&TUNE), 0), &overrides) {
        assert!(made.chord.into_iter().chain(made.plan.into_iter().flatten()).all(|chord| scale::fits(key, chord)));
        assert!(made.key.is_none_or(|found| found.key == key && found.confidence == 1.0));
    }
}

#[test]
fn a_forced_chord_sounds_at_the_next_step_and_goes_when_it_is_let_go() {
    let forced = Chord { root: 1, quality: Quality::Augmented, bass: 5 };
    let mut harmony = harmony();
    sing(&mut harmony, &steps(&TUNE, 0), &Overrides::default());
    let overrides = Overrides { chord: Some(forced), ..Overrides::default() };
    let at = |step: usize| place(128 + step);
    assert_eq!(harmony.step(&at(1), &sung(60, false), &[], &overrides).unwrap().chord, Some(forced));
    let free = (2..18).map(|step| harmony.step(&at(step), &sung(60, false), &[], &Overrides::default()).unwrap().chord);
    assert_ne!(free.last().unwrap(), Some(forced));
}

#[test]
fn the_same_song_and_seed_give_the_same_harmony_and_other_seeds_another() {
    let song = steps(&twice(&TUNE), 2);
    let overrides = Overrides { adventure: 1.0, seed: 3, ..Overrides::default() };
    let mut first = harmony();
    let expected = sing(&mut first, &song, &overrides);
    assert!(expected == sing(&mut harmony(), &song, &overrides), "two instances differ");
    first.reset();
    assert!(expected == sing(&mut first, &song, &overrides), "a reset one differs from a new one");
    let other = sing(&mut harmony(), &song, &Overrides { seed: 4, ..overrides });
    assert!(expected.iter().zip(&other).any(|(one, other)| one.chord != other.chord));
}

#[test]
fn it_holds_in_silence_and_stays_calm_for_long() {
    let mut harmony = harmony();
    assert!(sing(&mut harmony, &steps(&[0; 64], 0), &Overrides::default()).iter().all(|made| made.chord.is_none()));
    let overrides = Overrides { adventure: 0.3, ..Overrides::default() };
    sing(&mut harmony, &steps(&TUNE, 0), &overrides);
    let mut changes = 0;
    let mut before = None;
    for step in 0..100_000 {
        let made = harmony.step(&place(128 + step), &StepHeard::default(), &[], &overrides).unwrap();
        changes += u32::from(step > 64 && made.chord != before);
        before = made.chord;
    }
    assert!(changes < 625, "{changes} changes in 6250 silent bars");
}

#[test]
fn jumps_odd_bars_and_nonsense_do_no_harm() {
    let mut harmony = harmony();
    let mut heard = steps(&TUNE, 0);
    heard[3].pitch = [f32::NAN; 12];
    heard[9].heard = f32::INFINITY;
    heard[9].pitch[0] = 1e30;
    for (step, now) in heard.iter().enumerate() {
        let bars = [(16, 4), (12, 6), (1, 1), (0, 0), (7, 2), (300, 4)];
        let (steps_per_bar, steps_per_beat) = bars[step / 20 % bars.len()];
        let bar = if step % 9 == 0 { i64::MIN } else { i64::MAX - step as i64 };
        let place = Place { bar, step: step as u32 % steps_per_bar.max(1), steps_per_bar, steps_per_beat };
        let overrides = Overrides { adventure: f32::NAN, key: Some(200), ..Overrides::default() };
        let _ = harmony.step(&place, now, &[*now], &overrides);
    }
    // It goes on as if nothing had been.
    let made = sing(&mut harmony, &steps(&twice(&TUNE), 0), &Overrides::default());
    assert_eq!(made.last().unwrap().key.unwrap().key, Key { tonic: 0, minor: false });
}

#[test]
fn what_is_heard_of_the_step_that_begins_counts() {
    let (mut deaf, mut hearing) = (harmony(), harmony());
    let song = steps(&TUNE, 0);
    sing(&mut deaf, &song, &Overrides::default());
    sing(&mut hearing, &song, &Overrides::default());
    let mut now = sung(65, true);
    now.heard = 0.2;
    now.pitch = now.pitch.map(|share| share * 0.2);
    deaf.step(&place(128), &song[127], &[], &Overrides::default()).unwrap();
    hearing.step(&place(128), &song[127], &[now], &Overrides::default()).unwrap();
    let share = |harmony: &Harmony| harmony.belief().melody[0][5];
    assert!(share(&hearing) > share(&deaf) + 0.2, "{} {}", share(&hearing), share(&deaf));
}
