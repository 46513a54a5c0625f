//! The page of the learned song, used.

use songweave_dsp::band::{Chord, Quality, Style};
use songweave_engine::{
    band::{
        heard::StepHeard,
        place::Place,
        take::{
            beat::SungBeat,
            sections::Section,
            view::{BarChord, BarView, SongView},
        },
    },
    follow::key::Key,
};

use super::*;

fn chord(root: u8) -> Chord {
    Chord { root, quality: Quality::Major, bass: root }
}

/// Four bars in two sections, over C, F, G and C, which somebody has sung.
fn known() -> Shared {
    let shared = Shared::default();
    let bar = |number: i64, root| BarView {
        ticks: Some(3_840 * number),
        number,
        steps: 16,
        steps_per_beat: 4,
        chords: vec![BarChord { step: 0, chord: chord(root), locked: false }],
        melody: vec![Some(60); 16],
        onsets: vec![false; 16],
    };
    let section = |first, label| Section { first, bars: 2, label, sung: true, level: 0.0, material: 0 };
    shared.take.learn(
        0,
        &Place { bar: 0, step: 0, steps_per_bar: 16, steps_per_beat: 4 },
        &StepHeard { heard: 1.0, ..StepHeard::default() },
    );
    shared.take.show(SongView {
        bars: vec![bar(0, 0), bar(1, 5), bar(2, 7), bar(3, 0)],
        sections: vec![section(0, 0), section(2, 1)],
        styles: vec![None, None],
        key: Some(Key { tonic: 0, minor: false }),
        key_changes: 0,
    });
    shared
}

/// Opens the page.
fn open(editor: &mut Harness<'_, View>) {
    editor.get_by_role_and_label(Role::Button, "Accompany").click();
    editor.run();
    editor.get_by_role_and_label(Role::Button, "Song").click();
    editor.run();
}

#[test]
fn learn_is_a_parameter_and_what_was_learned_is_forgotten_and_had_again() {
    with_editor_of(known(), |editor, host, params| {
        open(editor);
        host.take();
        editor.get_by_role_and_label(Role::Button, "Learn").click();
        editor.run();
        assert_eq!(host.take(), ["begin Learn", "set On", "end Learn"]);
        editor.get_by_role_and_label(Role::Button, "Learning").click();
        editor.run();
        assert!(!params.band.learn.value());
        editor.get_by_role_and_label(Role::Button, "Learned notes").click();
        editor.run();
        assert!(params.tune.song.value());
        editor.get_by_role_and_label(Role::Button, "Forget").click();
        editor.run();
        assert!(params.state.take().is_empty());
        editor.get_by_role_and_label(Role::Button, "Undo").click();
        editor.run();
        assert!(!params.state.take().is_empty(), "forgetting can be undone");
    });
}

#[test]
fn a_chord_is_put_down_on_a_bar_and_a_style_on_a_section_and_both_are_undone() {
    with_editor_of(known(), |editor, _, params| {
        open(editor);
        editor.get_by_role_and_label(Role::Button, "Bar 2: F").click();
        editor.run();
        editor.get_by_label("Keep F").click();
        editor.run();
        let lock =
            |bar: i64| params.state.take().take().sheet.chords.get(&(3_840 * bar)).map(|lock| (lock.chord, lock.ticks));
        assert_eq!(lock(1), Some((chord(5), 3_840)));
        editor.get_by_role_and_label(Role::Button, "Bar 3: G").click();
        editor.run();
        editor.get_by_role_and_label(Role::Button, "Ebm").click();
        editor.run();
        assert_eq!(lock(2), Some((Chord { quality: Quality::Minor, ..chord(3) }, 3_840)));
        editor.get_by_role_and_label(Role::Button, "Section B").click();
        editor.run();
        editor.get_by_role_and_label(Role::Button, "Swing").click();
        editor.run();
        let styles = || params.state.take().take().sheet.styles;
        assert_eq!(styles().get(&7_680), Some(&Style::Swing));
        for _ in 0..2 {
            editor.get_by_role_and_label(Role::Button, "Undo").click();
            editor.run();
        }
        assert!(styles().is_empty() && lock(2).is_none() && lock(1).is_some());
    });
}

#[test]
fn a_sheet_is_saved_where_the_user_wants_it() {
    let path = std::env::temp_dir().join(format!("songweave-sheet-{}.txt", std::process::id()));
    with_editor_of(known(), |editor, _, _| {
        open(editor);
        assert!(editor.query_by_role_and_label(Role::Button, "Save\u{2026}").is_some());
        for (file, told) in [(path.clone(), "Written: "), (path.join("inside a file.pdf"), "inside a file.pdf")] {
            editor.state_mut().song.dialog.ask((), move || Some(file));
            std::thread::sleep(std::time::Duration::from_millis(100));
            editor.run_steps(2);
            assert!(editor.query_by_label_contains(told).is_some(), "{told}");
        }
        let sheet = std::fs::read_to_string(&path).unwrap();
        assert!(sheet.contains("C major, 100 BPM, 4/4") && sheet.contains("| C "), "{sheet}");
    });
    std::fs::remove_file(path).unwrap();
}

#[test]
fn another_beat_than_the_hosts_is_told_with_its_tempo() {
    with_editor_of(known(), |editor, _, _| {
        open(editor);
        assert!(editor.query_by_label_contains("BPM and not to the project's beat").is_none());
    });
    let shared = known();
    shared.take.tell(SungBeat::Otherwise(92.34));
    with_editor_of(shared, |editor, _, _| {
        open(editor);
        assert!(editor.query_by_label_contains("about 92.3 BPM and not to the project's beat").is_some());
    });
}
