//! Key and tempo of both songs, and how they fit, with a word about what clashes.

use egui::{Align2, Color32, Id, Rect, Role, Sense, Ui, WidgetInfo, vec2};
use songweave_engine::follow::{Listening, SongHeard, words};

use crate::editor::{controls::help, theme};

const LINE: f32 = 19.0;
/// Width of the songs' column.
const SONGS: f32 = 268.0;
/// Height of the panel in logical pixels.
pub const HEIGHT: f32 = 4.0 * LINE + 16.0;

/// Draws the panel; `similarity` says how alike the songs sound, 0…1, while somebody listens.
pub fn show(ui: &mut Ui, mut rect: Rect, heard: &Listening, similarity: Option<f32>) {
    ui.painter().rect_filled(rect, theme::CORNER, theme::PANEL);
    rect = rect.shrink2(vec2(12.0, 6.0));
    let mut top = theme::cut_top(&mut rect, 2.0 * LINE);
    theme::cut_top(&mut rect, 4.0);
    let figures = figures(heard, similarity);
    let width = if figures.is_empty() { top.width() } else { SONGS };
    let mut songs = theme::cut_left(&mut top, width);
    for (name, colour, text) in [("A", theme::SONG_A, song_a(heard)), ("B", theme::SONG_B, song_b(heard))] {
        let mut line = theme::cut_top(&mut songs, LINE);
        let letter = theme::cut_left(&mut line, 18.0);
        theme::write(ui.painter(), letter, Align2::LEFT_CENTER, name, theme::font(), colour);
        theme::sentence(ui, line, &text, theme::TEXT);
    }
    show_figures(ui, top, &figures);
    for sentence in words::sentences(heard) {
        theme::sentence(ui, theme::cut_top(&mut rect, LINE), &sentence, theme::DIM);
    }
}

/// The figures that are shown with their names. Similarity is known while somebody listens, the others once both songs were heard:
/// until then nothing is shown of them.
fn figures(heard: &Listening, similarity: Option<f32>) -> Vec<(&'static str, Option<f32>)> {
    let fit = &heard.fit;
    let figures = [
        ("Key fit", fit.key),
        ("Tempo fit", fit.tempo),
        ("Density fit", fit.density),
        ("Register fit", fit.register),
        ("Similarity", similarity),
        ("Fit", fit.overall()),
    ];
    let known = figures.iter().any(|(_, value)| value.is_some());
    figures.into_iter().filter(|(name, value)| known && (*name != "Similarity" || value.is_some())).collect()
}

fn show_figures(ui: &mut Ui, mut rect: Rect, figures: &[(&'static str, Option<f32>)]) {
    let width = rect.width() / figures.len().max(1) as f32;
    for (name, value) in figures {
        show_figure(ui, theme::cut_left(&mut rect, width).shrink2(vec2(4.0, 0.0)), name, *value);
    }
}

/// A name with its figure in percent and a bar below.
fn show_figure(ui: &mut Ui, mut rect: Rect, name: &str, value: Option<f32>) {
    let response = ui.interact(rect, Id::unique(("fit", name)), Sense::hover());
    let text = value.map_or_else(|| "–".to_owned(), |value| format!("{:.0} %", 100.0 * value));
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{name}: {text}")));
    help::point(response, name);
    let line = theme::cut_top(&mut rect, LINE);
    let short = name.trim_end_matches(" fit");
    theme::write(ui.painter(), line, Align2::LEFT_CENTER, short, theme::small_font(), theme::DIM);
    theme::write(ui.painter(), line, Align2::RIGHT_CENTER, text, theme::small_font(), theme::TEXT);
    let bar = theme::cut_top(&mut rect, 8.0);
    ui.painter().rect_filled(bar, theme::CORNER, theme::GROOVE);
    if let Some(value) = value {
        let filled = bar.with_max_x(bar.left() + value.clamp(0.0, 1.0) * bar.width());
        ui.painter().rect_filled(filled, theme::CORNER, colour(value));
    }
}

/// From what clashes to what fits.
fn colour(value: f32) -> Color32 {
    if value < 0.5 {
        theme::OVER.lerp_to_gamma(theme::WARNING, 2.0 * value)
    } else {
        theme::WARNING.lerp_to_gamma(theme::BOTH, 2.0 * value - 1.0)
    }
}

/// Key and tempo of a song, or that they are not sure.
fn facts(song: &SongHeard) -> String {
    let key = song.key.map_or_else(|| "key not sure yet".to_owned(), |estimate| estimate.key.name());
    let tempo = song.tempo.map_or_else(|| "tempo not sure yet".to_owned(), |tempo| format!("{:.1} BPM", tempo.bpm));
    format!("{key}, {tempo}")
}

fn song_a(heard: &Listening) -> String {
    let host = heard.host_tempo.map_or_else(String::new, |tempo| format!(" (host {tempo:.1} BPM)"));
    format!("{}{host}", facts(&heard.songs[0]))
}

fn song_b(heard: &Listening) -> String {
    if !heard.b_present {
        return "not heard".to_owned();
    }
    let sounds = heard.songs[1].key.map(|estimate| estimate.key.transposed(heard.transposed).name());
    let transposed = match (heard.transposed, sounds, heard.transposition) {
        (0, _, Some(wanted)) if wanted != 0 => format!(" ({wanted:+} would match)"),
        (0, ..) => String::new(),
        (by, Some(sounds), _) => format!(" ({by:+}: {sounds})"),
        (by, None, _) => format!(" ({by:+})"),
    };
    format!("{}{transposed}", facts(&heard.songs[1]))
}

#[cfg(test)]
mod tests {
    use songweave_engine::follow::{
        key::{Key, KeyEstimate},
        tempo::TempoEstimate,
    };

    use super::*;

    #[test]
    fn songs_are_told_with_key_tempo_host_and_transposition() {
        let mut heard = Listening { b_present: true, host_tempo: Some(120.0), ..Listening::NOTHING };
        assert_eq!(song_a(&heard), "key not sure yet, tempo not sure yet (host 120.0 BPM)");
        for (song, tonic) in heard.songs.iter_mut().zip([0, 2]) {
            song.key = Some(KeyEstimate { key: Key { tonic, minor: false }, confidence: 0.9 });
            song.tempo = Some(TempoEstimate { bpm: 124.04, confidence: 0.7, phase: 0.0 });
        }
        heard.transposition = Some(-2);
        assert_eq!(song_a(&heard), "C major, 124.0 BPM (host 120.0 BPM)");
        assert_eq!(song_b(&heard), "D major, 124.0 BPM (-2 would match)");
        heard.transposed = -2;
        assert_eq!(song_b(&heard), "D major, 124.0 BPM (-2: C major)");
        assert_eq!(song_b(&Listening { b_present: false, ..heard }), "not heard");
    }
}
