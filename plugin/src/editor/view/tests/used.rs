//! What a musician does: choosing, undoing, comparing, presets.

use super::*;
use crate::{presets::folder::Folder, settings::Values};
use songweave_dsp::exchange::controls::TuneTarget;

/// Clicks on what has a name.
fn click(editor: &mut Harness<'_, View>, role: Role, name: &str) {
    editor.get_by_role_and_label(role, name).click();
    editor.run();
}

fn shown(editor: &Harness<'_, View>, name: &str) -> String {
    editor.get_by_role_and_label(Role::ComboBox, name).value().unwrap()
}

#[test]
fn choices_are_menus_or_buttons_and_keys_and_wheel_go_on_by_one() {
    with_editor(|editor, host, params| {
        click(editor, Role::RadioButton, "Quality: Studio");
        assert_eq!(host.take(), ["begin Quality", "set Studio", "end Quality"]);
        click(editor, Role::Button, "Accompany");
        click(editor, Role::ComboBox, "Style");
        editor.get_by_label("Latin").click();
        editor.run();
        assert_eq!((params.band.style.value(), shown(editor, "Style").as_str()), (4, "Latin"));
        editor.get_by_role_and_label(Role::ComboBox, "Style").focus();
        editor.run();
        editor.key_press(Key::ArrowDown);
        editor.run();
        assert_eq!(shown(editor, "Style"), "Swing");
        editor.key_press(Key::ArrowDown);
        editor.run();
        assert_eq!(shown(editor, "Style"), "Swing", "it is the last one");
        wheel(editor, Role::ComboBox, "Style", 2.0, Modifiers::NONE);
        assert_eq!(shown(editor, "Style"), "Funk");
    });
}

#[test]
fn the_device_is_chosen_where_the_networks_are() {
    with_editor(|editor, host, params| {
        click(editor, Role::ComboBox, "Networks");
        click(editor, Role::RadioButton, "Device: GPU");
        assert_eq!(host.take(), ["begin Device", "set GPU", "end Device"]);
        assert!(params.mash.wants_gpu());
    });
}

/// Turns the wheel over a control.
fn wheel(editor: &mut Harness<'_, View>, role: Role, name: &str, notches: f32, modifiers: Modifiers) {
    editor.get_by_role_and_label(role, name).hover();
    // The explanation appears meanwhile.
    editor.run_steps(60);
    let turned = egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Line,
        delta: vec2(0.0, notches),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
        modifiers,
    };
    editor.event_modifiers(turned, modifiers);
    editor.run_steps(60);
}

#[test]
fn the_wheel_moves_an_amount_shift_finely_and_a_right_click_types_it() {
    with_editor(|editor, _, params| {
        wheel(editor, Role::Slider, "Depth", -5.0, Modifiers::NONE);
        assert!((params.controls().depth - 0.9).abs() < 1e-4, "{}", params.controls().depth);
        wheel(editor, Role::Slider, "Depth", -5.0, Modifiers::SHIFT);
        assert!((params.controls().depth - 0.89).abs() < 1e-4, "{}", params.controls().depth);
        editor.get_by_role_and_label(Role::Slider, "Depth").click_secondary();
        editor.run();
        editor.key_press_modifiers(Modifiers::COMMAND, Key::A);
        editor.event(egui::Event::Text("42".to_owned()));
        editor.key_press(Key::Enter);
        editor.run();
        assert_eq!(params.controls().depth, 0.42);
    });
}

#[test]
fn gestures_are_undone_and_done_again_by_buttons_and_keys() {
    with_editor(|editor, _, params| {
        click(editor, Role::Slider, "Vocals");
        wheel(editor, Role::Slider, "Depth", -1.0, Modifiers::NONE);
        wheel(editor, Role::Slider, "Depth", -1.0, Modifiers::NONE);
        let state = || (params.controls().faders[0], (100.0 * params.controls().depth).round());
        assert_eq!(state(), (0.5, 96.0));
        click(editor, Role::Button, "Undo");
        assert_eq!(state(), (0.5, 100.0), "both turns of the wheel at once");
        editor.key_press_modifiers(Modifiers::COMMAND, Key::Z);
        editor.run();
        assert_eq!(state(), (0.0, 100.0));
        click(editor, Role::Button, "Redo");
        editor.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::Z);
        editor.run();
        assert_eq!(state(), (0.5, 96.0));
    });
}

