//! The mask over time and frequency: colour says who is heard, brightness how loud.

use std::ops::Range;

use egui::{Align2, Color32, ColorImage, Painter, Rect, Stroke, TextureHandle, TextureOptions, Ui, pos2, vec2};
use songweave_dsp::{
    analysis::bands::band_position,
    exchange::telemetry::MaskColumn,
    stream::layout::{BANDS, Part},
};

use crate::editor::theme;

/// Columns shown, about six seconds.
pub const COLUMNS: usize = 560;
/// Level in dB that is black, and the dB from there to full brightness.
const BLACK_DB: f32 = -88.0;
const BRIGHTNESS_DB: f32 = 64.0;
/// Frequencies written on the axis, in Hz.
const TICKS: [(f32, &str); 8] = [
    (100.0, "100"),
    (200.0, "200"),
    (500.0, "500"),
    (1_000.0, "1k"),
    (2_000.0, "2k"),
    (5_000.0, "5k"),
    (10_000.0, "10k"),
    (16_000.0, "16k"),
];

/// The last [`COLUMNS`] columns in a ring texture, of which only new columns are uploaded.
pub struct HeatMap {
    columns: Vec<Option<Box<MaskColumn>>>,
    /// Where the next column goes; the oldest is there now.
    next: usize,
    /// Columns that the texture does not show yet.
    fresh: usize,
    part: Option<Part>,
    texture: Option<TextureHandle>,
}

impl Default for HeatMap {
    fn default() -> Self {
        Self { columns: vec![None; COLUMNS], next: 0, fresh: COLUMNS, part: None, texture: None }
    }
}

impl HeatMap {
    /// Adds the newest column.
    pub fn push(&mut self, column: MaskColumn) {
        self.columns[self.next] = Some(Box::new(column));
        self.next = (self.next + 1) % COLUMNS;
        self.fresh = (self.fresh + 1).min(COLUMNS);
    }

    /// The newest column.
    #[must_use]
    pub fn newest(&self) -> Option<&MaskColumn> {
        self.columns[(self.next + COLUMNS - 1) % COLUMNS].as_deref()
    }

    /// The part shown, `None` for all together.
    #[must_use]
    pub const fn part(&self) -> Option<Part> {
        self.part
    }

    /// Chooses the part to show.
    pub fn choose(&mut self, part: Option<Part>) {
        if part != self.part {
            self.part = part;
            self.fresh = COLUMNS;
        }
    }

    /// Draws the map into a rectangle, the newest column at the right; `span` is its length in seconds.
    pub fn show(&mut self, ui: &Ui, rect: Rect, span: Option<f32>) {
        self.upload(ui);
        let painter = ui.painter_at(rect);
        painter.rect_filled(rect, theme::CORNER, Color32::BLACK);
        if let Some(texture) = &self.texture {
            let share = self.next as f32 / COLUMNS as f32;
            let seam = rect.right() - share * rect.width();
            let (older, newer) = (Rect::everything_left_of(seam), Rect::everything_right_of(seam));
            let uv = |from: f32, to: f32| Rect::from_min_max(pos2(from, 0.0), pos2(to, 1.0));
            painter.image(texture.id(), rect.intersect(older), uv(share, 1.0), Color32::WHITE);
            painter.image(texture.id(), rect.intersect(newer), uv(0.0, share), Color32::WHITE);
        }
        draw_grid(&painter, rect, span);
    }

    /// Brings the texture up to date.
    fn upload(&mut self, ui: &Ui) {
        let fresh = std::mem::take(&mut self.fresh);
        let options = TextureOptions::LINEAR;
        let Some(mut texture) = self.texture.take() else {
            self.texture = Some(ui.ctx().load_texture("mask", self.image(0..COLUMNS), options));
            return;
        };
        if fresh >= COLUMNS {
            texture.set(self.image(0..COLUMNS), options);
        } else if fresh > 0 {
            let first = (self.next + COLUMNS - fresh) % COLUMNS;
            let end = (first + fresh).min(COLUMNS);
            texture.set_partial([first, 0], self.image(first..end), options);
            if first + fresh > COLUMNS {
                texture.set_partial([0, 0], self.image(0..self.next), options);
            }
        }
        self.texture = Some(texture);
    }

