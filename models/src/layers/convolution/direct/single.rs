//! The transposed convolution to a single channel: all that an input row adds to the output is one product.

use std::ops::Range;

use candle_core::{Result, Tensor};
use pulp::Arch;

use super::{
    super::{
        Affine, FeatureMap, Joined, KERNEL, UP_KERNEL, activation,
        product::{Job, Panels, Rows},
        up_kernel,
    },
    up::pad,
};

/// What an input place adds to: five rows of the output, two columns in each.
const TARGETS: usize = 2 * KERNEL;
/// Columns of the input that these two see.
const SEEN: usize = 3;

/// See [`TransposedConvolution`](super::super::TransposedConvolution).
#[derive(Debug, Clone)]
pub(in super::super) struct SingleUp {
    inputs: usize,
    /// `[column seen, in][kernel row, even column or odd column]`.
    weights: Panels,
    start: f32,
    /// Rows of the inputs, `[map][row][column][in]`, with a column of zeros at both ends.
    padded: Vec<f32>,
    /// `[map][row][column][kernel row, even column or odd column]`.
    products: Vec<f32>,
}

impl SingleUp {
    /// From a weight `[in][1][5][5]` and a bias `[1]`.
    pub(in super::super) fn new(weight: &Tensor, bias: &Tensor) -> Result<Self> {
        let (inputs, ..) = weight.dims4()?;
        let weights: Vec<f32> = weight.permute((2, 3, 0, 1))?.flatten_all()?.to_vec1()?;
        let mut by_target = vec![0.0; SEEN * inputs * TARGETS];
        for (row, weights) in weights.chunks_exact(KERNEL * inputs).enumerate() {
            for (parity, kernel) in UP_KERNEL.iter().enumerate() {
                for (seen, column) in kernel.iter().enumerate() {
                    for input in 0..inputs {
                        by_target[(seen * inputs + input) * TARGETS + 2 * row + parity] =
                            weights[column * inputs + input];
                    }
                }
            }
        }
        let weights = Panels::new(&by_target, TARGETS);
        let start = bias.squeeze(0)?.to_scalar()?;
        Ok(Self { inputs, weights, start, padded: Vec::new(), products: Vec::new() })
    }

    pub(in super::super) fn apply(
        &mut self,
        inputs: &[Joined<'_>],
        after: &Affine,
        outputs: &mut [&mut FeatureMap],
        wanted: &Range<usize>,
        needed: &Range<usize>,
    ) {
        Arch::new().dispatch(|| pad(inputs, needed.clone(), self.inputs, &mut self.padded));
        let (rows, columns) = inputs[0].size();
        self.products.resize(inputs.len() * needed.len() * columns * TARGETS, 0.0);
        let all = 0..SEEN * self.inputs;
        let jobs = (0..inputs.len() * needed.len()).map(|row| Job {
            out: row * columns * TARGETS,
            a: row * (columns + 2) * self.inputs,
            inner: all.clone(),
        });
        let seen = Rows { data: &self.padded, stride: self.inputs };
        self.weights.multiply(&mut self.products, TARGETS, columns, seen, &jobs.collect::<Vec<_>>(), false);
        for (output, products) in outputs.iter_mut().zip(self.products.chunks_exact(needed.len() * columns * TARGETS)) {
            for row in wanted.clone() {
                let out = output.row_mut(row);
                out.fill(self.start);
                let (kernel, first) = up_kernel(row, rows);
                for (kernel_row, from) in UP_KERNEL[row % 2][kernel].iter().zip(first - needed.start..) {
                    add_products(&products[from * columns * TARGETS..], *kernel_row, out);
                }
                activation::rectify(out, after);
            }
        }
    }
}

/// Adds what an input row adds to an output row by a row of the kernel.
fn add_products(products: &[f32], kernel_row: usize, out: &mut [f32]) {
    for (out, products) in out.as_chunks_mut::<2>().0.iter_mut().zip(products.chunks_exact(TARGETS)) {
        out[0] += products[2 * kernel_row];
        out[1] += products[2 * kernel_row + 1];
    }
}
