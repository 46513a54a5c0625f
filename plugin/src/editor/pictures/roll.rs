//! The band over time: the voice's pitch, the notes of each instrument, the chords, and what comes next.

use egui::{Align2, Color32, Id, Painter, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};
use songweave_dsp::{
    band::{Chord, INSTRUMENTS, Instrument},
    exchange::telemetry::BandColumn,
    tune::TuneView,
};
use songweave_engine::band::view::BandView;

use crate::editor::{controls::help, theme};

/// Columns shown, about six seconds.
const COLUMNS: usize = 560;
/// Share of the width left of the line that is now.
const PAST: f32 = 0.68;
/// Lowest and highest MIDI key shown.
const KEYS: (f32, f32) = (28.0, 86.0);
/// Height of the chords' row and of the drums' row.
const CHORDS: f32 = 18.0;
const DRUMS: f32 = 40.0;
/// Height of a note.
const NOTE: f32 = 4.0;

/// The colour of an instrument.
#[must_use]
pub const fn colour(instrument: Instrument) -> Color32 {
    match instrument {
        Instrument::Drums => theme::DIM,
        Instrument::Bass => theme::SONG_B,
        Instrument::Keys => theme::SONG_A,
        Instrument::Pad => theme::PAD,
    }
}

/// A chord as musicians write it, e.g. `Bbm7/F`.
#[must_use]
pub fn chord_name(chord: Chord) -> String {
    let (root, quality, bass) = chord.names();
    let bass = bass.map_or_else(String::new, |bass| format!("/{bass}"));
    format!("{root}{quality}{bass}")
}

/// The last columns, oldest first in a ring.
#[derive(Default)]
pub struct Roll {
    columns: std::collections::VecDeque<BandColumn>,
}

/// Where things are drawn.
struct Plan {
    rect: Rect,
    drums: Rect,
    chords: Rect,
    /// Where now is.
    now: f32,
    column: f32,
}

impl Plan {
    fn new(mut rect: Rect) -> Self {
        let chords = theme::cut_top(&mut rect, CHORDS);
        let drums = theme::cut_bottom(&mut rect, DRUMS);
        let now = rect.left() + PAST * rect.width();
        Self { rect, drums, chords, now, column: PAST * rect.width() / COLUMNS as f32 }
    }

    fn x(&self, from_now: usize) -> f32 {
        self.now - from_now as f32 * self.column
    }

    fn y(&self, key: f32) -> f32 {
        let share = ((key - KEYS.0) / (KEYS.1 - KEYS.0)).clamp(0.0, 1.0);
        self.rect.bottom() - NOTE - share * (self.rect.height() - 2.0 * NOTE)
    }

    /// Kick low, snare in the middle, cymbals high.
    fn drum_y(&self, key: u8) -> f32 {
        let row = match key {
            35 | 36 => 0.0,
            37..=40 => 1.0,
            41 | 43 | 45 | 47 | 48 | 50 => 2.0,
            42 | 44 | 46 => 3.0,
            _ => 4.0,
        };
        self.drums.bottom() - 6.0 - row * (self.drums.height() - 12.0) / 4.0
    }
}

impl Roll {
    /// Adds the newest column.
    pub fn push(&mut self, column: BandColumn) {
        if self.columns.len() == COLUMNS {
            self.columns.pop_front();
        }
        self.columns.push_back(column);
    }

    /// The host's tempo in quarter notes per minute, `None` where it tells none.
    #[must_use]
    pub fn host_tempo(&self) -> Option<f64> {
        self.columns.back()?.transport.tempo
    }

    /// What was sung and aimed at in the last hops, the newest first.
    pub fn tuned(&self) -> impl Iterator<Item = TuneView> {
        self.columns.iter().rev().map(|column| column.tune)
    }