#[test]
fn a_preset_is_loaded_starred_when_changed_and_undone() {
    with_editor(|editor, host, params| {
        click(editor, Role::ComboBox, "Presets");
        editor.get_by_label("Drum swap").click();
        editor.run();
        assert_eq!((params.controls().faders, shown(editor, "Presets").as_str()), ([0.0, 1.0, 0.0, 0.0], "Drum swap"));
        let told = host.take();
        let count = |what: &str| told.iter().filter(|told| told.starts_with(what)).count();
        assert_eq!((count("begin"), count("end")), (3, 3), "whole gestures, of what changes only: {told:?}");
        click(editor, Role::Slider, "Vocals");
        assert_eq!(shown(editor, "Presets"), "Drum swap *");
        click(editor, Role::Button, "Undo");
        assert_eq!(shown(editor, "Presets"), "Drum swap");
        click(editor, Role::Button, "Undo");
        assert_eq!((params.controls().faders, shown(editor, "Presets").as_str()), ([0.0, 1.0, 1.0, 1.0], "No preset"));
        click(editor, Role::Button, "Next preset");
        assert_eq!(shown(editor, "Presets"), "A cappella over B's band");
        click(editor, Role::Button, "Previous preset");
        assert_ne!(shown(editor, "Presets"), "A cappella over B's band");
    });
}

#[test]
fn two_sounds_are_compared_and_each_has_its_own_past() {
    with_editor(|editor, _, params| {
        click(editor, Role::Slider, "Vocals");
        click(editor, Role::Button, "Second sound");
        assert_eq!(params.controls().faders[0], 0.5, "it begins as the first one");
        click(editor, Role::Slider, "Drums");
        assert_eq!(params.controls().faders[..2], [0.5, 0.5]);
        click(editor, Role::Button, "First sound");
        assert_eq!(params.controls().faders[..2], [0.5, 1.0]);
        click(editor, Role::Button, "Undo");
        assert_eq!(params.controls().faders[..2], [0.0, 1.0]);
        click(editor, Role::Button, "Second sound");
        assert_eq!(params.controls().faders[..2], [0.5, 0.5]);
    });
}

#[test]
fn a_preset_of_the_users_is_saved_and_comes_back() {
    let path = std::env::temp_dir().join(format!("songweave-editor-presets-{}", std::process::id()));
    _ = std::fs::remove_dir_all(&path);
    let mut shared = Shared::without_network();
    shared.presets = Some(Folder::new(path.clone()));
    with_editor_of(shared, |editor, _, params| {
        click(editor, Role::Slider, "Vocals");
        click(editor, Role::ComboBox, "Presets");
        click(editor, Role::TextInput, "Name of a new preset");
        editor.event(egui::Event::Text("Mine".to_owned()));
        editor.run();
        click(editor, Role::Button, "Save as new");
        assert_eq!(shown(editor, "Presets"), "Mine");
        click(editor, Role::Slider, "Drums");
        assert_eq!(shown(editor, "Presets"), "Mine *");
        click(editor, Role::ComboBox, "Presets");
        editor.get_by_label("Mine").click();
        editor.run();
        assert_eq!(
            (params.controls().faders[..2].to_vec(), shown(editor, "Presets").as_str()),
            (vec![0.5, 1.0], "Mine")
        );
        let saved: Values = crate::presets::Scope::WholeMash.present(params);
        let (entries, _) = Folder::new(path.clone()).list();
        let read = Folder::new(path.clone()).load(&entries[0].path, params).unwrap();
        assert_eq!(read.values, saved);
        assert!(saved.contains_key("output") && !saved.contains_key("style") && !saved.contains_key("bypass"));
    });
    std::fs::remove_dir_all(path).unwrap();
}

