//! Accompany in the editor: what is heard, what is played and what comes, and the controls within reach.

use egui::{Rect, Ui, vec2};
use songweave_engine::band::{take::known::GoesBy, view::BandView};

use crate::editor::{
    accompany::{chords, midi_menu::MidiMenu, tune_view},
    controls::{
        button, label,
        rows::{LABEL, choice_row, columns, heading, row},
    },
    pictures::roll::{self, Roll},
    scene::{ROW, Scene},
    theme,
};

/// Draws the chords and the key into the panel at the top.
pub fn show_status(ui: &mut Ui, mut rect: Rect, scene: &Scene<'_>) {
    let view = scene.shared.status.band();
    ui.painter().rect_filled(rect, theme::CORNER, theme::PANEL);
    rect = rect.shrink2(vec2(12.0, 6.0));
    chords::show(ui, theme::cut_left(&mut rect, chords::WIDTH), &view, scene);
    theme::cut_left(&mut rect, 16.0);
    for sentence in sentences(&view) {
        theme::sentence(ui, theme::cut_top(&mut rect, 24.0), &sentence, theme::TEXT);
    }
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
        _ if view.goes_by == GoesBy::Learning => "Learning what is sung.".to_owned(),
        _ if view.goes_by == GoesBy::Song => "Playing the song that it knows.".to_owned(),
        _ if view.goes_by == GoesBy::Departure => "You sing something else: following the voice.".to_owned(),
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
    /// The song that was learned.
    Song,
}

/// Draws the roll with its legend, the cents meter where somebody is tuned, and the choice of the controls below.
pub fn show_roll(
    ui: &mut Ui,
    mut rect: Rect,
    roll: &Roll,
    (page, midi): (&mut Page, &mut MidiMenu),
    scene: &Scene<'_>,
) {
    let mut legend = theme::cut_top(&mut rect, 22.0);
    let pages = [(Page::Song, "Song", 60.0), (Page::Tune, "Tune and sounds", 124.0), (Page::Band, "Band", 60.0)];
    for (shown, name, width) in pages {
        let place = theme::cut_right(&mut legend, width);
        if button::button(ui, place, name, *page == shown, theme::BOTH).clicked() {
            *page = shown;
        }
        theme::cut_right(&mut legend, 4.0);
    }
    midi.show(ui, theme::cut_right(&mut legend, 66.0), scene);
    roll::show_legend(ui, legend);
    theme::cut_top(&mut rect, 6.0);
    if scene.params.tune.controls().amount > 0.0 {
        tune_view::show_meter(ui, theme::cut_bottom(&mut rect, tune_view::METER), roll.tuned());
        theme::cut_bottom(&mut rect, 6.0);
    }
    let hop = scene.shared.timing().map_or(0.0107, |timing| timing.hop as f32 / timing.sample_rate);
    roll.show(ui, rect, &scene.shared.status.band(), hop);
}

/// Draws the controls; the host's tempo takes the place of the band's own.
pub fn show_controls(ui: &mut Ui, rect: Rect, host_tempo: Option<f64>, scene: &Scene<'_>) {
    let [left, middle, right] = columns(rect);
    let band = &scene.params.band;
    let [drums, bass, keys, pad] = band.levels();
    let mut levels = heading(ui, left, "Levels");
    for level in [drums, bass, keys, pad, &band.band_level, &band.voice_level] {
        row(ui, &mut levels, level, scene);
    }
    let mut play = heading(ui, middle, "How it plays");
    choice_row(ui, &mut play, &band.style, scene);
    row(ui, &mut play, &band.density, scene);
    row(ui, &mut play, &band.adventure, scene);
    row(ui, &mut play, &band.seed, scene);
    choice_row(ui, &mut play, &band.look_ahead, scene);
    show_tempo(ui, &mut play, host_tempo, scene);
    let mut locks = heading(ui, right, "Locks and output");
    choice_row(ui, &mut locks, &band.key, scene);
    choice_row(ui, &mut locks, &band.scale, scene);
    choice_row(ui, &mut locks, &band.chord_root, scene);
    choice_row(ui, &mut locks, &band.chord_quality, scene);
    row(ui, &mut locks, &scene.params.mix, scene);
    row(ui, &mut locks, &scene.params.output, scene);
}

/// The tempo: the host's in words, or where it tells none the band's own to be set.
fn show_tempo(ui: &mut Ui, rect: &mut Rect, host_tempo: Option<f64>, scene: &Scene<'_>) {
    let tempo = &scene.params.band.tempo;
    let Some(host) = host_tempo else { return row(ui, rect, tempo, scene) };
    let mut place = theme::cut_top(rect, ROW);
    label::show(ui, theme::cut_left(&mut place, LABEL), tempo, &scene.hand, theme::DIM);
    theme::sentence(ui, place, &format!("{host:.0} BPM, the host's"), theme::TEXT);
}

/// Draws the two modes as buttons.
pub fn show_modes(ui: &mut Ui, rect: &mut Rect, scene: &Scene<'_>) {
    let mode = &scene.params.mode;
    for (value, name) in [(0, "Mash"), (1, "Accompany")] {
        let place = theme::cut_left(rect, 92.0).shrink2(vec2(0.0, 2.0));
        if button::button(ui, place, name, mode.value() == value, theme::BOTH).clicked() {
            scene.hand.turn(mode, value as f32);
        }
        theme::cut_left(rect, 4.0);
    }
}
