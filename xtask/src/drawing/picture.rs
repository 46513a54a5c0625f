//! Small pictures: pixels to PNG.

use anyhow::{Context, Result};
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use songweave_audio::draft::write_bytes;
use std::path::Path;

/// 8-bit RGB.
pub(crate) type Colour = [u8; 3];

/// Song A's colour where it is loudest.
const SONG_A: [f32; 3] = [255.0, 150.0, 40.0];
/// Song B's.
const SONG_B: [f32; 3] = [60.0, 160.0, 255.0];

/// Pixels, rows from the top.
pub(crate) struct Picture {
    width: u32,
    height: u32,
    pixels: Vec<u8>,
}

impl Picture {
    /// A picture of one colour.
    pub(crate) fn new(width: u32, height: u32, colour: Colour) -> Self {
        Self { width, height, pixels: colour.repeat((width * height) as usize) }
    }

    /// A picture of RGB rows.
    pub(crate) fn from_rows(width: u32, height: u32, pixels: Vec<u8>) -> Self {
        Self { width, height, pixels }
    }

    /// Colours a pixel; one beyond the edge is left out.
    pub(crate) fn set(&mut self, x: u32, y: u32, colour: Colour) {
        if x < self.width && y < self.height {
            let at = 3 * (y * self.width + x) as usize;
            self.pixels[at..at + 3].copy_from_slice(&colour);
        }
    }

    /// Number of different colours, up to a few: an editor that did not draw has one.
    pub(crate) fn colours(&self) -> usize {
        let mut colours: Vec<&[u8]> = self.pixels.chunks_exact(3).collect();
        colours.sort_unstable();
        colours.dedup();
        colours.len()
    }

    /// Writes a PNG.
    pub(crate) fn write(&self, path: &Path) -> Result<()> {
        let mut bytes = Vec::new();
        PngEncoder::new(&mut bytes)
            .write_image(&self.pixels, self.width, self.height, ExtendedColorType::Rgb8)
            .with_context(|| format!("cannot make a PNG of {}", path.display()))?;
        Ok(write_bytes(path, &bytes)?)
    }
}

/// The colour between song A (0) and song B (1), from black (`light` 0) to full (1).
pub(crate) fn between_songs(b: f32, light: f32) -> Colour {
    std::array::from_fn(|index| (light * (SONG_A[index] * (1.0 - b) + SONG_B[index] * b)) as u8)
}
