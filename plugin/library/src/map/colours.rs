//! A colour for every genre, told apart on dark and on light, in the order of [`crate::track::GENRES`].

/// Red, green, blue.
pub const GENRE_COLOURS: [[u8; 3]; 16] = [
    [66, 113, 196],
    [176, 148, 98],
    [206, 145, 54],
    [53, 182, 205],
    [122, 163, 71],
    [196, 90, 178],
    [142, 104, 200],
    [226, 118, 54],
    [120, 128, 138],
    [93, 169, 154],
    [232, 120, 152],
    [208, 68, 68],
    [62, 158, 82],
    [166, 92, 62],
    [204, 84, 108],
    [150, 158, 48],
];

/// The colour as a page writes it.
#[must_use]
pub fn css(genre: usize) -> String {
    let [red, green, blue] = GENRE_COLOURS[genre % GENRE_COLOURS.len()];
    format!("#{red:02x}{green:02x}{blue:02x}")
}
