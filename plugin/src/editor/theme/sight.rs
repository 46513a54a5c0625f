//! The colours as they are seen: contrast by WCAG 2.2, and by people who lack one of the three cones, simulated by the matrices of
//! Machado, Oliveira and Fernandes (2009) at full severity.

use egui::Rgba;

use super::*;

/// Matrices on linear red, green and blue: as seen by everybody, and without the long, middle and short cones.
const EYES: [[[f32; 3]; 3]; 4] = [
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
    [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
];
/// What becomes of a colour in the dark theme and in the light one.
const THEMES: [fn(Color32) -> Color32; 2] = [|colour| colour, light::counterpart];
/// Contrast of text (AA), and of what is drawn.
const TEXT_CONTRAST: f32 = 4.5;
const DRAWN_CONTRAST: f32 = 3.0;
/// Distance in CIE Lab at which colours beside one another are told apart easily; 2 is just noticed.
const DISTANCE: f32 = 20.0;

fn linear(colour: Color32) -> [f32; 3] {
    let rgba = Rgba::from(colour);
    [rgba.r(), rgba.g(), rgba.b()]
}

fn luminance(colour: Color32) -> f32 {
    let [r, g, b] = linear(colour);
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

fn contrast(one: Color32, other: Color32) -> f32 {
    let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
    (one / other).max(other / one)
}

fn lab([r, g, b]: [f32; 3]) -> [f32; 3] {
    let xyz = [
        (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047,
        0.2126 * r + 0.7152 * g + 0.0722 * b,
        (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883,
    ];
    let [x, y, z] = xyz.map(|v: f32| if v > 0.008_856 { v.cbrt() } else { 7.787 * v + 16.0 / 116.0 });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

/// The smallest distance between two colours for any of the eyes.
fn distance(one: Color32, other: Color32) -> f32 {
    let seen = |eye: &[[f32; 3]; 3], colour: Color32| {
        let colour = linear(colour);
        let row = |row: [f32; 3]| row.iter().zip(colour).map(|(a, b)| a * b).sum::<f32>().clamp(0.0, 1.0);
        lab(eye.map(row))
    };
    let apart = |eye| {
        let (one, other) = (seen(eye, one), seen(eye, other));
        one.iter().zip(other).map(|(a, b)| (a - b) * (a - b)).sum::<f32>().sqrt()
    };
    EYES.iter().map(apart).fold(f32::INFINITY, f32::min)
}

#[test]
fn the_measures_are_those_of_the_literature() {
    assert!((contrast(Color32::BLACK, Color32::WHITE) - 21.0).abs() < 0.01);
    assert!((contrast(Color32::from_gray(0x76), Color32::WHITE) - 4.54).abs() < 0.01, "the classic AA grey");
    let (red, green) = (Color32::from_rgb(200, 80, 60), Color32::from_rgb(110, 120, 50));
    assert!(distance(red, green) < DISTANCE, "red and green of one lightness are the classic confusion");
}

#[test]
fn every_text_has_the_contrast_of_aa() {
    let chosen = PANEL.lerp_to_gamma(SONG_B, 0.45);
    let pointed_at = GROOVE.lerp_to_gamma(TEXT, 0.12);
    let grounds = [BACKGROUND, PANEL, GROOVE, pointed_at, chosen];
    for theme in THEMES {
        every_text_has_the_contrast(theme, grounds.as_slice());
    }
}

fn every_text_has_the_contrast(theme: fn(Color32) -> Color32, grounds: &[Color32]) {
    let pairs = [
        ("text", TEXT, grounds),
        ("names", DIM, &[BACKGROUND, PANEL, GROOVE]),
        ("warnings", WARNING, &[BACKGROUND, PANEL]),
        ("song A", SONG_A, &[BACKGROUND, PANEL]),
        ("song B", SONG_B, &[BACKGROUND, PANEL]),
        ("figures of the library", BOTH, &[PANEL]),
        ("levels above full scale", OVER, &[PANEL]),
        ("axes", AXIS, &[Color32::BLACK]),
        ("text on lit buttons", BACKGROUND, &[BOTH, WARNING, DIM]),
    ];
    for (name, text, grounds) in pairs {
        for ground in grounds {
            let contrast = contrast(theme(text), theme(*ground));
            assert!(contrast >= TEXT_CONTRAST, "{name} on {ground:?}, as {:?}: {contrast}", theme(*ground));
        }
    }
}

#[test]
fn what_is_drawn_stands_out_and_can_be_told_apart_by_everybody() {
    for theme in THEMES {
        for drawn in [TEXT, TARGET, SONG_A, SONG_B, PAD, DIM] {
            let contrast = contrast(theme(drawn), theme(Color32::BLACK));
            assert!(contrast >= DRAWN_CONTRAST, "{drawn:?} on the ground of pictures: {contrast}");
        }
        let roll = [("voice", TEXT), ("target", TARGET), ("bass", SONG_B), ("keys", SONG_A), ("pad", PAD)];
        for (index, (name, colour)) in roll.iter().enumerate() {
            for (other, beside) in &roll[index + 1..] {
                let distance = distance(theme(*colour), theme(*beside));
                assert!(distance >= DISTANCE, "{name} and {other}: {distance}");
            }
        }
        let [a, b] = [SONG_A, SONG_B].map(theme);
        assert!(distance(a, b) >= 3.0 * DISTANCE);
        assert!(contrast(a, b) >= 1.5, "without any colour they are told apart by lightness");
    }
}
