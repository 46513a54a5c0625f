//! The transposed convolution that doubles both axes.

use std::ops::Range;

use candle_core::{Result, Tensor};
use pulp::Arch;

use super::super::{
    Affine, FeatureMap, Joined, KERNEL, UP_KERNEL, activation,
    product::{Job, Panels, Rows},
    take_rows, up_kernel,
};

/// See [`TransposedConvolution`](super::super::TransposedConvolution).
#[derive(Debug, Clone)]
pub(in super::super) struct Up {
    inputs: usize,
    /// `[kernel row, kernel column, in][out]`, the columns in the order of [`UP_KERNEL`].
    weights: Panels,
    start: Vec<f32>,
    /// Rows of the inputs, `[map][row][column][in]`, with a column of zeros at both ends.
    padded: Vec<f32>,
    /// Rows of the outputs, `[map][row][column][out]`.
    products: Vec<f32>,
}

impl Up {
    /// From a weight `[in][out][5][5]` and a bias `[out]`.
    pub(in super::super) fn new(weight: &Tensor, bias: &Tensor) -> Result<Self> {
        let (inputs, outputs, ..) = weight.dims4()?;
        let order: Vec<u32> = UP_KERNEL.into_iter().flatten().map(|column| *column as u32).collect();
        let order = Tensor::new(order, weight.device())?;
        let weights = weight.permute((2, 3, 0, 1))?.contiguous()?.index_select(&order, 1)?;
        let weights: Vec<f32> = weights.flatten_all()?.to_vec1()?;
        Ok(Self {
            inputs,
            weights: Panels::new(&weights, outputs),
            start: bias.to_vec1()?,
            padded: Vec::new(),
            products: Vec::new(),
        })
    }

    pub(in super::super) const fn outputs(&self) -> usize {
        self.start.len()
    }

    pub(in super::super) fn apply(
        &mut self,
        inputs: &[Joined<'_>],
        after: &Affine,
        outputs: &mut [&mut FeatureMap],
        wanted: Range<usize>,
        needed: &Range<usize>,
    ) {
        let (rows, columns) = inputs[0].size();
        Arch::new().dispatch(|| pad(inputs, needed.clone(), self.inputs, &mut self.padded));
        let (depth, channels) = (self.inputs, self.outputs());
        let mut jobs = Vec::new();
        for (map, (number, row)) in
            (0..inputs.len()).flat_map(|map| wanted.clone().enumerate().map(move |row| (map, row)))
        {
            let (kernel, first) = up_kernel(row, rows);
            for (kernel_row, from) in UP_KERNEL[row % 2][kernel].iter().zip(first - needed.start..) {
                let mut start = kernel_row * KERNEL * depth;
                for (parity, kernel) in UP_KERNEL.iter().enumerate() {
                    let inner = start..start + kernel.len() * depth;
                    start = inner.end;
                    let out = ((map * wanted.len() + number) * 2 * columns + parity) * channels;
                    jobs.push(Job { out, a: (map * needed.len() + from) * (columns + 2) * depth, inner });
                }
            }
        }
        // What sees the same weights is multiplied one after the other.
        jobs.sort_by_key(|job| job.inner.start);
        self.products.resize(inputs.len() * wanted.len() * 2 * columns * channels, 0.0);
        self.products.chunks_exact_mut(channels).for_each(|place| place.copy_from_slice(&self.start));
        let seen = Rows { data: &self.padded, stride: depth };
        self.weights.multiply(&mut self.products, 2 * channels, columns, seen, &jobs, true);
        Arch::new().dispatch(|| activation::rectify(&mut self.products, after));
        take_rows(&self.products, outputs, wanted);
    }
}

/// Lays out rows of the inputs, `[map][row][column][in]`, with a column of zeros at both ends.
#[inline(always)]
pub(super) fn pad(inputs: &[Joined<'_>], rows: Range<usize>, channels: usize, padded: &mut Vec<f32>) {
    let length = (inputs[0].size().1 + 2) * channels;
    padded.clear();
    padded.resize(inputs.len() * rows.len() * length, 0.0);
    let from = inputs.iter().flat_map(|input| rows.clone().map(move |row| (input, row)));
    for (padded, (input, row)) in padded.chunks_exact_mut(length).zip(from) {
        input.copy_row(row, &mut padded[channels..length - channels]);
    }
}
