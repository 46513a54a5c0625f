//! Letters for pictures: chord names and labels.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, point};
use epaint_default_fonts::HACK_REGULAR;

use crate::drawing::picture::{Colour, Picture};

/// Height of a capital letter in pixels.
pub const HEIGHT: u32 = 7;
/// Width of a letter with the space behind it, in pixels; all are equally wide.
pub const ADVANCE: u32 = 6;
/// Size of the font, of which capitals are [`HEIGHT`] high and letters [`ADVANCE`] wide.
const SIZE: f32 = 11.2;

/// The font; there is always one, which a test holds.
static FONT: LazyLock<Option<FontRef<'static>>> = LazyLock::new(|| FontRef::try_from_slice(HACK_REGULAR).ok());

/// Writes a text with its upper left corner at `x`, `y`.
pub fn write(picture: &mut Picture, x: u32, y: u32, text: &str, colour: Colour) {
    let Some(font) = &*FONT else { return };
    let baseline = (y + HEIGHT) as f32;
    for (index, letter) in text.chars().enumerate() {
        let left = (x + index as u32 * ADVANCE) as f32;
        let glyph = font.glyph_id(letter).with_scale_and_position(SIZE, point(left, baseline));
        let Some(outline) = font.outline_glyph(glyph) else { continue };
        let corner = outline.px_bounds().min;
        outline.draw(|column, row, coverage| {
            let place = [(corner.x, column), (corner.y, row)].map(|(from, by)| u32::try_from(from as i32 + by as i32));
            if let [Ok(x), Ok(y)] = place {
                picture.blend(x, y, colour, coverage);
            }
        });
    }
}

/// Width of a text in pixels.
pub fn width(text: &str) -> u32 {
    text.chars().count() as u32 * ADVANCE
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::harte::harte;
    use ab_glyph::ScaleFont;
    use songweave_dsp::band::{Chord, INSTRUMENTS, Instrument, Quality};

    #[test]
    fn every_chord_and_every_instrument_can_be_written() {
        let font = FONT.as_ref().unwrap();
        let chords =
            (0..12).flat_map(|root| Quality::ALL.map(|quality| harte(Chord { root, quality, bass: (root + 4) % 12 })));
        let names = (0..INSTRUMENTS).map(|index| Instrument::ALL[index].name().to_owned());
        for letter in chords.chain(names).flat_map(|text| text.chars().collect::<Vec<_>>()) {
            assert_ne!(font.glyph_id(letter).0, 0, "no letter {letter:?}");
        }
    }

    #[test]
    fn letters_have_the_size_that_layouts_reckon_with() {
        let font = FONT.as_ref().unwrap().as_scaled(SIZE);
        assert!((font.h_advance(font.glyph_id('m')) - ADVANCE as f32).abs() < 0.5);
        let mut picture = Picture::new(20, 20, [0, 0, 0]);
        write(&mut picture, 4, 6, "E", [255, 255, 255]);
        let bright = |y| (0..20).any(|x| picture.at(x, y).is_some_and(|colour| colour[0] > 100));
        let rows: Vec<u32> = (0..20).filter(|y| bright(*y)).collect();
        assert_eq!((rows.first(), rows.len()), (Some(&6), HEIGHT as usize));
    }
}
