//! Level meters with a dB scale and peak hold.

use std::sync::atomic::Ordering::Relaxed;

use egui::{Align2, Color32, Rect, Stroke, Ui, pos2, vec2};
use songweave_dsp::{exchange::telemetry::Telemetry, stream::layout::CHANNELS};

use crate::editor::theme;

/// Level at the bottom of a meter in dB.
const FLOOR_DB: f32 = -60.0;
/// Level at its top in dB.
const TOP_DB: f32 = 6.0;
/// Seconds that a peak is held.
const HOLD: f64 = 1.5;
/// Seconds without a hop after which the host counts as stopped.
const STOPPED_AFTER: f64 = 0.3;
const TICKS: [f32; 6] = [0.0, -6.0, -12.0, -24.0, -36.0, -48.0];

/// A level in dB of a linear peak.
#[must_use]
pub fn decibels(peak: f32) -> f32 {
    20.0 * peak.max(1e-6).log10()
}

/// A level's place on the scale, 0 at the bottom … 1 at the top.
#[must_use]
pub fn place(level: f32) -> f32 {
    ((level - FLOOR_DB) / (TOP_DB - FLOOR_DB)).clamp(0.0, 1.0)
}

/// The highest level of late.
#[derive(Debug, Clone, Copy, Default)]
pub struct PeakHold {
    /// The held peak, linear.
    pub peak: f32,
    since: f64,
}

impl PeakHold {
    /// Takes the present peak at a time in seconds; a held one is given up after a while.
    pub fn hear(&mut self, peak: f32, now: f64) {
        if peak >= self.peak || now - self.since > HOLD {
            (self.peak, self.since) = (peak, now);
        }
    }
}

/// The meters of A, B and the output.
#[derive(Debug, Default)]
pub struct Meters {
    holds: [[PeakHold; CHANNELS]; 3],
    /// Hops that the audio thread had made when they last became more, and the time of that.
    heard: (u64, f64),
}

impl Meters {
    /// Draws the meters side by side: of both songs and the output, or in Accompany of the voice and the output.
    pub fn show(&mut self, ui: &Ui, mut rect: Rect, telemetry: &Telemetry, accompanies: bool) {
        let now = ui.input(|input| input.time);
        let hops = telemetry.hops.load(Relaxed);
        if hops != self.heard.0 {
            self.heard = (hops, now);
        }
        let silent = now - self.heard.1 > STOPPED_AFTER;
        show_scale(ui, theme::cut_right(&mut rect, 22.0));
        let width = rect.width() / if accompanies { 2.0 } else { 3.0 };
        let songs = [
            (if accompanies { "Voice" } else { "A" }, theme::SONG_A, &telemetry.peak_a),
            ("B", theme::SONG_B, &telemetry.peak_b),
            ("Out", theme::BOTH, &telemetry.peak_out),
        ];
        let shown = songs.into_iter().zip(&mut self.holds).filter(|((name, ..), _)| !accompanies || *name != "B");
        for ((name, colour, peaks), holds) in shown {
            let peaks = peaks.each_ref().map(|peak| if silent { 0.0 } else { peak.load(Relaxed) });
            holds.iter_mut().zip(peaks).for_each(|(hold, peak)| hold.hear(peak, now));
            show_meter(ui, theme::cut_left(&mut rect, width), (name, colour), peaks, holds);
        }
    }
}

/// Cuts a column into heading, bars and number.
fn cut(mut column: Rect) -> [Rect; 3] {
    let heading = theme::cut_top(&mut column, 20.0);
    let number = theme::cut_bottom(&mut column, 18.0);
    [heading, column, number]
}

fn show_scale(ui: &Ui, column: Rect) {
    let [heading, bars, _] = cut(column);
    let write = |row, text: &str| {
        theme::write(ui.painter(), row, Align2::RIGHT_CENTER, text, theme::small_font(), theme::DIM);
    };
    write(heading, "dB");
    for level in TICKS {
        let y = bars.bottom() - place(level) * bars.height();
        write(Rect::from_center_size(pos2(bars.center().x, y), vec2(bars.width(), 12.0)), &level.abs().to_string());
    }
}

fn show_meter(ui: &Ui, column: Rect, song: (&str, Color32), peaks: [f32; CHANNELS], holds: &[PeakHold; CHANNELS]) {
    let [heading, bars, number] = cut(column);
    theme::write(ui.painter(), heading, Align2::CENTER_CENTER, song.0, theme::font(), song.1);
    for (channel, (peak, hold)) in peaks.into_iter().zip(holds).enumerate() {
        let x = bars.center().x + if channel == 0 { -11.0 } else { 1.0 };
        draw_bar(ui, Rect::from_min_max(pos2(x, bars.top()), pos2(x + 10.0, bars.bottom())), peak, hold.peak, song.1);
    }
    let highest = holds.iter().fold(0.0_f32, |highest, hold| highest.max(hold.peak));
    let colour = if highest > 1.0 { theme::OVER } else { theme::DIM };
    theme::write(ui.painter(), number, Align2::CENTER_CENTER, number_text(highest), theme::small_font(), colour);
}

/// The held peak in dB, or a dash where nothing was heard.
fn number_text(peak: f32) -> String {
    let level = decibels(peak);
    if level < FLOOR_DB { "–".to_owned() } else { format!("{level:.1}") }
}

fn draw_bar(ui: &Ui, bar: Rect, peak: f32, held: f32, colour: Color32) {
    let painter = ui.painter();
    let y = |peak: f32| bar.bottom() - place(decibels(peak)) * bar.height();
    painter.rect_filled(bar, 2.0, theme::GROOVE);
    painter.rect_filled(bar.with_min_y(y(peak.min(1.0))), 2.0, colour.gamma_multiply(0.85));
    if peak > 1.0 {
        painter.rect_filled(bar.with_min_y(y(peak)).with_max_y(y(1.0)), 0.0, theme::OVER);
    }
    if decibels(held) > FLOOR_DB {
        let colour = if held > 1.0 { theme::OVER } else { theme::TEXT };
        painter.hline(bar.x_range(), y(held), Stroke::new(1.5, colour));
    }
    for level in TICKS {
        painter.hline(bar.x_range(), y(10.0_f32.powf(level / 20.0)), Stroke::new(1.0, Color32::from_black_alpha(110)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_runs_from_the_floor_to_above_full_scale() {
        assert_eq!((place(-200.0), place(FLOOR_DB), place(TOP_DB), place(40.0)), (0.0, 0.0, 1.0, 1.0));
        assert!((decibels(0.5) + 6.02).abs() < 0.01 && decibels(0.0).is_finite());
        assert_eq!((number_text(0.0).as_str(), number_text(1.0).as_str()), ("–", "0.0"));
    }

    #[test]
    fn peaks_are_held_and_given_up() {
        let mut hold = PeakHold::default();
        hold.hear(0.8, 10.0);
        hold.hear(0.3, 11.0);
        assert_eq!(hold.peak, 0.8);
        hold.hear(0.2, 11.6);
        assert_eq!(hold.peak, 0.2);
    }
}
