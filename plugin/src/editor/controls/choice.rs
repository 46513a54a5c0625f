//! Choices: a parameter whose values have names, as buttons side by side where they are few, else as a menu.

use egui::{
    Align2, CursorIcon, EventFilter, Id, Key, Popup, Rect, Response, Role, ScrollArea, Sense, Shape, Stroke, Ui,
    WidgetInfo, pos2, vec2,
};
use nice_plug::prelude::*;

use crate::editor::{
    controls::{help, keys, label, wheel},
    hand::Hand,
    theme,
};

/// Letters that all names together may have to be shown side by side.
const SIDE_BY_SIDE: usize = 15;
/// Height beyond which a menu is scrolled.
const MENU: f32 = 320.0;

/// A choice of one parameter's value.
pub struct Choice<'a> {
    /// The parameter.
    pub param: &'a IntParam,
    /// Changes it.
    pub hand: &'a Hand<'a>,
    /// Width of the label, 0 for none.
    pub label: f32,
}

impl Choice<'_> {
    /// Draws the choice into a row. A click chooses, arrow keys and the wheel go on by one, a double click on the label resets.
    pub fn show(&self, ui: &mut Ui, mut row: Rect) {
        let name = theme::cut_left(&mut row, self.label);
        if self.label > 0.0 {
            label::show(ui, name, self.param, self.hand, theme::DIM);
        }
        let place = row.shrink2(vec2(0.0, 3.0));
        if self.names().iter().map(String::len).sum::<usize>() <= SIDE_BY_SIDE {
            self.show_side_by_side(ui, place);
        } else {
            self.show_menu(ui, place);
        }
    }

    fn show_side_by_side(&self, ui: &Ui, mut rect: Rect) {
        let (names, chosen) = (self.names(), self.chosen());
        let width = rect.width() / names.len() as f32;
        ui.painter().rect_filled(rect, theme::CORNER, theme::GROOVE);
        for (index, name) in names.iter().enumerate() {
            let place = theme::cut_left(&mut rect, width);
            let on = index == chosen;
            let response = ui.interact(place, Id::unique(("choice", self.param.name(), index)), Sense::click());
            let named = format!("{}: {name}", self.param.name());
            response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, on, &named));
            if on || response.hovered() || response.has_focus() {
                let fill = if on { theme::BOTH } else { theme::GROOVE.lerp_to_gamma(theme::TEXT, 0.12) };
                ui.painter().rect_filled(place, theme::CORNER, fill);
            }
            let colour = if on { theme::BACKGROUND } else { theme::TEXT };
            theme::write(ui.painter(), place, Align2::CENTER_CENTER, name, theme::font(), colour);
            theme::ring(ui, &response);
            if response.clicked() && !on {
                self.choose(index);
            }
            self.step(ui, &response, (Key::ArrowLeft, Key::ArrowRight));
            help::explain(response, self.param).on_hover_cursor(CursorIcon::PointingHand);
        }
    }

    fn show_menu(&self, ui: &Ui, rect: Rect) {
        let (names, chosen) = (self.names(), self.chosen());
        let response = ui.interact(rect, Id::unique(("choice", self.param.name())), Sense::click());
        let text = names.get(chosen).cloned().unwrap_or_default();
        response.widget_info(|| WidgetInfo {
            current_text_value: Some(text.clone()),
            ..WidgetInfo::labeled(Role::ComboBox, true, self.param.name())
        });
        draw_menu_button(ui, rect, &response, &text);
        Popup::menu(&response).width(rect.width()).show(|ui| {
            ui.set_min_width(rect.width() - 2.0 * ui.spacing().menu_margin.leftf());
            ScrollArea::vertical().max_height(MENU).show(ui, |ui| {
                for (index, name) in names.iter().enumerate() {
                    if ui.selectable_label(index == chosen, name).clicked() {
                        self.choose(index);
                    }
                }
            });
        });
        if !Popup::is_id_open(ui.ctx(), Popup::default_response_id(&response)) {
            self.step(ui, &response, (Key::ArrowUp, Key::ArrowDown));
            help::explain(response, self.param).on_hover_cursor(CursorIcon::PointingHand);
        }
    }

    /// Goes on by one value by the keys while a control has the focus, and by the wheel under the pointer.
    fn step(&self, ui: &Ui, response: &Response, (back, on): (Key, Key)) {
        let mut steps = -wheel::notches(ui, response).round() as i32;
        let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
        if keys::go_to(ui, response, filter) {
            let presses = |key| ui.input(|input| input.num_presses(key)) as i32;
            steps += presses(on) - presses(back);
        }
        let wanted = (self.chosen() as i32 + steps).clamp(0, self.count() - 1);
        if steps != 0 && wanted != self.chosen() as i32 {
            self.hand.nudge(self.param, self.param.preview_normalized(self.lowest() + wanted));
        }
    }

    fn choose(&self, index: usize) {
        self.hand.turn(self.param, self.param.preview_normalized(self.lowest() + index as i32));
    }

    fn lowest(&self) -> i32 {
        self.param.preview_plain(0.0)
    }

    fn count(&self) -> i32 {
        self.param.preview_plain(1.0) - self.lowest() + 1
    }

    fn names(&self) -> Vec<String> {
        let text = |value| self.param.normalized_value_to_string(self.param.preview_normalized(value), true);
        (0..self.count()).map(|index| text(self.lowest() + index)).collect()
    }

    fn chosen(&self) -> usize {
        (self.param.unmodulated_plain_value() - self.lowest()).clamp(0, self.count() - 1) as usize
    }
}

/// A button with a text and a triangle that says that there is more.
pub fn draw_menu_button(ui: &Ui, rect: Rect, response: &Response, text: &str) {
    let strong = response.hovered() || response.has_focus();
    let fill = if strong { theme::GROOVE.lerp_to_gamma(theme::TEXT, 0.12) } else { theme::GROOVE };
    ui.painter().rect_filled(rect, theme::CORNER, fill);
    let mut inside = rect.shrink2(vec2(8.0, 0.0));
    let at = theme::cut_right(&mut inside, 8.0).center();
    let triangle = vec![at + vec2(-4.0, -2.0), at + vec2(4.0, -2.0), pos2(at.x, at.y + 3.0)];
    ui.painter().add(Shape::convex_polygon(triangle, theme::DIM, Stroke::NONE));
    theme::ring(ui, response);
    let galley = ui.painter().layout_no_wrap(text.to_owned(), theme::font(), theme::TEXT);
    let place = Align2::LEFT_CENTER.align_size_within_rect(galley.size(), inside).min;
    if galley.size().x > inside.width() {
        let within = ui.painter().with_clip_rect(inside.intersect(ui.clip_rect()));
        within.galley(place, galley, theme::TEXT);
    } else {
        // Without a clip of its own, which would cost the renderer a call more.
        ui.painter().galley(place, galley, theme::TEXT);
    }
}
