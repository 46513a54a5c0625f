//! Spectrograms of two notes, one above the other.

use std::path::Path;

use anyhow::Result;
use songweave_measure::notes::note_figures::magnitudes;
use songweave_synth::song::Stereo;

use songweave_cli::drawing::picture::{Picture, between_songs};

/// Window in samples; a column is a quarter of it.
const WINDOW: usize = 2048;
/// Rows of a spectrogram, on a logarithmic axis between these frequencies in Hz at 48 kHz.
const ROWS: u32 = 240;
const LOWEST: f32 = 30.0;
const HIGHEST: f32 = 18_000.0;
/// Columns at most.
const COLUMNS: u32 = 420;
/// Level below the true note's loudest that is black, in dB.
const RANGE: f32 = 80.0;
/// Rows between both.
const GAP: u32 = 6;

/// Writes the true note above the drawn one, on one scale, both channels together.
pub(super) fn write(truth: &Stereo, drawn: &Stereo, path: &Path) -> Result<()> {
    let bins = WINDOW / 2 + 1;
    let (truth, drawn) = (louder(truth), louder(drawn));
    let peak = truth.iter().copied().fold(1e-9, f32::max);
    let columns = ((truth.len() / bins) as u32).min(COLUMNS);
    let mut picture = Picture::new(columns, 2 * ROWS + GAP, [90, 90, 90]);
    for (top, sound, side) in [(0, &truth, 0.0), (ROWS + GAP, &drawn, 1.0)] {
        for (x, frame) in sound.chunks_exact(bins).enumerate() {
            for row in 0..ROWS {
                let share = 1.0 - (row as f32 + 0.5) / ROWS as f32;
                let hz = LOWEST * (HIGHEST / LOWEST).powf(share);
                let bin = ((hz * WINDOW as f32 / 48_000.0).round() as usize).min(bins - 1);
                let light = 1.0 + 20.0 * (frame[bin] / peak).max(1e-9).log10() / RANGE;
                picture.set(x as u32, top + row, between_songs(side, light.clamp(0.0, 1.0)));
            }
        }
    }
    picture.write(path)
}

/// The louder channel of every bin, `[frame, bin]`.
fn louder(sound: &Stereo) -> Vec<f32> {
    let both = magnitudes(sound, WINDOW);
    let (left, right) = both.split_at(both.len() / 2);
    left.iter().zip(right).map(|(left, right)| left.max(*right)).collect()
}