#[test]
fn how_to_connect_song_b_is_told_for_each_host_until_it_is_heard() {
    let shared = Shared::without_network();
    let layout = StreamLayout::for_sample_rate(48_000.0);
    shared.begin(&layout, columns().1, sound(&layout).1);
    let telemetry = shared.telemetry.clone();
    with_editor_of(shared, |editor, _, _| {
        for host in ["Ableton Live", "Bitwig", "Cubase", "FL Studio", "Reaper", "Ardour", "Logic"] {
            editor.get_by_label(host);
        }
        telemetry.b_present.store(true, Relaxed);
        editor.run();
        assert!(editor.query_by_label("Reaper").is_none());
        telemetry.b_present.store(false, Relaxed);
        editor.run();
        assert!(editor.query_by_label("Reaper").is_none(), "a pause of song B hides no mask");
    });
}

#[test]
fn a_chord_is_held_by_a_click_and_let_go_by_another() {
    with_editor(|editor, _, params| {
        click(editor, Role::Button, "Accompany");
        click(editor, Role::Button, "Chord Now: –");
        click(editor, Role::Button, "Eb");
        assert_eq!(params.band.controls().chord_root, Some(3));
        click(editor, Role::Button, "Chord Now: –");
        click(editor, Role::Button, "Leave the chords to the band");
        assert_eq!(params.band.controls().chord_root, None);
    });
}

#[test]
fn a_part_is_listened_to_alone_until_its_button_is_pressed_again() {
    with_editor(|editor, host, params| {
        for (name, solo) in [("Solo Drums", Some(Part::Drums)), ("Solo Other", Some(Part::Other)), ("Solo Other", None)]
        {
            click(editor, Role::Button, name);
            assert_eq!(params.controls().solo, solo, "{name}");
        }
        assert_eq!(host.take()[..3], ["begin Solo", "set Drums", "end Solo"]);
    });
}

#[test]
fn the_keyboard_shows_the_scale_sets_its_tonic_and_takes_notes_out_and_in() {
    with_editor(|editor, _, params| {
        click(editor, Role::Button, "Accompany");
        click(editor, Role::Button, "Tune and sounds");
        click(editor, Role::ComboBox, "Tune scale");
        editor.get_by_label("Minor").click();
        editor.run();
        let right_click = |editor: &mut Harness<'_, View>, note: &str| {
            editor.get_by_role_and_label(Role::Button, note).click_secondary();
            editor.run();
        };
        right_click(editor, "Note A");
        assert_eq!(params.tune.controls().key, Some(9));
        let sung =
            |name: &str| editor.get_by_label(name).accesskit_node().toggled() == Some(egui::accesskit::Toggled::True);
        assert!(sung("Note A, the tonic") && sung("Note C") && !sung("Note F#"));
        click(editor, Role::Button, "Note F");
        click(editor, Role::Button, "Note F#");
        assert_eq!(params.tune.controls().notes, 0b1010_1101_0101, "A minor with F sharp in place of F");
        click(editor, Role::Button, "Back to the scale");
        assert_eq!(params.tune.controls().notes, 0);
        click(editor, Role::ComboBox, "Tune target");
        editor.get_by_label("MIDI").click_accesskit();
        editor.run();
        click(editor, Role::Button, "Note D");
        assert_eq!(params.tune.controls().target, TuneTarget::Scale, "notes of one's own are a scale");
        click(editor, Role::Button, "Back to the scale");
        right_click(editor, "Note A, the tonic");
        assert_eq!(params.tune.controls().key, None);
    });
}

#[test]
fn a_window_that_is_too_small_is_scrolled() {
    with_editor(|editor, _, _| {
        editor.set_size(vec2(500.0, 300.0));
        editor.run();
        editor.get_by_role_and_label(Role::Slider, "Vocals");
    });
}

