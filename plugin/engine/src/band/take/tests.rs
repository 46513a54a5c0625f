#![allow(clippy::unwrap_used)]
use songweave_dsp::band::{Chord, Quality};

use super::{learned::Lock, *};
use crate::band::place::Place;

const BARS: i64 = 24;
/// Bars before the singing, and bars of it.
const BEFORE: i64 = 2;
const SUNG: i64 = 16;

fn spot(bar: i64, step: u32) -> Spot {
    Spot { ticks: 3_840 * bar, place: Place { bar, step, steps_per_bar: 16, steps_per_beat: 4 } }
}

/// A tune of four bars over C, F, G and C, four times.
fn sung(bar: i64, step: u32) -> StepHeard {
    const TUNE: [[usize; 4]; 4] = [[0, 4, 7, 4], [5, 9, 0, 9], [7, 11, 2, 11], [4, 2, 0, 0]];
    let mut heard = StepHeard { heard: 1.0, level: -20.0, ..StepHeard::default() };
    if (BEFORE..BEFORE + SUNG).contains(&bar) {
        let class = TUNE[((bar - BEFORE) % 4) as usize][(step / 4) as usize];
        (heard.pitch[class], heard.key) = (1.0, 60.0 + class as f32);
        heard.onset[class] = f32::from(u8::from(step.is_multiple_of(4)));
    } else {
        heard.level = -120.0;
    }
    heard
}

fn hop(take: &mut TakeTwo, learning: bool) {
    take.hop(learning, &Overrides::default()).unwrap();
}

/// A band that has learned the tune.
fn learned() -> TakeTwo {
    let mut take = TakeTwo::embedded(Arc::default()).unwrap();
    for bar in 0..BARS {
        for step in 0..16 {
            hop(&mut take, true);
            take.hear(&spot(bar, step), &sung(bar, step));
            assert!(take.step(&spot(bar, step), Intro::None).is_none(), "it plays live while it learns");
        }
    }
    for _ in 0..200 {
        hop(&mut take, false);
    }
    take
}

fn known(take: &TakeTwo, bar: i64, step: u32, intro: Intro) -> Known {
    take.step(&spot(bar, step), intro).unwrap()
}

#[test]
fn a_song_that_was_learned_has_a_beginning_chords_that_return_and_an_end() {
    let take = learned();
    let cue = |bar, intro| known(&take, bar, 0, intro).cue;
    assert_eq!([0, 1, 2, 17].map(|bar| cue(bar, Intro::None)), [Cue::Rest, Cue::Rest, Cue::Play, Cue::Play]);
    assert_eq!([0, 1, 2].map(|bar| cue(bar, Intro::CountIn)), [Cue::Rest, Cue::CountIn, Cue::Play]);
    assert_eq!([0, 1].map(|bar| cue(bar, Intro::TwoBars)), [Cue::Play, Cue::Play]);
    let strikes = |strikes| Cue::LastChord { strikes };
    assert_eq!([18, 19, 20].map(|bar| cue(bar, Intro::None)), [strikes(true), strikes(false), Cue::Rest]);
    for bar in 3..13 {
        for step in 0..16 {
            let at = |bar| known(&take, bar, step, Intro::None).harmony.chord;
            assert!(at(bar).is_some() && at(bar) == at(bar + 4), "bar {bar}, step {step}");
        }
    }
    let first = known(&take, BEFORE, 0, Intro::None).harmony;
    assert_eq!(first.plan[0], known(&take, BEFORE, 4, Intro::None).harmony.chord);
    assert_eq!(take.notes(&spot(BEFORE + 1, 4)), [Some(69), Some(65), Some(69)]);
}

#[test]
fn what_is_played_is_the_same_from_a_saved_take_and_in_any_order() {
    let (first, take) = (learned(), Arc::new(SharedTake::default()));
    take.replace(learned::Take::from_bytes(&first.shared.take().to_bytes()).unwrap());
    let mut second = TakeTwo::embedded(Arc::default()).unwrap();
    second.share(take).unwrap();
    hop(&mut second, false);
    for bar in (0..BARS).rev() {
        for step in 0..16 {
            assert_eq!(first.step(&spot(bar, step), Intro::None), second.step(&spot(bar, step), Intro::None));
        }
    }
    assert_eq!(second.step(&spot(BARS + 2, 0), Intro::None), None, "what was never heard is played live");
    assert_eq!(
        second.step(&Spot { ticks: 480, ..spot(3, 0) }, Intro::None),
        None,
        "and so are bars that begin elsewhere"
    );
}

#[test]
fn a_chord_that_is_put_down_sounds_at_the_next_hop_and_leaves_the_others() {
    let mut take = learned();
    let before = known(&take, 9, 0, Intro::None).harmony.chord;
    let chord = Chord { root: 1, quality: Quality::Minor7, bass: 1 };
    take.shared.edit(|sheet| _ = sheet.chords.insert(3_840 * 5, Lock { ticks: 1_920, chord }));
    hop(&mut take, false);
    let at = |step| known(&take, 5, step, Intro::None).harmony.chord.unwrap();
    assert_eq!([0, 7].map(at), [chord; 2]);
    assert_ne!(at(8), chord);
    assert_eq!(known(&take, 9, 0, Intro::None).harmony.chord, before);
    let shown = take.shared.shown();
    assert_eq!(shown.bars.iter().flat_map(|bar| &bar.chords).filter(|chord| chord.locked).count(), 1);
    take.shared.edit(|sheet| sheet.chords.clear());
    hop(&mut take, false);
    assert_ne!(known(&take, 5, 0, Intro::None).harmony.chord, Some(chord));
}

#[test]
fn a_locked_key_is_kept() {
    let mut take = learned();
    let wanted = Overrides { key: Some(2), minor: Some(false), ..Overrides::default() };
    take.hop(false, &wanted).unwrap();
    for bar in BEFORE..BEFORE + SUNG {
        let Harmonised { chord, key, .. } = known(&take, bar, 0, Intro::None).harmony;
        assert_eq!(key.unwrap().key.tonic, 2);
        assert!(super::super::harmony::scale::fits(key.unwrap().key, chord.unwrap()));
    }
}

#[test]
fn who_sings_something_else_is_followed_live_until_the_return() {
    let mut take = learned();
    let mut live = Vec::new();
    for bar in BEFORE..BEFORE + SUNG {
        for step in 0..16 {
            let mut heard = sung(bar, step);
            if (6..9).contains(&bar) {
                heard.pitch.rotate_right(1);
            }
            take.hear(&spot(bar, step), &heard);
            live.push((bar, take.step(&spot(bar, step), Intro::None).is_none()));
        }
    }
    let in_bar = |wanted| live.iter().filter(|(bar, _)| *bar == wanted).map(|(_, live)| *live).collect::<Vec<_>>();
    assert!(in_bar(5).iter().all(|live| !live) && in_bar(6)[8..].iter().all(|live| *live));
    assert!(in_bar(9)[8..].iter().all(|live| !live) && in_bar(10).iter().all(|live| !live));
}

#[test]
fn an_empty_take_is_forgotten() {
    let mut take = learned();
    take.shared.replace(learned::Take::default());
    hop(&mut take, false);
    hop(&mut take, false);
    assert!(take.step(&spot(5, 0), Intro::None).is_none());
    assert!(take.shared.shown().bars.is_empty());
}
