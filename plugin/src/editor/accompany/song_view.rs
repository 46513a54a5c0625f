//! The lead sheet: the bars of a song that was learned, with sections and chords. A click changes a chord or a section's style.

use std::{ops::Range, path::PathBuf};

use egui::{Align2, FontId, Id, Popup, Rect, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};
use songweave_dsp::band::{CLASS_NAMES, Chord, Quality, Style};
use songweave_engine::band::take::{
    learned::{Lock, step_ticks},
    sections::Section,
    view::{BarView, SongView},
};
use songweave_sheet::Sheet;

use crate::editor::{
    controls::{button, help, rows::choice_row},
    file_dialog::{FileDialog, Wanted},
    pictures::roll::chord_name,
    scene::{ROW, Scene},
    theme,
};

/// Bars of a line.
const BARS: usize = 8;
/// Height of a line: the section's letter, then the bars.
const LETTER: f32 = 16.0;
const LINE: f32 = LETTER + 34.0;
/// Files that a sheet can be written to.
const KINDS: [(&str, &str); 3] = [("MusicXML", "musicxml"), ("PDF", "pdf"), ("Text", "txt")];
/// What is told before anything was learned.
const EMPTY: &str = "Switch Learn on and play the song from the host's timeline. Switch it off again, and the band knows the song: its key, \
                     its sections and where it is going. Sing to the host's beat: without it a song is learned on bars that are not its own.";

/// The page, and the sheets that it writes.
#[derive(Debug, Default)]
pub struct SongPage {
    /// Asks where a sheet is to be written.
    pub(in crate::editor) dialog: FileDialog<()>,
    /// What became of it.
    written: Option<Result<String, String>>,
}

impl SongPage {
    /// Draws the buttons and the sheet.
    pub fn show(&mut self, ui: &mut Ui, mut rect: Rect, scene: &Scene<'_>) {
        let song = scene.shared.take.shown();
        if let Some(((), chosen)) = self.dialog.answer(ui.ctx()) {
            self.written = Some(chosen.map_err(str::to_owned).and_then(|file| write(file, &song, scene)));
        }
        self.show_buttons(ui, theme::cut_top(&mut rect, ROW + 4.0), &song, scene);
        theme::cut_top(&mut rect, 4.0);
        show_sheet(ui, rect, &song, scene);
    }

    fn show_buttons(&mut self, ui: &mut Ui, mut rect: Rect, song: &SongView, scene: &Scene<'_>) {
        show_switches(ui, &mut rect, scene);
        if song.bars.is_empty() {
            self.written = None;
            return;
        }
        let place = theme::cut_left(&mut rect, 66.0).shrink2(vec2(0.0, 2.0));
        let pressed = button::button(ui, place, "Save\u{2026}", false, theme::BOTH);
        if help::point(pressed, "Save sheet").clicked() {
            let wanted = Wanted { title: "The lead sheet", name: "Lead sheet.musicxml", folder: None, kinds: &KINDS };
            self.dialog.save(&wanted, ());
        }
        theme::cut_left(&mut rect, 10.0);
        let key = song.key.map_or_else(String::new, |key| format!(", {}", key.name()));
        let (told, colour) = match &self.written {
            None => (format!("{} bars known{key}", song.sung().len()), theme::DIM),
            Some(Ok(told)) => (told.clone(), theme::TEXT),
            Some(Err(told)) => (told.clone(), theme::WARNING),
        };
        theme::sentence(ui, rect, &told, colour);
    }
}

/// Writes the sheet; what to say of it.
fn write(mut file: PathBuf, song: &SongView, scene: &Scene<'_>) -> Result<String, String> {
    if file.extension().is_none() {
        file.set_extension(songweave_sheet::ENDINGS[0]);
    }
    let title = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let step = f64::from(scene.shared.status.band().step_seconds);
    let tempo = if step > 0.0 { 15.0 / step } else { f64::from(scene.params.band.tempo.value()) };
    let sheet = Sheet { title: &title, tempo: (100.0 * tempo).round() / 100.0, time_signature: metre(song), song };
    songweave_sheet::write(&file, &sheet)
        .map(|()| format!("Written: {}", file.display()))
        .map_err(|error| format!("{error}."))
}

