#![allow(clippy::unwrap_used)]
use std::sync::Mutex;

use egui::{Key, Modifiers, Role};
use egui_kittest::{
    Harness,
    kittest::{NodeT, Queryable},
};
use nice_plug::{plugin::PluginState, prelude::*};
use songweave_dsp::{
    exchange::{
        controls::Controls,
        decision::MashDecision,
        frame::SongBands,
        sound::sound,
        telemetry::{MaskColumn, columns},
    },
    stream::layout::StreamLayout,
};

use super::*;
use crate::editor::{hand::Hand, scene::SIZE};

mod song;
mod used;

/// A host that does at once what the editor asks for, and writes it down.
#[derive(Default)]
struct Host(Mutex<Vec<String>>);

impl Host {
    fn note(&self, text: String) {
        self.0.lock().unwrap().push(text);
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl GuiContextInner for Host {
    fn plugin_api(&self) -> PluginApi {
        PluginApi::Clap
    }

    unsafe fn raw_begin_set_parameter(&self, param: ParamPtr) {
        // SAFETY: the editor's parameters live as long as the test.
        self.note(format!("begin {}", unsafe { param.name() }));
    }

    unsafe fn raw_set_parameter_normalized(&self, param: ParamPtr, normalized: f32) {
        // SAFETY: as above.
        unsafe {
            param._internal_set_normalized_value(normalized);
            self.note(format!("set {}", param.normalized_value_to_string(normalized, true)));
        }
    }

    unsafe fn raw_end_set_parameter(&self, param: ParamPtr) {
        // SAFETY: as above.
        self.note(format!("end {}", unsafe { param.name() }));
    }

    fn get_state(&self) -> PluginState {
        unimplemented!("the editor saves nothing")
    }

    fn set_state(&self, _state: PluginState) {
        unimplemented!("the editor loads nothing")
    }

    fn request_restart(&self) {
        unimplemented!("the editor never asks for a restart")
    }
}

/// Runs a test on an open editor.
fn with_editor(test: impl FnOnce(&mut Harness<'_, View>, &Host, &SongweaveParams)) {
    with_editor_of(Shared::default(), test);
}

/// Runs a test on an open editor of an instance that shares something.
fn with_editor_of(shared: Shared, test: impl FnOnce(&mut Harness<'_, View>, &Host, &SongweaveParams)) {
    let shared = std::sync::Arc::new(shared);
    let params = SongweaveParams::new(shared.clone());
    let host = Host::default();
    let mut editor = Harness::builder().with_size(SIZE).with_step_dt(0.02).build_ui_state(
        |ui, view: &mut View| {
            let hand = Hand::new(ParamSetter::new(&host), &params);
            view.show(ui, &Scene { title: "Songweave", params: &params, shared: &shared, hand });
        },
        View::default(),
    );
    editor.run();
    test(&mut editor, &host, &params);
}

fn centre(editor: &Harness<'_, View>, name: &str) -> egui::Pos2 {
    editor.get_by_role_and_label(Role::Slider, name).rect().center()
}

#[test]
fn a_click_on_a_fader_is_one_gesture_and_a_double_click_resets() {
    with_editor(|editor, host, params| {
        editor.get_by_role_and_label(Role::Slider, "Vocals").click();
        editor.run();
        assert_eq!(host.take(), ["begin Vocals", "set 50 %", "end Vocals"]);
        assert_eq!(params.controls().faders[0], 0.5);
        let at = centre(editor, "Vocals");
        editor.run_steps(50);
        for _ in 0..2 {
            editor.drag_at(at);
            editor.drop_at(at);
        }
        editor.run();
        assert_eq!(params.controls().faders[0], 0.0, "{:?}", host.take());
    });
}

#[test]
fn a_drag_moves_a_fader_and_ctrl_makes_it_fine() {
    with_editor(|editor, host, params| {
        let mut drag = |modifiers: Modifiers| {
            let from = centre(editor, "Balance");
            editor.drag_at(from);
            editor.step();
            for x in [20.0, 60.0] {
                editor.event_modifiers(egui::Event::PointerMoved(from + vec2(x, 0.0)), modifiers);
                editor.step();
            }
            editor.drop_at(from + vec2(60.0, 0.0));
            editor.run();
            let balance = params.controls().balance;
            editor.get_by_role_and_label(Role::Slider, "Balance").click();
            editor.run();
            balance - 0.5
        };
        let coarse = drag(Modifiers::NONE);
        let events = host.take();
        assert!(coarse > 0.1, "{coarse}");
        assert_eq!(events.iter().filter(|event| event.starts_with("begin")).count(), 2, "{events:?}");
        assert_eq!(events.iter().filter(|event| event.starts_with("end")).count(), 2, "{events:?}");
        let fine = drag(Modifiers::CTRL);
        assert!((fine - coarse * FINE_SHARE).abs() < 0.02 && fine > 0.0, "{fine} against {coarse}");
    });
}

/// Share of a drag that a fine one moves.
const FINE_SHARE: f32 = 0.1;

#[test]
fn a_value_can_be_typed_and_nonsense_is_not_taken() {
    with_editor(|editor, _, params| {
        for (text, wanted) in [("25%", 0.25), ("loud", 0.25), ("b", 1.0)] {
            let shown = crate::params::text(&params.mash.vocals);
            editor.get_by_label(&format!("Vocals: {shown}")).click();
            editor.run();
            editor.key_press_modifiers(Modifiers::COMMAND, Key::A);
            editor.event(egui::Event::Text(text.to_owned()));
            editor.key_press(Key::Enter);
            editor.run();
            assert_eq!(params.controls().faders[0], wanted, "{text}");
        }
    });
}

#[test]
fn arrow_keys_step_a_focused_fader() {
    with_editor(|editor, _, params| {
        editor.get_by_role_and_label(Role::Slider, "Depth").focus();
        editor.run();
        editor.key_press(Key::ArrowLeft);
        editor.run();
        assert!((params.controls().depth - 0.99).abs() < 1e-6, "{}", params.controls().depth);
        editor.get_by_role_and_label(Role::Slider, "Transpose B").focus();
        editor.run();
        editor.key_press(Key::ArrowRight);
        editor.run();
        assert_eq!(params.controls().transpose_b, 1, "a whole semitone");
    });
}

#[test]
fn switches_switch_and_every_parameter_has_a_control() {
    with_editor(|editor, _, params| {
        editor.get_by_label("Bypass").click();
        editor.run();
        assert!(params.bypass.value());
        for name in ["Freeze", "Delta listen", "Match keys"] {
            editor.get_by_label(name);
        }
        let controls = |editor: &Harness<'_, View>| -> Vec<String> {
            let all = params.param_map().into_iter().filter(|(_, param, _)| {
                // SAFETY: `params` lives.
                let name = unsafe { param.name() };
                let is_there = |role| editor.query_by_role_and_label(role, name).is_some();
                let side_by_side = format!("{name}: ");
                let buttons = editor.query_all_by_role(Role::RadioButton);
                is_there(Role::Slider)
                    || is_there(Role::ComboBox)
                    || buttons
                        .filter_map(|button| button.accesskit_node().label())
                        .any(|label| label.starts_with(&side_by_side))
            });
            all.map(|(id, ..)| id).collect()
        };
        let mut found = controls(editor);
        editor.get_by_role_and_label(Role::Button, "Accompany").click();
        editor.run();
        assert_eq!(params.mode.value(), 1);
        found.extend(controls(editor));
        for page in ["Tune and sounds", "Song"] {
            editor.get_by_role_and_label(Role::Button, page).click();
            editor.run();
            found.extend(controls(editor));
        }
        editor.get_by_role_and_label(Role::ComboBox, "Networks").click();
        editor.run();
        found.extend(controls(editor));
        for (id, param, _) in params.param_map() {
            // Buttons of other names have these; what each does is tested apart.
            let has_buttons = matches!(id.as_str(), "mode" | "solo" | "tune_notes");
            let is_switch = matches!(param, ParamPtr::BoolParam(_)) || id == "missed_hops";
            assert!(is_switch || has_buttons || found.contains(&id), "{id}");
        }
    });
}

#[test]
fn every_control_is_explained_while_the_pointer_is_on_it() {
    with_editor(|editor, _, params| {
        let known = params.param_map().into_iter().filter(|(id, ..)| !matches!(id.as_str(), "mode" | "missed_hops"));
        for (id, param, _) in known {
            // SAFETY: `params` lives.
            let name = unsafe { param.name() };
            assert!(crate::editor::controls::help::about(name).is_some(), "{id}");
        }
        editor.get_by_role_and_label(Role::Slider, "Depth").hover();
        editor.run_steps(60);
        editor.get_by_label_contains("full separation");
        editor.get_by_label("0 % to 100 %; double click: 100 %");
    });
}

#[test]
fn a_scale_that_the_host_refuses_is_taken_back_with_a_word() {
    with_editor(|editor, _, _| {
        editor.get_by_role_and_label(Role::ComboBox, "Size").click();
        editor.run();
        editor.get_by_label("200 %").click();
        // The harness keeps its size, as a host may.
        editor.run_steps(100);
        assert_eq!(editor.ctx.zoom_factor(), 1.0);
        editor.get_by_label_contains("does not let the editor change its size");
    });
}

#[test]
fn the_editor_says_what_is_wrong() {
    with_editor(|editor, _, params| {
        editor.get_by_label("The host has not started the plugin");
        params.state.choose_weights(Some("/nowhere/x.safetensors".into()));
        editor.run();
        editor.get_by_label_contains("/nowhere/x.safetensors");
    });
}

#[test]
fn columns_reach_the_map_and_a_part_can_be_chosen() {
    let shared = Shared::without_network();
    let (mut sender, receiver) = columns();
    let layout = StreamLayout::for_sample_rate(48_000.0);
    shared.begin(&layout, receiver, sound(&layout).1);
    let column = MaskColumn::new(&MashDecision::UNDECIDED, &Controls::default(), &[SongBands::SILENT; 2]);
    let mut view = View::default();
    for _ in 0..5 {
        (0..200).for_each(|_| sender.send(column));
        view.collect(&shared);
    }
    assert_eq!(view.heat_map.newest(), Some(&column));
    shared.telemetry.b_present.store(true, Relaxed);
    with_editor_of(shared, |editor, _, _| {
        editor.get_by_role_and_label(Role::Button, "Drums").click();
        editor.run();
        assert_eq!(editor.state().heat_map.part(), Some(Part::Drums));
    });
}

#[test]
fn the_listen_page_opens_and_closes_and_says_that_nothing_was_heard() {
    with_editor(|editor, _, _| {
        editor.get_by_role_and_label(Role::Button, "Listen").click();
        editor.run();
        assert!(editor.state().listen.is_open());
        assert_eq!(editor.query_all_by_label_contains("Nothing heard yet").count(), 2, "both songs");
        editor.get_by_role_and_label(Role::Button, "Listen").click();
        editor.run();
        editor.get_by_role_and_label(Role::Slider, "Vocals");
    });
}
