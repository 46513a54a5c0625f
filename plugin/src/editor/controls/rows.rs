//! Columns of controls, one row each.

use egui::{Align2, Rect, Ui, vec2};
use nice_plug::prelude::*;

use crate::editor::{
    controls::{
        choice::Choice,
        slider::{Look, Slider},
    },
    scene::{GAP, ROW, Scene},
    theme,
};

/// Width of a label.
pub const LABEL: f32 = 112.0;
/// Width of a label and of a value.
const COLUMNS: (f32, f32) = (LABEL, 84.0);

/// Three columns of controls.
pub fn columns(mut rect: Rect) -> [Rect; 3] {
    let width = (rect.width() - 2.0 * GAP) / 3.0;
    std::array::from_fn(|_| {
        let column = theme::cut_left(&mut rect, width);
        theme::cut_left(&mut rect, GAP);
        column
    })
}

/// Draws a column's panel with its name; returns the room for its rows.
pub fn heading(ui: &Ui, rect: Rect, name: &str) -> Rect {
    ui.painter().rect_filled(rect, theme::CORNER, theme::PANEL);
    let mut inside = rect.shrink2(vec2(12.0, 5.0));
    let place = theme::cut_top(&mut inside, 22.0);
    theme::write(ui.painter(), place, Align2::LEFT_CENTER, name, theme::small_font(), theme::DIM);
    inside
}

/// Draws an amount in the next row of a column.
pub fn row(ui: &mut Ui, rect: &mut Rect, param: &impl Param, scene: &Scene<'_>) {
    let place = theme::cut_top(rect, ROW);
    Slider { param, hand: &scene.hand, look: Look::Amount, columns: COLUMNS }.show(ui, place);
}

/// Draws a choice in the next row of a column.
pub fn choice_row(ui: &mut Ui, rect: &mut Rect, param: &IntParam, scene: &Scene<'_>) {
    let place = theme::cut_top(rect, ROW);
    Choice { param, hand: &scene.hand, label: LABEL }.show(ui, place);
}
