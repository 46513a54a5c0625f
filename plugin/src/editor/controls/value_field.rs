//! A value as text that becomes a text field when it is clicked.

use egui::{
    Align2, CursorIcon, Id, Key, Rect, Sense, TextEdit, Ui, WidgetInfo,
    text::{CCursor, CCursorRange},
    text_edit::TextEditState,
};

use crate::editor::theme;

/// Lets the value of a field be typed, beginning with a text that the first letter replaces.
pub fn begin(ui: &Ui, id: Id, text: String) {
    let mut state = TextEditState::default();
    let end = CCursor::new(text.chars().count());
    state.cursor.set_char_range(Some(CCursorRange::two(CCursor::default(), end)));
    state.store(ui.ctx(), id);
    ui.data_mut(|data| data.insert_temp(id, text));
    ui.memory_mut(|memory| memory.request_focus(id));
}

/// The value of a parameter in words.
pub struct ValueField<'a> {
    /// Where the text is kept while it is typed.
    pub id: Id,
    /// What it is the value of.
    pub name: &'a str,
    /// The value.
    pub text: String,
}

impl ValueField<'_> {
    /// Draws the value, right-aligned; calls `enter` with what was typed when the user confirms it. Escape gives up.
    pub fn show(self, ui: &mut Ui, rect: Rect, enter: impl FnOnce(&str)) {
        match ui.data(|data| data.get_temp::<String>(self.id)) {
            Some(typed) => self.edit(ui, rect, typed, enter),
            None => self.display(ui, rect),
        }
    }

    fn display(self, ui: &Ui, rect: Rect) {
        let response = ui.interact(rect, self.id.with("text"), Sense::click());
        let name = format!("{}: {}", self.name, self.text);
        response.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, &name));
        theme::write(ui.painter(), rect, Align2::RIGHT_CENTER, &self.text, theme::font(), theme::TEXT);
        theme::ring(ui, &response);
        if response.on_hover_cursor(CursorIcon::Text).clicked() {
            begin(ui, self.id, self.text);
        }
    }

    fn edit(self, ui: &mut Ui, rect: Rect, mut typed: String, enter: impl FnOnce(&str)) {
        let field = TextEdit::singleline(&mut typed).id(self.id).font(theme::font()).hint_text(self.name);
        let field = field.align(Align2::LEFT_CENTER);
        let response = ui.put(rect.shrink2(egui::vec2(0.0, 2.0)), field);
        if response.lost_focus() {
            ui.data_mut(|data| data.remove::<String>(self.id));
            if ui.input(|input| input.key_pressed(Key::Enter)) {
                enter(&typed);
            }
        } else {
            ui.data_mut(|data| data.insert_temp(self.id, typed));
        }
    }
}
