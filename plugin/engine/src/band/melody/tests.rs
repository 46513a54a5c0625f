use songweave_dsp::band::Quality;

use super::*;

fn writer() -> MelodyWriter {
    MelodyWriter::embedded().unwrap_or_else(|error| unreachable!("{error}"))
}

fn setting(seed: u32) -> Setting {
    let register = Register::new(2, false, (50, 70));
    Setting { register, scale: 0xFFF, corpus: 0, adventure: 0.3, seed }
}

fn place(step: u32) -> Place {
    Place { bar: i64::from(step / 16), step: step % 16, steps_per_bar: 16, steps_per_beat: 4 }
}

/// I, vi, IV, V in D, a bar each.
fn round(step: u32) -> Option<Chord> {
    let (root, quality) =
        [(2, Quality::Major), (11, Quality::Minor), (7, Quality::Major), (9, Quality::Major)][step as usize / 16 % 4];
    Some(Chord { root, quality, bass: root })
}

/// The key of each step.
fn melody(writer: &mut MelodyWriter, seed: u32, steps: std::ops::Range<u32>) -> Vec<Option<u8>> {
    let mut keys = Vec::new();
    for step in steps {
        let entered = writer.enter(place(step), &setting(seed), &|ahead| round(step + ahead));
        assert_eq!(entered, Ok(()));
        keys.push(writer.key());
    }
    keys
}

/// The keys of the notes that begin in 40 bars.
fn sung_notes(seed: u32) -> Vec<u8> {
    let mut writer = writer();
    let mut notes = Vec::new();
    for step in 0..640 {
        let entered =
            writer.enter(place(step), &Setting { adventure: 0.0, ..setting(seed) }, &|ahead| round(step + ahead));
        assert_eq!(entered, Ok(()));
        notes.extend(writer.key().filter(|_| writer.begins()));
    }
    notes
}

#[test]
fn a_melody_sings_rests_stays_in_range_and_mostly_in_its_key() {
    let keys = melody(&mut writer(), 1, 0..640);
    let sung: Vec<u8> = keys.iter().flatten().copied().collect();
    assert!((200..620).contains(&sung.len()), "{}", sung.len());
    assert!(sung.iter().all(|key| (50..=70).contains(key)));
    let diatonic = sung.iter().filter(|key| [2, 4, 6, 7, 9, 11, 1].contains(&(*key % 12))).count();
    assert!(diatonic as f32 > 0.9 * sung.len() as f32, "{diatonic} of {}", sung.len());
    let mut longest = 0;
    for run in sung_notes(1).chunk_by(|one, other| one == other) {
        longest = longest.max(run.len());
    }
    assert!((2..=8).contains(&longest), "{longest} notes of one pitch in a row");
    let mut classes: Vec<u8> = sung.iter().map(|key| key % 12).collect();
    classes.sort_unstable();
    classes.dedup();
    assert!(classes.len() >= 5, "{classes:?}");
}

#[test]
fn seeds_differ_and_a_seed_repeats_itself_even_after_a_jump() {
    let mut looping = writer();
    let first = melody(&mut looping, 1, 32..160);
    assert_ne!(first, melody(&mut writer(), 2, 32..160));
    assert_eq!(first, melody(&mut looping, 1, 32..160), "a loop");
}

#[test]
fn the_plan_is_what_is_sung_as_long_as_the_chords_are_as_expected() {
    let mut notes = 0;
    for seed in 0..8 {
        let mut writer = writer();
        melody(&mut writer, seed, 0..64);
        let plan = writer.plan();
        let planned: Vec<PlannedNote> = plan.notes().copied().collect();
        assert!(planned.windows(2).all(|pair| pair[0].start < pair[1].start), "seed {seed}: {planned:?}");
        let keys = melody(&mut writer, seed, 64..80);
        notes += planned.len();
        for note in planned {
            for step in note.start.max(1)..(note.start + note.steps as i32).min(17) {
                assert_eq!(keys[step as usize - 1], Some(note.key), "seed {seed}, step {step}");
            }
        }
    }
    assert!(notes > 8, "{notes} notes are planned in eight melodies");
}

#[test]
fn another_chord_than_expected_changes_only_what_has_not_begun() {
    let wrong = Some(Chord { root: 3, quality: Quality::Minor7, bass: 3 });
    let (mut held, mut changed) = (0, 0);
    for seed in 0..12 {
        let mut writer = writer();
        melody(&mut writer, seed, 0..60);
        let before = writer.plan();
        let expected = |ahead: u32| if ahead < 4 { round(60 + ahead) } else { wrong };
        assert_eq!(writer.enter(place(60), &setting(seed), &expected), Ok(()));
        if let Some(note) = before.notes().find(|note| note.start <= 0 && note.start + note.steps as i32 > 1) {
            assert_eq!(writer.key(), Some(note.key));
            held += 1;
        }
        let moved = |note: &PlannedNote| PlannedNote { start: note.start - 1, ..*note };
        let (old, new) =
            (before.notes().map(moved).collect::<Vec<_>>(), writer.plan().notes().copied().collect::<Vec<_>>());
        changed += usize::from(!new.starts_with(&old[old.len().min(1)..]));
    }
    assert!(held > 2 && changed > 6, "{held} {changed}");
}

#[test]
fn odd_bars_ranges_and_places_give_a_melody_all_the_same() {
    for steps_per_bar in [1, 7, 20, 4_080] {
        let mut writer = writer();
        for step in 0..200 {
            let place = Place {
                bar: i64::from(step / steps_per_bar),
                step: step % steps_per_bar,
                steps_per_bar,
                steps_per_beat: 4,
            };
            for ends in [(60, 60), (0, 127), (127, 0)] {
                let register = Register::new(11, true, ends);
                let setting = Setting { register, adventure: f32::INFINITY, ..setting(step / 50) };
                assert_eq!(writer.enter(place, &setting, &|_| None), Ok(()));
                assert!(writer.key().is_none_or(|key| key < 128));
            }
        }
        assert!(writer.events.len() < 20_000);
    }
}
