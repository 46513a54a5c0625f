//! The convolution that halves both axes.

use std::ops::Range;

use candle_core::{Result, Tensor};
use pulp::Arch;

use super::super::{
    FeatureMap, KERNEL, Leaky, kernel_rows,
    product::{Job, Panels, Rows},
    rows_below, take_rows,
};

/// Columns of zeros before a row and after it.
const PADDING: usize = 2;

/// See [`Convolution`](super::super::Convolution).
#[derive(Debug, Clone)]
pub(in super::super) struct Down {
    inputs: usize,
    /// `[kernel row, kernel column, in][out]`.
    weights: Panels,
    start: Vec<f32>,
    /// Rows of the inputs, `[map][row][column][in]`, with columns of zeros around them.
    padded: Vec<f32>,
    /// Rows of the outputs, `[map][row][column][out]`.
    products: Vec<f32>,
}

impl Down {
    /// From a weight `[out][in][5][5]` and a bias `[out]`.
    pub(in super::super) fn new(weight: &Tensor, bias: &Tensor) -> Result<Self> {
        let (outputs, inputs, ..) = weight.dims4()?;
        let weights: Vec<f32> = weight.permute((2, 3, 1, 0))?.flatten_all()?.to_vec1()?;
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
        inputs: &[&FeatureMap],
        before: Option<Leaky<'_>>,
        outputs: &mut [&mut FeatureMap],
        wanted: Range<usize>,
    ) {
        let (rows, columns, channels) = (inputs[0].rows, outputs[0].columns, self.outputs());
        let needed = rows_below(&wanted, rows);
        Arch::new().dispatch(|| self.pad(inputs, before, needed.clone()));
        let (length, depth) = ((inputs[0].columns + 2 * PADDING) * self.inputs, KERNEL * self.inputs);
        let mut jobs = Vec::new();
        for (map, (number, row)) in
            (0..inputs.len()).flat_map(|map| wanted.clone().enumerate().map(move |row| (map, row)))
        {
            let first = 2 * row as isize - 1;
            jobs.extend(kernel_rows(first, rows).map(|kernel_row| {
                let from = map * needed.len() + (first + kernel_row as isize) as usize - needed.start;
                Job {
                    out: (map * wanted.len() + number) * columns * channels,
                    // What an output sees of a row begins one column before twice its own.
                    a: from * length + (PADDING - 1) * self.inputs,
                    inner: kernel_row * depth..(kernel_row + 1) * depth,
                }
            }));
        }
        self.products.resize(inputs.len() * wanted.len() * columns * channels, 0.0);
        self.products.chunks_exact_mut(channels).for_each(|place| place.copy_from_slice(&self.start));
        let seen = Rows { data: &self.padded, stride: 2 * self.inputs };
        self.weights.multiply(&mut self.products, channels, columns, seen, &jobs, true);
        take_rows(&self.products, outputs, wanted);
    }

    #[inline(always)]
    fn pad(&mut self, inputs: &[&FeatureMap], before: Option<Leaky<'_>>, rows: Range<usize>) {
        let (length, around) = (inputs[0].columns * self.inputs, PADDING * self.inputs);
        self.padded.clear();
        self.padded.resize(inputs.len() * rows.len() * (length + 2 * around), 0.0);
        let from = inputs.iter().flat_map(|input| rows.clone().map(|row| input.row(row)));
        for (padded, row) in self.padded.chunks_exact_mut(length + 2 * around).zip(from) {
            Leaky::write_or_copy(before, row, &mut padded[around..around + length]);
        }
    }
}