/// Beats of a bar and their note value, from the first bar.
fn metre(song: &SongView) -> (u16, u16) {
    let Some(bar) = song.bars.first() else { return (4, 4) };
    // A beat of six steps is a dotted quarter: such metres are written in eighths.
    let unit = if bar.steps_per_beat == 6 { 8 } else { 16 / bar.steps_per_beat.clamp(1, 16) };
    ((bar.steps * unit / 16).max(1) as u16, unit as u16)
}

/// Draws the sheet, or what to do for one.
fn show_sheet(ui: &mut Ui, rect: Rect, song: &SongView, scene: &Scene<'_>) {
    ui.painter().rect_filled(rect, theme::CORNER, theme::PANEL);
    let mut rect = rect.shrink2(vec2(10.0, 6.0));
    if song.bars.is_empty() {
        theme::paragraph(ui, rect, EMPTY, theme::DIM);
        return;
    }
    if let Some(advice) = scene.shared.take.beat().advice() {
        rect.min.y = theme::paragraph(ui, rect, &advice, theme::WARNING).rect.bottom() + 6.0;
    }
    let now = scene.shared.status.band().place.map(|place| place.bar);
    let mut inside = ui.new_child(egui::UiBuilder::new().max_rect(rect));
    ScrollArea::vertical().id_salt("sheet").auto_shrink(false).show(&mut inside, |ui| {
        let lines = lines(song);
        let (whole, _) = ui.allocate_exact_size(vec2(rect.width() - 14.0, LINE * lines.len() as f32), Sense::hover());
        for (number, line) in lines.into_iter().enumerate() {
            let top = whole.top() + LINE * number as f32;
            let place = Rect::from_min_size(pos2(whole.left(), top), vec2(whole.width(), LINE));
            show_line(ui, place, song, line, now, scene);
        }
    });
}

fn show_switches(ui: &mut Ui, rect: &mut Rect, scene: &Scene<'_>) {
    let learn = &scene.params.band.learn;
    let on = learn.value();
    let place = theme::cut_left(rect, 96.0).shrink2(vec2(0.0, 2.0));
    let pressed = button::button(ui, place, if on { "Learning" } else { "Learn" }, on, theme::WARNING);
    if help::point(pressed, "Learn").clicked() {
        scene.hand.turn(learn, f32::from(u8::from(!on)));
    }
    theme::cut_left(rect, 6.0);
    let place = theme::cut_left(rect, 84.0).shrink2(vec2(0.0, 2.0));
    let pressed = button::button(ui, place, "Forget", false, theme::BOTH);
    if help::point(pressed, "Forget").clicked() {
        scene.hand.forget();
    }
    theme::cut_left(rect, 12.0);
    let mut intro = theme::cut_left(rect, 250.0);
    choice_row(ui, &mut intro, &scene.params.band.intro, scene);
    theme::cut_left(rect, 12.0);
    let tuned = &scene.params.tune.song;
    let place = theme::cut_left(rect, 120.0).shrink2(vec2(0.0, 2.0));
    let pressed = button::button(ui, place, "Learned notes", tuned.value(), theme::BOTH);
    if help::point(pressed, "Learned notes").clicked() {
        scene.hand.turn(tuned, f32::from(u8::from(!tuned.value())));
    }
    theme::cut_left(rect, 12.0);
}

/// First bar and end of each line, as far as somebody sings: a section begins a new one.
fn lines(song: &SongView) -> Vec<Range<usize>> {
    let sung = song.sung();
    song.sections
        .iter()
        .flat_map(|section| {
            let (first, end) = (section.first.max(sung.start), (section.first + section.bars).min(sung.end));
            (first..end).step_by(BARS).map(move |first| first..(first + BARS).min(end))
        })
        .collect()
}

fn show_line(ui: &mut Ui, mut rect: Rect, song: &SongView, line: Range<usize>, now: Option<i64>, scene: &Scene<'_>) {
    let mut heading = theme::cut_top(&mut rect, LETTER);
    let first = song.sung().start;
    let begins = |section: &Section| section.first.max(first) == line.start && section.first + section.bars > first;
    if let Some(section) = song.sections.iter().position(begins) {
        show_section(ui, theme::cut_left(&mut heading, 160.0), song, section, scene);
    }
    let width = rect.width() / BARS as f32;
    for (column, bar) in line.enumerate() {
        let place = Rect::from_min_size(
            pos2(rect.left() + column as f32 * width, rect.top()),
            vec2(width - 3.0, rect.height() - 4.0),
        );
        show_bar(ui, place, &song.bars[bar], now, scene);
    }
}

