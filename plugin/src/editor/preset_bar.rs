//! The presets, what can be undone, and the two sounds that can be compared: a row at the top.

use egui::{
    Button, Id, Key, Popup, PopupCloseBehavior, Rect, Response, Role, ScrollArea, Sense, TextEdit, Ui, WidgetInfo, vec2,
};

use crate::{
    editor::{
        controls::{button::named, choice::draw_menu_button, help},
        scene::Scene,
        theme,
    },
    presets::{
        Scope,
        factory::{self, Factory},
        folder::{Entry, Folder},
    },
    settings::{Loaded, Values},
};

/// Height beyond which the user's own list is scrolled, and width of a list.
const MENU: f32 = 340.0;
const COLUMN: f32 = 190.0;
/// Widths of the row's pieces.
const ARROW: f32 = 24.0;
const UNDO: f32 = 52.0;
const SOUND: f32 = 26.0;
const ROOM: f32 = 4.0;

/// What the row remembers while the window is open.
#[derive(Default)]
pub struct PresetBar {
    /// The user's presets as they were when the menu was opened.
    own: Vec<Entry>,
    open: bool,
    typed: String,
    /// Whether the user was asked to delete the preset in use.
    deletes: bool,
    said: Vec<String>,
}

/// What was chosen in the menu.
enum Chosen {
    Factory(&'static Factory),
    Own(Entry),
    Save(Entry),
    SaveAs(String),
    Rename(Entry, String),
    Delete(Entry),
}

impl PresetBar {
    /// What the user must know about the last thing that was done with presets.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.said
    }

    /// Draws the row.
    pub fn show(&mut self, ui: &mut Ui, mut rect: Rect, scene: &Scene<'_>) {
        rect = rect.shrink2(vec2(0.0, 2.0));
        show_comparison(ui, &mut rect, scene);
        let (undo, redo) = scene.hand.can();
        if piece(ui, &mut rect, UNDO, "Redo", redo)
            || redo && pressed(ui, Key::Y, false)
            || redo && pressed(ui, Key::Z, true)
        {
            scene.hand.redo();
        }
        if piece(ui, &mut rect, UNDO, "Undo", undo) || undo && pressed(ui, Key::Z, false) {
            scene.hand.undo();
        }
        theme::cut_right(&mut rect, 3.0 * ROOM);
        let way = i32::from(arrow(ui, &mut rect, ">", "Next preset"))
            - i32::from(arrow(ui, &mut rect, "<", "Previous preset"));
        if way != 0 {
            self.go_on(scene, way);
        }
        self.show_menu(ui, rect, scene);
    }

    fn show_menu(&mut self, ui: &Ui, rect: Rect, scene: &Scene<'_>) {
        let preset = scene.hand.preset();
        let text = preset.as_ref().map_or_else(
            || "No preset".to_owned(),
            |(preset, changed)| format!("{}{}", preset.name, if *changed { " *" } else { "" }),
        );
        let response = ui.interact(rect, Id::unique("presets"), Sense::click());
        response.widget_info(|| WidgetInfo {
            current_text_value: Some(text.clone()),
            ..WidgetInfo::labeled(Role::ComboBox, true, "Presets")
        });
        draw_menu_button(ui, rect, &response, &text);
        let shown = Popup::menu(&response)
            .width(3.0 * COLUMN)
            .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
            .show(|ui| {
                if !self.open {
                    self.look(scene, preset.as_ref().map(|(preset, _)| preset));
                }
                self.show_list(ui, scene, preset.as_ref().map(|(preset, _)| preset))
            });
        self.open = shown.is_some();
        if let Some(chosen) = shown.and_then(|shown| shown.inner) {
            let stays = self.act(scene, chosen);
            if !stays {
                Popup::close_id(ui.ctx(), Popup::default_response_id(&response));
            }
        }
        if !self.open {
            help::point(response, "Presets");
        }
    }

    /// Reads the names of the user's presets.
    fn look(&mut self, scene: &Scene<'_>, preset: Option<&Loaded>) {
        (self.own, self.said) = scene.shared.presets.as_ref().map(Folder::list).unwrap_or_default();
        self.typed = preset.filter(|preset| preset.own).map(|preset| preset.name.clone()).unwrap_or_default();
        self.deletes = false;
    }

