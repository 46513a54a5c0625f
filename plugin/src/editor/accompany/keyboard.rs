//! The notes that the voice is tuned to, as an octave of keys: a click on one makes it the tonic.

use egui::{Align2, CursorIcon, Id, Rect, Role, Sense, Ui, WidgetInfo, vec2};
use nice_plug::prelude::*;
use songweave_dsp::{
    band::CLASS_NAMES,
    tune::{TuneGuide, TuneKey, pitch_classes},
};

use crate::editor::{controls::help, scene::Scene, theme};

/// Draws the keys.
pub fn show(ui: &mut Ui, mut rect: Rect, scene: &Scene<'_>) {
    let harmony = scene.shared.status.band().harmony;
    let key = harmony.key.map(|heard| TuneKey { tonic: heard.key.tonic, minor: heard.key.minor });
    let guide = TuneGuide { key, chord: harmony.chord, melody: None };
    let controls = scene.params.tune.controls();
    let classes = pitch_classes(&controls, &guide);
    let width = rect.width() / CLASS_NAMES.len() as f32;
    for (class, name) in CLASS_NAMES.iter().enumerate() {
        let place = theme::cut_left(&mut rect, width).shrink2(vec2(1.0, 0.0));
        let (sung, tonic) = (classes >> class & 1 == 1, controls.key == Some(class as u8));
        if show_key(ui, place, name, sung, tonic) {
            let wanted = if tonic { 0 } else { class as i32 + 1 };
            scene.hand.turn(&scene.params.tune.key, scene.params.tune.key.preview_normalized(wanted));
        }
    }
}

/// Draws a key; returns whether it was clicked.
fn show_key(ui: &Ui, rect: Rect, name: &str, sung: bool, tonic: bool) -> bool {
    let response = ui.interact(rect, Id::unique(("keyboard", name)), Sense::click());
    let said = format!("Note {name}{}", if tonic { ", the tonic" } else { "" });
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, sung, &said));
    let fill = if sung { theme::TARGET } else { theme::GROOVE };
    let dark = name.len() > 1;
    let rect = if dark { rect.with_max_y(rect.bottom() - 5.0) } else { rect };
    ui.painter().rect_filled(rect, theme::CORNER, fill);
    let colour = if sung { theme::BACKGROUND } else { theme::DIM };
    theme::write(ui.painter(), rect, Align2::CENTER_CENTER, name, theme::small_font(), colour);
    if tonic {
        ui.painter().rect_filled(rect.with_min_y(rect.bottom() - 3.0), 0.0, theme::WARNING);
    }
    let clicked = response.clicked();
    help::point(response, "Keyboard").on_hover_cursor(CursorIcon::PointingHand);
    clicked
}
