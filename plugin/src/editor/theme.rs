//! Colours, text sizes, and how a rectangle is cut into pieces.

use egui::{
    Align, Align2, Color32, Context, CornerRadius, FontId, Label, Layout, Painter, Rect, Response, RichText, Stroke,
    StrokeKind, Theme, Ui, UiBuilder, pos2, vec2,
};

/// Behind everything.
pub const BACKGROUND: Color32 = Color32::from_rgb(0x14, 0x16, 0x1b);
/// Behind a group of things.
pub const PANEL: Color32 = Color32::from_rgb(0x1c, 0x1f, 0x26);
/// Grooves of sliders, meters and fields.
pub const GROOVE: Color32 = Color32::from_rgb(0x2b, 0x2f, 0x39);
/// Text that is read.
pub const TEXT: Color32 = Color32::from_rgb(0xdc, 0xe0, 0xe8);
/// Text that only names things.
pub const DIM: Color32 = Color32::from_rgb(0x93, 0x9a, 0xa8);
/// Text of a button that cannot be pressed now.
pub const OFF: Color32 = Color32::from_rgb(0x72, 0x78, 0x84);
/// Something the user should know.
pub const WARNING: Color32 = Color32::from_rgb(0xff, 0xcf, 0x5c);
/// A level above full scale.
pub const OVER: Color32 = Color32::from_rgb(0xff, 0x5a, 0x4f);
/// Song A, also the lighter of the two.
pub const SONG_A: Color32 = Color32::from_rgb(0xff, 0xab, 0x4a);
/// Song B.
pub const SONG_B: Color32 = Color32::from_rgb(0x4c, 0x96, 0xff);
/// Half A, half B; also what belongs to neither.
pub const BOTH: Color32 = Color32::from_rgb(0xe4, 0xdc, 0xe8);
/// The pad of the band.
pub const PAD: Color32 = Color32::from_rgb(0xe6, 0x50, 0x70);
/// What a voice is tuned to.
pub const TARGET: Color32 = Color32::from_rgb(0xa5, 0xff, 0xb4);
/// Text of axes, on black.
pub const AXIS: Color32 = Color32::from_rgb(0xa0, 0xa0, 0xa0);

/// Widest explanation in logical pixels.
pub const TOOLTIP: f32 = 320.0;
/// Corner radius of everything.
pub const CORNER: CornerRadius = CornerRadius::same(3);

/// The colour between A (0) and B (1).
#[must_use]
pub fn a_to_b(value: f32) -> Color32 {
    let value = value.clamp(0.0, 1.0);
    if value < 0.5 { SONG_A.lerp_to_gamma(BOTH, 2.0 * value) } else { BOTH.lerp_to_gamma(SONG_B, 2.0 * value - 1.0) }
}

/// Text of the usual size.
#[must_use]
pub const fn font() -> FontId {
    FontId::proportional(13.0)
}

/// Text of scales and headings.
#[must_use]
pub const fn small_font() -> FontId {
    FontId::proportional(11.0)
}

/// Sets the look of the whole editor.
pub fn apply(context: &Context) {
    context.set_theme(Theme::Dark);
    context.all_styles_mut(|style| {
        let visuals = &mut style.visuals;
        (visuals.panel_fill, visuals.window_fill) = (BACKGROUND, PANEL);
        (visuals.extreme_bg_color, visuals.text_edit_bg_color) = (GROOVE, Some(GROOVE));
        visuals.override_text_color = Some(TEXT);
        visuals.selection.bg_fill = SONG_B.gamma_multiply(0.45);
        visuals.selection.stroke = Stroke::new(1.0, TEXT);
        for widget in [&mut visuals.widgets.inactive, &mut visuals.widgets.hovered, &mut visuals.widgets.active] {
            (widget.bg_fill, widget.weak_bg_fill) = (GROOVE, GROOVE);
            (widget.corner_radius, widget.expansion) = (CORNER, 0.0);
        }
        visuals.widgets.hovered.weak_bg_fill = GROOVE.lerp_to_gamma(TEXT, 0.15);
        style.interaction.selectable_labels = false;
    });
}

/// Writes one line of text without a widget behind it; returns where.
pub fn write(painter: &Painter, rect: Rect, align: Align2, text: impl ToString, font: FontId, colour: Color32) -> Rect {
    painter.text(align.pos_in_rect(&rect), align, text, font, colour)
}

/// Writes one line of text over a picture, on a dark ground of its own.
pub fn write_over(painter: &Painter, rect: Rect, align: Align2, text: impl ToString) {
    let text = painter.layout_no_wrap(text.to_string(), small_font(), AXIS);
    let place = align.align_size_within_rect(text.size(), rect);
    painter.rect_filled(place.expand2(vec2(2.0, 0.0)), CORNER, Color32::from_black_alpha(190));
    painter.galley(place.min, text, AXIS);
}

/// A ring around the control that the keys go to.
pub fn ring(ui: &Ui, response: &Response) {
    if response.has_focus() {
        ui.painter().rect_stroke(response.rect, CORNER, Stroke::new(1.5, TEXT), StrokeKind::Outside);
    }
}

/// A line of text that screen readers find, cut short where it does not fit.
pub fn sentence(ui: &mut Ui, rect: Rect, text: &str, colour: Color32) -> Response {
    let place = UiBuilder::new().max_rect(rect).layout(Layout::left_to_right(Align::Center));
    let label = Label::new(RichText::new(text).font(font()).color(colour)).truncate();
    ui.scope_builder(place, |ui| ui.add(label)).inner
}

/// Text that screen readers find, from the top of `rect` on over as many lines as it takes.
pub fn paragraph(ui: &mut Ui, rect: Rect, text: &str, colour: Color32) -> Response {
    let place = UiBuilder::new().max_rect(rect).layout(Layout::top_down(Align::Min));
    let label = Label::new(RichText::new(text).font(font()).color(colour)).wrap();
    ui.scope_builder(place, |ui| ui.add(label)).inner
}

/// Cuts `height` off the top.
pub fn cut_top(rect: &mut Rect, height: f32) -> Rect {
    let cut = Rect::from_min_max(rect.min, pos2(rect.right(), rect.top() + height));
    rect.min.y += height;
    cut
}

/// Cuts `height` off the bottom.
pub fn cut_bottom(rect: &mut Rect, height: f32) -> Rect {
    let cut = Rect::from_min_max(pos2(rect.left(), rect.bottom() - height), rect.max);
    rect.max.y -= height;
    cut
}

/// Cuts `width` off the left.
pub fn cut_left(rect: &mut Rect, width: f32) -> Rect {
    let cut = Rect::from_min_max(rect.min, pos2(rect.left() + width, rect.bottom()));
    rect.min.x += width;
    cut
}

/// Cuts `width` off the right.
pub fn cut_right(rect: &mut Rect, width: f32) -> Rect {
    let cut = Rect::from_min_max(pos2(rect.right() - width, rect.top()), rect.max);
    rect.max.x -= width;
    cut
}

pub mod light;
#[cfg(test)]
mod sight;
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_is_warm_b_is_cold_and_between_is_neither() {
        assert_eq!((a_to_b(0.0), a_to_b(0.5), a_to_b(1.0)), (SONG_A, BOTH, SONG_B));
        assert_eq!((a_to_b(-1.0), a_to_b(2.0)), (SONG_A, SONG_B));
        assert!(SONG_A.r() > SONG_A.b() && SONG_B.b() > SONG_B.r());
    }
}
