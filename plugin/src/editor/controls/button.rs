//! Buttons and switches.

use egui::{Align2, Color32, CursorIcon, Id, Rect, Response, Role, Sense, Ui, WidgetInfo};
use nice_plug::prelude::*;

use crate::editor::{controls::help, hand::Hand, theme};

/// A switch for one parameter, as a button that stays lit.
pub fn switch(ui: &Ui, rect: Rect, param: &BoolParam, hand: &Hand<'_>, lit: Color32) -> Response {
    let response = button(ui, rect, param.name(), param.value(), lit);
    if response.clicked() {
        hand.turn(param, if param.value() { 0.0 } else { 1.0 });
    }
    response
}

/// A button that is lit while `on`.
pub fn button(ui: &Ui, rect: Rect, name: &str, on: bool, lit: Color32) -> Response {
    named(ui, rect, (name, name), on.then_some(lit), true)
}

/// A button that may not be pressed now, with another name for screen readers than what is written on it.
pub fn named(ui: &Ui, rect: Rect, (written, name): (&str, &str), lit: Option<Color32>, enabled: bool) -> Response {
    let sense = if enabled { Sense::click() } else { Sense::hover() };
    let response = ui.interact(rect, Id::unique(("button", name)), sense);
    response.widget_info(|| WidgetInfo::selected(Role::Button, enabled, lit.is_some(), name));
    let strong = enabled && (response.hovered() || response.has_focus());
    let fill = match (lit, strong) {
        (Some(lit), _) => lit,
        (None, true) => theme::GROOVE.lerp_to_gamma(theme::TEXT, 0.12),
        (None, false) => theme::GROOVE,
    };
    ui.painter().rect_filled(rect, theme::CORNER, fill);
    let colour = match (lit.is_some(), enabled) {
        (true, _) => theme::BACKGROUND,
        (false, true) => theme::TEXT,
        (false, false) => theme::OFF,
    };
    theme::write(ui.painter(), rect, Align2::CENTER_CENTER, written, theme::font(), colour);
    theme::ring(ui, &response);
    let response = help::point(response, name);
    if enabled { response.on_hover_cursor(CursorIcon::PointingHand) } else { response }
}
