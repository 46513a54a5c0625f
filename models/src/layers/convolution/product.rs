//! Products of matrices on one thread, with the same bits every time. `gemm` takes pointers, so this file is `unsafe`.
#![allow(unsafe_code)]

use std::{ops::Range, sync::Arc};

/// A matrix inside a slice: row after row, `stride` numbers from one row's begin to the next one's. Rows may overlap.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows<'a> {
    pub(super) data: &'a [f32],
    pub(super) stride: usize,
}

/// Whether a matrix of so many rows and columns lies within its slice.
fn fits(length: usize, stride: usize, rows: usize, columns: usize) -> bool {
    rows > 0 && columns > 0 && (rows - 1) * stride + columns <= length
}

/// `out[m][n] = a[m][k] * b[k][n]`, added to what is there if `add`. `out` has rows of `out_stride` numbers.
///
/// # Panics
/// When a matrix does not fit its slice.
pub(super) fn multiply(out: &mut [f32], out_stride: usize, [m, k, n]: [usize; 3], a: Rows<'_>, b: Rows<'_>, add: bool) {
    assert!(out_stride >= n && fits(out.len(), out_stride, m, n), "the product does not fit");
    assert!(fits(a.data.len(), a.stride, m, k), "the first factor is too short");
    assert!(fits(b.data.len(), b.stride, k, n), "the second factor is too short");
    let (alpha, beta) = (f32::from(u8::from(add)), 1.0);
    // SAFETY: every index that `gemm` reaches by these sizes and strides lies within its slice, as asserted above.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            out_stride as isize,
            add,
            a.data.as_ptr(),
            1,
            a.stride as isize,
            b.data.as_ptr(),
            1,
            b.stride as isize,
            alpha,
            beta,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

/// Columns of a panel: what `gemm` multiplies at once where a vector holds eight numbers.
const PANEL: usize = 16;
/// Numbers that are summed up at once. Of longer sums `gemm` makes pieces that depend on the machine's caches, and so would
/// the bits.
const DEPTH: usize = 512;
/// Rows that are multiplied at once. With more `gemm` lays out the panel anew in every call.
const ROWS: usize = 48;

/// A second factor that is multiplied again and again, panel after panel, so that it is read in order. Clones have the same
/// numbers in memory.
#[derive(Debug, Clone, Default)]
pub(super) struct Panels {
    /// `[panel][row][column]`, zeros after the last column.
    data: Arc<[f32]>,
    rows: usize,
    columns: usize,
}

impl Panels {
    /// Lays out a matrix `[row][column]` of so many columns.
    pub(super) fn new(matrix: &[f32], columns: usize) -> Self {
        let rows = matrix.len() / columns;
        let mut data = vec![0.0; rows * columns.next_multiple_of(PANEL)];
        for (row, numbers) in matrix.chunks_exact(columns).enumerate() {
            for (panel, numbers) in numbers.chunks(PANEL).enumerate() {
                data[(panel * rows + row) * PANEL..][..numbers.len()].copy_from_slice(numbers);
            }
        }
        Self { data: data.into(), rows, columns }
    }

    /// For every job `out[m][columns] = a[m][k] * b[k][columns]`, added to what is there if `add`, panel after panel: each is
    /// read once for all jobs. `out` has rows of `out_stride` numbers. A row's bits depend on that row alone and on `m`.
    ///
    /// # Panics
    /// When a matrix does not fit its slice.
    pub(super) fn multiply(&self, out: &mut [f32], out_stride: usize, m: usize, a: Rows<'_>, jobs: &[Job], add: bool) {
        for (panel, data) in self.data.chunks_exact(self.rows * PANEL).enumerate() {
            let column = panel * PANEL;
            let width = PANEL.min(self.columns - column);
            for Job { out: place, a: from, inner } in jobs {
                for depth in inner.clone().step_by(DEPTH) {
                    let b = Rows { data: &data[depth * PANEL..], stride: PANEL };
                    let k = DEPTH.min(inner.end - depth);
                    for row in (0..m).step_by(ROWS) {
                        let a = Rows { data: &a.data[from + row * a.stride + depth - inner.start..], ..a };
                        let sizes = [ROWS.min(m - row), k, width];
                        let out = &mut out[place + row * out_stride + column..];
                        multiply(out, out_stride, sizes, a, b, add || depth > inner.start);
                    }
                }
            }
        }
    }
}

/// One of the products with the same second factor.
#[derive(Debug, Clone)]
pub(super) struct Job {
    /// Where its output begins.
    pub(super) out: usize,
    /// Where its first factor begins.
    pub(super) a: usize,
    /// The rows of the second factor that are multiplied.
    pub(super) inner: Range<usize>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_of_panels_share_their_numbers() {
        let panels = Panels::new(&[1.0; 40], 20);
        assert!(Arc::ptr_eq(&panels.data, &panels.clone().data));
    }
}
