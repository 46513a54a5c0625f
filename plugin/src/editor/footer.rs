//! The lines at the bottom: what the plugin says about itself, and the weight file.

use std::sync::atomic::Ordering::Relaxed;

use egui::{
    Align, Id, Key, Label, Layout, Popup, PopupCloseBehavior, Rect, RichText, Role, ScrollArea, Sense, TextEdit, Ui,
    UiBuilder, Vec2, WidgetInfo, vec2,
};

use crate::editor::{
    controls::{
        choice::{Choice, draw_menu_button},
        help,
    },
    file_dialog::FileDialog,
    scene::{Scene, is_running},
    sentences, theme,
};
use crate::shared::Timing;

const LINE: f32 = 19.0;
/// Lines of warnings that are shown at once; more can be scrolled to.
const MOST_WARNINGS: usize = 3;
/// What is left free at both sides, and above and below.
const MARGIN: Vec2 = vec2(12.0, 6.0);
/// Width of the menu of networks.
const MENU: f32 = 420.0;
/// Height of a row in it, and width of the row's label.
const ROW: f32 = 26.0;
const LABEL: f32 = 66.0;

/// The lines at the bottom.
#[derive(Debug, Default)]
pub struct Footer {
    /// The path that is being typed.
    path: String,
    dialog: FileDialog<()>,
    /// Why there is no dialog.
    missing: Option<&'static str>,
}

impl Footer {
    /// Height of a footer of a width with these warnings, in logical pixels.
    #[must_use]
    pub fn height(ui: &Ui, width: f32, warnings: &[String]) -> f32 {
        2.0 * (LINE + MARGIN.y) + warnings_height(ui, width - 2.0 * MARGIN.x, warnings)
    }

    /// Draws the footer: warnings first, then what goes on, then how the plugin is.
    pub fn show(&mut self, ui: &mut Ui, mut rect: Rect, scene: &Scene<'_>, warnings: &[String]) {
        match self.dialog.answer(ui.ctx()) {
            Some(((), Ok(file))) => scene.params.state.choose_weights(Some(file)),
            Some(((), Err(missing))) => self.missing = Some(missing),
            None => {}
        }
        ui.painter().rect_filled(rect, theme::CORNER, theme::PANEL);
        rect = rect.shrink2(MARGIN);
        let height = warnings_height(ui, rect.width(), warnings);
        show_warnings(ui, theme::cut_top(&mut rect, height), warnings);
        let line = theme::cut_top(&mut rect, LINE);
        if scene.params.mode.value() == 1 {
            show_accompany(ui, line, scene);
        } else {
            show_side_chain(ui, line, scene);
        }
        self.show_networks(ui, theme::cut_right(&mut rect, 96.0), scene);
        theme::cut_right(&mut rect, 12.0);
        show_facts(ui, rect, scene);
    }

    /// Which networks are in use, and a field for another weight file, in a menu.
    fn show_networks(&mut self, ui: &Ui, rect: Rect, scene: &Scene<'_>) {
        let response = ui.interact(rect, Id::unique("networks"), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "Networks"));
        draw_menu_button(ui, rect, &response, "Networks");
        let shown = Popup::menu(&response)
            .width(MENU)
            .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
            .show(|ui| ui.with_layout(Layout::top_down(Align::Min), |ui| self.show_weights(ui, scene)));
        if shown.is_none() {
            help::point(response, "Networks");
        }
    }

    fn show_weights(&mut self, ui: &mut Ui, scene: &Scene<'_>) {
        let state = &scene.params.state;
        let info = scene.shared.slot.as_ref().map(|slot| slot.info());
        show_device(ui, scene);
        ui.label(sentences::band_networks());
        ui.label(sentences::network(info.as_ref()));
        let hint = "Path of another weight file for Mash";
        let response = ui.add(TextEdit::singleline(&mut self.path).hint_text(hint).desired_width(f32::INFINITY));
        response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, hint));
        let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        ui.horizontal(|ui| {
            let asked = ui.button("Load").clicked() || entered;
            if asked && !self.path.trim().is_empty() {
                state.choose_weights(Some(self.path.trim().into()));
            }
            if ui.button("Choose a file\u{2026}").clicked() {
                self.dialog.open("A weight file for Mash", ("Weight files", "safetensors"), ());
            }
            if info.is_some_and(|info| info.file.is_some()) && ui.button("Back to the one built in").clicked() {
                state.choose_weights(None);
            }
        });
        if let Some(missing) = self.missing {
            ui.colored_label(theme::WARNING, missing);
        }
    }
}

/// The choice of the device for Studio, and the one in use.
fn show_device(ui: &mut Ui, scene: &Scene<'_>) {
    let mash = &scene.params.mash;
    let (row, _) = ui.allocate_exact_size(vec2(MENU, ROW), Sense::hover());
    Choice { param: &mash.device, hand: &scene.hand, label: LABEL }.show(ui, row);
    if is_running(scene.shared) && mash.wants_studio() {
        let placed = scene.shared.status.placement.placed();
        ui.label(sentences::placement(placed.device.as_deref(), placed.asked != mash.wants_gpu()));
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
        None => (sentences::side_chain(running, present), false),
    };
    theme::sentence(ui, line, sentence, if warns { theme::WARNING } else { theme::DIM });
}

/// Whether another look-ahead or quality is chosen than the one in use.
fn waits(scene: &Scene<'_>) -> bool {
    let latency = |timing: Timing| scene.params.layout(scene.shared, timing.sample_rate).latency() as u32;
    scene.shared.timing().is_some_and(|timing| latency(timing) != timing.latency)
}

/// A look-ahead that waits for the host.
fn show_accompany(ui: &mut Ui, line: Rect, scene: &Scene<'_>) {
    let (sentence, colour) = sentences::accompany(is_running(scene.shared), waits(scene));
    theme::sentence(ui, line, sentence, if colour { theme::WARNING } else { theme::DIM });
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

fn warnings_height(ui: &Ui, width: f32, warnings: &[String]) -> f32 {
    let lines = |text: &String| ui.painter().layout(text.clone(), theme::font(), theme::WARNING, width).rows.len();
    warnings.iter().map(lines).sum::<usize>().min(MOST_WARNINGS) as f32 * LINE
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