/// The letter of a section; a click chooses a style for it.
fn show_section(ui: &mut Ui, rect: Rect, song: &SongView, index: usize, scene: &Scene<'_>) {
    let section = &song.sections[index];
    let style = song.styles.get(index).copied().flatten();
    let written = match style {
        Some(style) => format!("{}  {}", section.letter(), style.name()),
        None => section.letter().to_string(),
    };
    let response = ui.interact(rect, Id::unique(("section", index)), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Section {written}")));
    let colour = if response.hovered() || response.has_focus() { theme::TEXT } else { theme::DIM };
    theme::write(ui.painter(), rect, Align2::LEFT_CENTER, written, theme::small_font(), colour);
    let Some(ticks) = song.bars.get(section.first).and_then(|bar| bar.ticks) else { return };
    let shown = Popup::menu(&response).show(|ui| {
        if ui.button("The style of the song").clicked() {
            scene.hand.put_down(|sheet| _ = sheet.styles.remove(&ticks));
        }
        for style in Style::ALL {
            if ui.button(style.name()).clicked() {
                scene.hand.put_down(|sheet| _ = sheet.styles.insert(ticks, style));
            }
        }
    });
    if shown.is_none() {
        help::point(response, "Section");
    }
}

fn show_bar(ui: &mut Ui, rect: Rect, bar: &BarView, now: Option<i64>, scene: &Scene<'_>) {
    let painter = ui.painter();
    painter.rect_filled(rect, theme::CORNER, theme::GROOVE);
    if now == Some(bar.number) {
        painter.rect_stroke(rect, theme::CORNER, Stroke::new(1.5, theme::TEXT), StrokeKind::Inside);
    }
    let number = rect.right_bottom() - vec2(4.0, 1.0);
    painter.text(number, Align2::RIGHT_BOTTOM, bar.number + 1, FontId::proportional(9.0), theme::DIM);
    let ends = bar.chords.iter().skip(1).map(|chord| chord.step).chain([bar.steps]);
    for (chord, end) in bar.chords.iter().zip(ends) {
        let x = |step: u32| rect.left() + rect.width() * step as f32 / bar.steps.max(1) as f32;
        let place = Rect::from_x_y_ranges(x(chord.step)..=x(end), rect.y_range());
        let response = ui.interact(place, Id::unique(("bar", bar.number, chord.step)), Sense::click());
        let name = chord_name(chord.chord);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Bar {}: {name}", bar.number + 1)));
        if response.hovered() || response.has_focus() {
            ui.painter().rect_filled(place, theme::CORNER, theme::GROOVE.lerp_to_gamma(theme::TEXT, 0.12));
        }
        let colour = if chord.locked { theme::WARNING } else { theme::TEXT };
        let size = if end - chord.step <= bar.steps / 4 { 11.0 } else { 15.0 };
        let text = place.shrink2(vec2(5.0, 2.0));
        theme::write(ui.painter(), text, Align2::LEFT_CENTER, &name, FontId::proportional(size), colour);
        let Some(ticks) = bar.ticks else { continue };
        let span = (ticks + step_ticks(chord.step as usize), step_ticks((end - chord.step) as usize));
        let shown = Popup::menu(&response).show(|ui| show_choice(ui, chord.chord, chord.locked, span, scene));
        if shown.is_none() {
            help::point(response, "Bar");
        }
    }
}

/// What can be put down from a tick on for so many ticks.
fn show_choice(ui: &mut Ui, chord: Chord, locked: bool, span: (i64, i64), scene: &Scene<'_>) {
    if locked && ui.button("Leave it to the band").clicked() {
        scene.hand.put_down(|sheet| _ = sheet.chords.remove(&span.0));
    }
    if !locked && ui.button(format!("Keep {}", chord_name(chord))).clicked() {
        put_down(scene, span, chord);
    }
    for quality in [Quality::Major, Quality::Minor, Quality::Dominant7] {
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing = vec2(2.0, 2.0);
            for (root, _) in CLASS_NAMES.iter().enumerate() {
                let chord = Chord { root: root as u8, quality, bass: root as u8 };
                if ui.add_sized(vec2(38.0, 22.0), egui::Button::new(chord_name(chord))).clicked() {
                    put_down(scene, span, chord);
                }
            }
        });
    }
}

fn put_down(scene: &Scene<'_>, (start, ticks): (i64, i64), chord: Chord) {
    scene.hand.put_down(|sheet| _ = sheet.chords.insert(start, Lock { ticks, chord }));
}