    fn show_list(&mut self, ui: &mut Ui, scene: &Scene<'_>, preset: Option<&Loaded>) -> Option<Chosen> {
        let mut chosen = None;
        let accompanies = scene.params.mode.value() == 1;
        let in_use = |name: &str, own: bool| preset.is_some_and(|preset| preset.name == name && preset.own == own);
        let scopes: &[(Scope, &str)] =
            if accompanies { &[(Scope::Band, "Bands"), (Scope::Tune, "Tuning")] } else { &[(Scope::Mash, "Mash")] };
        ui.horizontal_top(|ui| {
            for (scope, heading) in scopes {
                let factories = factory::ALL.iter().filter(|factory| factory.scope == *scope);
                show_column(ui, heading, factories, |ui, factory| {
                    let response = ui.selectable_label(in_use(factory.name, false), factory.name);
                    if response.on_hover_text(factory.about).clicked() {
                        chosen = Some(Chosen::Factory(factory));
                    }
                });
            }
            show_column(ui, "Yours", &self.own, |ui, entry| {
                if ui.selectable_label(in_use(&entry.name, true), &entry.name).clicked() {
                    chosen = Some(Chosen::Own(entry.clone()));
                }
            });
        });
        ui.separator();
        let entry = self.own.iter().find(|entry| in_use(&entry.name, true)).cloned();
        chosen.or_else(|| self.show_saving(ui, scene, entry))
    }

    /// Saving, renaming and deleting, and where the files are.
    fn show_saving(&mut self, ui: &mut Ui, scene: &Scene<'_>, entry: Option<Entry>) -> Option<Chosen> {
        let Some(folder) = &scene.shared.presets else {
            ui.label("The system does not tell where your presets may be kept.");
            return None;
        };
        let field =
            TextEdit::singleline(&mut self.typed).hint_text("Name of a new preset").desired_width(f32::INFINITY);
        let response = ui.add(field);
        response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Name of a new preset"));
        let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        let mut chosen = None;
        ui.horizontal_wrapped(|ui| {
            if action(ui, "Save as new").clicked() || entered {
                chosen = Some(Chosen::SaveAs(self.typed.clone()));
            }
            let Some(entry) = entry else { return };
            if action(ui, "Save").clicked() {
                chosen = Some(Chosen::Save(entry.clone()));
            }
            if action(ui, "Rename").clicked() {
                chosen = Some(Chosen::Rename(entry.clone(), self.typed.clone()));
            }
            if action(ui, if self.deletes { "Really delete" } else { "Delete" }).clicked() {
                let asked = std::mem::replace(&mut self.deletes, true);
                chosen = asked.then_some(Chosen::Delete(entry));
            }
        });
        if action(ui, "Copy the folder's path")
            .on_hover_text("Presets are files: give them away, or put others' there.")
            .clicked()
        {
            ui.ctx().copy_text(folder.path().display().to_string());
        }
        chosen
    }

    /// Does what was chosen; returns whether the menu stays, since something went wrong.
    fn act(&mut self, scene: &Scene<'_>, chosen: Chosen) -> bool {
        self.said.clear();
        let Some(folder) = &scene.shared.presets else {
            if let Chosen::Factory(factory) = chosen {
                load_factory(scene, factory);
            }
            return false;
        };
        let values = || Scope::of_mode(scene.params.mode.value() == 1).present(scene.params);
        let done = match chosen {
            Chosen::Factory(factory) => {
                load_factory(scene, factory);
                Ok(())
            }
            Chosen::Own(entry) => self.load(scene, folder, &entry),
            Chosen::Save(entry) => folder.save_over(&entry, &values()).map(|()| keep(scene, &entry, values())),
            Chosen::SaveAs(name) => folder.save(&name, &values()).map(|entry| keep(scene, &entry, values())),
            Chosen::Rename(entry, name) => folder.rename(&entry, &name).map(|entry| rename(scene, &entry)),
            Chosen::Delete(entry) => folder.delete(&entry),
        };
        let failed = done.is_err();
        self.said.extend(done.err());
        failed
    }

