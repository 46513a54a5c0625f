//! Convolutions over time and frequency as matrix products.
//!
//! Those of a U-Net have a stride of two, and transposes: five by five weights with one line of zeros before and two after, as "same" padding puts them for even sizes: a
//! convolution halves both axes, a transposed one doubles them. Rows of zeros are not multiplied, and only the rows that
//! somebody asks for are computed.

mod affine;
mod down;
mod planes;
mod pooled;
mod product;
mod temporal;
#[cfg(test)]
mod tests;
mod up;

pub use affine::Affine;
pub use down::Convolution;
pub use planes::Planes;
pub use pooled::PooledConvolution;
pub use temporal::TimeConvolution;
pub use up::TransposedConvolution;

/// Rows and columns of the weights.
const KERNEL: usize = 5;

/// The rows of a kernel that reach into `0..rows` from its first row at `start`.
fn kernel_rows(start: isize, rows: usize) -> std::ops::Range<usize> {
    let within = |row: isize| row.clamp(0, KERNEL as isize) as usize;
    within(-start)..within(rows as isize - start)
}

/// Parts `rows` into groups of neighbours whose `key` is the same.
fn groups<K: PartialEq>(rows: std::ops::Range<usize>, key: impl Fn(usize) -> K) -> Vec<(std::ops::Range<usize>, K)> {
    let mut groups: Vec<(std::ops::Range<usize>, K)> = Vec::new();
    for row in rows {
        let found = key(row);
        match groups.last_mut() {
            Some((group, same)) if *same == found => group.end = row + 1,
            _ => groups.push((row..row + 1, found)),
        }
    }
    groups
}
