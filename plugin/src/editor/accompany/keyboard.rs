//! The notes that the voice is tuned to, as an octave of keys: a click on one takes it out or in, a right click makes it the
//! tonic.

use egui::{Align2, CursorIcon, Id, Rect, Response, Role, Sense, Ui, WidgetInfo, vec2};
use nice_plug::prelude::*;
use songweave_dsp::{
    band::CLASS_NAMES,
    exchange::controls::TuneTarget,
    tune::{TuneGuide, TuneKey, pitch_classes},
};

use crate::editor::{
    controls::{button, help},
    scene::Scene,
    theme,
};

/// Draws the keys.
pub fn show(ui: &mut Ui, mut rect: Rect, scene: &Scene<'_>) {
    let harmony = scene.shared.status.band().harmony;
    let key = harmony.key.map(|heard| TuneKey { tonic: heard.key.tonic, minor: heard.key.minor });
    let guide = TuneGuide { key, chord: harmony.chord, melody: None, song: None };
    let (tune, controls) = (&scene.params.tune, scene.params.tune.controls());
    let classes = pitch_classes(&controls, &guide);
    if controls.notes != 0 {
        let back = theme::cut_right(&mut rect, RESET).shrink2(vec2(1.0, 0.0));
        if button::named(ui, back, ("Scale", "Back to the scale"), None, true).clicked() {
            scene.hand.turn(&tune.notes, tune.notes.preview_normalized(0));
        }
    }
    let width = rect.width() / CLASS_NAMES.len() as f32;
    for (class, name) in CLASS_NAMES.iter().enumerate() {
        let place = theme::cut_left(&mut rect, width).shrink2(vec2(1.0, 0.0));
        let (sung, tonic) = (classes >> class & 1 == 1, controls.key == Some(class as u8));
        let response = show_key(ui, place, name, sung, tonic);
        if response.secondary_clicked() {
            let wanted = if tonic { 0 } else { class as i32 + 1 };
            scene.hand.turn(&tune.key, tune.key.preview_normalized(wanted));
        } else if response.clicked() {
            if controls.target != TuneTarget::Scale {
                scene.hand.turn(&tune.target, tune.target.preview_normalized(0));
            }
            // The last note stays: without any there would be the scale.
            let wanted = i32::from(classes ^ 1 << class);
            scene.hand.turn(&tune.notes, tune.notes.preview_normalized(if wanted == 0 { 1 << class } else { wanted }));
        }
    }
}

/// Width of the button that brings the scale back.
const RESET: f32 = 48.0;

/// Draws a key.
fn show_key(ui: &Ui, rect: Rect, name: &str, sung: bool, tonic: bool) -> Response {
    let response = ui.interact(rect, Id::unique(("keyboard", name)), Sense::click());
    let said = format!("Note {name}{}", if tonic { ", the tonic" } else { "" });
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, sung, &said));
    let fill = if sung { theme::TARGET } else { theme::GROOVE };
    let dark = name.len() > 1;
    let rect = if dark { rect.with_max_y(rect.bottom() - 5.0) } else { rect };
    ui.painter().rect_filled(rect, theme::CORNER, fill);
    let colour = if sung { theme::BACKGROUND } else { theme::DIM };
    theme::write(ui.painter(), rect, Align2::CENTER_CENTER, name, theme::small_font(), colour);
    theme::ring(ui, &response);
    if tonic {
        ui.painter().rect_filled(rect.with_min_y(rect.bottom() - 3.0), 0.0, theme::WARNING);
    }
    help::point(response, "Keyboard").on_hover_cursor(CursorIcon::PointingHand)
}
