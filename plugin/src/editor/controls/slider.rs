//! Sliders: amounts with a label, a value in words, gestures that a host can undo, and names for screen readers.

use egui::{
    CursorIcon, EventFilter, Id, Key, Mesh, PointerButton, Rect, Response, Sense, Ui, WidgetInfo, lerp, pos2, vec2,
};
use nice_plug::prelude::*;

use crate::editor::{
    controls::{
        help, keys,
        label::{self, is_reset},
        value_field::{self, ValueField},
        wheel,
    },
    hand::Hand,
    theme,
};
use crate::params;

/// Share of the usual way that a drag with Ctrl or Shift goes.
const FINE: f32 = 0.1;
/// Step of an arrow key, normalised; one step of a parameter whose steps are larger.
const KEY_STEP: f32 = 0.01;
/// Steps that a notch of the wheel goes.
const NOTCH: f32 = 2.0;

/// How a slider looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Look {
    /// From A at the left to B at the right, with a mark where the value stands after balance and auto (0…1).
    AToB {
        /// Where the value stands in effect.
        effective: f32,
    },
    /// Filled from the left.
    Amount,
    /// Filled from the middle.
    Offset,
}

/// A slider for one parameter.
pub struct Slider<'a, P> {
    /// The parameter.
    pub param: &'a P,
    /// Changes it.
    pub hand: &'a Hand<'a>,
    /// Its look.
    pub look: Look,
    /// Width of the label and of the value.
    pub columns: (f32, f32),
}

