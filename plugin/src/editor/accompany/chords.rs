//! The chord that sounds and those expected at the next beats, as boxes: a click holds one, or opens the choice of others.

use egui::{Align2, FontId, Id, Popup, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2};
use nice_plug::prelude::*;
use songweave_dsp::band::{CLASS_NAMES, Chord, Quality};
use songweave_engine::band::view::BandView;

use crate::editor::{controls::help, pictures::roll::chord_name, scene::Scene, theme};

/// Width of a box, and of all of them.
const BOX: f32 = 92.0;
const ROOM: f32 = 6.0;
/// Width of all boxes in logical pixels.
pub const WIDTH: f32 = 5.0 * (BOX + ROOM);
/// What is written above the boxes.
const CAPTIONS: [&str; 5] = ["Now", "Next beat", "In 2 beats", "In 3 beats", "In 4 beats"];

/// Draws the boxes.
pub fn show(ui: &mut Ui, mut rect: Rect, view: &BandView, scene: &Scene<'_>) {
    let held = scene.params.band.controls().chord_root.is_some();
    let chords = [view.harmony.chord].into_iter().chain(view.harmony.plan);
    let mut before = None;
    for ((index, caption), chord) in CAPTIONS.into_iter().enumerate().zip(chords) {
        let stays = index > 0 && chord == before;
        before = chord;
        let place = theme::cut_left(&mut rect, BOX);
        theme::cut_left(&mut rect, ROOM);
        let caption = if held && index == 0 { "Now, held" } else { caption };
        show_box(ui, place, (index, caption), (chord, stays), scene);
    }
}

/// Draws a box; where the chord stays what it was there is a dot in it.
fn show_box(
    ui: &mut Ui,
    mut rect: Rect,
    (index, caption): (usize, &str),
    (chord, stays): (Option<Chord>, bool),
    scene: &Scene<'_>,
) {
    let heading = theme::cut_top(&mut rect, 20.0);
    theme::write(ui.painter(), heading, Align2::LEFT_CENTER, caption, theme::small_font(), theme::DIM);
    let name = chord.map_or_else(|| "–".to_owned(), chord_name);
    let response = ui.interact(rect, Id::unique(("chord", index)), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Chord {}: {name}", CAPTIONS[index])));
    let strong = response.hovered() || response.has_focus();
    let fill = if strong { theme::GROOVE.lerp_to_gamma(theme::TEXT, 0.12) } else { theme::GROOVE };
    ui.painter().rect_filled(rect, theme::CORNER, fill);
    let held = index == 0 && scene.params.band.controls().chord_root.is_some();
    if held {
        ui.painter().rect_stroke(rect, theme::CORNER, Stroke::new(2.0, theme::WARNING), StrokeKind::Inside);
    }
    let (size, colour) = if index == 0 { (28.0, theme::TEXT) } else { (20.0, theme::DIM) };
    let written = if stays { "·" } else { &name };
    theme::write(ui.painter(), rect, Align2::CENTER_CENTER, written, FontId::proportional(size), colour);
    let shown = Popup::menu(&response).show(|ui| show_choice(ui, chord, held, scene));
    if shown.is_none() {
        help::point(response, "Chord");
    }
}

/// What can be done with a chord: hold it, let go, hold another.
fn show_choice(ui: &mut Ui, chord: Option<Chord>, held: bool, scene: &Scene<'_>) {
    if held && ui.button("Leave the chords to the band").clicked() {
        hold(scene, None);
    }
    if let Some(chord) = chord
        && ui.button(format!("Hold {} from now on", chord_name(chord))).clicked()
    {
        hold(scene, Some((chord.root, Some(chord.quality))));
    }
    ui.colored_label(theme::DIM, "Hold another, as the key has it:");
    egui::Grid::new("roots").spacing(vec2(2.0, 2.0)).show(ui, |ui| {
        for (root, name) in CLASS_NAMES.iter().enumerate() {
            if ui.add_sized(vec2(38.0, 22.0), egui::Button::new(*name)).clicked() {
                hold(scene, Some((root as u8, None)));
            }
            if root % 6 == 5 {
                ui.end_row();
            }
        }
    });
}

/// Holds a chord with a quality or as the key has it, or leaves the chords to the band.
fn hold(scene: &Scene<'_>, chord: Option<(u8, Option<Quality>)>) {
    let band = &scene.params.band;
    let quality = chord.and_then(|(_, quality)| Quality::ALL.iter().position(|known| Some(*known) == quality));
    let quality = quality.map_or(0, |index| index as i32 + 1);
    let root = chord.map_or(0, |(root, _)| i32::from(root) + 1);
    scene.hand.turn(&band.chord_quality, band.chord_quality.preview_normalized(quality));
    scene.hand.turn(&band.chord_root, band.chord_root.preview_normalized(root));
}
