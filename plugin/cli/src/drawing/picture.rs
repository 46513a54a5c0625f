//! Small pictures: pixels to PNG.

use std::{collections::BTreeSet, io::Cursor, path::Path};

use anyhow::{Context, Result};
use image::{ImageFormat, Rgb, RgbImage, imageops::FilterType};
use songweave_audio::draft::write_bytes;

/// 8-bit RGB.
pub type Colour = [u8; 3];

/// Song A's colour where it is loudest.
const SONG_A: [f32; 3] = [255.0, 150.0, 40.0];
/// Song B's.
const SONG_B: [f32; 3] = [60.0, 160.0, 255.0];

/// Pixels, rows from the top.
pub struct Picture(RgbImage);

impl Picture {
    /// A picture of one colour.
    pub fn new(width: u32, height: u32, colour: Colour) -> Self {
        Self(RgbImage::from_pixel(width, height, Rgb(colour)))
    }

    /// A picture of RGB rows; `None` where they are too few.
    pub fn from_rows(width: u32, height: u32, pixels: Vec<u8>) -> Option<Self> {
        RgbImage::from_raw(width, height, pixels).map(Self)
    }

    /// A picture from a file.
    ///
    /// # Errors
    /// The file is missing or no picture.
    pub fn read(path: &Path) -> Result<Self> {
        let read = image::open(path).with_context(|| format!("cannot read the picture {}", path.display()))?;
        Ok(Self(read.into_rgb8()))
    }

    /// Height in pixels.
    pub fn height(&self) -> u32 {
        self.0.height()
    }

    /// The picture at another width.
    #[must_use]
    pub fn scaled(&self, width: u32) -> Self {
        let height = (u64::from(self.0.height()) * u64::from(width) / u64::from(self.0.width().max(1))) as u32;
        Self(image::imageops::resize(&self.0, width, height.max(1), FilterType::CatmullRom))
    }

    /// Puts another picture over this one, its top left corner at a place.
    pub fn place(&mut self, other: &Self, x: u32, y: u32) {
        image::imageops::replace(&mut self.0, &other.0, x.into(), y.into());
    }

    /// The colour of a pixel.
    #[cfg(test)]
    pub fn at(&self, x: u32, y: u32) -> Option<Colour> {
        self.0.get_pixel_checked(x, y).map(|pixel| pixel.0)
    }

    /// Colours a pixel; one beyond the edge is left out.
    pub fn set(&mut self, x: u32, y: u32, colour: Colour) {
        self.blend(x, y, colour, 1.0);
    }

    /// Colours a pixel as far as `share` says, 0…1; one beyond the edge is left out.
    pub fn blend(&mut self, x: u32, y: u32, colour: Colour, share: f32) {
        if let Some(Rgb(pixel)) = self.0.get_pixel_mut_checked(x, y) {
            for (old, new) in pixel.iter_mut().zip(colour) {
                *old = (f32::from(*old) + share.clamp(0.0, 1.0) * (f32::from(new) - f32::from(*old))).round() as u8;
            }
        }
    }

    /// Number of different colours: an editor that did not draw has one.
    pub fn colours(&self) -> usize {
        self.0.pixels().map(|pixel| pixel.0).collect::<BTreeSet<Colour>>().len()
    }

    /// Writes a PNG.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let mut bytes = Cursor::new(Vec::new());
        let made = self.0.write_to(&mut bytes, ImageFormat::Png);
        made.with_context(|| format!("cannot make a PNG of {}", path.display()))?;
        Ok(write_bytes(path, bytes.get_ref())?)
    }
}

/// The colour between song A (0) and song B (1), from black (`light` 0) to full (1).
pub fn between_songs(b: f32, light: f32) -> Colour {
    std::array::from_fn(|index| (light * (SONG_A[index] * (1.0 - b) + SONG_B[index] * b)) as u8)
}