    /// Draws the roll into a rectangle; `hop_seconds` is the time of a column.
    pub fn show(&self, ui: &Ui, rect: Rect, view: &BandView, hop_seconds: f32) {
        let response = ui.interact(rect, Id::unique("roll"), Sense::hover());
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, "Roll"));
        help::point(response, "Roll");
        let painter = ui.painter_at(rect);
        painter.rect_filled(rect, theme::CORNER, Color32::BLACK);
        let plan = Plan::new(rect);
        draw_grid(&painter, &plan);
        for instrument in Instrument::ALL {
            self.draw_notes(&painter, &plan, instrument);
        }
        self.draw_targets(&painter, &plan);
        self.draw_voice(&painter, &plan);
        self.draw_chords(&painter, &plan);
        draw_next(&painter, &plan, view, hop_seconds);
        write_octaves(&painter, &plan);
        painter.vline(plan.now, rect.y_range(), Stroke::new(1.0, theme::TEXT.gamma_multiply(0.6)));
    }

    fn draw_notes(&self, painter: &Painter, plan: &Plan, instrument: Instrument) {
        let length = self.columns.len();
        let mut begins = [0_usize; 128];
        let mut before = 0_u128;
        for index in 0..=length {
            let now = self.columns.get(index).map_or(0, |column| column.sounding[instrument as usize]);
            let mut changed = now ^ before;
            while changed != 0 {
                let key = changed.trailing_zeros() as usize;
                changed &= changed - 1;
                if now >> key & 1 == 1 {
                    begins[key] = index;
                } else {
                    let (from, to) = (plan.x(length - begins[key]), plan.x(length - index));
                    draw_note(painter, plan, instrument, key as u8, from, to);
                }
            }
            before = now;
        }
    }

    fn draw_voice(&self, painter: &Painter, plan: &Plan) {
        let length = self.columns.len();
        let mut line = Vec::new();
        for (index, column) in self.columns.iter().enumerate() {
            let voiced = column.voice.voicing >= 0.5;
            if voiced {
                line.push(pos2(plan.x(length - index), plan.y(column.voice.key)));
            }
            if !voiced || index + 1 == length {
                painter.add(Shape::line(std::mem::take(&mut line), Stroke::new(2.0, theme::TEXT)));
            }
        }
    }

    /// The notes that the voice is pulled to.
    fn draw_targets(&self, painter: &Painter, plan: &Plan) {
        let length = self.columns.len();
        for (index, column) in self.columns.iter().enumerate() {
            if let Some(key) = column.tune.target {
                let (x, y) = (plan.x(length - index), plan.y(f32::from(key)));
                let place = Rect::from_min_max(pos2(x, y - 1.5), pos2(x + plan.column + 0.5, y + 1.5));
                painter.rect_filled(place, 0.0, theme::TARGET);
            }
        }
    }

    /// Each name ends where the next chord begins.
    fn draw_chords(&self, painter: &Painter, plan: &Plan) {
        let chords: Vec<Option<Chord>> = self.columns.iter().map(|column| column.chord.0).collect();
        let mut from = 0;
        for chord in chords.chunk_by(|one, other| one == other) {
            let [x, end] = [from, from + chord.len()].map(|index| plan.x(chords.len() - index));
            from += chord.len();
            painter.vline(x, plan.rect.y_range(), Stroke::new(1.0, Color32::from_white_alpha(22)));
            if let Some(chord) = chord[0] {
                let within = painter.with_clip_rect(painter.clip_rect().intersect(plan.chords.with_max_x(end)));
                write_chord(&within, plan, x, &chord_name(chord), theme::TEXT);
            }
        }
    }
}

fn write_chord(painter: &Painter, plan: &Plan, x: f32, name: &str, colour: Color32) {
    let place = plan.chords.with_min_x(x + 3.0);
    theme::write(painter, place, Align2::LEFT_CENTER, name, theme::font(), colour);
}

fn draw_note(painter: &Painter, plan: &Plan, instrument: Instrument, key: u8, from: f32, to: f32) {
    let colour = colour(instrument);
    let (y, to) = if instrument == Instrument::Drums {
        (plan.drum_y(key), from + 3.0)
    } else {
        (plan.y(f32::from(key)), to.max(from + 2.0))
    };
    let note = Rect::from_min_max(pos2(from, y - 0.5 * NOTE), pos2(to, y + 0.5 * NOTE));
    painter.rect_filled(note, 1.0, colour);
}

fn draw_grid(painter: &Painter, plan: &Plan) {
    for key in (36..=84).step_by(12) {
        let line = Stroke::new(1.0, Color32::from_white_alpha(16));
        painter.hline(plan.rect.x_range(), plan.y(key as f32), line);
    }
    painter.hline(plan.drums.x_range(), plan.drums.top(), Stroke::new(1.0, Color32::from_white_alpha(40)));
}

/// Over the notes, which would hide them.
fn write_octaves(painter: &Painter, plan: &Plan) {
    for key in (36..=84).step_by(12) {
        let place = Rect::from_min_size(pos2(plan.rect.left() + 4.0, plan.y(key as f32) - 7.0), vec2(30.0, 14.0));
        theme::write_over(painter, place, Align2::LEFT_CENTER, format!("C{}", key / 12 - 1));
    }
}

