//! Four lanes: where the fader of each part stood, up for B and down for A, as automation would draw it.

use std::collections::VecDeque;

use egui::{Align2, Color32, Id, Painter, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use songweave_dsp::{
    exchange::{frame::Transport, telemetry::MaskColumn},
    stream::layout::{PARTS, Part},
};

use crate::editor::{controls::help, theme};

/// Columns shown, about twelve seconds.
const COLUMNS: usize = 1120;
/// Space between two lanes in logical pixels.
const GAP: f32 = 2.0;
/// Names of the lanes.
const NAMES: [&str; PARTS] = ["Vocals", "Drums", "Bass", "Other"];

/// One hop of all lanes.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Column {
    faders: [f32; PARTS],
    frozen: bool,
    line: Option<Line>,
}

/// What begins in a hop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    Beat,
    Bar,
}

/// The last [`COLUMNS`] positions of the faders.
#[derive(Debug, Default)]
pub struct Lanes {
    columns: VecDeque<Column>,
    transport: Transport,
}

impl Lanes {
    /// Height of all lanes in logical pixels.
    pub const HEIGHT: f32 = 4.0 * 17.0 + 3.0 * GAP;

    /// Adds the newest column.
    pub fn push(&mut self, column: &MaskColumn) {
        let line = line(&self.transport, &column.transport);
        self.transport = column.transport;
        if self.columns.len() == COLUMNS {
            self.columns.pop_front();
        }
        self.columns.push_back(Column { faders: column.faders, frozen: column.frozen, line });
    }

    /// Draws the lanes into a rectangle, the newest column at the right.
    pub fn show(&self, ui: &Ui, mut rect: Rect) {
        let response = ui.interact(rect, Id::unique("lanes"), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "Lanes"));
        help::point(response, "Lanes");
        let painter = ui.painter();
        let height = (rect.height() - 3.0 * GAP) / PARTS as f32;
        for part in Part::ALL {
            self.show_lane(painter, theme::cut_top(&mut rect, height), part);
            theme::cut_top(&mut rect, GAP);
        }
    }

    fn show_lane(&self, painter: &Painter, rect: Rect, part: Part) {
        painter.rect_filled(rect, theme::CORNER, Color32::BLACK);
        let edge = |index: usize| rect.right() - (self.columns.len() - index) as f32 / COLUMNS as f32 * rect.width();
        for (index, column) in self.columns.iter().enumerate() {
            if let Some(line) = column.line {
                let white = Color32::from_white_alpha(if line == Line::Bar { 70 } else { 26 });
                painter.vline(edge(index), rect.y_range(), Stroke::new(1.0, white));
            }
        }
        for (from, to) in self.runs(part) {
            let column = &self.columns[from];
            show_run(painter, rect, (edge(from), edge(to)), column.faders[part as usize], column.frozen);
        }
        let inside = rect.shrink2(vec2(5.0, 0.0));
        theme::write_over(painter, inside, Align2::LEFT_CENTER, NAMES[part as usize]);
        if self.columns.back().is_some_and(|column| column.frozen) {
            theme::write_over(painter, inside, Align2::RIGHT_CENTER, "frozen");
        }
    }

    /// Ranges of columns that look alike in a lane.
    fn runs(&self, part: Part) -> Vec<(usize, usize)> {
        let look = |index: usize| (self.columns[index].faders[part as usize], self.columns[index].frozen);
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for index in 0..self.columns.len() {
            match runs.last_mut() {
                Some((from, to)) if look(*from) == look(index) => *to = index + 1,
                _ => runs.push((index, index + 1)),
            }
        }
        runs
    }
}

/// What begins between two hops, if the host counts beats in both.
fn line(before: &Transport, now: &Transport) -> Option<Line> {
    let (before, now) = before.beat().zip(now.beat())?;
    if now.bar != before.bar { Some(Line::Bar) } else { (now.number != before.number).then_some(Line::Beat) }
}

/// Columns of one look: filled from the middle to the fader, dim while frozen.
fn show_run(painter: &Painter, lane: Rect, (left, right): (f32, f32), fader: f32, frozen: bool) {
    let lane = lane.shrink2(vec2(0.0, 1.5));
    let y = lane.bottom() - fader * lane.height();
    let colour = theme::a_to_b(fader).gamma_multiply(if frozen { 0.45 } else { 1.0 });
    let filled = Rect::from_two_pos(pos2(left, lane.center().y), pos2(right, y));
    painter.rect_filled(filled, 0.0, colour.gamma_multiply(0.4));
    painter.hline(left..=right, y, Stroke::new(1.5, colour));
}

#[cfg(test)]
mod tests {
    use songweave_dsp::exchange::{controls::Controls, decision::MashDecision, frame::SongBands};

    use super::*;

    fn column(fader: f32, beats: Option<f64>) -> MaskColumn {
        let controls = Controls { faders: [fader; PARTS], ..Controls::default() };
        let transport = Transport {
            playing: true,
            tempo: Some(120.0),
            beats,
            time_signature: Some((3, 4)),
            ..Transport::default()
        };
        MaskColumn { transport, ..MaskColumn::new(&MashDecision::UNDECIDED, &controls, &[SongBands::SILENT; 2]) }
    }

    #[test]
    fn lines_stand_where_beats_and_bars_begin() {
        let mut lanes = Lanes::default();
        for beats in [None, Some(1.5), Some(1.9), Some(2.1), Some(2.9), Some(3.0), None, Some(4.2)] {
            lanes.push(&column(0.0, beats));
        }
        let lines: Vec<_> = lanes.columns.iter().map(|column| column.line).collect();
        let (beat, bar) = (Some(Line::Beat), Some(Line::Bar));
        assert_eq!(lines, [None, None, None, beat, None, bar, None, None]);
    }

    #[test]
    fn the_last_seconds_are_kept_and_drawn_in_runs() {
        let mut lanes = Lanes::default();
        for fader in [0.0, 0.5, 1.0] {
            (0..500).for_each(|_| lanes.push(&column(fader, None)));
        }
        assert_eq!(lanes.runs(Part::Bass), [(0, 120), (120, 620), (620, COLUMNS)]);
    }
}
