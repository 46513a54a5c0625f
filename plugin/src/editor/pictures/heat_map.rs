//! The mask over time and frequency: colour says who is heard, brightness how loud.

use std::ops::Range;

use egui::{
    Align2, Color32, ColorImage, CursorIcon, Id, Painter, Rect, Response, Role, Sense, Stroke, TextureHandle,
    TextureOptions, Ui, WidgetInfo, pos2, vec2,
};
use songweave_dsp::{
    analysis::bands::{band_position, centre_hz},
    exchange::{audition::Region, telemetry::MaskColumn},
    stream::layout::{BANDS, Part},
};

use crate::{
    editor::{controls::help, theme},
    units,
};

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
    light: bool,
    texture: Option<TextureHandle>,
}

impl Default for HeatMap {
    fn default() -> Self {
        Self { columns: vec![None; COLUMNS], next: 0, fresh: COLUMNS, part: None, light: false, texture: None }
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

    /// Chooses the light theme or the dark one.
    pub fn light(&mut self, light: bool) {
        if light != self.light {
            self.light = light;
            self.fresh = COLUMNS;
        }
    }

    /// Draws the map into a rectangle, the newest column at the right; `span` is its length in seconds. Returns what the user
    /// wants to hear alone: the frequencies over which the mouse button is held.
    pub fn show(&mut self, ui: &Ui, rect: Rect, span: Option<f32>) -> Option<Region> {
        self.upload(ui);
        let response = ui.interact(rect, Id::unique("mask"), Sense::DRAG);
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, "Mask"));
        // Everything lies inside the rectangle: a clip of its own would cost the renderer a call more.
        let painter = ui.painter();
        painter.rect_filled(rect, theme::CORNER, Color32::BLACK);
        if let Some(texture) = &self.texture {
            let share = self.next as f32 / COLUMNS as f32;
            let seam = rect.right() - share * rect.width();
            let (older, newer) = (Rect::everything_left_of(seam), Rect::everything_right_of(seam));
            let uv = |from: f32, to: f32| Rect::from_min_max(pos2(from, 0.0), pos2(to, 1.0));
            painter.image(texture.id(), rect.intersect(older), uv(share, 1.0), Color32::WHITE);
            painter.image(texture.id(), rect.intersect(newer), uv(0.0, share), Color32::WHITE);
        }
        draw_grid(painter, rect, span);
        let region = held(ui, &response).map(|span| Region { part: self.part, ..region(rect, span) });
        let response = response.on_hover_cursor(CursorIcon::Crosshair);
        match &region {
            Some(region) => draw_region(painter, rect, region),
            None => _ = help::point(response, "Mask"),
        }
        region
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
                Some(column) => colour(column, self.part, band, self.light),
                None => theme::light::shade(0.5, 0.0, self.light),
            };
            pixels.extend(self.columns[columns.clone()].iter().map(column));
        }
        ColorImage::new(size, pixels)
    }
}

/// The colour of a band of a column in one of the themes: of one part, or of all together.
#[must_use]
pub fn colour(column: &MaskColumn, part: Option<Part>, band: usize, light: bool) -> Color32 {
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
    theme::light::shade(heard, brightness, light)
}

/// Where the mouse button went down on the map and where the pointer is now, while it is held.
fn held(ui: &Ui, response: &Response) -> Option<[f32; 2]> {
    let (from, to) = ui.input(|input| input.pointer.press_origin().zip(input.pointer.latest_pos()))?;
    response.is_pointer_button_down_on().then_some([from.y, to.y])
}

/// The bands of all parts between two heights on the map, and the next ones, so that a mere click has some as well.
fn region(map: Rect, heights: [f32; 2]) -> Region {
    let [one, other] = heights.map(|y| (map.bottom() - y) / map.height() * BANDS as f32);
    let band = |place: f32| place.clamp(0.0, (BANDS - 1) as f32) as u8;
    Region { low: band(one.min(other) - 1.0), high: band(one.max(other) + 1.0), part: None }
}

/// Darkens what is not heard, and says what is.
fn draw_region(painter: &Painter, map: Rect, region: &Region) {
    let y = |band: f32| map.bottom() - band / BANDS as f32 * map.height();
    let (top, bottom) = (y(f32::from(region.high) + 1.0), y(f32::from(region.low)));
    for rest in [map.with_max_y(top), map.with_min_y(bottom)] {
        painter.rect_filled(rest, 0.0, Color32::from_black_alpha(180));
    }
    for y in [top, bottom] {
        painter.hline(map.x_range(), y, Stroke::new(1.0, theme::TEXT));
    }
    let [low, high] = [region.low, region.high].map(|band| units::hertz(centre_hz(band.into())));
    let place = map.shrink(6.0);
    theme::write_over(painter, place, Align2::RIGHT_TOP, format!("only {low} to {high} is heard while you hold"));
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
        assert_eq!(colour(&column, Some(Part::Vocals), 3, false), theme::SONG_A);
        assert_eq!(colour(&column, Some(Part::Drums), 3, false), theme::SONG_B);
        assert_eq!(colour(&column, Some(Part::Bass), 3, false), Color32::BLACK, "silence is black");
        assert_eq!(colour(&column, None, 3, false), theme::BOTH);
    }

    #[test]
    fn a_region_reaches_from_where_the_button_went_down_to_the_pointer_and_stays_on_the_map() {
        let map = Rect::from_min_size(pos2(10.0, 20.0), vec2(300.0, BANDS as f32));
        let bands = |from: f32, to: f32| (region(map, [from, to]).low, region(map, [from, to]).high);
        assert_eq!((bands(106.0, 66.0), bands(66.0, 106.0)), ((9, 51), (9, 51)));
        assert_eq!(bands(66.0, 66.0), (49, 51), "a click is three bands");
        assert_eq!(bands(-500.0, 900.0), (0, 95));
    }

    #[test]
    fn louder_is_brighter() {
        let at = |power: f32| colour(&column([0.0; PARTS], [power; PARTS]), Some(Part::Other), 0, false).r();
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