    fn load(&mut self, scene: &Scene<'_>, folder: &Folder, entry: &Entry) -> Result<(), String> {
        let read = folder.load(&entry.path, scene.params)?;
        scene.hand.load(Loaded { name: read.name, own: true, values: read.values });
        self.said.extend(read.notice);
        Ok(())
    }

    /// Loads the preset before or after the one in use.
    fn go_on(&mut self, scene: &Scene<'_>, way: i32) {
        let accompanies = scene.params.mode.value() == 1;
        let preset = scene.hand.preset().map(|(preset, _)| preset);
        self.look(scene, preset.as_ref());
        let built_in = factory::ALL.iter().filter(|factory| (factory.scope == Scope::Mash) != accompanies);
        let mut all: Vec<Chosen> = built_in.map(Chosen::Factory).collect();
        all.extend(self.own.iter().cloned().map(Chosen::Own));
        let is_it = |chosen: &Chosen| match (chosen, &preset) {
            (Chosen::Factory(factory), Some(preset)) => !preset.own && factory.name == preset.name,
            (Chosen::Own(entry), Some(preset)) => preset.own && entry.name == preset.name,
            _ => false,
        };
        let count = all.len() as i32;
        let next = match all.iter().position(is_it) {
            Some(at) => (at as i32 + way).rem_euclid(count),
            None => {
                if way > 0 {
                    0
                } else {
                    count - 1
                }
            }
        };
        let chosen = all.swap_remove(next as usize);
        self.act(scene, chosen);
    }
}

/// A list below its heading.
fn show_column<T>(ui: &mut Ui, heading: &str, all: impl IntoIterator<Item = T>, mut show: impl FnMut(&mut Ui, T)) {
    ui.vertical(|ui| {
        ui.set_width(COLUMN - 2.0 * ROOM);
        ui.colored_label(theme::DIM, heading);
        ScrollArea::vertical()
            .id_salt(heading)
            .max_height(MENU)
            .show(ui, |ui| all.into_iter().for_each(|one| show(ui, one)));
    });
}

/// A button that looks like one, which those of menus do not.
fn action(ui: &mut Ui, name: &str) -> Response {
    ui.add(Button::new(name).fill(theme::GROOVE))
}

fn load_factory(scene: &Scene<'_>, factory: &Factory) {
    scene.hand.load(Loaded { name: factory.name.to_owned(), own: false, values: factory.values(scene.params) });
}

fn keep(scene: &Scene<'_>, entry: &Entry, values: Values) {
    scene.hand.saved_as(Loaded { name: entry.name.clone(), own: true, values });
}

fn rename(scene: &Scene<'_>, entry: &Entry) {
    if let Some((preset, _)) = scene.hand.preset() {
        scene.hand.saved_as(Loaded { name: entry.name.clone(), ..preset });
    }
}

/// The two sounds that can be compared.
fn show_comparison(ui: &Ui, rect: &mut Rect, scene: &Scene<'_>) {
    let second = scene.hand.hears_second();
    for (number, name, on) in [("2", "Second sound", second), ("1", "First sound", !second)] {
        let place = theme::cut_right(rect, SOUND);
        if named(ui, place, (number, name), on.then_some(theme::BOTH), true).clicked() && !on {
            scene.hand.compare();
        }
        theme::cut_right(rect, 2.0);
    }
    theme::cut_right(rect, 3.0 * ROOM);
}

fn piece(ui: &Ui, rect: &mut Rect, width: f32, name: &str, enabled: bool) -> bool {
    let place = theme::cut_right(rect, width);
    theme::cut_right(rect, ROOM);
    named(ui, place, (name, name), None, enabled).clicked()
}

fn arrow(ui: &Ui, rect: &mut Rect, written: &str, name: &str) -> bool {
    let place = theme::cut_right(rect, ARROW);
    theme::cut_right(rect, ROOM);
    named(ui, place, (written, name), None, true).clicked()
}

/// Whether a key was pressed with the system's command key, while no text is typed.
fn pressed(ui: &Ui, key: Key, shift: bool) -> bool {
    let typing = ui.ctx().text_edit_focused();
    !typing && ui.input(|input| input.modifiers.command && input.modifiers.shift == shift && input.key_pressed(key))
}
