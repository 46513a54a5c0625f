//! The name beside a control: a double click on it resets the parameter, and the pointer on it explains it.

use egui::{Align2, Color32, Id, Rect, Response, Sense, Ui};
use nice_plug::prelude::*;

use crate::editor::{controls::help, hand::Hand, theme};

/// Draws the name of a parameter.
pub fn show(ui: &Ui, rect: Rect, param: &impl Param, hand: &Hand<'_>, colour: Color32) {
    let response = ui.interact(rect, Id::unique(("label", param.name())), Sense::CLICK);
    theme::write(ui.painter(), rect, Align2::LEFT_CENTER, param.name(), theme::font(), colour);
    if is_reset(&response) {
        hand.turn(param, param.default_normalized_value());
    }
    help::explain(response, param);
}

/// Whether the user asks for the default.
pub fn is_reset(response: &Response) -> bool {
    response.double_clicked() || response.triple_clicked()
}
