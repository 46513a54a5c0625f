//! Pitch lines as a picture: before in orange, after in blue, the target as a grey band.

use songweave_measure::tune::pitch_line::{PitchPoint, STEP};

use songweave_cli::drawing::lettering;
use songweave_cli::drawing::picture::{Colour, Picture};

/// Pixels of a point and of a semitone.
const POINT: usize = 1;
const SEMITONE: f32 = 14.0;
/// Seconds that are drawn at most.
const SECONDS: f64 = 16.0;
const MARGIN: u32 = 24;
const GROUND: Colour = [18, 18, 22];
const GRID: Colour = [44, 44, 50];
const TARGET: Colour = [92, 92, 104];
const BEFORE: Colour = [255, 150, 40];
const AFTER: Colour = [90, 180, 255];
const LETTERS: Colour = [170, 170, 170];

/// The picture of the liveliest stretch.
pub(super) fn draw(before: &[PitchPoint], after: &[PitchPoint], targets: &[f32]) -> Picture {
    let length = ((SECONDS / STEP) as usize).min(before.len());
    let voiced = |from: &usize| before[*from..from + length].iter().filter(|point| point.voiced).count();
    let from = (0..=before.len() - length).step_by(50).max_by_key(voiced).unwrap_or(0);
    let keys = || {
        before[from..from + length]
            .iter()
            .chain(&after[from..(from + length).min(after.len())])
            .filter(|point| point.voiced)
    };
    let (low, high) = keys().fold((127.0f32, 0.0f32), |(low, high), point| (low.min(point.key), high.max(point.key)));
    let (low, high) = if low > high { (60.0, 72.0) } else { (low.floor() - 1.0, high.ceil() + 1.0) };
    let width = (length * POINT) as u32 + 2 * MARGIN;
    let height = ((high - low) * SEMITONE) as u32 + 2 * MARGIN;
    let mut picture = Picture::new(width, height, GROUND);
    let y = |key: f32| MARGIN + ((high - key) * SEMITONE) as u32;
    for key in low as u8..=high as u8 {
        (MARGIN..width - MARGIN).for_each(|x| picture.set(x, y(f32::from(key)), GRID));
        if key % 12 == 0 {
            lettering::write(&mut picture, 2, y(f32::from(key)) - 3, &format!("C{}", key / 12 - 1), LETTERS);
        }
    }
    for index in 0..length {
        let x = MARGIN + (index * POINT) as u32;
        if let Some(target) = targets.get(from + index).filter(|target| (low..=high).contains(target)) {
            (0..5).for_each(|row| picture.set(x, y(*target) + row - 2, TARGET));
        }
        for (line, colour) in [(before, BEFORE), (after, AFTER)] {
            if let Some(point) = line.get(from + index).filter(|point| point.voiced) {
                (0..2).for_each(|row| picture.set(x, y(point.key) + row, colour));
            }
        }
    }
    lettering::write(&mut picture, MARGIN, 6, "before", BEFORE);
    lettering::write(&mut picture, MARGIN + lettering::width("before   "), 6, "after", AFTER);
    picture
}
