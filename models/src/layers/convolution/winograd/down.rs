//! The convolution that halves both axes.

use std::ops::Range;

use candle_core::{Result, Tensor};
use pulp::Arch;

use super::{
    super::{
        FeatureMap, KERNEL, Leaky, kernel_rows,
        product::{Job, Panels, Rows},
        rows_below,
    },
    POINTS, TILE, gather, spread, weights_at,
};

/// Columns of zeros before a row and after it.
const PADDING: usize = 2;

/// See [`Convolution`](super::super::Convolution).
#[derive(Debug, Clone)]
pub(in super::super) struct Down {
    inputs: usize,
    /// At each point `[kernel row, odd columns or even columns, in][out]`.
    weights: [Panels; POINTS],
    start: Vec<f32>,
    /// A row of the input, `[column][in]`, with columns of zeros around it.
    padded: Vec<f32>,
    /// The inputs at each point, `[map, tile][row][odd columns, even columns][in]`.
    points: [Vec<f32>; POINTS],
    /// Rows of the outputs at each point, `[row][map, tile][out]`.
    products: [Vec<f32>; POINTS],
}

/// Whether odd and even columns are multiplied at a point, or the odd ones only: of the even ones' three weights the first
/// is zero.
const fn phases(point: usize) -> usize {
    if point == 0 { 1 } else { 2 }
}

impl Down {
    /// From a weight `[out][in][5][5]` and a bias `[out]`.
    pub(in super::super) fn new(weight: &Tensor, bias: &Tensor) -> Result<Self> {
        let (outputs, inputs, ..) = weight.dims4()?;
        let weights: Vec<f32> = weight.permute((2, 3, 1, 0))?.flatten_all()?.to_vec1()?;
        let (places, zeros) = (inputs * outputs, vec![0.0; inputs * outputs]);
        let at_point = |point: usize| {
            let mut at_point = Vec::with_capacity(KERNEL * phases(point) * places);
            for row in weights.chunks_exact(KERNEL * places) {
                let weight = |column: usize| &row[column * places..(column + 1) * places];
                at_point.extend(weights_at(point, [weight(0), weight(2), weight(4)]));
                if phases(point) > 1 {
                    at_point.extend(weights_at(point, [&zeros, weight(1), weight(3)]));
                }
            }
            Panels::new(&at_point, outputs)
        };
        Ok(Self {
            inputs,
            weights: std::array::from_fn(at_point),
            start: bias.to_vec1()?,
            padded: Vec::new(),
            points: Default::default(),
            products: Default::default(),
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
        let rows = inputs[0].rows;
        let needed = rows_below(&wanted, rows);
        Arch::new().dispatch(|| self.spread(inputs, before, needed.clone()));
        let (channels, tiles) = (self.outputs(), outputs[0].columns / TILE);
        let row_length = inputs.len() * tiles * channels;
        for (point, products) in self.products.iter_mut().enumerate() {
            let depth = phases(point) * self.inputs;
            let jobs = wanted.clone().enumerate().map(|(number, row)| {
                let first = 2 * row as isize - 1;
                let kernel = kernel_rows(first, rows);
                let from = (first + kernel.start as isize) as usize - needed.start;
                Job { out: number * row_length, a: from * depth, inner: kernel.start * depth..kernel.end * depth }
            });
            products.resize(wanted.len() * row_length, 0.0);
            let seen = Rows { data: &self.points[point], stride: needed.len() * depth };
            let jobs: Vec<_> = jobs.collect();
            self.weights[point].multiply(products, channels, inputs.len() * tiles, seen, &jobs, false);
        }
        Arch::new().dispatch(|| self.gather(outputs, wanted));
    }

    /// Brings rows of the outputs back from the points.
    #[inline(always)]
    fn gather(&self, outputs: &mut [&mut FeatureMap], wanted: Range<usize>) {
        let channels = self.outputs();
        let mut place = 0;
        for row in wanted {
            for output in outputs.iter_mut() {
                for out in output.row_mut(row).chunks_exact_mut(TILE * channels) {
                    gather(&self.products, [Some(place); POINTS], &self.start, out, channels);
                    place += channels;
                }
            }
        }
    }

    /// Takes rows of the inputs to the points.
    #[inline(always)]
    fn spread(&mut self, maps: &[&FeatureMap], before: Option<Leaky<'_>>, rows: Range<usize>) {
        let (inputs, around) = (self.inputs, PADDING * self.inputs);
        let (length, tiles) = (maps[0].columns * inputs, maps[0].columns / 2 / TILE);
        self.padded.clear();
        self.padded.resize(length + 2 * around, 0.0);
        for (point, numbers) in self.points.iter_mut().enumerate() {
            numbers.resize(maps.len() * tiles * rows.len() * phases(point) * inputs, 0.0);
        }
        let from = maps.iter().enumerate().flat_map(|(map, input)| {
            rows.clone().enumerate().map(move |(number, row)| (map * tiles, number, input.row(row)))
        });
        for (first, number, row) in from {
            Leaky::write_or_copy(before, row, &mut self.padded[around..around + length]);
            for tile in 0..tiles {
                let to = |point: usize| ((first + tile) * rows.len() + number) * phases(point) * inputs;
                // The padding's odd column comes first: the one before the tile's first.
                let from = &self.padded[(2 * tile * TILE + PADDING - 1) * inputs..];
                spread(from, 2 * inputs, inputs, &mut self.points, std::array::from_fn(|point| Some(to(point))));
                let from = &self.padded[(2 * tile * TILE + PADDING - 2) * inputs..];
                let even = |point: usize| (phases(point) > 1).then(|| to(point) + inputs);
                spread(from, 2 * inputs, inputs, &mut self.points, std::array::from_fn(even));
            }
        }
    }
}
