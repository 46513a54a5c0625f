//! Convolutions over time and frequency as matrix products.
//!
//! Those of a U-Net have a stride of two, and transposes: five by five weights with one line of zeros before and two after,
//! as "same" padding puts them for even sizes: a convolution halves both axes, a transposed one doubles them. Rows of zeros
//! are not multiplied, and only the rows that somebody asks for are computed.

mod activation;
mod affine;
mod direct;
mod down;
mod feature_map;
mod joined;
mod planes;
mod pooled;
mod product;
mod temporal;
pub(crate) mod tensors;
#[cfg(test)]
mod tests;
mod up;
mod winograd;

pub use activation::Leaky;
pub use affine::Affine;
pub use down::Convolution;
pub use feature_map::FeatureMap;
pub use joined::Joined;
pub use planes::Planes;
pub use pooled::PooledConvolution;
pub use temporal::TimeConvolution;
pub use up::TransposedConvolution;

/// Rows and columns of the weights.
const KERNEL: usize = 5;
/// Rows and columns of a transposed convolution's weights that even and odd ones of its output see, by the place in the
/// input: from the one before half their own on.
const UP_KERNEL: [&[usize]; 2] = [&[3, 1], &[4, 2, 0]];

/// The most weights that are worth to be taken to the points of tiles, where they are more than twice as many: with larger
/// layers reading them takes longer than what is saved, and they need more memory.
const MOST_WEIGHTS: usize = 1 << 21;
/// The fewest channels, in and out, for which taking numbers to the points costs less than is saved.
const FEWEST_CHANNELS: usize = 8;

/// Channels that are done at once.
const LANES: usize = 8;

/// Whether a layer is faster in tiles.
const fn saves_by_tiles(inputs: usize, outputs: usize) -> bool {
    inputs >= FEWEST_CHANNELS && outputs >= FEWEST_CHANNELS && inputs * outputs * KERNEL * KERNEL <= MOST_WEIGHTS
}

/// The rows of a kernel that reach into `0..rows` from its first row at `start`.
fn kernel_rows(start: isize, rows: usize) -> std::ops::Range<usize> {
    let within = |row: isize| row.clamp(0, KERNEL as isize) as usize;
    within(-start)..within(rows as isize - start)
}

/// The rows of an input, of `0..rows`, that the wanted rows of a convolution's output see.
fn rows_below(wanted: &std::ops::Range<usize>, rows: usize) -> std::ops::Range<usize> {
    (2 * wanted.start).saturating_sub(1)..(2 * wanted.end + 2).min(rows)
}

/// For a row of a transposed convolution's output: the places in [`UP_KERNEL`] that reach into `0..rows`, and the input row
/// that the first of them sees.
fn up_kernel(row: usize, rows: usize) -> (std::ops::Range<usize>, usize) {
    let start = usize::from(row < 2);
    (start..UP_KERNEL[row % 2].len().min(rows + 1 - row / 2), row / 2 + start - 1)
}

/// Writes rows of several maps that lie one after the other, `[map][row][column][channel]`.
fn take_rows(from: &[f32], maps: &mut [&mut FeatureMap], rows: std::ops::Range<usize>) {
    let length = from.len() / maps.len() / rows.len();
    let to = maps.iter_mut().flat_map(|map| map.data[rows.start * length..rows.end * length].chunks_exact_mut(length));
    to.zip(from.chunks_exact(length)).for_each(|(to, from)| to.copy_from_slice(from));
}