/// What drums and bass will play in the next bar, and the chords expected at the next beats.
fn draw_next(painter: &Painter, plan: &Plan, view: &BandView, hop_seconds: f32) {
    let Some(place) = view.place else { return };
    let step = plan.column * view.step_seconds / hop_seconds.max(1e-4);
    let dim = theme::TEXT.gamma_multiply(0.55);
    for (beat, chord) in view.harmony.plan.iter().enumerate() {
        let steps = (beat as u32 + 1) * place.steps_per_beat - place.step % place.steps_per_beat;
        let before = if beat == 0 { view.harmony.chord } else { view.harmony.plan[beat - 1] };
        if let Some(chord) = chord.filter(|chord| Some(*chord) != before) {
            write_chord(painter, plan, plan.now + steps as f32 * step, &chord_name(chord), dim);
        }
    }
    draw_melody(painter, plan, view, step);
    let bar = plan.now + (place.steps_per_bar - place.step) as f32 * step;
    painter.vline(bar, plan.rect.y_range(), Stroke::new(1.0, Color32::from_white_alpha(40)));
    let shown = place.steps_per_bar as usize;
    for (index, (drums, bass)) in view.plan.drums.iter().zip(view.plan.bass).enumerate().take(shown) {
        let x = bar + index as f32 * step;
        for (class, key) in [36_u8, 38, 42, 46, 45, 47, 50, 49, 51].into_iter().enumerate() {
            if drums >> class & 1 == 1 {
                draw_ghost(painter, x, plan.drum_y(key), colour(Instrument::Drums));
            }
        }
        if bass {
            draw_ghost(painter, x, plan.y(36.0), colour(Instrument::Bass));
        }
    }
}

/// The melody that is written ahead.
fn draw_melody(painter: &Painter, plan: &Plan, view: &BandView, step: f32) {
    for note in view.melody.notes() {
        let from = plan.now + note.start.max(0) as f32 * step;
        let to = plan.now + (note.start + note.steps as i32) as f32 * step - 1.0;
        let y = plan.y(f32::from(note.key));
        let place = Rect::from_min_max(pos2(from, y - 1.5), pos2(to.max(from), y + 1.5));
        painter.rect_filled(place, 1.0, theme::TARGET.gamma_multiply(0.6));
    }
}

fn draw_ghost(painter: &Painter, x: f32, y: f32, colour: Color32) {
    painter.rect_filled(Rect::from_center_size(pos2(x + 1.5, y), vec2(3.0, NOTE)), 1.0, colour.gamma_multiply(0.55));
}

/// Names and colours of the lines.
pub fn show_legend(ui: &Ui, mut rect: Rect) {
    let lines = [("Voice", theme::TEXT), ("Target", theme::TARGET)]
        .into_iter()
        .chain(["Drums", "Bass", "Keys", "Pad"].into_iter().zip(Instrument::ALL.map(colour)));
    for (name, colour) in lines.take(2 + INSTRUMENTS) {
        let mut place = theme::cut_left(&mut rect, 54.0);
        let mark = theme::cut_left(&mut place, 14.0);
        let mark = Rect::from_center_size(mark.center(), vec2(9.0, NOTE));
        ui.painter().rect_filled(mark, 1.0, colour);
        theme::write(ui.painter(), place, Align2::LEFT_CENTER, name, theme::small_font(), theme::DIM);
    }
}

#[cfg(test)]
mod tests {
    use songweave_dsp::{
        band::{Quality, VoiceHeard},
        exchange::frame::Transport,
    };

    use super::*;

    #[test]
    fn chords_are_written_as_musicians_do() {
        for (chord, name) in [
            (Chord { root: 0, quality: Quality::Major, bass: 0 }, "C"),
            (Chord { root: 10, quality: Quality::Minor7, bass: 5 }, "Bbm7/F"),
            (Chord { root: 6, quality: Quality::HalfDiminished7, bass: 6 }, "F#m7b5"),
        ] {
            assert_eq!(chord_name(chord), name);
        }
    }

    #[test]
    fn the_roll_keeps_the_last_columns_and_puts_high_keys_high() {
        let mut roll = Roll::default();
        for sample in 0..1_000 {
            roll.push(BandColumn {
                sample,
                voice: VoiceHeard::default(),
                chord: (None, 0),
                sounding: [0; INSTRUMENTS],
                tune: Default::default(),
                transport: Transport::default(),
            });
        }
        assert_eq!((roll.columns.len(), roll.columns.back().map(|column| column.sample)), (COLUMNS, Some(999)));
        let plan = Plan::new(Rect::from_min_size(pos2(0.0, 0.0), vec2(600.0, 300.0)));
        assert!(plan.y(72.0) < plan.y(40.0) && plan.drum_y(36) > plan.drum_y(38) && plan.x(10) < plan.now);
    }
}
