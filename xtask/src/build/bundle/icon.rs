//! Songweave's icon, drawn here: two strands woven into each other, in the colours of song A and song B.

use anyhow::Result;
use icns::{IconFamily, Image, PixelFormat};
use image::codecs::ico::{IcoEncoder, IcoFrame};
use image::{ExtendedColorType, ImageFormat, Rgba, RgbaImage};
use std::f32::consts::TAU;
use std::io::Cursor;

/// What a pixel is averaged from, in each direction.
const SAMPLES: u32 = 4;
/// The editor's background, song A and song B.
const COLOURS: [[f32; 3]; 3] = [[20.0, 22.0, 27.0], [255.0, 171.0, 74.0], [76.0, 150.0, 255.0]];
/// Half the width of a strand, and of the gap that the upper one leaves in the lower, as shares of the icon.
const STRAND: f32 = 0.055;
const GAP: f32 = 0.095;
/// Radius of the icon's corners.
const CORNER: f32 = 0.2;
/// How far the strands swing, and how many times.
const SWING: f32 = 0.2;
const TURNS: f32 = 1.25;

/// Sizes in Windows' icon file.
const WINDOWS: [u32; 4] = [16, 32, 48, 256];
/// Sizes in Apple's.
const APPLE: [u32; 7] = [16, 32, 64, 128, 256, 512, 1024];

/// The icon as a PNG of so many pixels in each direction.
pub(crate) fn png(size: u32) -> Result<Vec<u8>> {
    let mut png = Cursor::new(Vec::new());
    draw(size).write_to(&mut png, ImageFormat::Png)?;
    Ok(png.into_inner())
}

/// The icon in the form of Windows.
pub(crate) fn ico() -> Result<Vec<u8>> {
    let frame = |size| IcoFrame::as_png(&draw(size), size, size, ExtendedColorType::Rgba8);
    let mut ico = Vec::new();
    IcoEncoder::new(&mut ico).encode_images(&WINDOWS.map(frame).into_iter().collect::<Result<Vec<_>, _>>()?)?;
    Ok(ico)
}

/// The icon in the form of macOS.
pub(crate) fn icns() -> Result<Vec<u8>> {
    let mut family = IconFamily::new();
    for size in APPLE {
        family.add_icon(&Image::from_data(PixelFormat::RGBA, size, size, draw(size).into_raw())?)?;
    }
    let mut icns = Vec::new();
    family.write(&mut icns)?;
    Ok(icns)
}

fn draw(size: u32) -> RgbaImage {
    RgbaImage::from_fn(size, size, |x, y| {
        let (mut sum, mut inside) = ([0.0; 3], 0.0);
        for sample in 0..SAMPLES * SAMPLES {
            let place = |pixel: u32, part: u32| (pixel as f32 + (part as f32 + 0.5) / SAMPLES as f32) / size as f32;
            if let Some(colour) = colour(place(x, sample % SAMPLES), place(y, sample / SAMPLES)) {
                sum.iter_mut().zip(colour).for_each(|(sum, part)| *sum += part);
                inside += 1.0;
            }
        }
        let [red, green, blue] = sum.map(|sum| if inside > 0.0 { (sum / inside) as u8 } else { 0 });
        Rgba([red, green, blue, (255.0 * inside / (SAMPLES * SAMPLES) as f32) as u8])
    })
}

/// The colour at a place, 0…1 from the left and from the top; `None` outside the rounded corners.
fn colour(x: f32, y: f32) -> Option<[f32; 3]> {
    let beyond = [x, y].map(|along| ((along - 0.5).abs() - (0.5 - CORNER)).max(0.0));
    if beyond[0].hypot(beyond[1]) > CORNER {
        return None;
    }
    let phase = TAU * TURNS * (x - 0.5);
    let (swing, slope) = (SWING * phase.sin(), SWING * TAU * TURNS * phase.cos());
    // A strand is as wide across where it is steep.
    let distance = |middle: f32| (y - 0.5 - middle).abs() / slope.hypot(1.0);
    let strands = [(distance(swing), COLOURS[1]), (distance(-swing), COLOURS[2])];
    // At every other crossing the other strand is above.
    let [above, below] = if slope > 0.0 { strands } else { [strands[1], strands[0]] };
    Some(match (above, below) {
        ((distance, colour), _) if distance < STRAND => colour,
        ((distance, _), _) if distance < GAP => COLOURS[0],
        (_, (distance, colour)) if distance < STRAND => colour,
        _ => COLOURS[0],
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_size_shows_both_songs_on_a_tile_with_round_corners() {
        for size in [16, 48, 256] {
            let icon = image::load_from_memory(&png(size).unwrap()).unwrap().to_rgba8();
            assert_eq!(icon.dimensions(), (size, size));
            assert_eq!(icon.get_pixel(0, 0).0[3], 0, "the corner of {size}");
            let near = |colour: [f32; 3]| {
                let distance =
                    |pixel: &Rgba<u8>| (0..3).map(|part| (f32::from(pixel.0[part]) - colour[part]).abs()).sum::<f32>();
                icon.pixels().filter(|pixel| pixel.0[3] == 255 && distance(pixel) < 30.0).count()
            };
            let share = COLOURS.map(|colour| near(colour) as f32 / (size * size) as f32);
            assert!(share.iter().all(|share| *share > 0.05), "{size}: {share:?}");
        }
    }

    #[test]
    fn windows_form_holds_the_icon() {
        let ico = ico().unwrap();
        let icon = image::load_from_memory_with_format(&ico, ImageFormat::Ico).unwrap();
        assert_eq!((icon.width(), icon.height()), (256, 256), "the largest is read");
        assert_eq!(usize::from(ico[4]), WINDOWS.len());
    }

    #[test]
    fn apples_form_holds_every_size() {
        let family = IconFamily::read(icns().unwrap().as_slice()).unwrap();
        let sizes: Vec<u32> =
            family.available_icons().into_iter().map(|kind| family.get_icon_with_type(kind).unwrap().width()).collect();
        assert_eq!(sizes, APPLE);
    }
}
