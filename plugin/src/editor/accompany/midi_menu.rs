//! What the band has just played, written as a MIDI file into a folder of the user's.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
};

use songweave_audio::draft::write_bytes;

use egui::{Align, Id, Layout, Popup, PopupCloseBehavior, Rect, Role, Sense, Ui, WidgetInfo};

use crate::{
    editor::{
        controls::{choice::draw_menu_button, help},
        file_dialog::{FileDialog, Wanted},
        scene::Scene,
        theme,
    },
    played::Played,
    shared::{Shared, locked},
};

/// Lengths that are offered, in bars.
const BARS: [u32; 3] = [4, 8, 16];
/// Files that the folder may hold.
const MOST_TAKES: u32 = 9_999;
/// Width of the menu.
const MENU: f32 = 330.0;

/// The menu and what it writes.
#[derive(Debug, Default)]
pub struct MidiMenu {
    played: Played,
    /// The file that was written last, or why it was not.
    written: Option<Result<PathBuf, String>>,
    /// Asks where notes are to be written.
    dialog: FileDialog<Vec<u8>>,
}

impl MidiMenu {
    /// Takes the notes that were played since the last picture.
    pub fn collect(&mut self, shared: &Shared) {
        if let Some(receiver) = &mut *locked(&shared.played) {
            self.played.hear(receiver);
        }
    }

    /// Draws the button and its menu.
    pub fn show(&mut self, ui: &Ui, rect: Rect, scene: &Scene<'_>) {
        if let Some((bytes, chosen)) = self.dialog.answer(ui.ctx()) {
            let written = chosen
                .map_err(str::to_owned)
                .and_then(|file| write_bytes(&file, &bytes).map(|()| file).map_err(|error| format!("{error}.")));
            self.written = Some(written);
        }
        let response = ui.interact(rect, Id::unique("midi"), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, "MIDI file"));
        draw_menu_button(ui, rect, &response, "MIDI");
        let shown = Popup::menu(&response)
            .width(MENU)
            .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
            .show(|ui| ui.with_layout(Layout::top_down(Align::Min), |ui| self.show_menu(ui, scene)));
        if shown.is_none() {
            self.written = None;
            help::point(response, "MIDI file");
        }
    }

    fn show_menu(&mut self, ui: &mut Ui, scene: &Scene<'_>) {
        let Some(folder) = &scene.shared.midi else {
            ui.label("The system does not tell where your files may be kept.");
            return;
        };
        for bars in BARS {
            let [here, elsewhere] = ui
                .horizontal(|ui| {
                    let here = ui.button(format!("Write the last {bars} bars")).clicked();
                    [here, ui.button(format!("The last {bars} elsewhere\u{2026}")).clicked()]
                })
                .inner;
            if !here && !elsewhere {
                continue;
            }
            let bytes = self.played.last_bars(bars);
            match bytes.ok_or_else(|| "The band has not played a whole bar since this window was opened.".to_owned()) {
                Ok(bytes) if elsewhere => {
                    let kinds = &[("MIDI files", "mid")];
                    let (title, name) = ("The notes of the band", "Songweave take.mid");
                    self.dialog.save(&Wanted { title, name, folder: Some(folder), kinds }, bytes);
                }
                bytes => self.written = Some(bytes.and_then(|bytes| write(folder, &bytes))),
            }
        }
        match &self.written {
            None => _ = ui.colored_label(theme::DIM, format!("A new file each time, in {}", folder.display())),
            Some(Err(sentence)) => _ = ui.colored_label(theme::WARNING, sentence),
            Some(Ok(path)) => {
                ui.label(format!("Written: {}", path.display()));
                if ui.button("Copy its path").clicked() {
                    ui.ctx().copy_text(path.display().to_string());
                }
            }
        }
    }
}

/// Writes a file that was not there.
fn write(folder: &Path, bytes: &[u8]) -> Result<PathBuf, String> {
    let told = |path: &Path, error: std::io::Error| format!("{} cannot be written: {error}.", path.display());
    fs::create_dir_all(folder).map_err(|error| told(folder, error))?;
    for take in 1..=MOST_TAKES {
        let path = folder.join(format!("Songweave take {take}.mid"));
        match OpenOptions::new().write(true).create_new(true).open(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(told(&path, error)),
            Ok(mut file) => {
                return file.write_all(bytes).and_then(|()| file.sync_all()).map(|()| path.clone()).map_err(|error| {
                    _ = fs::remove_file(&path);
                    told(&path, error)
                });
            }
        }
    }
    Err(format!("{} holds {MOST_TAKES} takes: move some away.", folder.display()))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_take_is_a_file_of_its_own_and_what_goes_wrong_is_a_sentence() {
        let folder = std::env::temp_dir().join(format!("songweave-takes-{}", std::process::id()));
        _ = fs::remove_dir_all(&folder);
        let [first, second] = [b"one", b"two"].map(|bytes| write(&folder, bytes).unwrap());
        assert_eq!((fs::read(&first).unwrap(), fs::read(&second).unwrap()), (b"one".to_vec(), b"two".to_vec()));
        let no_folder = write(&first, b"three").unwrap_err();
        assert!(no_folder.contains("cannot be written"), "{no_folder}");
        fs::remove_dir_all(folder).unwrap();
    }
}
