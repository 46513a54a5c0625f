//! Accompany in the editor: what is heard, what is played and what comes, and the controls within reach.

use egui::{Align2, FontId, Rect, Ui, vec2};
use songweave_engine::band::view::BandView;

use crate::editor::{
    controls::{
        rows::{columns, heading, row},
        slider,
    },
    pictures::roll::{self, Roll, chord_name},
    scene::Scene,
    theme, tune_view,
};

/// Draws the chords and the key into the panel at the top.
pub fn show_status(ui: &mut Ui, mut rect: Rect, view: &BandView) {
    ui.painter().rect_filled(rect, theme::CORNER, theme::PANEL);
    rect = rect.shrink2(vec2(12.0, 6.0));
    let mut now = theme::cut_left(&mut rect, 190.0);
    let heading = theme::cut_top(&mut now, 18.0);
    theme::write(ui.painter(), heading, Align2::LEFT_CENTER, "Now", theme::small_font(), theme::DIM);
    let chord = view.harmony.chord.map_or_else(|| "–".to_owned(), chord_name);
    theme::write(ui.painter(), now, Align2::LEFT_CENTER, chord, FontId::proportional(38.0), theme::TEXT);
    let mut next = theme::cut_left(&mut rect, 300.0);
    let heading = theme::cut_top(&mut next, 18.0);
    theme::write(ui.painter(), heading, Align2::LEFT_CENTER, "At the next beats", theme::small_font(), theme::DIM);
    theme::write(ui.painter(), next, Align2::LEFT_CENTER, coming(view), FontId::proportional(20.0), theme::DIM);
    for sentence in sentences(view) {
        theme::sentence(ui, theme::cut_top(&mut rect, 24.0), &sentence, theme::TEXT);
    }
}

/// Chords expected at the next beats, a dot where the chord stays.
fn coming(view: &BandView) -> String {
    let mut before = view.harmony.chord;
    let names = view.harmony.plan.iter().map(|chord| {
        let stays = *chord == before;
        before = *chord;
        chord.filter(|_| !stays).map_or_else(|| "·".to_owned(), chord_name)
    });
    names.collect::<Vec<_>>().join("    ")
}

/// What is heard and what the band does.
fn sentences(view: &BandView) -> [String; 3] {
    let key =
        view.harmony.key.map_or_else(|| "Key: not sure yet".to_owned(), |heard| format!("Key: {}", heard.key.name()));
    let place = view.place.map_or_else(
        || "The host has stopped: the band waits.".to_owned(),
        |place| format!("Bar {}, beat {}", place.bar + 1, place.step / place.steps_per_beat + 1),
    );
    let does = match (view.place, view.harmony.chord, view.sings) {
        (None, ..) => String::new(),
        (_, None, false) => "Sing: the band comes in after a bar or two.".to_owned(),
        (_, None, true) => "Listening: the band comes in when it knows the key.".to_owned(),
        (_, Some(_), true) => "Following the voice.".to_owned(),
        (_, Some(_), false) => "No voice: the band holds.".to_owned(),
    };
    [key, place, does]
}

/// The controls that are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Page {
    /// How the band plays.
    #[default]
    Band,
    /// Tune, and what the band is played with.
    Tune,
}

/// Draws the roll with its legend, the cents meter where somebody is tuned, and the choice of the controls below.
pub fn show_roll(ui: &mut Ui, mut rect: Rect, roll: &Roll, page: &mut Page, scene: &Scene<'_>) {
    let mut legend = theme::cut_top(&mut rect, 22.0);
    for (shown, name, width) in [(Page::Tune, "Tune and sounds", 124.0), (Page::Band, "Band", 60.0)] {
        let place = theme::cut_right(&mut legend, width);
        if slider::button(ui, place, name, *page == shown, theme::BOTH).clicked() {
            *page = shown;
        }
        theme::cut_right(&mut legend, 4.0);
    }
    roll::show_legend(ui, legend);
    theme::cut_top(&mut rect, 6.0);
    if scene.params.tune.controls().amount > 0.0 {
        let view = roll.newest().map_or_else(Default::default, |column| column.tune);
        tune_view::show_meter(ui, theme::cut_bottom(&mut rect, tune_view::METER), view);
        theme::cut_bottom(&mut rect, 6.0);
    }
    let hop = scene.shared.timing().map_or(0.0107, |timing| timing.hop as f32 / timing.sample_rate);
    roll.show(ui, rect, &scene.shared.status.band(), hop);
}

/// Draws the controls.
pub fn show_controls(ui: &mut Ui, rect: Rect, scene: &Scene<'_>) {
    let [left, middle, right] = columns(rect);
    let band = &scene.params.band;
    let [drums, bass, keys, pad] = band.levels();
    let mut levels = heading(ui, left, "Levels");
    for level in [drums, bass, keys, pad, &band.band_level, &band.voice_level] {
        row(ui, &mut levels, level, scene);
    }
    let mut play = heading(ui, middle, "How it plays");
    row(ui, &mut play, &band.style, scene);
    row(ui, &mut play, &band.density, scene);
    row(ui, &mut play, &band.adventure, scene);
    row(ui, &mut play, &band.seed, scene);
    row(ui, &mut play, &band.look_ahead, scene);
    row(ui, &mut play, &band.tempo, scene);
    let mut locks = heading(ui, right, "Locks and output");
    row(ui, &mut locks, &band.key, scene);
    row(ui, &mut locks, &band.scale, scene);
    row(ui, &mut locks, &band.chord_root, scene);
    row(ui, &mut locks, &band.chord_quality, scene);
    row(ui, &mut locks, &scene.params.mix, scene);
    row(ui, &mut locks, &scene.params.output, scene);
}

/// Draws the two modes as buttons.
pub fn show_modes(ui: &mut Ui, rect: &mut Rect, scene: &Scene<'_>) {
    let mode = &scene.params.mode;
    for (value, name) in [(0, "Mash"), (1, "Accompany")] {
        let place = theme::cut_left(rect, 92.0).shrink2(vec2(0.0, 2.0));
        if slider::button(ui, place, name, mode.value() == value, theme::BOTH).clicked() {
            scene.setter.begin_set_parameter(mode);
            scene.setter.set_parameter(mode, value);
            scene.setter.end_set_parameter(mode);
        }
        theme::cut_left(rect, 4.0);
    }
}

#[cfg(test)]
mod tests {
    use songweave_dsp::band::{Chord, Quality};

    use super::*;

    #[test]
    fn coming_chords_are_named_where_they_change() {
        let chord = |root| Some(Chord { root, quality: Quality::Major, bass: root });
        let mut view = BandView::default();
        view.harmony.chord = chord(0);
        view.harmony.plan = [chord(0), chord(5), chord(5), chord(7)];
        assert_eq!(coming(&view), "·    F    ·    G");
    }
}
