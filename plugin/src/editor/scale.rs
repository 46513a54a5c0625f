//! The size of the picture: how large it is drawn, on top of the system's own scale, and the corner that the window is dragged by.

use egui::{CursorIcon, Id, Popup, Rect, Role, Sense, Stroke, Ui, Vec2, ViewportCommand, WidgetInfo, pos2, vec2};

use crate::editor::{
    controls::{choice::draw_menu_button, help},
    scene::SMALLEST,
    theme,
};

/// Scales offered, 1 = as large as the system's other text.
const SCALES: [(f32, &str); 6] =
    [(0.75, "75 %"), (1.0, "100 %"), (1.25, "125 %"), (1.5, "150 %"), (2.0, "200 %"), (2.5, "250 %")];
/// Seconds that a host has to make the window as large as the picture.
const TIMEOUT: f64 = 1.0;
/// Side of the corner that the window is dragged by.
const CORNER: f32 = 16.0;

/// The choice of scales.
#[derive(Debug, Default)]
pub struct Scale {
    /// The scale before, and when another was chosen that the window has not followed yet.
    chosen: Option<(f32, f64)>,
    /// Whether the host kept the window as it was.
    refused: bool,
    /// The size of the window when its corner was taken.
    dragged: Option<Vec2>,
}

impl Scale {
    /// Draws the choice into a rectangle.
    pub fn show(&mut self, ui: &Ui, rect: Rect) {
        self.watch(ui);
        let zoom = ui.ctx().zoom_factor();
        let text = format!("{:.0} %", 100.0 * zoom);
        let response = ui.interact(rect, Id::unique("scale"), Sense::click());
        response.widget_info(|| WidgetInfo {
            current_text_value: Some(text.clone()),
            ..WidgetInfo::labeled(Role::ComboBox, true, "Size")
        });
        draw_menu_button(ui, rect, &response, &text);
        Popup::menu(&response).width(rect.width()).show(|ui| {
            for (scale, name) in SCALES {
                if ui.selectable_label((zoom - scale).abs() < 0.01, name).clicked() {
                    ui.ctx().set_zoom_factor(scale);
                    self.chosen = Some((zoom, ui.input(|input| input.time)));
                    self.refused = false;
                }
            }
        });
        help::point(response, "Size");
    }

    /// Draws the corner of the window, by which it is made larger and smaller.
    pub fn show_corner(&mut self, ui: &Ui, window: Rect) {
        let rect = Rect::from_min_max(window.max - Vec2::splat(CORNER), window.max);
        let response = ui.interact(rect, Id::unique("corner"), Sense::drag());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Corner of the window"));
        match (response.dragged(), response.total_drag_delta()) {
            (true, Some(way)) => {
                let size = *self.dragged.get_or_insert(window.size()) + way;
                ui.ctx().send_viewport_cmd(ViewportCommand::InnerSize(size.max(vec2(SMALLEST.0, SMALLEST.1))));
            }
            _ => self.dragged = None,
        }
        let colour = if response.hovered() || response.dragged() { theme::TEXT } else { theme::DIM };
        for way in [4.0, 8.0, 12.0] {
            let (one, other) =
                (pos2(window.right() - way, window.bottom() - 2.0), pos2(window.right() - 2.0, window.bottom() - way));
            ui.painter().line_segment([one, other], Stroke::new(1.0, colour));
        }
        response.on_hover_and_drag_cursor(CursorIcon::ResizeNwSe);
    }

    /// What to tell when the host refused the last choice.
    #[must_use]
    pub const fn warning(&self) -> Option<&'static str> {
        if self.refused { Some("The host does not let the editor change its size.") } else { None }
    }

    /// Goes back to the scale before when the host does not make the window large enough.
    fn watch(&mut self, ui: &Ui) {
        let Some((before, chosen)) = self.chosen else { return };
        let size = ui.ctx().viewport_rect().size();
        if size.x >= SMALLEST.0 && size.y >= SMALLEST.1 {
            self.chosen = None;
        } else if ui.input(|input| input.time) > chosen + TIMEOUT {
            (self.chosen, self.refused) = (None, true);
            let pixels = size * ui.ctx().zoom_factor();
            ui.ctx().set_zoom_factor(before);
            ui.ctx().send_viewport_cmd(ViewportCommand::InnerSize(pixels / before));
        }
    }
}
