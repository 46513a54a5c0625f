//! The lines at the bottom: what the plugin says about itself, and the weight file.

use std::sync::atomic::Ordering::Relaxed;

use egui::{Id, Key, Label, Rect, RichText, ScrollArea, TextEdit, Ui, UiBuilder, WidgetInfo, vec2};

use crate::editor::{
    controls::{help, slider},
    scene::{Scene, is_running},
    sentences, theme,
};
use crate::shared::Timing;

const LINE: f32 = 19.0;

/// The lines at the bottom.
#[derive(Debug, Default)]
pub struct Footer {
    /// The path that is being typed.
    path: String,
}

impl Footer {
    /// Height of the footer in logical pixels.
    pub const HEIGHT: f32 = 5.0 * LINE + 12.0;

    /// Draws the footer with the warnings, or without any with a word about the control under the pointer.
    pub fn show(&mut self, ui: &mut Ui, mut rect: Rect, scene: &Scene<'_>, warnings: &[String]) {
        ui.painter().rect_filled(rect, theme::CORNER, theme::PANEL);
        rect = rect.shrink2(vec2(12.0, 6.0));
        show_facts(ui, theme::cut_top(&mut rect, LINE), scene);
        let (line, rest) = (theme::cut_top(&mut rect, LINE), theme::cut_top(&mut rect, LINE + 3.0));
        if scene.params.mode.value() == 1 {
            show_accompany(ui, line, rest, scene);
        } else {
            show_side_chain(ui, line, scene);
            self.show_weights(ui, rest, scene);
        }
        match help::pointed_at(ui) {
            Some(help) if warnings.is_empty() => {
                theme::sentence(ui, theme::cut_top(&mut rect, LINE), help, theme::TEXT);
            }
            _ => show_warnings(ui, rect, warnings),
        }
    }

    /// The field for a weight file's path.
    fn show_weights(&mut self, ui: &mut Ui, mut line: Rect, scene: &Scene<'_>) {
        let state = &scene.params.state;
        let info = scene.shared.slot.as_ref().map(|slot| slot.info());
        let built_in = theme::cut_right(&mut line, 96.0).shrink2(vec2(0.0, 1.0));
        theme::cut_right(&mut line, 6.0);
        let load = theme::cut_right(&mut line, 96.0).shrink2(vec2(0.0, 1.0));
        theme::cut_right(&mut line, 6.0);
        let width = line.width() * 0.58;
        let field = theme::cut_right(&mut line, width);
        let network = sentences::network(info.as_ref());
        theme::sentence(ui, line, &network, theme::DIM);
        let hint = "Path of another weight file";
        let edit = TextEdit::singleline(&mut self.path).id(Id::unique("weights")).font(theme::font()).hint_text(hint);
        let response = ui.put(field.shrink2(vec2(0.0, 1.0)), edit);
        response.widget_info(|| WidgetInfo::labeled(egui::Role::TextInput, true, hint));
        let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        let asked = slider::button(ui, load, "Load", false, theme::BOTH).clicked() || entered;
        if asked && !self.path.trim().is_empty() {
            state.choose_weights(Some(self.path.trim().into()));
        }
        let uses_file = info.is_some_and(|info| info.file.is_some());
        if slider::button(ui, built_in, "Built in", !uses_file, theme::DIM).clicked() {
            state.choose_weights(None);
        }
    }
}

/// Whether song B is there.
fn show_side_chain(ui: &mut Ui, line: Rect, scene: &Scene<'_>) {
    let running = is_running(scene.shared);
    let present = scene.shared.telemetry.b_present.load(Relaxed);
    let wanted = scene.params.mash.wants_studio();
    let missing = wanted && scene.shared.slot.as_ref().is_none_or(|slot| !slot.has_studio());
    let (sentence, warns) = match sentences::quality(missing, waits(scene)) {
        Some(sentence) => (sentence, true),
        None => (sentences::side_chain(running, present), running && !present),
    };
    theme::sentence(ui, line, sentence, if warns { theme::WARNING } else { theme::DIM });
}

/// Whether another look-ahead or quality is chosen than the one in use.
fn waits(scene: &Scene<'_>) -> bool {
    let latency = |timing: Timing| scene.params.layout(scene.shared, timing.sample_rate).latency() as u32;
    scene.shared.timing().is_some_and(|timing| latency(timing) != timing.latency)
}

/// A look-ahead that waits for the host, and the band's networks.
fn show_accompany(ui: &mut Ui, line: Rect, rest: Rect, scene: &Scene<'_>) {
    let (sentence, colour) = sentences::accompany(is_running(scene.shared), waits(scene));
    theme::sentence(ui, line, sentence, if colour { theme::WARNING } else { theme::DIM });
    theme::sentence(ui, rest, &sentences::band_networks(), theme::DIM);
}

/// Latency and missed hops.
fn show_facts(ui: &mut Ui, line: Rect, scene: &Scene<'_>) {
    let telemetry = &scene.shared.telemetry;
    let timing = scene.shared.timing();
    let (missed, hops) = (telemetry.missed.load(Relaxed), telemetry.hops.load(Relaxed));
    let written = theme::sentence(ui, line, &sentences::latency(timing), theme::TEXT);
    if timing.is_some() {
        let rest = line.with_min_x(written.rect.right() + 24.0);
        let colour = if missed > 0 { theme::WARNING } else { theme::TEXT };
        theme::sentence(ui, rest, &sentences::missed(missed, hops), colour);
    }
}

fn show_warnings(ui: &mut Ui, rect: Rect, warnings: &[String]) {
    ui.scope_builder(UiBuilder::new().max_rect(rect), |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            for warning in warnings {
                ui.add(Label::new(RichText::new(warning).font(theme::font()).color(theme::WARNING)).wrap());
            }
        });
    });
}
