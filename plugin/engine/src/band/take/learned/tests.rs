#![allow(clippy::unwrap_used)]
use proptest::prelude::*;

use super::*;

/// The song without the silence around it, and where its bars begin in ticks and steps.
fn within(take: &Take) -> (Vec<StepHeard>, Vec<(Option<i64>, usize)>) {
    let (song, bars) = take.song();
    let before = bars.iter().take_while(|bar| silent(&song, bar)).count();
    let first = bars[before].first;
    let inner = &bars[before..bars.len() - AROUND.1 as usize];
    let end = bars[bars.len() - AROUND.1 as usize].first;
    (song.heard()[first..end].to_vec(), inner.iter().map(|bar| (bar.ticks, bar.first - first)).collect())
}

fn silent(song: &Song, bar: &KnownBar) -> bool {
    song.heard()[bar.first].voiced() == 0.0
}

fn place(bar: i64, step: u32) -> Place {
    Place { bar, step, steps_per_bar: 16, steps_per_beat: 4 }
}

fn sung(class: usize, share: f32) -> StepHeard {
    let mut heard = StepHeard { heard: 1.0, level: -20.0, key: 60.0 + class as f32, ..StepHeard::default() };
    (heard.pitch[class], heard.onset[class]) = (share, 0.5);
    heard
}

fn learn(take: &mut Take, bars: std::ops::Range<i64>, class: usize) {
    for bar in bars {
        (0..16).for_each(|step| take.learn(bar * 3_840, &place(bar, step), &sung(class, 1.0)));
    }
}

#[test]
fn what_is_learned_is_what_was_heard_and_passes_are_averaged() {
    let mut take = Take::default();
    learn(&mut take, 2..4, 7);
    let (heard, bars) = within(&take);
    assert_eq!(bars, [(Some(7_680), 0), (Some(11_520), 16)]);
    // There is room for two bars before the first.
    assert_eq!(
        take.song().1.iter().map(|bar| bar.ticks).collect::<Option<Vec<_>>>().unwrap(),
        [0, 3_840, 7_680, 11_520, 15_360, 19_200]
    );
    let first = heard[0];
    assert_eq!((first.pitch[7], first.key, first.level), (1.0, 67.0, -20.0));
    assert!((first.onset[7] - 0.5).abs() < 0.003);
    take.learn(7_680, &place(2, 0), &sung(9, 1.0));
    let first = within(&take).0[0];
    assert!((first.pitch[7] - 0.5).abs() < 0.003 && (first.pitch[9] - 0.5).abs() < 0.003);
    (0..8).for_each(|_| take.learn(7_680, &place(2, 0), &sung(9, 1.0)));
    assert!(within(&take).0[0].pitch[9] > 0.9, "what was heard long ago fades");
}

#[test]
fn a_gap_is_silence_and_a_bar_that_was_hardly_heard_is_none() {
    let mut take = Take::default();
    learn(&mut take, 0..1, 0);
    learn(&mut take, 3..4, 4);
    take.learn(5 * 3_840, &place(5, 0), &sung(2, 1.0));
    let (heard, bars) = within(&take);
    assert_eq!(bars, [(Some(0), 0), (None, 16), (None, 32), (Some(11_520), 48)]);
    assert_eq!(heard.len(), 64);
    assert!(heard[16..48].iter().all(|heard| heard.voiced() == 0.0));
}

#[test]
fn a_bar_in_another_metre_takes_the_place_of_what_it_overlaps() {
    let mut take = Take::default();
    learn(&mut take, 0..3, 0);
    for step in 0..12 {
        let place = Place { bar: 1, step, steps_per_bar: 12, steps_per_beat: 4 };
        take.learn(2_880, &place, &sung(5, 1.0));
    }
    // Bar 2 begins at 7,680; what lies between is no whole bar.
    assert_eq!(within(&take).1, [(Some(2_880), 0), (Some(7_680), 12)]);
}

#[test]
fn ten_minutes_are_small() {
    let mut take = Take::default();
    // 200 BPM: 2,000 quarters.
    learn(&mut take, 0..500, 3);
    assert!(take.to_bytes().len() * 4 / 3 < 200_000, "{}", take.to_bytes().len());
}

#[test]
fn a_take_from_before_the_beat_was_told_is_read() {
    let mut take = Take::default();
    learn(&mut take, 0..2, 7);
    let mut bytes = take.to_bytes();
    bytes.splice(..6, [WITHOUT_BEAT]);
    assert_eq!(Take::from_bytes(&bytes), Some(take));
}

proptest! {
    #[test]
    fn what_is_saved_is_read_and_nothing_else_is(
        learned in prop::collection::vec((-50i64..50, 0u32..16, 0usize..12, 0.0f32..1.0), 0..200),
        beat in prop_oneof![
            Just(SungBeat::Unknown), Just(SungBeat::OnTheBeat), Just(SungBeat::Unsteady), (50.0f32..210.0).prop_map(SungBeat::Otherwise)
        ],
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
        noise in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut take = Take::default();
        for (bar, step, class, share) in learned {
            take.learn(bar * 3_840, &place(bar, step), &sung(class, share));
        }
        take.sheet.chords.insert(960, Lock { ticks: 1_920, chord: Chord { root: 3, quality: Quality::Sus4, bass: 5 } });
        take.sheet.styles.insert(3_840, Style::Swing);
        take.beat = beat;
        let mut bytes = take.to_bytes();
        prop_assert_eq!(Take::from_bytes(&bytes), Some(take));
        for (index, value) in damage {
            let place = index.index(bytes.len());
            bytes[place] = value;
        }
        for bytes in [bytes, noise] {
            if let Some(take) = Take::from_bytes(&bytes) {
                prop_assert!(take.song().0.heard().iter().all(|heard| heard.voiced() <= 1.01));
            }
        }
    }
}
