//! Products of matrices on one thread, with the same bits every time. `gemm` takes pointers, so this file is `unsafe`.
#![allow(unsafe_code)]

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
