//! The light theme. Whoever draws knows the dark colours only; each has its counterpart here, and what was drawn is recoloured
//! before it is shown. Pictures that are textures choose their colours themselves.

use egui::{Color32, Shape, Ui, epaint::shape_transform::adjust_colors, layers::ShapeIdx};

use super::{
    AXIS, BACKGROUND, BOTH, DIM, GROOVE, OFF, OVER, PAD, PANEL, SONG_A, SONG_B, TARGET, TEXT, WARNING, a_to_b,
};

/// The dark colours and their counterparts. Those of the roll and of both songs are the ones of 40,000 random draws that lie
/// farthest apart for all eyes.
const COUNTERPARTS: [(Color32, Color32); 16] = [
    (Color32::BLACK, Color32::WHITE),
    (Color32::WHITE, Color32::BLACK),
    (BACKGROUND, Color32::from_rgb(0xe8, 0xea, 0xef)),
    (PANEL, Color32::from_rgb(0xf8, 0xf9, 0xfb)),
    (GROOVE, Color32::from_rgb(0xd9, 0xdd, 0xe5)),
    (TEXT, Color32::from_rgb(0x16, 0x19, 0x1f)),
    (DIM, Color32::from_rgb(0x4d, 0x54, 0x62)),
    (OFF, Color32::from_rgb(0x7b, 0x81, 0x8d)),
    (WARNING, Color32::from_rgb(0x7d, 0x4f, 0x00)),
    (OVER, Color32::from_rgb(0xb3, 0x15, 0x0c)),
    (SONG_A, Color32::from_rgb(0xa6, 0x43, 0x0d)),
    (SONG_B, Color32::from_rgb(0x06, 0x2e, 0x99)),
    (BOTH, Color32::from_rgb(0x56, 0x4a, 0x5e)),
    (PAD, Color32::from_rgb(0xec, 0x4c, 0xa6)),
    (TARGET, Color32::from_rgb(0x15, 0x77, 0x4c)),
    (AXIS, Color32::from_rgb(0x5c, 0x5c, 0x5c)),
];

/// The counterpart of a colour, as opaque as it is. Between the known ones all count by their nearness (Shepard, "A
/// two-dimensional interpolation function for irregularly-spaced data", 1968).
#[must_use]
pub fn counterpart(colour: Color32) -> Color32 {
    if colour.a() == 0 || colour == Color32::PLACEHOLDER {
        return colour;
    }
    let [r, g, b, opacity] = colour.to_srgba_unmultiplied();
    let (mut sum, mut weights) = ([0.0_f32; 3], 0.0);
    for (dark, light) in COUNTERPARTS {
        let away = [(r, dark.r()), (g, dark.g()), (b, dark.b())].map(|(a, b)| f32::from(a) - f32::from(b));
        let square: f32 = away.iter().map(|way| way * way).sum();
        // A colour that is not quite opaque comes back with an error of rounding.
        let weight = (square + 0.01).powi(-3);
        weights += weight;
        [light.r(), light.g(), light.b()]
            .into_iter()
            .zip(&mut sum)
            .for_each(|(part, sum)| *sum += weight * f32::from(part));
    }
    let [r, g, b] = sum.map(|sum| (sum / weights).round() as u8);
    Color32::from_rgba_unmultiplied(r, g, b, opacity)
}

/// The colour of a place in a picture between A (0) and B (1), `brightness` from silence (0) to loud (1).
#[must_use]
pub fn shade(value: f32, brightness: f32, light: bool) -> Color32 {
    let (silence, loud) = (Color32::BLACK, a_to_b(value));
    let [silence, loud] = if light { [silence, loud].map(counterpart) } else { [silence, loud] };
    silence.lerp_to_gamma(loud, brightness)
}

/// Recolours everything that was drawn so far.
pub fn turn(ui: &Ui) {
    let mut layers: Vec<_> = ui.memory(|memory| memory.layer_ids().collect());
    if !layers.contains(&ui.layer_id()) {
        layers.push(ui.layer_id());
    }
    ui.ctx().graphics_mut(|graphics| {
        for layer in layers {
            let Some(list) = graphics.get_mut(layer) else { continue };
            for index in 0..list.next_idx().0 {
                list.mutate_shape(ShapeIdx(index), |shape| recolour(&mut shape.shape));
            }
        }
    });
}

fn recolour(shape: &mut Shape) {
    match shape {
        Shape::Vec(shapes) => shapes.iter_mut().for_each(recolour),
        Shape::Text(text) => {
            let written = text.galley.job.sections.first().map(|section| section.format.color);
            let colour = text.override_text_color.or(written.filter(|colour| *colour != Color32::PLACEHOLDER));
            text.override_text_color = Some(counterpart(colour.unwrap_or(text.fallback_color)));
        }
        Shape::Rect(rect) if rect.brush.is_some() => {}
        Shape::Mesh(mesh) if mesh.texture_id != egui::TextureId::default() => {}
        other => adjust_colors(other, |colour| *colour = counterpart(*colour)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_colours_have_their_counterparts_whatever_their_opacity() {
        for (dark, light) in COUNTERPARTS {
            assert_eq!(counterpart(dark), light);
            let [r, g, b, a] = counterpart(dark.gamma_multiply(0.5)).to_srgba_unmultiplied();
            let far = [(r, light.r()), (g, light.g()), (b, light.b())].map(|(one, other)| one.abs_diff(other));
            assert!(a.abs_diff(128) < 2 && far.iter().all(|far| *far < 8), "{dark:?}: {far:?}");
        }
        assert_eq!(counterpart(Color32::TRANSPARENT), Color32::TRANSPARENT);
    }

    #[test]
    fn in_both_themes_silence_is_the_ground_and_the_loudest_the_songs_colour() {
        for (light, ground) in [(false, Color32::BLACK), (true, Color32::WHITE)] {
            assert_eq!(shade(0.3, 0.0, light), ground);
        }
        assert_eq!((shade(0.0, 1.0, false), shade(1.0, 1.0, true)), (SONG_A, counterpart(SONG_B)));
    }
}
