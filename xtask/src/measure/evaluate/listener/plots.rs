//! Pictures of the genres: which were told, and how far the probabilities can be believed.

use songweave_engine::listener::GENRES;
use songweave_measure::listener::genre::{BINS, GenreFigures};

use songweave_cli::drawing::{
    lettering::{self, HEIGHT},
    picture::{Colour, Picture},
};

const CELL: u32 = 34;
const MARGIN: u32 = 78;
const BACKGROUND: Colour = [24, 26, 32];
const TEXT: Colour = [220, 224, 232];
const BAR: Colour = [76, 166, 255];
const LINE: Colour = [255, 157, 63];

/// Rows are the true genres, columns what was told; brightness is the share of the row.
pub(super) fn confusion(figures: &GenreFigures) -> Picture {
    let size = MARGIN + CELL * GENRES.len() as u32;
    let mut picture = Picture::new(size, size, BACKGROUND);
    for (row, (genre, told)) in GENRES.iter().zip(&figures.confusion).enumerate() {
        let (y, all) = (MARGIN + CELL * row as u32, told.iter().sum::<usize>().max(1) as f32);
        lettering::write(&mut picture, 4, y + (CELL - HEIGHT) / 2, genre, TEXT);
        let short: String = genre.chars().take(5).collect();
        lettering::write(&mut picture, y + 2, MARGIN - 12, &short, TEXT);
        for (column, count) in told.iter().enumerate() {
            let x = MARGIN + CELL * column as u32;
            fill(&mut picture, [x + 1, y + 1], [CELL - 2, CELL - 2], BAR, 0.06 + 0.94 * *count as f32 / all);
            if *count > 0 {
                lettering::write(&mut picture, x + 8, y + (CELL - HEIGHT) / 2, &count.to_string(), TEXT);
            }
        }
    }
    picture
}

/// Bars are the shares of right answers by probability; the line is where they would be as probable as was said.
pub(super) fn reliability(figures: &GenreFigures) -> Picture {
    let side = 300;
    let mut picture = Picture::new(side + 2 * MARGIN, side + 2 * MARGIN, BACKGROUND);
    let width = side / BINS as u32;
    for (bin, (count, _, right)) in figures.reliability.iter().enumerate() {
        let (x, height) = (MARGIN + width * bin as u32, (right * f64::from(side)) as u32);
        fill(&mut picture, [x + 2, MARGIN + side - height], [width - 4, height], BAR, 1.0);
        lettering::write(&mut picture, x + 4, MARGIN + side + 8, &count.to_string(), TEXT);
    }
    (0..side).for_each(|at| fill(&mut picture, [MARGIN + at, MARGIN + side - at - 1], [2, 2], LINE, 1.0));
    lettering::write(&mut picture, MARGIN, MARGIN - 18, "share of right answers by probability", TEXT);
    lettering::write(&mut picture, MARGIN, MARGIN + side + 26, "probability 0 to 1, recordings below the bars", TEXT);
    picture
}

fn fill(picture: &mut Picture, [x, y]: [u32; 2], [width, height]: [u32; 2], colour: Colour, share: f32) {
    for (column, row) in (0..width).flat_map(|column| (0..height).map(move |row| (column, row))) {
        picture.blend(x + column, y + row, colour, share);
    }
}