impl<P: Param> Slider<'_, P> {
    /// Draws the slider into a row: label, groove, value. Drag and wheel move, Ctrl or Shift makes them fine, a click jumps, a
    /// double click resets, arrow keys step; a right click, or a click on the value, lets it be typed.
    pub fn show(&self, ui: &mut Ui, mut row: Rect) -> Response {
        let label = theme::cut_left(&mut row, self.columns.0);
        let value = theme::cut_right(&mut row, self.columns.1);
        let id = Id::unique(("slider", self.param.name()));
        let response = ui.interact(row, id, Sense::click_and_drag());
        let text = params::text(self.param);
        self.move_by_pointer(ui, &response);
        self.move_by_keys(ui, &response);
        self.move_by_wheel(ui, &response);
        let (position, name) = (f64::from(self.position()), self.param.name());
        response.widget_info(|| WidgetInfo::slider(true, position, name));
        let strong = matches!(self.look, Look::AToB { .. }) || response.hovered() || response.dragged();
        let colour = if strong { theme::TEXT } else { theme::DIM };
        label::show(ui, label, self.param, self.hand, colour);
        self.draw(ui, row, &response);
        ValueField { id: id.with("value"), name, text: text.clone() }.show(ui, value, |text| {
            if let Some(normalised) = self.param.string_to_normalized_value(text) {
                self.hand.turn(self.param, normalised);
            }
        });
        // After the field was drawn, which would take the same click as one beside it.
        if response.secondary_clicked() {
            value_field::begin(ui, id.with("value"), text);
        }
        help::explain(response, self.param).on_hover_cursor(CursorIcon::ResizeHorizontal)
    }

    /// Where the handle is, 0…1.
    fn position(&self) -> f32 {
        let position = self.param.unmodulated_normalized_value();
        if position.is_finite() { position } else { self.param.default_normalized_value() }
    }

    fn move_by_pointer(&self, ui: &Ui, response: &Response) {
        if response.drag_started_by(PointerButton::Primary) {
            self.hand.begin(self.param);
            ui.data_mut(|data| data.insert_temp(response.id, self.position()));
        }
        if response.dragged_by(PointerButton::Primary) {
            // The first points of the way only told a drag from a click.
            let first = response.drag_started_by(PointerButton::Primary);
            let moved = response.total_drag_delta().filter(|_| first).unwrap_or_else(|| response.drag_delta());
            let way = moved.x / response.rect.width().max(1.0) * if is_fine(ui) { FINE } else { 1.0 };
            // The hand's place is kept apart from the value, so that steps of the parameter swallow no small movement.
            let hand = ui.data(|data| data.get_temp(response.id)).unwrap_or_else(|| self.position()) + way;
            ui.data_mut(|data| data.insert_temp(response.id, hand));
            self.hand.set(self.param, hand);
        }
        if response.drag_stopped_by(PointerButton::Primary) {
            self.hand.end(self.param);
        }
        if is_reset(response) {
            self.hand.turn(self.param, self.param.default_normalized_value());
        } else if response.clicked()
            && let Some(pointer) = response.interact_pointer_pos()
        {
            self.hand.turn(self.param, (pointer.x - response.rect.left()) / response.rect.width().max(1.0));
        }
    }

    fn move_by_keys(&self, ui: &Ui, response: &Response) {
        let filter = EventFilter { horizontal_arrows: true, ..EventFilter::default() };
        if keys::go_to(ui, response, filter) {
            let presses = |key| ui.input(|input| input.num_presses(key)) as f32;
            self.nudge(ui, presses(Key::ArrowRight) - presses(Key::ArrowLeft));
        }
    }

    fn move_by_wheel(&self, ui: &Ui, response: &Response) {
        self.nudge(ui, NOTCH * wheel::notches(ui, response));
    }

    /// Goes some steps on, fine ones where the user wants that.
    fn nudge(&self, ui: &Ui, steps: f32) {
        if steps != 0.0 {
            let size = KEY_STEP * if is_fine(ui) { FINE } else { 1.0 };
            let size = self.param.step_count().map_or(size, |count| size.max(1.0 / count.max(1) as f32));
            self.hand.nudge(self.param, self.position() + size * steps);
        }
    }

    fn draw(&self, ui: &Ui, row: Rect, response: &Response) {
        let painter = ui.painter();
        let is_fader = matches!(self.look, Look::AToB { .. });
        let thickness = if is_fader { 6.0 } else { 4.0 };
        let groove = Rect::from_center_size(row.center(), vec2(row.width(), thickness));
        let x = groove.left() + self.position() * groove.width();
        painter.rect_filled(groove, theme::CORNER, theme::GROOVE);
        let handle = match self.look {
            Look::Amount | Look::Offset => {
                let from = if self.look == Look::Offset { groove.center().x } else { groove.left() };
                let filled = groove.with_min_x(from.min(x)).with_max_x(from.max(x));
                painter.rect_filled(filled, theme::CORNER, theme::BOTH.gamma_multiply(0.55));
                theme::TEXT
            }
            Look::AToB { effective } => {
                draw_a_to_b(ui, groove);
                let mark = groove.left() + effective * groove.width();
                let mark = Rect::from_center_size(pos2(mark, groove.bottom() + 4.0), vec2(6.0, 3.0));
                painter.rect_filled(mark, theme::CORNER, theme::a_to_b(effective));
                theme::a_to_b(self.position())
            }
        };
        let grown = if response.hovered() || response.dragged() || response.has_focus() { 2.0 } else { 0.0 };
        let size = if is_fader { vec2(9.0, 19.0) } else { vec2(5.0, 13.0) };
        let knob = Rect::from_center_size(pos2(x, groove.center().y), size + vec2(0.0, grown));
        painter.rect_filled(knob.expand(2.0), theme::CORNER, theme::PANEL);
        painter.rect_filled(knob, theme::CORNER, handle);
        theme::ring(ui, response);
    }
}

/// The groove of an A…B slider: the two colours fade towards its middle.
fn draw_a_to_b(ui: &Ui, groove: Rect) {
    const PIECES: u32 = 8;
    ui.painter().rect_filled(groove, 0.0, theme::GROOVE);
    let mut mesh = Mesh::default();
    for edge in 0..=PIECES {
        let at = edge as f32 / PIECES as f32;
        let strength = 0.12 + 0.5 * (2.0 * at - 1.0).abs();
        let colour = theme::a_to_b(at).gamma_multiply(strength);
        let x = lerp(groove.x_range(), at);
        mesh.colored_vertex(pos2(x, groove.top()), colour);
        mesh.colored_vertex(pos2(x, groove.bottom()), colour);
        if edge > 0 {
            let last = 2 * edge + 1;
            mesh.add_triangle(last - 3, last - 2, last - 1);
            mesh.add_triangle(last - 2, last - 1, last);
        }
    }
    ui.painter().add(mesh);
}

/// Whether the user wants to move things finely.
fn is_fine(ui: &Ui) -> bool {
    ui.input(|input| input.modifiers.ctrl || input.modifiers.shift)
}