    /// A picture of some columns, the highest band at the top.
    fn image(&self, columns: Range<usize>) -> ColorImage {
        let size = [columns.len(), BANDS];
        let mut pixels = Vec::with_capacity(size[0] * size[1]);
        for band in (0..BANDS).rev() {
            let column = |column: &Option<Box<MaskColumn>>| match column {
                Some(column) => colour(column, self.part, band),
                None => Color32::BLACK,
            };
            pixels.extend(self.columns[columns.clone()].iter().map(column));
        }
        ColorImage::new(size, pixels)
    }
}

/// The colour of a band of a column: of one part, or of all together.
#[must_use]
pub fn colour(column: &MaskColumn, part: Option<Part>, band: usize) -> Color32 {
    let (heard, power) = match part {
        Some(part) => (column.heard[part as usize][band], column.power[part as usize][band]),
        None => {
            let power: f32 = column.power.iter().map(|part| part[band]).sum();
            let from_b = column.heard.iter().zip(&column.power).map(|(heard, power)| heard[band] * power[band]);
            (if power > 0.0 { from_b.sum::<f32>() / power } else { 0.5 }, power)
        }
    };
    let level = 10.0 * (power + 1e-12).log10();
    let brightness = ((level - BLACK_DB) / BRIGHTNESS_DB).clamp(0.0, 1.0);
    Color32::BLACK.lerp_to_gamma(theme::a_to_b(heard), brightness)
}

fn draw_grid(painter: &Painter, rect: Rect, span: Option<f32>) {
    let line = Stroke::new(1.0, Color32::from_white_alpha(14));
    let mut free = rect.bottom();
    for (hz, text) in TICKS {
        let y = rect.bottom() - (band_position(hz) + 0.5) / BANDS as f32 * rect.height();
        painter.hline(rect.x_range(), y, line);
        let place = Rect::from_min_size(pos2(rect.left() + 5.0, y - 7.0), vec2(40.0, 14.0));
        // In a small window not every line has room for its name.
        if place.bottom() > free {
            continue;
        }
        free = place.top();
        theme::write_over(painter, place, Align2::LEFT_CENTER, text);
    }
    for ago in 1..=span.unwrap_or(0.0) as u32 {
        let x = rect.right() - ago as f32 / span.unwrap_or(1.0) * rect.width();
        painter.vline(x, rect.y_range(), line);
    }
}

#[cfg(test)]
mod tests {
    use songweave_dsp::{
        exchange::frame::{Position, Transport},
        stream::layout::PARTS,
    };

    use super::*;

    fn column(heard: [f32; PARTS], power: [f32; PARTS]) -> MaskColumn {
        MaskColumn {
            position: Position::default(),
            heard: heard.map(|heard| [heard; BANDS]),
            power: power.map(|power| [power; BANDS]),
            lead: [0.5; PARTS],
            faders: [0.5; PARTS],
            frozen: false,
            transport: Transport::default(),
        }
    }

    #[test]
    fn a_part_shows_its_song_and_all_parts_the_louder_ones() {
        let column = column([0.0, 1.0, 1.0, 0.5], [1.0, 1.0, 0.0, 1e-9]);
        assert_eq!(colour(&column, Some(Part::Vocals), 3), theme::SONG_A);
        assert_eq!(colour(&column, Some(Part::Drums), 3), theme::SONG_B);
        assert_eq!(colour(&column, Some(Part::Bass), 3), Color32::BLACK, "silence is black");
        assert_eq!(colour(&column, None, 3), theme::BOTH);
    }

    #[test]
    fn louder_is_brighter() {
        let at = |power: f32| colour(&column([0.0; PARTS], [power; PARTS]), Some(Part::Other), 0).r();
        assert!(at(1e-6) > 0 && at(1e-6) < at(1e-4) && at(1e-4) < at(1e-2), "{} {}", at(1e-6), at(1e-4));
    }

    #[test]
    fn the_picture_has_low_bands_at_the_bottom_and_wraps_after_its_length() {
        let mut map = HeatMap::default();
        let mut bass_of_a = column([0.0; PARTS], [0.0; PARTS]);
        bass_of_a.power[0][0] = 1.0;
        for _ in 0..=COLUMNS {
            map.push(bass_of_a);
        }
        let picture = map.image(0..1);
        assert_eq!(picture.size, [1, BANDS]);
        assert_eq!((picture.pixels[BANDS - 1], picture.pixels[0]), (theme::SONG_A, Color32::BLACK));
        assert_eq!(map.next, 1);
    }
}