#[test]
fn frequencies_are_heard_alone_while_the_button_is_held_on_the_mask() {
    let shared = Shared::without_network();
    let layout = StreamLayout::for_sample_rate(48_000.0);
    shared.begin(&layout, columns().1, sound(&layout).1);
    shared.telemetry.b_present.store(true, Relaxed);
    let audition = shared.audition.clone();
    with_editor_of(shared, |editor, host, _| {
        click(editor, Role::Button, "Drums");
        let map = editor.get_by_role_and_label(Role::Image, "Mask").rect();
        assert_eq!(audition.next(), None);
        editor.drag_at(map.center());
        editor.run_steps(3);
        editor.event(egui::Event::PointerMoved(map.center_top() + vec2(50.0, 1.0)));
        editor.run_steps(3);
        let region = audition.next().unwrap();
        assert_eq!((region.part, region.high), (Some(Part::Drums), 95), "{region:?}");
        assert!((45..=48).contains(&region.low), "{region:?}");
        editor.drop_at(map.center_top());
        editor.run_steps(3);
        assert_eq!((audition.next(), host.take()), (None, vec![]), "no parameter knows of it");
    });
}

#[test]
fn an_arrow_moves_on_or_steps_the_control_but_never_both() {
    with_editor(|editor, _, params| {
        editor.get_by_role_and_label(Role::Button, "Solo Vocals").focus();
        editor.run();
        for _ in 0..3 {
            let (key, physical_key, modifiers) = (Key::ArrowRight, None, Modifiers::NONE);
            editor.input_mut().events.push(egui::Event::Key {
                key,
                physical_key,
                pressed: true,
                repeat: true,
                modifiers,
            });
            editor.step();
        }
        assert_eq!((params.controls().faders[0], params.controls().auto), (0.0, 0.0));
    });
}

#[test]
fn what_is_typed_takes_the_place_of_the_value_without_it_being_marked_first() {
    with_editor(|editor, _, params| {
        editor.get_by_role_and_label(Role::Slider, "Depth").click_secondary();
        editor.run();
        editor.event(egui::Event::Text("42".to_owned()));
        editor.key_press(Key::Enter);
        editor.run();
        assert_eq!(params.controls().depth, 0.42);
    });
}

#[test]
fn a_drag_to_the_end_of_the_groove_ends_there() {
    with_editor(|editor, _, params| {
        let groove = editor.get_by_role_and_label(Role::Slider, "Vocals").rect();
        let from = groove.left_center() + vec2(1.0, 0.0);
        editor.drag_at(from);
        editor.step();
        for x in [3.0, 9.0, 0.5 * groove.width(), groove.width()] {
            editor.event(egui::Event::PointerMoved(from + vec2(x, 0.0)));
            editor.step();
        }
        editor.drop_at(from + vec2(groove.width(), 0.0));
        editor.run();
        assert_eq!(params.controls().faders[0], 1.0);
    });
}

#[test]
fn the_light_theme_is_chosen_by_a_button_recolours_everything_and_is_remembered() {
    with_editor(|editor, _, params| {
        let fills = |editor: &Harness<'_, View>| -> Vec<egui::Color32> {
            let filled = |shape: &egui::epaint::ClippedShape| match &shape.shape {
                egui::Shape::Rect(rect) => Some(rect.fill),
                _ => None,
            };
            editor.output().shapes.iter().filter_map(filled).collect()
        };
        assert!(fills(editor).contains(&theme::PANEL));
        click(editor, Role::Button, "Light");
        assert!(params.state.memory.lock().unwrap().light);
        let light = fills(editor);
        assert!(!light.contains(&theme::PANEL) && light.contains(&theme::light::counterpart(theme::PANEL)));
        click(editor, Role::Button, "Light");
        assert!(!params.state.memory.lock().unwrap().light && fills(editor).contains(&theme::PANEL));
    });
}
