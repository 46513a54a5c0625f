//! The size of the picture: a choice of scales, on top of the system's own.

use egui::{Rect, Ui, ViewportCommand, vec2};

use crate::editor::{
    controls::slider,
    scene::{SIZE, SMALLEST},
    theme,
};

/// Scales offered, 1 = as large as the system's other text.
const SCALES: [(f32, &str); 4] = [(1.0, "100 %"), (1.25, "125 %"), (1.5, "150 %"), (2.0, "200 %")];
/// Seconds that a host has to make the window as large as the picture.
const TIMEOUT: f64 = 1.0;

/// The choice of scales.
#[derive(Debug, Default)]
pub struct Scale {
    /// When a scale was chosen that the window has not followed yet.
    chosen: Option<f64>,
    /// Whether the host kept the window as it was.
    refused: bool,
}

impl Scale {
    /// Draws the choice at the right end of a row and returns the rest of the row.
    pub fn show(&mut self, ui: &mut Ui, mut row: Rect) -> Rect {
        self.watch(ui);
        let zoom = ui.ctx().zoom_factor();
        for (scale, name) in SCALES.into_iter().rev() {
            let place = theme::cut_right(&mut row, 46.0).shrink2(vec2(0.0, 2.0));
            if slider::button(ui, place, name, (zoom - scale).abs() < 0.01, theme::DIM).clicked() {
                ui.ctx().set_zoom_factor(scale);
                *self = Self { chosen: Some(ui.input(|input| input.time)), refused: false };
            }
            theme::cut_right(&mut row, 4.0);
        }
        row
    }

    /// What to tell when the host refused the last choice.
    #[must_use]
    pub const fn warning(&self) -> Option<&'static str> {
        if self.refused { Some("The host does not let the editor change its size.") } else { None }
    }

    /// Goes back to 100 % when the host does not make the window large enough.
    fn watch(&mut self, ui: &Ui) {
        let Some(chosen) = self.chosen else { return };
        let size = ui.max_rect().size();
        if size.x >= SMALLEST.0 && size.y >= SMALLEST.1 {
            self.chosen = None;
        } else if ui.input(|input| input.time) > chosen + TIMEOUT {
            *self = Self { chosen: None, refused: true };
            ui.ctx().set_zoom_factor(1.0);
            ui.ctx().send_viewport_cmd(ViewportCommand::InnerSize(vec2(SIZE.0, SIZE.1)));
        }
    }
}
